//! Bounds that cut off the Gaussian under the strong constraint.

use super::information::Information;
use super::{StrongLaplace, StrongPosterior};
use crate::random::Random;
use crate::statistics::truncation::{Bounded, Truncation, MOST_BOUNDED};

impl StrongPosterior {
    /// Bounds of first states and parameters as changes from a point.
    pub(super) fn ends_from(&self, point: &[f64]) -> Vec<Bounded> {
        let end = |ends: Option<&Vec<f64>>, k: usize, none: f64| ends.map_or(none, |e| e[k]);
        let (lower, upper) = (
            self.bounds.as_ref().map(|b| &b.lower),
            self.bounds.as_ref().map(|b| &b.upper),
        );
        let ends = point.iter().enumerate().map(|(k, x)| Bounded {
            unknown: k,
            low: end(lower, k, f64::NEG_INFINITY) - x,
            high: end(upper, k, f64::INFINITY) - x,
        });
        ends.collect()
    }
}

impl StrongLaplace {
    /// Puts factors in the place of bounds that are active or that cut off a part of the Gaussian,
    /// and notes the mean. `added` are the precisions that are in the covariance, `slope` the falls
    /// of the value at active bounds. Returns what the logarithm of the integral gains.
    pub(super) fn cut(
        &mut self,
        information: &Information,
        known: &[Option<f64>],
        ends: &[Bounded],
        added: &mut [f64],
        slope: &mut [f64],
    ) -> f64 {
        let unknowns = known.len();
        self.offset = vec![0.0; self.mode().len()];
        if self.posterior.bounds.is_none() {
            return 0.0;
        }
        let column = |laplace: &Self, unit: &[f64]| {
            let mut column = vec![0.0; unknowns];
            laplace.times_covariance(unit, &mut column);
            column
        };
        let unit =
            |k: usize| -> Vec<f64> { (0..unknowns).map(|i| f64::from(u8::from(i == k))).collect() };
        let means = column(self, slope);
        let matters = |k: &usize| {
            let is_bounded = ends[*k].low.is_finite() || ends[*k].high.is_finite();
            known[*k].is_none()
                && is_bounded
                && (self.held[*k] || {
                    let variance = column(self, &unit(*k))[*k];
                    ends[*k].cuts(means[*k], variance.sqrt())
                })
        };
        let bounded: Vec<Bounded> = (0..unknowns).filter(matters).map(|k| ends[k]).collect();
        if bounded.is_empty() || bounded.len() > MOST_BOUNDED {
            return 0.0;
        }
        let columns = bounded.iter().map(|one| column(self, &unit(one.unknown)));
        let covariance = columns.flat_map(|column| {
            let own = bounded.iter().map(move |other| column[other.unknown]);
            own.collect::<Vec<f64>>()
        });
        let covariance: Vec<f64> = covariance.collect();
        let of = |all: &[f64]| -> Vec<f64> { bounded.iter().map(|one| all[one.unknown]).collect() };
        let (before, means) = (of(added), of(&means));
        let Some(found) = Truncation::new(bounded, &before, means, covariance) else {
            return 0.0;
        };
        found.spread(&found.precision, added);
        for (k, shift) in found.unknowns().zip(&found.shift) {
            slope[k] += shift;
        }
        let roots: Vec<f64> = added.iter().map(|a| a.sqrt()).collect();
        self.take(&information.triangle(known, &roots));
        let moved = column(self, slope);
        let mut offset = vec![0.0; self.mode().len()];
        self.expand(&moved, &mut offset);
        self.offset = offset;
        let gained: f64 = slope.iter().zip(&moved).map(|(b, m)| b * m).sum();
        let log_ratio = found.log_ratio;
        self.truncation = Some(found);
        log_ratio + 0.5 * gained
    }

    /// Moves a draw of first states and parameters, a deviation from the mean, to one from the mode
    /// within the bounds that cut off the Gaussian.
    pub(super) fn move_within(&self, random: &mut Random, draw: &mut [f64]) {
        let Some(cut) = &self.truncation else { return };
        let offset = self.posterior.reduced(&self.offset);
        draw.iter_mut().zip(&offset).for_each(|(x, o)| *x += o);
        let from: Vec<f64> = cut.unknowns().map(|k| draw[k]).collect();
        let (mut weights, mut change) = (vec![0.0; draw.len()], vec![0.0; draw.len()]);
        cut.spread(&cut.moves(&from, random), &mut weights);
        self.times_covariance(&weights, &mut change);
        draw.iter_mut().zip(&change).for_each(|(x, c)| *x += c);
        // Rounding is no violation.
        for one in &cut.bounded {
            let x = &mut draw[one.unknown];
            *x = x.clamp(one.low, one.high);
        }
    }
}
