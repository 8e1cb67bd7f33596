use super::{LossMoments, NoiseShare, ScaleTerms};
use crate::random::Random;

/// One residual with its datum and precision, the arguments of a [`Loss`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResidualRow {
    /// Difference of prediction and datum as [`Loss::residual`] forms it. For data with a full
    /// covariance it is one component of the whitened differences.
    pub residual: f64,
    /// Measured value y, in its own unit. 0 for errors of the model, and where differences are
    /// whitened together.
    #[allow(dead_code)] // Normal noise is the same around all data.
    pub datum: f64,
    /// Precision, one over the square of the noise's scale: R_m, or R_f times a weight. 1 where
    /// differences are whitened together.
    pub precision: f64,
}

impl ResidualRow {
    /// A row of these three numbers.
    #[inline(always)]
    pub fn new(residual: f64, datum: f64, precision: f64) -> Self {
        ResidualRow {
            residual,
            datum,
            precision,
        }
    }
}

/// Negative log likelihood of a single number: the density p(y | h) of a datum y whose prediction
/// is h.
///
/// All losses are twice a negative log likelihood, `rho = -2 log p(y | h)`, less the part that does
/// not depend on h, so that a residual of zero costs nothing. The action is the sum of rho times
/// the factor of its normalisation, 1/2 or one over the count. Gaussian noise has `rho = R_m (h -
/// y)^2`. Derivatives are those of rho / 2 in h.
///
/// Methods are called in the innermost loops, which are compiled for each law by itself. They
/// allocate no memory.
pub(crate) trait Loss: Copy {
    /// True if rho is the precision times the squared residual. Then common factors are taken out
    /// of sums, and the law has no curvature of its own. Default: false.
    const QUADRATIC: bool = false;

    /// Difference of a prediction and a datum, zero where they agree. Default: `h - y`. A law that
    /// compares logarithms or ranks overrides it.
    #[inline(always)]
    fn residual(&self, prediction: f64, datum: f64) -> f64 {
        prediction - datum
    }

    /// Loss rho of one row. `square` is its precision times its squared residual. Callers multiply
    /// it themselves, each in its own order, so that sums keep their bits.
    fn value(&self, square: f64, row: ResidualRow) -> f64;

    /// Residual r and weight w of a row of least squares, as (r, w): the derivative of rho / 2 in
    /// the prediction is `w r`, exactly, and w, which must be positive, stands for the second
    /// derivative. Laws whose second derivative depends on the datum take its expectation, Fisher's
    /// information, which covariances are made of; so robust laws do, in place of the weights of
    /// iteratively reweighted least squares.
    fn linearize(&self, row: ResidualRow) -> (f64, f64);

    /// Second derivative of rho / 2 in the prediction, less the weight of [`Loss::linearize`]: the
    /// part that Gauss-Newton leaves out. Default: 0, for quadratic laws.
    #[inline(always)]
    fn curvature(&self, _row: ResidualRow) -> f64 {
        0.0
    }

    /// Derivatives in the logarithm of the noise's scale, one over the root of the precision.
    /// Default: those of a law of the residual over the scale, with the information of a normal
    /// one, 2.
    #[inline(always)]
    fn scale(&self, row: ResidualRow) -> ScaleTerms {
        of_location_and_scale(self, row, 2.0)
    }

    /// Share of a datum in the normalisation of its noise. Default: that of a law of location and
    /// scale, 1 less the leverage.
    fn share(&self, _datum: f64) -> NoiseShare {
        NoiseShare::FULL
    }

    /// Part of a datum's leverage that its share in the normalisation is smaller by: minus half the
    /// derivative of the logarithm of the weight in that of the scale. Default: that of
    /// [`Loss::share`].
    fn followed(&self, row: ResidualRow) -> f64 {
        self.share(row.datum).followed
    }

    /// Standard normal number that is as likely as the datum about its prediction, positive where
    /// the datum is larger (P. K. Dunn and G. K. Smyth, J. Comput. Graph. Statist. 5, 1996).
    /// Default: the residual over the scale, for normal laws.
    fn score(&self, row: ResidualRow) -> f64 {
        -row.residual * row.precision.sqrt()
    }

    /// Twice the logarithm of the density at a residual of zero, without terms that depend on the
    /// datum alone. Those are equal for all paths, and Laplace's evidence compares paths.
    fn log_peak(&self, precision: f64) -> f64;

    /// Random datum about a prediction. `deviation` is the scale of the noise, one over the root of
    /// the precision.
    fn draw(&self, prediction: f64, deviation: f64, random: &mut Random) -> f64;

    /// Mean and variance of a datum about a prediction. A Kalman filter uses no more of a law than
    /// these two moments.
    fn moments(&self, prediction: f64, precision: f64) -> LossMoments;

    /// Mean and variance of rho at the truth, with the datum in place of the prediction. The misfit
    /// of a path is compared with them.
    fn misfit(&self, datum: f64) -> LossMoments;
}

/// Derivatives in the logarithm of the scale for a law of the residual over the scale: with g the
/// derivative of rho / 2 in the prediction, that in s is `-r g`.
#[inline(always)]
pub(crate) fn of_location_and_scale(
    loss: &impl Loss,
    row: ResidualRow,
    information: f64,
) -> ScaleTerms {
    let (residual, weight) = loss.linearize(row);
    let slope = residual * weight;
    let second = weight + loss.curvature(row);
    ScaleTerms {
        slope: -row.residual * slope,
        information,
        second: row.residual * (slope + row.residual * second),
        cross: -(slope + row.residual * second),
    }
}
