use super::counts::{CountLaw, Expansion, LEAST};
use crate::random::Random;

/// Binomial distribution of counts out of a number of trials; the prediction is the expected count.
/// It has no scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Binomial {
    pub trials: f64,
}

impl CountLaw for Binomial {
    fn most(&self) -> f64 {
        self.trials
    }

    fn inside(&self, prediction: f64) -> f64 {
        prediction.max(LEAST).min(self.trials - LEAST)
    }

    fn expansion(&self, prediction: f64, y: f64) -> Expansion {
        let (h, trials) = (self.inside(prediction), self.trials);
        let part = |y: f64, h: f64| if y > 0.0 { y * libm::log(y / h) } else { 0.0 };
        let (no, missed) = (trials - y, trials - h);
        let at = Expansion {
            value: part(y, h) + part(no, missed),
            slope: trials * (h - y) / (h * missed),
            second: y / (h * h) + no / (missed * missed),
        };
        match prediction == h {
            true => at,
            false => at.beyond(prediction - h),
        }
    }

    fn weight(&self, prediction: f64) -> f64 {
        let h = self.inside(prediction);
        self.trials / (h * (self.trials - h))
    }

    fn variance(&self, prediction: f64) -> f64 {
        1.0 / self.weight(prediction)
    }

    fn log_probability(&self, y: f64, h: f64) -> f64 {
        let (n, p) = (self.trials, h / self.trials);
        let ways = libm::lgamma(n + 1.0) - libm::lgamma(y + 1.0) - libm::lgamma(n - y + 1.0);
        ways + y * libm::log(p) + (n - y) * libm::log1p(-p)
    }

    fn count(&self, prediction: f64, random: &mut Random) -> f64 {
        let share = prediction / self.trials;
        let trials = 0..self.trials as u64;
        let hits = trials.filter(|_| random.uniform([0.0, 1.0]) < share);
        hits.count() as f64
    }
}
