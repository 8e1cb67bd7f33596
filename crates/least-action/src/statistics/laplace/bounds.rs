//! Bounds that cut off the Gaussian at a finite R_f.

use super::expansion::Expansion;
use super::marginals;
use crate::solve::Cholesky;
use crate::statistics::truncation::{Bounded, Truncation, MOST_BOUNDED};

/// Gaussian about a point at bounds, with factors in their place.
pub(super) struct Cut {
    pub truncation: Truncation,
    /// Precision that the factors add to each unknown.
    pub added: Vec<f64>,
    /// Unknowns that are held: of the active bounds none is.
    pub fixed: Vec<bool>,
    /// Mean less mode of every unknown.
    pub offset: Vec<f64>,
}

impl Expansion {
    /// Factors for the bounds that are active or that cut off a part of the Gaussian. None if no
    /// bound does, if there are too many, or if the action falls beyond the active ones with no
    /// curvature to stop it: these are then held. `factor` is that of the Hessian with the factors.
    pub fn cut(&self, factor: &mut Cholesky) -> Option<Cut> {
        let bounds = self.posterior.bounds_of_unknowns()?;
        let unknowns = self.mode.len();
        let is_held = |k: usize| self.posterior.is_held(k);
        let active: Vec<usize> = (0..unknowns)
            .filter(|&k| self.fixed[k] && !is_held(k))
            .collect();
        if active.len() > MOST_BOUNDED {
            return None;
        }
        let fixed: Vec<bool> = (0..unknowns).map(is_held).collect();
        let ends = |k: usize| Bounded {
            unknown: k,
            low: bounds.lower[k] - self.mode[k],
            high: bounds.upper[k] - self.mode[k],
        };
        let mut added = vec![0.0; unknowns];
        let mut slope = vec![0.0; unknowns];
        for &k in &active {
            added[k] = ends(k).first_precision(self.gradient[k]);
            slope[k] = -self.gradient[k];
        }
        factor.factor(&self.hessian, &added, &fixed).ok()?;
        let (variances, _) = marginals(&self.posterior, factor, &fixed);
        let mut offset = slope.clone();
        factor.solve(&mut offset);
        let matters = |&k: &usize| {
            !fixed[k] && (self.fixed[k] || ends(k).cuts(offset[k], variances[k].sqrt()))
        };
        let bounded: Vec<Bounded> = (0..unknowns).filter(matters).map(ends).collect();
        let count = bounded.len();
        if count == 0 || count > MOST_BOUNDED {
            return None;
        }
        let mut covariance = Vec::with_capacity(count * count);
        for one in &bounded {
            let mut column = vec![0.0; unknowns];
            column[one.unknown] = 1.0;
            factor.solve(&mut column);
            covariance.extend(bounded.iter().map(|other| column[other.unknown]));
        }
        let of_bounded =
            |all: &[f64]| -> Vec<f64> { bounded.iter().map(|one| all[one.unknown]).collect() };
        let (before, means) = (of_bounded(&added), of_bounded(&offset));
        let mut truncation = Truncation::new(bounded, &before, means, covariance)?;
        truncation.spread(&truncation.precision, &mut added);
        factor.factor(&self.hessian, &added, &fixed).ok()?;
        for (k, shift) in truncation.unknowns().zip(&truncation.shift) {
            slope[k] += shift;
        }
        offset.copy_from_slice(&slope);
        factor.solve(&mut offset);
        let gained: f64 = slope.iter().zip(&offset).map(|(b, m)| b * m).sum();
        truncation.log_ratio += 0.5 * gained;
        Some(Cut {
            truncation,
            added,
            fixed,
            offset,
        })
    }
}
