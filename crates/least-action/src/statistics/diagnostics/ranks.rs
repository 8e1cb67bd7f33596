//! Draws replaced by the normal scores of their ranks, so that diagnostics exist for heavy tails
//! too.

use special::Error as _;

use super::chains::Chains;

/// Normal scores of the ranks of all draws together: `z = Phi^-1((r - 3/8) / (S + 1/4))` for rank r
/// of S draws (G. Blom 1958). Equal draws share the mean of their ranks (A. Vehtari et al.,
/// Bayesian Analysis 16, 2021).
pub(super) fn rank_normalised(chains: &Chains) -> Chains {
    let values = chains.all();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut scores = vec![0.0; values.len()];
    let mut rest = &order[..];
    let mut before = 0;
    while let [first, ..] = *rest {
        let ties = rest.partition_point(|&i| values[i] == values[first]);
        let score = normal_score(2 * before + ties + 1, values.len());
        rest[..ties].iter().for_each(|&i| scores[i] = score);
        rest = &rest[ties..];
        before += ties;
    }
    chains.with(scores)
}

/// Normal score of the rank `twice / 2` among `count`.
fn normal_score(twice: usize, count: usize) -> f64 {
    // 2 p - 1 for the probability p, with no digits lost near the median.
    let centred = (twice as f64 - (count + 1) as f64) / (count as f64 + 0.25);
    std::f64::consts::SQRT_2 * centred.inv_error()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_normal_quantiles() {
        // scipy.stats.norm.ppf of (r - 3/8) / (3 + 1/4), and of the mean rank for the ties.
        let chains = Chains::new("draws", &[&[5.0, -1.0, 7.0, 5.0]]).unwrap();
        let scores = rank_normalised(&chains);
        let expected = [0.0, -1.049_131_397_963_971_1, 1.049_131_397_963_971_1, 0.0];
        for (a, b) in scores.all().iter().zip(expected) {
            assert!((a - b).abs() < 1e-14, "{a} {b}");
        }
        // scipy.stats.norm.ppf(0.001), from rank 1.375 of 1000: (1.375 - 0.375) / 1000 = 0.001
        // needs S + 1/4 = 1000.
        let probability: f64 = 0.001;
        let tail = std::f64::consts::SQRT_2 * (2.0 * probability - 1.0).inv_error();
        assert!((tail + 3.090_232_306_167_813).abs() < 1e-12, "{tail}");
    }
}
