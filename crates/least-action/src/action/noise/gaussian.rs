use std::f64::consts::TAU;

use super::{Loss, LossMoments, ResidualRow};
use crate::random::Random;

/// Gaussian noise whose variance is one over the precision: `rho = R_m (h - y)^2`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gaussian;

impl Loss for Gaussian {
    const QUADRATIC: bool = true;

    #[inline(always)]
    fn value(&self, square: f64, _: ResidualRow) -> f64 {
        square
    }

    #[inline(always)]
    fn linearize(&self, row: ResidualRow) -> (f64, f64) {
        (row.residual, row.precision)
    }

    /// Twice the logarithm of the density's peak, `log(R_m / 2 pi)`.
    fn log_peak(&self, precision: f64) -> f64 {
        libm::log(precision / TAU)
    }

    fn draw(&self, prediction: f64, deviation: f64, random: &mut Random) -> f64 {
        prediction + deviation * random.normal()
    }

    fn moments(&self, prediction: f64, precision: f64) -> LossMoments {
        LossMoments {
            mean: prediction,
            variance: 1.0 / precision,
        }
    }

    /// Mean and variance of a chi-square variable with one degree of freedom.
    fn misfit(&self, _: f64) -> LossMoments {
        LossMoments {
            mean: 1.0,
            variance: 2.0,
        }
    }
}
