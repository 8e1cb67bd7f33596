use super::{of_location_and_scale, Loss, LossMoments, ResidualRow, ScaleTerms};
use crate::distribution::{digamma, normal_score, student_share_below, trigamma};
use crate::random::Random;

/// Student's t distribution about the prediction, for data with outliers (K. L. Lange, R. J. A.
/// Little and J. M. G. Taylor, J. Amer. Statist. Assoc. 84, 1989): with z the residual over the
/// scale, `rho = (degrees + 1) log(1 + z^2 / degrees)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct StudentT {
    pub degrees: f64,
}

impl Loss for StudentT {
    fn value(&self, square: f64, _: ResidualRow) -> f64 {
        (self.degrees + 1.0) * libm::log1p(square / self.degrees)
    }

    fn linearize(&self, row: ResidualRow) -> (f64, f64) {
        let square = row.precision * row.residual * row.residual;
        let weight = (self.degrees + 1.0) / (self.degrees + square);
        (row.residual, row.precision * weight)
    }

    fn curvature(&self, row: ResidualRow) -> f64 {
        let square = row.precision * row.residual * row.residual;
        let sum = self.degrees + square;
        -2.0 * (self.degrees + 1.0) * row.precision * square / (sum * sum)
    }

    fn scale(&self, row: ResidualRow) -> ScaleTerms {
        of_location_and_scale(self, row, 2.0 * self.degrees / (self.degrees + 3.0))
    }

    fn log_peak(&self, precision: f64) -> f64 {
        let half = 0.5 * self.degrees;
        let gammas = libm::lgamma(half + 0.5) - libm::lgamma(half);
        2.0 * gammas + libm::log(precision / (self.degrees * std::f64::consts::PI))
    }

    /// A normal number over the root of a chi-square one, which is made of the same stream.
    fn draw(&self, prediction: f64, deviation: f64, random: &mut Random) -> f64 {
        let share = random.uniform([0.0, 1.0]);
        prediction + deviation * crate::distribution::student_quantile(share, self.degrees)
    }

    /// The variance is infinite with 2 degrees of freedom or fewer; that of 3 then stands for it.
    fn moments(&self, prediction: f64, precision: f64) -> LossMoments {
        let degrees = self.degrees.max(3.0);
        LossMoments {
            mean: prediction,
            variance: degrees / (degrees - 2.0) / precision,
        }
    }

    /// The logarithm is minus that of a beta variable.
    fn misfit(&self, _: f64) -> LossMoments {
        let (half, more) = (0.5 * self.degrees, 0.5 * self.degrees + 0.5);
        let factor = self.degrees + 1.0;
        LossMoments {
            mean: factor * (digamma(more) - digamma(half)),
            variance: factor * factor * (trigamma(half) - trigamma(more)),
        }
    }

    fn score(&self, row: ResidualRow) -> f64 {
        let z = -row.residual * row.precision.sqrt();
        normal_score(student_share_below(-z.abs(), self.degrees)).copysign(z)
    }
}
