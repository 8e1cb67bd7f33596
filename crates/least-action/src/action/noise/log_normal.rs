use std::f64::consts::TAU;

use super::{Loss, LossMoments, ResidualRow, ScaleTerms};
use crate::random::Random;

/// Normal distribution of the datum's logarithm about that of the prediction; the scale is the
/// deviation of the logarithm. Predictions below a thousandth of the datum, down to negative ones,
/// have the straight line that touches the logarithm there, so that starts may have any sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LogNormal;

/// Ratio of prediction and datum below which the logarithm is a straight line.
const LEAST: f64 = 1e-3;

impl LogNormal {
    /// Derivative of the residual in the prediction, and the second one.
    fn slopes(row: ResidualRow) -> (f64, f64) {
        match row.residual < libm::log(LEAST) {
            true => (1.0 / (LEAST * row.datum), 0.0),
            false => {
                let slope = libm::exp(-row.residual) / row.datum;
                (slope, -slope * slope)
            }
        }
    }
}

impl Loss for LogNormal {
    fn residual(&self, prediction: f64, datum: f64) -> f64 {
        let ratio = prediction / datum;
        match ratio < LEAST {
            true => libm::log(LEAST) + (ratio - LEAST) / LEAST,
            false => libm::log(ratio),
        }
    }

    fn value(&self, square: f64, _: ResidualRow) -> f64 {
        square
    }

    fn linearize(&self, row: ResidualRow) -> (f64, f64) {
        let (slope, _) = LogNormal::slopes(row);
        (row.residual / slope, row.precision * slope * slope)
    }

    fn curvature(&self, row: ResidualRow) -> f64 {
        row.precision * row.residual * LogNormal::slopes(row).1
    }

    fn scale(&self, row: ResidualRow) -> ScaleTerms {
        let square = row.precision * row.residual * row.residual;
        ScaleTerms {
            slope: -square,
            information: 2.0,
            second: 2.0 * square,
            cross: -2.0 * row.precision * row.residual * LogNormal::slopes(row).0,
        }
    }

    fn log_peak(&self, precision: f64) -> f64 {
        libm::log(precision / TAU)
    }

    fn draw(&self, prediction: f64, deviation: f64, random: &mut Random) -> f64 {
        prediction * libm::exp(deviation * random.normal())
    }

    fn moments(&self, prediction: f64, precision: f64) -> LossMoments {
        let growth = libm::exp(0.5 / precision);
        LossMoments {
            mean: prediction * growth,
            variance: prediction * prediction * growth * growth * libm::expm1(1.0 / precision),
        }
    }

    fn misfit(&self, _: f64) -> LossMoments {
        LossMoments {
            mean: 1.0,
            variance: 2.0,
        }
    }
}
