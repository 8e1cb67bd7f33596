use super::{of_location_and_scale, Loss, LossMoments, ResidualRow, ScaleTerms};
use crate::distribution::normal_score;
use crate::random::Random;

/// Two-sided exponential distribution about the prediction, `rho = 2 |h - y| / b` with the scale b:
/// the fit is by least absolute values. Within a thousandth of the scale the tip is rounded, so
/// that there are derivatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Laplace;

/// Size of the rounded tip in units of the scale.
const TIP: f64 = 1e-3;

fn rounded(square: f64) -> f64 {
    (square + TIP * TIP).sqrt()
}

impl Loss for Laplace {
    fn value(&self, square: f64, _: ResidualRow) -> f64 {
        2.0 * (rounded(square) - TIP)
    }

    fn linearize(&self, row: ResidualRow) -> (f64, f64) {
        let square = row.precision * row.residual * row.residual;
        (row.residual, row.precision / rounded(square))
    }

    fn curvature(&self, row: ResidualRow) -> f64 {
        let square = row.precision * row.residual * row.residual;
        let size = rounded(square);
        -row.precision * square / (size * size * size)
    }

    fn scale(&self, row: ResidualRow) -> ScaleTerms {
        of_location_and_scale(self, row, 1.0)
    }

    fn log_peak(&self, precision: f64) -> f64 {
        libm::log(0.25 * precision)
    }

    fn draw(&self, prediction: f64, deviation: f64, random: &mut Random) -> f64 {
        let share = random.uniform([-1.0, 1.0]);
        prediction - deviation * libm::log1p(-share.abs()).copysign(-share)
    }

    fn moments(&self, prediction: f64, precision: f64) -> LossMoments {
        LossMoments {
            mean: prediction,
            variance: 2.0 / precision,
        }
    }

    /// Twice an exponential variable.
    fn misfit(&self, _: f64) -> LossMoments {
        LossMoments {
            mean: 2.0,
            variance: 4.0,
        }
    }

    fn score(&self, row: ResidualRow) -> f64 {
        let z = -row.residual * row.precision.sqrt();
        normal_score(0.5 * libm::exp(-z.abs())).copysign(z)
    }
}
