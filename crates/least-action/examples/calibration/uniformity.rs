//! Tests of ranks against uniform ones: chi-square over bins, and the empirical distribution
//! function against the envelope of T. Säilynoja, P.-C. Bürkner and A. Vehtari (Statistics and
//! Computing 32, 2022).

use crate::random::Random;

/// Number of samples of uniform ranks that the envelope's law is made of.
const SAMPLES: usize = 2000;
/// Number of bins of the chi-square test.
pub const BINS: usize = 10;

/// Test of the ranks of one size against uniform ones.
pub struct Uniformity {
    /// Number of values that a rank can have.
    values: usize,
    /// Number of ranks.
    count: usize,
    /// Probability of each number of ranks at most, for the share of each value.
    distributions: Vec<Vec<f64>>,
    /// Least pointwise probabilities of samples of uniform ranks, ascending.
    law: Vec<f64>,
}

impl Uniformity {
    pub fn new(count: usize, values: usize) -> Self {
        let shares = (1..values).map(|value| value as f64 / values as f64);
        let mut test = Uniformity {
            values,
            count,
            distributions: shares.map(|share| binomial(count, share)).collect(),
            law: Vec::new(),
        };
        let mut random = Random::new(7, 0);
        test.law = (0..SAMPLES)
            .map(|_| {
                let rank = |_| (random.unit() * values as f64) as usize;
                let ranks: Vec<usize> = (0..count).map(rank).collect();
                test.least_probability(&ranks)
            })
            .collect();
        test.law.sort_by(f64::total_cmp);
        test
    }

    /// Least probability, over all values, that the number of ranks up to the value would be as far
    /// from its mean.
    fn least_probability(&self, ranks: &[usize]) -> f64 {
        let mut counts = vec![0; self.values];
        ranks.iter().for_each(|&rank| counts[rank] += 1);
        let (mut below, mut least) = (0, 1.0f64);
        for (value, count) in counts[..self.values - 1].iter().enumerate() {
            below += count;
            let at_most = &self.distributions[value];
            let lower = at_most[below];
            let upper = match below {
                0 => 1.0,
                _ => 1.0 - at_most[below - 1],
            };
            least = least.min(2.0 * lower).min(2.0 * upper);
        }
        least
    }

    /// Probability that uniform ranks leave as narrow an envelope as these do.
    pub fn envelope(&self, ranks: &[usize]) -> f64 {
        let least = self.least_probability(ranks);
        let below = self.law.partition_point(|p| *p <= least);
        (below as f64 + 1.0) / (self.law.len() as f64 + 1.0)
    }

    /// Probability of a chi-square over bins that is at least as large, and the counts.
    pub fn chi_square(&self, ranks: &[usize]) -> (f64, [usize; BINS]) {
        let mut counts = [0; BINS];
        ranks
            .iter()
            .for_each(|rank| counts[rank * BINS / self.values] += 1);
        let expected = self.count as f64 / BINS as f64;
        let square = |&count: &usize| (count as f64 - expected).powi(2) / expected;
        let sum: f64 = counts.iter().map(square).sum();
        (chi_square_tail(sum, BINS - 1), counts)
    }
}

/// Probabilities that a binomial number is at most 0, 1, ... `count`.
fn binomial(count: usize, share: f64) -> Vec<f64> {
    let (log, other) = (libm::log(share), libm::log1p(-share));
    let (mut ways, mut sum) = (0.0, 0.0);
    (0..=count)
        .map(|k| {
            sum += libm::exp(ways + k as f64 * log + (count - k) as f64 * other);
            ways += libm::log((count - k).max(1) as f64) - libm::log((k + 1) as f64);
            f64::min(sum, 1.0)
        })
        .collect()
}

/// Probability that chi-square of an odd number of degrees of freedom is larger, by the finite sum
/// of M. Abramowitz and I. A. Stegun, 26.4.4.
fn chi_square_tail(value: f64, degrees: usize) -> f64 {
    let root = value.sqrt();
    let density = libm::exp(-0.5 * value) / std::f64::consts::TAU.sqrt();
    let (mut term, mut sum) = (root, 0.0);
    for r in 1..=(degrees - 1) / 2 {
        sum += term;
        term *= value / (2 * r + 1) as f64;
    }
    libm::erfc(root / std::f64::consts::SQRT_2) + 2.0 * density * sum
}
