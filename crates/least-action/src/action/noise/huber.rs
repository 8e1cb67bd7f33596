use std::f64::consts::{SQRT_2, TAU};

use super::{of_location_and_scale, Loss, LossMoments, ResidualRow, ScaleTerms};
use crate::distribution::normal_score;
use crate::random::Random;

/// P. J. Huber's least favourable distribution (Ann. Math. Statist. 35, 1964): normal up to a
/// threshold k, in units of the scale, and exponential beyond. `rho = z^2`, or `2 k |z| - k^2`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Huber {
    pub threshold: f64,
}

impl Huber {
    /// Integral of the normal part, and `exp(-k^2 / 2)`.
    fn parts(&self) -> (f64, f64) {
        let k = self.threshold;
        (TAU.sqrt() * libm::erf(k / SQRT_2), libm::exp(-0.5 * k * k))
    }

    /// Integral of `exp(-rho / 2)`.
    fn integral(&self) -> f64 {
        let (middle, edge) = self.parts();
        middle + 2.0 * edge / self.threshold
    }
}

impl Loss for Huber {
    fn value(&self, square: f64, _: ResidualRow) -> f64 {
        let k = self.threshold;
        match square <= k * k {
            true => square,
            false => 2.0 * k * square.sqrt() - k * k,
        }
    }

    fn linearize(&self, row: ResidualRow) -> (f64, f64) {
        let size = row.residual.abs() * row.precision.sqrt();
        let share = if size <= self.threshold {
            1.0
        } else {
            self.threshold / size
        };
        (row.residual, row.precision * share)
    }

    fn curvature(&self, row: ResidualRow) -> f64 {
        let size = row.residual.abs() * row.precision.sqrt();
        match size <= self.threshold {
            true => 0.0,
            false => -row.precision * self.threshold / size,
        }
    }

    fn scale(&self, row: ResidualRow) -> ScaleTerms {
        let ((middle, edge), k) = (self.parts(), self.threshold);
        let second = (3.0 * middle + edge * (4.0 / k - 2.0 * k)) / self.integral();
        of_location_and_scale(self, row, second - 1.0)
    }

    fn log_peak(&self, precision: f64) -> f64 {
        libm::log(precision) - 2.0 * libm::log(self.integral())
    }

    fn draw(&self, prediction: f64, deviation: f64, random: &mut Random) -> f64 {
        let (middle, k) = (self.parts().0, self.threshold);
        let sign = random.uniform([-1.0, 1.0]);
        let size = match random.uniform([0.0, 1.0]) * self.integral() < middle {
            true => loop {
                let z = random.normal().abs();
                if z <= k {
                    break z;
                }
            },
            false => k - libm::log1p(-random.uniform([0.0, 1.0])) / k,
        };
        prediction + deviation * size.copysign(sign)
    }

    fn moments(&self, prediction: f64, precision: f64) -> LossMoments {
        let ((middle, edge), k) = (self.parts(), self.threshold);
        let square = (middle + edge * (4.0 / k + 4.0 / (k * k * k))) / self.integral();
        LossMoments {
            mean: prediction,
            variance: square / precision,
        }
    }

    fn misfit(&self, _: f64) -> LossMoments {
        let ((middle, edge), k) = (self.parts(), self.threshold);
        let mean = (middle + 4.0 * edge / k) / self.integral();
        let square = (3.0 * middle + edge * (2.0 * k + 16.0 / k)) / self.integral();
        LossMoments {
            mean,
            variance: square - mean * mean,
        }
    }

    fn score(&self, row: ResidualRow) -> f64 {
        let (z, k) = (-row.residual * row.precision.sqrt(), self.threshold);
        let tail = match z.abs() <= k {
            true => {
                let beyond =
                    TAU.sqrt() * 0.5 * (libm::erf(k / SQRT_2) - libm::erf(z.abs() / SQRT_2));
                beyond + self.parts().1 / k
            }
            false => libm::exp(0.5 * k * k - k * z.abs()) / k,
        };
        normal_score(tail / self.integral()).copysign(z)
    }
}
