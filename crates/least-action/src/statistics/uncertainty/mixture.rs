//! Mixture of Gaussians, or of Student's laws where noise was estimated, one per level of the
//! action, with the weights of the levels.

use crate::distribution::{student_quantile, student_share_below};
use crate::error::{check, Result};
use crate::statistics::normal::{normal_quantile, share_below};
use crate::statistics::truncation::IntervalDensity;

/// Laws of the quantities of each level about their means, in units of their deviations: Student's,
/// or normal ones.
#[derive(Debug, Clone)]
pub(super) struct Tails {
    /// Degrees of freedom of each level; infinite for normal laws.
    pub degrees: Vec<f64>,
    /// Number of the last quantities whose laws are normal: logarithms of noise.
    pub normal: usize,
}

impl Tails {
    /// Degrees of freedom of a quantity of a level.
    fn of(&self, level: usize, quantity: usize, quantities: usize) -> f64 {
        match quantity + self.normal < quantities {
            true => self.degrees[level],
            false => f64::INFINITY,
        }
    }
}

/// Mean and standard deviation of each quantity of a mixture of Gaussians. `means` and `deviations`
/// are levels x quantities, row-major; `weights` are one per level and sum to 1.
pub(super) fn moments(
    means: &[f64],
    deviations: &[f64],
    weights: &[f64],
    tails: &Tails,
) -> (Vec<f64>, Vec<f64>) {
    let quantities = means.len() / weights.len();
    let (mut mean, mut variance) = (vec![0.0; quantities], vec![0.0; quantities]);
    for (row, w) in means.chunks_exact(quantities.max(1)).zip(weights) {
        mean.iter_mut().zip(row).for_each(|(to, m)| *to += w * m);
    }
    let rows = means.chunks_exact(quantities.max(1));
    let rows = rows.zip(deviations.chunks_exact(quantities.max(1)));
    for (level, ((means, deviations), w)) in rows.zip(weights).enumerate() {
        for k in 0..quantities {
            let apart = means[k] - mean[k];
            let wider = wider(tails.of(level, k, quantities));
            variance[k] += w * (deviations[k] * deviations[k] * wider + apart * apart);
        }
    }
    variance.iter_mut().for_each(|v| *v = v.sqrt());
    (mean, variance)
}

/// Variance of Student's law in units of its scale; 1 for a normal law, and where it is infinite.
fn wider(degrees: f64) -> f64 {
    match degrees.is_finite() && degrees > 2.0 {
        true => degrees / (degrees - 2.0),
        false => 1.0,
    }
}

/// Part of a mixture that is cut off by bounds: where it is expanded, and its density from there.
pub(super) type Cut = Option<(f64, IntervalDensity)>;

/// Quantile of each quantity of a mixture at a `probability` between 0 and 1. `cut`
/// gives the density of a level's quantity in place of its Gaussian, if it is another one.
///
/// # Errors
/// A probability that is not between 0 and 1.
pub(super) fn quantiles(
    means: &[f64],
    deviations: &[f64],
    weights: &[f64],
    tails: &Tails,
    cut: &dyn Fn(usize, usize) -> Cut,
    probability: f64,
) -> Result<Vec<f64>> {
    let quantities = means.len() / weights.len();
    check::require(
        probability > 0.0 && probability < 1.0,
        "probability",
        probability,
        "between 0 and 1",
    )?;
    let normal = normal_quantile(probability);
    let of_level: Vec<f64> = tails
        .degrees
        .iter()
        .map(|&degrees| match degrees.is_finite() {
            true => student_quantile(probability, degrees),
            false => normal,
        })
        .collect();
    let quantile = |k: usize| {
        let degrees = |level| tails.of(level, k, quantities);
        let parts = || {
            let values = means[k..].iter().zip(&deviations[k..]).step_by(quantities);
            let parts = values.zip(weights).enumerate();
            parts.filter(|(_, (_, &w))| w > 0.0)
        };
        let cuts: Vec<Cut> = (0..weights.len()).map(|level| cut(level, k)).collect();
        let ends = parts().map(|(level, ((m, s), _))| match cuts[level] {
            None if degrees(level).is_finite() => m + s * of_level[level],
            None => m + s * normal,
            Some((mode, density)) => mode + density.quantile(probability),
        });
        let (mut low, mut high) = ends
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), q| {
                (low.min(q), high.max(q))
            });
        // The mixture's quantile lies between those of its parts.
        while high - low > 1e-14 * low.abs().max(high.abs()) {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            let share: f64 = parts()
                .map(|(level, ((m, s), w))| match cuts[level] {
                    None => w * below(degrees(level), (middle - m) / s),
                    Some((mode, density)) => w * density.share_below(middle - mode),
                })
                .sum();
            match share < probability {
                true => low = middle,
                false => high = middle,
            }
        }
        0.5 * (low + high)
    };
    Ok((0..quantities).map(quantile).collect())
}

/// Distribution function of a level's law.
fn below(degrees: f64, z: f64) -> f64 {
    match degrees.is_finite() && !z.is_nan() {
        true => student_share_below(z, degrees),
        false => share_below(z),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(levels: usize) -> Tails {
        Tails {
            degrees: vec![f64::INFINITY; levels],
            normal: 0,
        }
    }

    #[test]
    fn one_level_of_estimated_noise_is_a_student_law() {
        let tails = Tails {
            degrees: vec![3.0],
            normal: 1,
        };
        let none = |_, _| None;
        let found = quantiles(&[1.0, -2.0], &[2.0, 1.0], &[1.0], &tails, &none, 0.975).unwrap();
        // The 97.5 % quantiles of t with 3 degrees of freedom, and of the normal law.
        assert!(
            (found[0] - (1.0 + 2.0 * 3.182_446)).abs() < 1e-5,
            "{found:?}"
        );
        assert!((found[1] - (-2.0 + 1.959_964)).abs() < 1e-5, "{found:?}");
        let (_, deviation) = moments(&[1.0, -2.0], &[2.0, 1.0], &[1.0], &tails);
        assert!((deviation[0] - 2.0 * 3.0f64.sqrt()).abs() < 1e-12 && deviation[1] == 1.0);
    }

    #[test]
    fn one_level_is_a_gaussian() {
        let found = quantiles(
            &[1.0, -2.0],
            &[2.0, 0.0],
            &[1.0],
            &normal(1),
            &|_, _| None,
            0.95,
        )
        .unwrap();
        // The 95 % quantile of the normal distribution, from tables.
        assert!((found[0] - (1.0 + 2.0 * 1.644_853_626_951_47)).abs() < 1e-12);
        assert_eq!(found[1], -2.0);
        let (mean, deviation) = moments(&[1.0, -2.0], &[2.0, 0.0], &[1.0], &normal(1));
        assert_eq!((mean, deviation), (vec![1.0, -2.0], vec![2.0, 0.0]));
    }

    #[test]
    fn levels_far_apart_share_the_probability() {
        let (means, deviations, weights) = ([-10.0, 10.0], [1.0, 0.5], [0.25, 0.75]);
        let (mean, deviation) = moments(&means, &deviations, &weights, &normal(2));
        assert!((mean[0] - 5.0).abs() < 1e-12);
        let variance: f64 = 0.25 * (1.0 + 225.0) + 0.75 * (0.25 + 25.0);
        assert!((deviation[0] - variance.sqrt()).abs() < 1e-12);
        // Half of the first level's share is below its mean, 5/8 of all below that of the second.
        for (probability, value) in [(0.125, -10.0), (0.625, 10.0)] {
            let quantile = quantiles(
                &means,
                &deviations,
                &weights,
                &normal(2),
                &|_, _| None,
                probability,
            )
            .unwrap();
            assert!((quantile[0] - value).abs() < 1e-9, "{quantile:?}");
        }
        assert!(quantiles(&means, &deviations, &weights, &normal(2), &|_, _| None, 1.0).is_err());
    }
}
