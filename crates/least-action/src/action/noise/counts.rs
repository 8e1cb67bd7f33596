//! Parts that laws of counts share: the loss of those without a scale, small predictions, and
//! moments and scores by sums over all counts.

use super::{Loss, LossMoments, NoiseShare, ResidualRow, ScaleTerms};
use crate::distribution::normal_score;
use crate::random::Random;

/// Law of counts whose variance follows from their mean, the prediction.
pub(super) trait CountLaw: Copy {
    /// Largest count.
    fn most(&self) -> f64;

    /// Mean nearest to a prediction for which the law has a density.
    fn inside(&self, prediction: f64) -> f64;

    /// Half the loss and its derivatives, at any prediction.
    fn expansion(&self, prediction: f64, count: f64) -> Expansion;

    /// Fisher's information on the mean.
    fn weight(&self, prediction: f64) -> f64;

    /// Variance of a count.
    fn variance(&self, prediction: f64) -> f64;

    /// Logarithm of the probability of a count.
    fn log_probability(&self, count: f64, mean: f64) -> f64;

    /// Random count.
    fn count(&self, prediction: f64, random: &mut Random) -> f64;
}

impl<L: CountLaw> Loss for L {
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
        self.count(prediction, random)
    }

    fn moments(&self, prediction: f64, _: f64) -> LossMoments {
        LossMoments {
            mean: prediction,
            variance: self.variance(prediction),
        }
    }

    fn misfit(&self, datum: f64) -> LossMoments {
        let mean = self.inside(datum);
        let loss = |y: f64| 2.0 * self.expansion(mean, y).value;
        misfit(mean, self.most(), |y| self.log_probability(y, mean), loss)
    }

    fn score(&self, row: ResidualRow) -> f64 {
        let mean = self.inside(row.datum + row.residual);
        let variance = self.variance(mean);
        score(row.datum, mean, variance, |y| self.log_probability(y, mean))
    }
}

/// Least prediction of a count: below, the loss goes on as a parabola, so that starts may have any
/// sign.
pub(super) const LEAST: f64 = 1e-2;

/// Value and first two derivatives of half a loss in the prediction.
#[derive(Clone, Copy)]
pub(super) struct Expansion {
    pub value: f64,
    pub slope: f64,
    pub second: f64,
}

impl Expansion {
    /// Goes on from a point at distance `beyond` to where the law has no density, with at least the
    /// curvature of a single count.
    pub fn beyond(self, beyond: f64) -> Self {
        let second = self.second.max(1.0 / (LEAST * LEAST));
        Expansion {
            value: self.value + beyond * (self.slope + 0.5 * second * beyond),
            slope: self.slope + second * beyond,
            second,
        }
    }
}

/// Mean from which on counts are nearly normal, and sums over them are not made.
const MANY: f64 = 300.0;

/// Mean and variance of a loss over a law of counts about a mean; those of chi-square for many.
fn misfit(
    mean: f64,
    most: f64,
    log_probability: impl Fn(f64) -> f64,
    loss: impl Fn(f64) -> f64,
) -> LossMoments {
    if mean > MANY {
        return LossMoments {
            mean: 1.0,
            variance: 2.0,
        };
    }
    let (mut first, mut second, mut total) = (0.0, 0.0, 0.0);
    let end = (mean + 12.0 * mean.sqrt() + 40.0).min(most);
    let mut count = 0.0;
    while count <= end {
        let (p, rho) = (libm::exp(log_probability(count)), loss(count));
        total += p;
        first += p * rho;
        second += p * rho * rho;
        count += 1.0;
    }
    let mean = first / total;
    LossMoments {
        mean,
        variance: second / total - mean * mean,
    }
}

/// Normal score of a count: that of the middle of its step of the distribution function; for many
/// counts the distance in standard deviations.
pub(super) fn score(
    datum: f64,
    prediction: f64,
    variance: f64,
    log_probability: impl Fn(f64) -> f64,
) -> f64 {
    let distance = (datum - prediction) / variance.sqrt();
    if datum.max(prediction) > MANY {
        return distance;
    }
    let own = libm::exp(log_probability(datum));
    let (mut below, mut count) = (0.5 * own, 0.0);
    while count < datum {
        below += libm::exp(log_probability(count));
        count += 1.0;
    }
    match below {
        below if below < 0.5 => -normal_score(below),
        // The upper tail has no digits in one less the lower one.
        below if below > 1.0 - 1e-9 => distance.max(6.0),
        below => normal_score(1.0 - below),
    }
}
