use super::counts::{self, Expansion, LEAST};
use super::{Loss, LossMoments, NoiseShare, ResidualRow, ScaleTerms};
use crate::random::Random;

/// Poisson distribution of counts whose mean is the prediction: `rho = 2 (h - y - y log(h / y))`.
/// It has no scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Poisson;

fn expansion(prediction: f64, y: f64) -> Expansion {
    let h = prediction.max(LEAST);
    let logarithm = if y > 0.0 { y * libm::log(h / y) } else { 0.0 };
    let at = Expansion {
        value: h - y - logarithm,
        slope: (h - y) / h,
        second: y / (h * h),
    };
    match prediction < LEAST {
        true => at.beyond(prediction - LEAST),
        false => at,
    }
}

fn log_probability(count: f64, mean: f64) -> f64 {
    count * libm::log(mean) - mean - libm::lgamma(count + 1.0)
}

impl Loss for Poisson {
    fn value(&self, _: f64, row: ResidualRow) -> f64 {
        2.0 * expansion(row.datum + row.residual, row.datum).value
    }

    fn linearize(&self, row: ResidualRow) -> (f64, f64) {
        let h = row.datum + row.residual;
        let (at, weight) = (expansion(h, row.datum), 1.0 / h.max(LEAST));
        (at.slope / weight, weight)
    }

    fn curvature(&self, row: ResidualRow) -> f64 {
        let h = row.datum + row.residual;
        expansion(h, row.datum).second - 1.0 / h.max(LEAST)
    }

    fn scale(&self, _: ResidualRow) -> ScaleTerms {
        ScaleTerms::NONE
    }

    fn share(&self, _: f64) -> NoiseShare {
        NoiseShare::NONE
    }

    fn log_peak(&self, _: f64) -> f64 {
        0.0
    }

    fn draw(&self, prediction: f64, _: f64, random: &mut Random) -> f64 {
        poisson(prediction, random)
    }

    fn moments(&self, prediction: f64, _: f64) -> LossMoments {
        LossMoments {
            mean: prediction,
            variance: prediction.max(LEAST),
        }
    }

    fn misfit(&self, datum: f64) -> LossMoments {
        let mean = datum.max(LEAST);
        let loss = |y: f64| 2.0 * expansion(mean, y).value;
        counts::misfit(mean, f64::INFINITY, |y| log_probability(y, mean), loss)
    }

    fn score(&self, row: ResidualRow) -> f64 {
        let mean = (row.datum + row.residual).max(LEAST);
        counts::score(row.datum, mean, mean, |y| log_probability(y, mean))
    }
}

/// Random count with a mean: times between counts are exponential; many counts are nearly normal.
pub(super) fn poisson(mean: f64, random: &mut Random) -> f64 {
    if mean > 1e4 {
        return (mean + mean.sqrt() * random.normal()).round().max(0.0);
    }
    let (mut count, mut time) = (0.0, 0.0);
    loop {
        time -= libm::log1p(-random.uniform([0.0, 1.0]));
        if time > mean {
            return count;
        }
        count += 1.0;
    }
}
