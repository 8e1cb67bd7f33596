//! Gaussians within bounds: their moments by expectation propagation (J. P. Cunningham, P. Hennig,
//! S. Lacoste-Julien, arXiv:1111.6832, 2011; T. P. Minka, UAI 2001), which is exact for one bounded
//! unknown.

mod draws;
mod interval_density;
#[cfg(test)]
mod tests;

pub(super) use interval_density::IntervalDensity;

use nalgebra::DMatrix;

use crate::statistics::normal::share_below;

/// Bounds of an unknown, as changes from the point about which the Gaussian is expanded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounded {
    /// Number of the unknown.
    pub unknown: usize,
    pub low: f64,
    pub high: f64,
}

impl Bounded {
    /// Precision by which an unknown at an active bound is bounded at first: that of the
    /// exponential density along the gradient, and of the width of the interval.
    pub fn first_precision(&self, gradient: f64) -> f64 {
        let width = self.high - self.low;
        gradient * gradient + 12.0 / (width * width)
    }

    /// True if a part of a normal distribution that matters is outside of the interval.
    pub fn cuts(&self, mean: f64, deviation: f64) -> bool {
        let beyond = share_below((self.low - mean) / deviation)
            + share_below((mean - self.high) / deviation);
        deviation > 0.0 && beyond > BEYOND
    }
}

/// Gaussian factor `exp(shift z - precision z^2 / 2)` in place of each interval, so that the
/// product with the Gaussian has the moments of the truncated density.
#[derive(Debug, Clone)]
pub(super) struct Truncation {
    pub bounded: Vec<Bounded>,
    /// Precision of each factor, at least 0.
    pub precision: Vec<f64>,
    /// Shift of each factor.
    pub shift: Vec<f64>,
    /// Density of each bounded unknown: that without its own interval, cut off by it.
    pub marginals: Vec<IntervalDensity>,
    /// Inverse of the covariance of the bounded unknowns with all factors, row by row.
    inverse: DMatrix<f64>,
    /// Mean of the bounded unknowns with all factors.
    means: Vec<f64>,
    /// Logarithm of the truncated mass over that of the product of the Gaussian and the factors.
    pub log_ratio: f64,
}

/// Most unknowns whose bounds cut off a Gaussian.
pub(super) const MOST_BOUNDED: usize = 256;
/// Share of a Gaussian beyond a bound from which on the bound cuts it off.
const BEYOND: f64 = 0.01;
/// Most sweeps over the intervals, and change of the moments, relative to the deviation, at which
/// they end.
const SWEEPS: usize = 200;
const SETTLED: f64 = 1e-10;

impl Truncation {
    /// Factors for the intervals of a Gaussian with these `means` and this covariance of the
    /// bounded unknowns, which contain factors of the precisions `before` and no shift already.
    /// None if a density has no mass to be normalised by.
    pub fn new(
        bounded: Vec<Bounded>,
        before: &[f64],
        mut means: Vec<f64>,
        mut covariance: Vec<f64>,
    ) -> Option<Self> {
        let count = bounded.len();
        let mut precision = before.to_vec();
        let mut shift = vec![0.0; count];
        let mut marginals = Vec::new();
        for _ in 0..SWEEPS {
            let mut moved = 0.0f64;
            marginals.clear();
            for i in 0..count {
                let variance = covariance[i * count + i];
                let cavity = IntervalDensity {
                    precision: (1.0 / variance - precision[i]).max(0.0),
                    slope: means[i] / variance - shift[i],
                    low: bounded[i].low,
                    high: bounded[i].high,
                };
                let found = cavity.moments()?;
                let wanted = (1.0 / found.variance - cavity.precision).max(0.0);
                let change = wanted - precision[i];
                let pushed = found.mean * (wanted + cavity.precision) - cavity.slope - shift[i];
                let away = (found.mean - means[i]).abs() / found.variance.sqrt();
                moved = moved.max(away).max((found.variance / variance - 1.0).abs());
                precision[i] += change;
                shift[i] += pushed;
                // Rank-one change of mean and covariance.
                let column: Vec<f64> = (0..count).map(|k| covariance[k * count + i]).collect();
                let share = 1.0 / (1.0 + change * variance);
                let step = (pushed - change * means[i]) * share;
                for k in 0..count {
                    means[k] += step * column[k];
                    for l in 0..count {
                        covariance[k * count + l] -= change * share * column[k] * column[l];
                    }
                }
                marginals.push(cavity);
            }
            if moved < SETTLED {
                break;
            }
        }
        let mut log_ratio = 0.0;
        for (i, cavity) in marginals.iter().enumerate() {
            let total = cavity.precision + precision[i];
            let slope = cavity.slope + shift[i];
            let gaussian =
                0.5 * libm::log(std::f64::consts::TAU / total) + 0.5 * slope * slope / total;
            log_ratio += cavity.moments()?.log_mass - gaussian;
        }
        let inverse = DMatrix::from_row_slice(count, count, &covariance).try_inverse()?;
        log_ratio.is_finite().then_some(Truncation {
            bounded,
            inverse,
            means,
            precision,
            shift,
            marginals,
            log_ratio,
        })
    }

    /// Numbers of the bounded unknowns.
    pub fn unknowns(&self) -> impl Iterator<Item = usize> + Clone + '_ {
        self.bounded.iter().map(|one| one.unknown)
    }

    /// Writes the numbers of the bounded unknowns at their places in a list of all.
    pub fn spread(&self, values: &[f64], all: &mut [f64]) {
        for (unknown, value) in self.unknowns().zip(values) {
            all[unknown] = *value;
        }
    }
}
