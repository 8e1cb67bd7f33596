use super::counts::{self, LEAST};
use super::failures::{expansion, failures, log_probability};
use super::{Loss, LossMoments, NoiseShare, ResidualRow, ScaleTerms};
use crate::distribution::{chi_square_quantile, digamma, trigamma};
use crate::random::Random;

/// Negative binomial distribution of counts: its mean is the prediction h, its variance
/// `h + d h^2` with the dispersion d, which is the scale of the noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NegativeBinomial;

impl Loss for NegativeBinomial {
    fn value(&self, _: f64, row: ResidualRow) -> f64 {
        2.0 * expansion(row.datum + row.residual, row.datum, failures(row.precision)).value
    }

    fn linearize(&self, row: ResidualRow) -> (f64, f64) {
        let (n, h) = (failures(row.precision), row.datum + row.residual);
        let mean = h.max(LEAST);
        let weight = n / (mean * (n + mean));
        (expansion(h, row.datum, n).slope / weight, weight)
    }

    fn curvature(&self, row: ResidualRow) -> f64 {
        let (n, h) = (failures(row.precision), row.datum + row.residual);
        let mean = h.max(LEAST);
        expansion(h, row.datum, n).second - n / (mean * (n + mean))
    }

    fn scale(&self, row: ResidualRow) -> ScaleTerms {
        let (n, y) = (failures(row.precision), row.datum);
        let h = (y + row.residual).max(LEAST);
        let beyond = y + row.residual - h;
        let sum = n + h;
        // Derivatives in n, which is exp(-s).
        let first = digamma(n) - digamma(y + n) + libm::log1p(h / n) + (y - h) / sum;
        let second = trigamma(n) - trigamma(y + n) + 1.0 / sum - 1.0 / n + (h - y) / (sum * sum);
        let share = h / sum;
        let cross = -n * (h - y) / (sum * sum);
        ScaleTerms {
            slope: -n * first + beyond * cross,
            information: (0.5 * share * share).max(1e-3),
            second: n * first + n * n * second + beyond * cross * (n - h) / sum,
            cross,
        }
    }

    fn share(&self, _: f64) -> NoiseShare {
        NoiseShare::NONE
    }

    fn followed(&self, row: ResidualRow) -> f64 {
        let (n, h) = (failures(row.precision), row.datum + row.residual);
        let mean = h.max(LEAST);
        0.5 * mean / (n + mean)
    }

    fn log_peak(&self, _: f64) -> f64 {
        0.0
    }

    /// A Poisson number whose mean is a gamma variable.
    fn draw(&self, prediction: f64, deviation: f64, random: &mut Random) -> f64 {
        let degrees = 2.0 / deviation;
        let gamma = chi_square_quantile(random.uniform([0.0, 1.0]), degrees) / degrees;
        super::poisson::poisson(prediction * gamma, random)
    }

    fn moments(&self, prediction: f64, precision: f64) -> LossMoments {
        LossMoments {
            mean: prediction,
            variance: prediction.max(LEAST) * (1.0 + prediction / failures(precision)),
        }
    }

    fn misfit(&self, _: f64) -> LossMoments {
        LossMoments {
            mean: 1.0,
            variance: 2.0,
        }
    }

    fn score(&self, row: ResidualRow) -> f64 {
        let (n, h) = (
            failures(row.precision),
            (row.datum + row.residual).max(LEAST),
        );
        let variance = h * (1.0 + h / n);
        counts::score(row.datum, h, variance, |y| log_probability(y, h, n))
    }
}
