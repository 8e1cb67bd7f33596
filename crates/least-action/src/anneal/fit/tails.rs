//! Heavy tails: kurtosis of the residuals.

use super::outliers::Outliers;
use super::{Fit, Objection, Residual};
use crate::anneal::findings::FindingCode;

/// Number of standard deviations from which on a kurtosis objects: less than that of other tests,
/// as a few data in a heavy tail are left out with the outliers.
const DEVIATIONS: f64 = 3.5;

/// Least number of residuals whose kurtosis is judged.
const LEAST_COUNT: usize = 50;

/// Most outliers that are left out: more of them are a tail.
const FEW: usize = 2;

/// Objection to residuals with heavier tails than those of normal numbers. All channels are taken
/// together, in units of their noise: that some are larger than others is tested before, and a size
/// of each channel's own would take the tails in part. A few outliers do not count.
pub(super) fn objection(fit: &Fit, outliers: &Outliers) -> Option<Objection> {
    let are_few = outliers.count() <= FEW;
    let each = fit.residuals.iter().enumerate();
    let judged = each.filter(|(place, _)| !(are_few && outliers.has(*place)));
    let mut sizes: Vec<f64> = judged
        .filter_map(|(_, r)| Residual::standardized(r))
        .collect();
    let square = sizes.iter().map(|z| z * z).sum::<f64>() / sizes.len() as f64;
    if square > 0.0 {
        sizes.iter_mut().for_each(|z| *z /= square.sqrt());
    }
    if sizes.len() < LEAST_COUNT {
        return None;
    }
    let count = sizes.len() as f64;
    let fourth = sizes.iter().map(|z| z * z * z * z).sum::<f64>() / count;
    let deviations = of_kurtosis(fourth, count);
    (deviations > DEVIATIONS).then(|| Objection {
        code: FindingCode::HeavyTails,
        message: format!(
            "The residuals have heavy tails: their kurtosis is {fourth:.1}, that of normal noise 3 \
            ({}). A normal law trusts the far ones too much: leave out what went wrong (NaN), or \
            state the lower precision of those measurements (perTime).",
            super::deviations(deviations)
        ),
    })
}

/// Standard normal number that is as likely as the kurtosis of `count` normal numbers (F. J.
/// Anscombe and W. J. Glynn, Biometrika 70, 1983).
fn of_kurtosis(kurtosis: f64, count: f64) -> f64 {
    let n = count;
    let mean = 3.0 * (n - 1.0) / (n + 1.0);
    let variance =
        24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0) * (n + 1.0) * (n + 3.0) * (n + 5.0));
    let x = (kurtosis - mean) / variance.sqrt();
    let skew = 6.0 * (n * n - 5.0 * n + 2.0) / ((n + 7.0) * (n + 9.0))
        * (6.0 * (n + 3.0) * (n + 5.0) / (n * (n - 2.0) * (n - 3.0))).sqrt();
    let a = 6.0 + 8.0 / skew * (2.0 / skew + (1.0 + 4.0 / (skew * skew)).sqrt());
    let ratio = (1.0 - 2.0 / a) / (1.0 + x * (2.0 / (a - 4.0)).sqrt());
    if ratio <= 0.0 {
        return f64::NEG_INFINITY;
    }
    (1.0 - 2.0 / (9.0 * a) - libm::cbrt(ratio)) / (2.0 / (9.0 * a)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn the_kurtosis_of_normal_numbers_is_seldom_far_and_that_of_heavy_tails_is() {
        let mut random = Random::new(3, 0);
        let mut beyond = [0; 2];
        for _ in 0..2000 {
            let mut z: Vec<f64> = (0..100).map(|_| random.normal()).collect();
            for (k, beyond) in beyond.iter_mut().enumerate() {
                if k == 1 {
                    // Every tenth has three times the deviation.
                    z.iter_mut().step_by(10).for_each(|z| *z *= 3.0);
                }
                let n = z.len() as f64;
                let second = z.iter().map(|z| z * z).sum::<f64>() / n;
                let fourth = z.iter().map(|z| z.powi(4)).sum::<f64>() / n;
                *beyond += usize::from(of_kurtosis(fourth / (second * second), n) > 2.326);
            }
        }
        // One in a hundred beyond 2.326, with a standard error of 0.2 %.
        assert!((12..35).contains(&beyond[0]), "{beyond:?}");
        assert!(beyond[1] > 1200, "{beyond:?}");
    }
}
