use super::counts::{self, Expansion, LEAST};
use super::{Loss, LossMoments, NoiseShare, ResidualRow, ScaleTerms};
use crate::random::Random;

/// Binomial distribution of counts out of a number of trials; the prediction is the expected count.
/// It has no scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Binomial {
    pub trials: f64,
}

impl Binomial {
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

    fn log_probability(&self, y: f64, h: f64) -> f64 {
        let (n, p) = (self.trials, h / self.trials);
        let ways = libm::lgamma(n + 1.0) - libm::lgamma(y + 1.0) - libm::lgamma(n - y + 1.0);
        ways + y * libm::log(p) + (n - y) * libm::log1p(-p)
    }
}

impl Loss for Binomial {
    fn value(&self, _: f64, row: ResidualRow) -> f64 {
        2.0 * self.expansion(row.datum + row.residual, row.datum).value
    }

    fn linearize(&self, row: ResidualRow) -> (f64, f64) {
        let h = row.datum + row.residual;
        let weight = self.weight(h);
        (self.expansion(h, row.datum).slope / weight, weight)
    }

    fn curvature(&self, row: ResidualRow) -> f64 {
        let h = row.datum + row.residual;
        self.expansion(h, row.datum).second - self.weight(h)
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
        let share = prediction / self.trials;
        let trials = 0..self.trials as u64;
        let hits = trials.filter(|_| random.uniform([0.0, 1.0]) < share);
        hits.count() as f64
    }

    fn moments(&self, prediction: f64, _: f64) -> LossMoments {
        LossMoments {
            mean: prediction,
            variance: 1.0 / self.weight(prediction),
        }
    }

    fn misfit(&self, datum: f64) -> LossMoments {
        let mean = self.inside(datum);
        let loss = |y: f64| 2.0 * self.expansion(mean, y).value;
        counts::misfit(mean, self.trials, |y| self.log_probability(y, mean), loss)
    }

    fn score(&self, row: ResidualRow) -> f64 {
        let h = self.inside(row.datum + row.residual);
        counts::score(row.datum, h, 1.0 / self.weight(h), |y| {
            self.log_probability(y, h)
        })
    }
}
