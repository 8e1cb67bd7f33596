//! Noise of measurements and of models: the share of whitened differences of data and predictions
//! in the action.
//!
//! The division follows GTSAM (F. Dellaert, GTSAM tech report GT-RIM-CP&R-2012-002). A
//! [`Whitening`] holds the covariance of a group of rows: it makes differences independent and of
//! one size. A [`Law`] gives the probability of a difference of that size. Everything that depends
//! on the law goes through its [`Loss`]:
//!
//! - `value`, rho = -2 log p(y given h) + constant: the action of paths, networks and mechanics.
//! - `linearize`, r and w with d(rho / 2)/dh = w r: its gradient, and rows of least squares.
//! - `curvature`, d2(rho / 2)/dh2 - w: the part of the exact Hessian that Gauss-Newton leaves out.
//! - `log_peak`, 2 log p(y given h = y): the size of exp(-A) in Laplace's evidence.
//! - `draw`: random data of twins and random steps of forecasts.
//! - `moments`: mean and variance of a datum for the ensemble Kalman filter.
//! - `misfit`, mean and variance of rho: the expected misfit, for the verdict and for pruning.
//!
//! # Add a likelihood
//! 1. Write its file beside `gaussian.rs`: a small `Copy` type with the law's parameters, and its
//!    [`Loss`]. A law of `h - y` needs nothing else; a law of logarithms overrides `residual`; a
//!    law of counts takes the datum from [`ResidualRow::datum`], the prediction as
//!    `datum + residual`, and Fisher's information as its weight.
//! 2. Name it here: `mod`, a variant of [`Law`], an arm of `with_loss`.
//!
//! Laws of the user's own, as text, have no [`Loss`]: they depend on more than one scale, and their
//! moments are integrals. `text/` holds them, and `action/text_group.rs` their rows.
//!
//! Groups of rows are dispatched, not rows: each loop over data exists once per law, so a law that
//! is not chosen costs nothing.

mod binomial;
mod counts;
mod failures;
mod gaussian;
mod huber;
mod interval;
mod laplace;
#[cfg(test)]
mod law_tests;
mod log_normal;
mod loss;
mod negative_binomial;
mod normal_interval;
mod poisson;
mod precision;
mod step_noise;
mod student_t;
#[cfg(test)]
mod tests;
mod text;
mod whitening;

pub(crate) use super::estimated_scales::{NoiseShare, ScaleTerms};
pub(crate) use binomial::Binomial;
pub(crate) use gaussian::Gaussian;
pub(crate) use huber::Huber;
pub(crate) use interval::Interval;
pub(crate) use laplace::Laplace;
pub(crate) use log_normal::LogNormal;
pub(crate) use loss::of_location_and_scale;
pub(crate) use loss::{Loss, ResidualRow};
pub(crate) use negative_binomial::NegativeBinomial;
pub(crate) use poisson::Poisson;
pub use precision::Precision;
pub use step_noise::StepNoise;
pub(crate) use student_t::StudentT;
pub use text::Support;
pub(crate) use text::{LawTerms, TextLaw};
pub(crate) use whitening::Whitening;

/// Distribution of the noise in a group of rows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Law {
    /// Normal distribution.
    #[default]
    Gaussian,
    /// Student's t distribution.
    StudentT(StudentT),
    /// Two-sided exponential distribution.
    Laplace,
    /// Huber's distribution.
    Huber(Huber),
    /// Normal distribution of logarithms.
    LogNormal,
    /// Poisson distribution of counts.
    Poisson,
    /// Negative binomial distribution of counts.
    NegativeBinomial,
    /// Binomial distribution of counts.
    Binomial(Binomial),
    /// Normal distribution of which intervals are known: rounded or censored data.
    Interval(Interval),
}

/// Evaluates an expression with the loss of a law, compiled for each law by itself.
macro_rules! with_loss {
    ($law:expr, $loss:ident => $body:expr) => {
        match $law {
            $crate::action::noise::Law::Gaussian => {
                let $loss = $crate::action::noise::Gaussian;
                $body
            }
            $crate::action::noise::Law::StudentT($loss) => $body,
            $crate::action::noise::Law::Laplace => {
                let $loss = $crate::action::noise::Laplace;
                $body
            }
            $crate::action::noise::Law::Huber($loss) => $body,
            $crate::action::noise::Law::LogNormal => {
                let $loss = $crate::action::noise::LogNormal;
                $body
            }
            $crate::action::noise::Law::Poisson => {
                let $loss = $crate::action::noise::Poisson;
                $body
            }
            $crate::action::noise::Law::NegativeBinomial => {
                let $loss = $crate::action::noise::NegativeBinomial;
                $body
            }
            $crate::action::noise::Law::Binomial($loss) => $body,
            $crate::action::noise::Law::Interval($loss) => $body,
        }
    };
}
pub(crate) use with_loss;

impl Law {
    /// True if the loss is the square of the residual over the scale, at least for exact data.
    pub fn is_square(self) -> bool {
        matches!(self, Law::Gaussian | Law::LogNormal)
    }

    /// True for laws that give data far from the prediction little weight.
    pub fn is_robust(self) -> bool {
        matches!(self, Law::StudentT(_) | Law::Laplace | Law::Huber(_))
    }

    /// True if the scale is a deviation, or the like, of the residuals.
    pub fn has_deviation(self) -> bool {
        !matches!(
            self,
            Law::Poisson | Law::NegativeBinomial | Law::Binomial(_)
        )
    }

    /// True for normal noise of exact data.
    pub fn is_normal(self) -> bool {
        self == Law::Gaussian
    }

    /// Mean and variance of the summed losses of data at the truth.
    pub fn misfit(self, data: impl Iterator<Item = f64>) -> LossMoments {
        let mut sum = LossMoments::default();
        for datum in data {
            let one = with_loss!(self, loss => loss.misfit(datum));
            sum.mean += one.mean;
            sum.variance += one.variance;
        }
        sum
    }

    /// Mean and variance of a datum about `prediction`.
    pub fn moments(self, prediction: f64, precision: f64) -> LossMoments {
        with_loss!(self, loss => loss.moments(prediction, precision))
    }
}

/// Mean and variance of a random number.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LossMoments {
    /// Mean.
    pub mean: f64,
    /// Variance.
    pub variance: f64,
}

/// Factor and precision that all rows of a group share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// Factor of the summed losses, given by the normalisation.
    pub factor: f64,
    /// Precision that the weights of the rows are relative to: R_f, or an R_m that all rows share.
    pub precision: f64,
}

impl Scale {
    /// Factor outside of the losses and precision inside of them. Quadratic losses have all of it
    /// outside.
    #[inline(always)]
    fn split<L: Loss>(self, _: L) -> (f64, f64) {
        match L::QUADRATIC {
            true => (self.precision * self.factor, 1.0),
            false => (self.factor, self.precision),
        }
    }
}

/// Noise of a group of rows: their law and their covariance. Methods take the data as empty where
/// all data are 0.
#[derive(Debug, Clone)]
pub(crate) struct Noise {
    pub law: Law,
    pub whitening: Whitening,
}

impl Noise {
    /// Sum of all losses, times the factor.
    pub fn value(&self, scale: Scale, residuals: &[f64], data: &[f64]) -> f64 {
        with_loss!(self.law, loss => {
            let (outer, inner) = scale.split(loss);
            let value = |square: f64, row: ResidualRow| loss.value(square, row);
            outer * self.whitening.sum(inner, residuals, data, value)
        })
    }

    /// Replaces residuals by derivatives of [`Noise::value`] in the predictions.
    pub fn differentiate(&self, scale: Scale, residuals: &mut [f64], data: &[f64]) {
        with_loss!(self.law, loss => {
            let (outer, inner) = scale.split(loss);
            let slope = |factor: f64, row: ResidualRow| {
                let (residual, weight) = loss.linearize(row);
                residual * (factor * weight)
            };
            self.whitening.map(2.0 * outer, inner, residuals, data, slope);
        });
    }

    /// Replaces the differences `residuals` by residuals and weights of rows of least squares.
    /// Differences that a matrix couples are whitened already.
    pub fn linearize(&self, scale: Scale, residuals: &mut [f64], weights: &mut [f64]) {
        with_loss!(self.law, loss => {
            let (outer, inner) = scale.split(loss);
            for (i, (r, w)) in residuals.iter_mut().zip(weights).enumerate() {
                let precision = inner * self.whitening.weight(i);
                let (residual, weight) = loss.linearize(ResidualRow::new(*r, 0.0, precision));
                (*r, *w) = (residual, 2.0 * outer * weight);
            }
        });
    }

    /// Calls `to` with the number, the residual and the weight of each row of least squares, where
    /// the covariance is diagonal.
    pub fn each_row(
        &self,
        scale: Scale,
        residuals: &[f64],
        data: &[f64],
        mut to: impl FnMut(usize, f64, f64),
    ) {
        with_loss!(self.law, loss => {
            let (outer, inner) = scale.split(loss);
            for (i, (&residual, &datum)) in residuals.iter().zip(data).enumerate() {
                let precision = inner * self.whitening.weight(i);
                let (residual, weight) = loss.linearize(ResidualRow::new(residual, datum, precision));
                to(i, residual, 2.0 * outer * weight);
            }
        });
    }

    /// True if every loss is quadratic, so that there is no curvature besides the weights.
    pub fn is_quadratic(&self) -> bool {
        fn of<L: Loss>(_: L) -> bool {
            L::QUADRATIC
        }
        with_loss!(self.law, loss => of(loss))
    }

    /// Second derivatives of [`Noise::value`] in the predictions less the weights of
    /// [`Noise::linearize`], one per row. For whitened rows they are derivatives in the whitened
    /// differences.
    pub fn curvatures(&self, scale: Scale, residuals: &[f64], data: &[f64]) -> Vec<f64> {
        with_loss!(self.law, loss => {
            let (outer, inner) = scale.split(loss);
            let rows = (0..residuals.len()).map(|i| self.whitening.row(i, inner, residuals, data));
            rows.map(|row| 2.0 * outer * loss.curvature(row)).collect()
        })
    }

    /// Loss of each row.
    pub fn each_loss(&self, scale: Scale, residuals: &[f64], data: &[f64]) -> Vec<f64> {
        with_loss!(self.law, loss => {
            let rows = (0..residuals.len())
                .map(|i| self.whitening.row(i, scale.precision, residuals, data));
            let loss_of = |row: ResidualRow| {
                loss.value(row.precision * (row.residual * row.residual), row)
            };
            rows.map(loss_of).collect()
        })
    }

    /// Derivatives of half the loss of row `i` in its scale.
    pub fn scale_terms(&self, i: usize, residuals: &[f64], data: &[f64]) -> ScaleTerms {
        let row = self.whitening.row(i, 1.0, residuals, data);
        with_loss!(self.law, loss => loss.scale(row))
    }

    /// Logarithm of the largest value of the density of `rows` rows, each of the precision
    /// `precision` times its weight. For Gaussian noise it is `sum of log(R / 2 pi) / 2`. Rows
    /// without a weight do not count.
    pub fn log_peak(&self, precision: f64, rows: usize) -> f64 {
        let (logarithm, count) = self.whitening.log_determinant(rows);
        let each = with_loss!(self.law, loss => loss.log_peak(precision));
        0.5 * (logarithm + count as f64 * each)
    }
}
