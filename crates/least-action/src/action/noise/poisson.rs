use super::counts::{CountLaw, Expansion, LEAST};
use crate::random::Random;

/// Poisson distribution of counts whose mean is the prediction: `rho = 2 (h - y - y log(h / y))`.
/// It has no scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Poisson;

impl CountLaw for Poisson {
    fn most(&self) -> f64 {
        f64::INFINITY
    }

    fn inside(&self, prediction: f64) -> f64 {
        prediction.max(LEAST)
    }

    fn expansion(&self, prediction: f64, y: f64) -> Expansion {
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

    fn weight(&self, prediction: f64) -> f64 {
        1.0 / prediction.max(LEAST)
    }

    fn variance(&self, prediction: f64) -> f64 {
        prediction.max(LEAST)
    }

    fn log_probability(&self, count: f64, mean: f64) -> f64 {
        count * libm::log(mean) - mean - libm::lgamma(count + 1.0)
    }

    fn count(&self, prediction: f64, random: &mut Random) -> f64 {
        poisson(prediction, random)
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
