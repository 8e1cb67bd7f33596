//! Draws from a Gaussian within bounds.

use super::{IntervalDensity, Truncation};
use crate::random::Random;

/// Sweeps of Gibbs's sampler for a draw of several bounded unknowns (J. H. Kotecha, P. M. Djuric,
/// ICASSP 1999).
const SWEEPS: usize = 30;

impl Truncation {
    /// Change of all unknowns that takes a draw `from` of the Gaussian with all factors, of which
    /// the bounded unknowns are given, to a draw within the bounds: the product of that Gaussian's
    /// covariance with the list that is returned, one number per bounded unknown. The others follow
    /// the bounded ones as in the Gaussian, on which their law at given bounded ones depends alone.
    pub fn moves(&self, from: &[f64], random: &mut Random) -> Vec<f64> {
        let to = self.draw(random);
        let count = from.len();
        let row = |i: usize| {
            let each = (0..count).map(|k| self.inverse[(i, k)] * (to[k] - from[k]));
            each.sum()
        };
        (0..count).map(row).collect()
    }

    /// Draw of the bounded unknowns: exact for one, by a short chain for several.
    fn draw(&self, random: &mut Random) -> Vec<f64> {
        if let [only] = self.marginals[..] {
            return vec![only.draw(random)];
        }
        let count = self.means.len();
        // Precision and slope of the Gaussian without the factors.
        let precision = |i: usize, k: usize| {
            let own = if i == k { self.precision[i] } else { 0.0 };
            self.inverse[(i, k)] - own
        };
        let slope = |i: usize| -> f64 {
            let each = (0..count).map(|k| self.inverse[(i, k)] * self.means[k]);
            each.sum::<f64>() - self.shift[i]
        };
        let slopes: Vec<f64> = (0..count).map(slope).collect();
        let mut draw: Vec<f64> = self.means.clone();
        for (value, one) in draw.iter_mut().zip(&self.bounded) {
            *value = value.clamp(one.low, one.high);
        }
        for _ in 0..SWEEPS {
            for i in 0..count {
                let others = (0..count).filter(|&k| k != i);
                let pull: f64 = others.map(|k| precision(i, k) * draw[k]).sum();
                let density = IntervalDensity {
                    precision: precision(i, i).max(0.0),
                    slope: slopes[i] - pull,
                    low: self.bounded[i].low,
                    high: self.bounded[i].high,
                };
                draw[i] = density.draw(random);
            }
        }
        draw
    }
}
