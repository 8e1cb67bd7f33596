//! Hamilton's equations of the sampler: `H = U(y) + p^T M^-1 p / 2`, with a diagonal mass matrix M
//! in whitened coordinates.

use super::density::Density;
use super::options::Integrator;
use super::point::{sum, Point};
use super::space::{NoPotential, Space};
use super::transition::Divergence;
use crate::random::Random;

/// A trajectory whose energy rises by more than this has left the orbit (as in Stan).
pub(super) const MOST_ENERGY_ERROR: f64 = 1000.0;

pub(super) struct Dynamics<T> {
    pub space: Space<T>,
    /// The diagonal of M^-1: variances in the whitened coordinates.
    pub variances: Vec<f64>,
    pub integrator: Integrator,
    pub work: Work,
    /// Evaluations of the density since this was set to zero.
    pub evaluations: u32,
}

/// Memory for a step.
#[derive(Debug, Clone, Default)]
pub(super) struct Work {
    /// The position that the step began at.
    pub before: Vec<f64>,
    pub first: Vec<f64>,
    pub second: Vec<f64>,
    pub third: Vec<f64>,
}

impl Work {
    pub fn new(unknowns: usize) -> Self {
        let zeros = vec![0.0; unknowns];
        Work {
            before: zeros.clone(),
            first: zeros.clone(),
            second: zeros.clone(),
            third: zeros,
        }
    }
}

impl<T: Density> Dynamics<T> {
    /// Evaluates the potential at the point's position.
    pub fn evaluate(&mut self, point: &mut Point) -> Result<(), NoPotential> {
        self.evaluations += 1;
        point.height = self.space.evaluate(&point.position, &mut point.gradient)?;
        Ok(())
    }

    /// Draws a momentum from its normal distribution.
    pub fn draw_momentum(&self, point: &mut Point, random: &mut Random) {
        for (p, variance) in point.momentum.iter_mut().zip(&self.variances) {
            *p = random.normal() / variance.sqrt();
        }
    }

    pub fn kinetic(&self, momentum: &[f64]) -> f64 {
        let variances = &self.variances[..momentum.len()];
        0.5 * sum(momentum.len(), |k| variances[k] * momentum[k] * momentum[k])
    }

    /// H.
    pub fn energy(&self, point: &Point) -> f64 {
        point.height.potential + self.kinetic(&point.momentum)
    }

    /// The divergence of the step made last.
    pub fn divergence(&mut self, energy_error: f64, cause: NoPotential) -> Divergence {
        let before = std::mem::take(&mut self.work.before);
        let position = self.space.unknowns(&before).to_vec();
        self.work.before = before;
        Divergence {
            position,
            energy_error,
            cause,
        }
    }
}
