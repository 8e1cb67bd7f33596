use super::normal_interval::{between, terms};
use super::{Gaussian, Loss, LossMoments, NoiseShare, ResidualRow, ScaleTerms};
use crate::distribution::normal_score;
use crate::random::Random;

/// Normal noise of which only an interval is known: data that are rounded to multiples of a step,
/// or recorded as a limit where they are beyond it. `rho = -2 log(Phi(b) - Phi(a))` with the ends a
/// and b of the interval about the prediction, in units of the deviation (J. Tobin, Econometrica
/// 26, 1958).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    /// Data at this limit or below are anywhere below it; `-Infinity` where there is none.
    pub below: f64,
    /// Data at this limit or above are anywhere above it; `Infinity` where there is none.
    pub above: f64,
    /// Distance between two values that data are rounded to; 0 where they are not.
    pub step: f64,
}

/// Least share of the precision in the weight of a row.
const LEAST: f64 = 1e-2;

impl Interval {
    /// Ends of the interval of a datum about its prediction; `None` for a datum that is exact.
    fn ends(&self, row: ResidualRow) -> Option<(f64, f64)> {
        let (root, y) = (row.precision.sqrt(), row.datum);
        let at = |limit: f64| (limit - (y + row.residual)) * root;
        match y {
            y if y <= self.below => Some((f64::NEG_INFINITY, at(self.below))),
            y if y >= self.above => Some((at(self.above), f64::INFINITY)),
            y if self.step > 0.0 => Some((at(y - 0.5 * self.step), at(y + 0.5 * self.step))),
            _ => None,
        }
    }
}

impl Loss for Interval {
    fn value(&self, square: f64, row: ResidualRow) -> f64 {
        match self.ends(row) {
            None => square,
            Some((a, b)) => 2.0 * terms(a, b).value,
        }
    }

    fn linearize(&self, row: ResidualRow) -> (f64, f64) {
        let Some((a, b)) = self.ends(row) else {
            return Gaussian.linearize(row);
        };
        let found = terms(a, b);
        let weight = row.precision * found.second.max(LEAST);
        (row.precision.sqrt() * found.slope / weight, weight)
    }

    fn curvature(&self, row: ResidualRow) -> f64 {
        let ends = self.ends(row);
        ends.map_or(0.0, |(a, b)| {
            let second = terms(a, b).second;
            row.precision * (second - second.max(LEAST))
        })
    }

    fn scale(&self, row: ResidualRow) -> ScaleTerms {
        let Some((a, b)) = self.ends(row) else {
            return Gaussian.scale(row);
        };
        let found = terms(a, b);
        ScaleTerms {
            slope: found.of_scale,
            information: found.second_of_scale.clamp(0.1, 2.0),
            second: found.second_of_scale,
            cross: row.precision.sqrt() * found.cross,
        }
    }

    /// The probability of an interval has no normalisation; that of a rounded datum is followed by
    /// the path as an exact one's is.
    fn share(&self, datum: f64) -> NoiseShare {
        let is_beyond = datum <= self.below || datum >= self.above;
        match (is_beyond, self.step > 0.0) {
            (true, _) => NoiseShare::NONE,
            (false, rounded) => NoiseShare {
                whole: if rounded { 0.0 } else { 1.0 },
                followed: 1.0,
            },
        }
    }

    fn log_peak(&self, precision: f64) -> f64 {
        match self.step > 0.0 {
            true => 0.0,
            false => Gaussian.log_peak(precision),
        }
    }

    fn draw(&self, prediction: f64, deviation: f64, random: &mut Random) -> f64 {
        let exact = Gaussian.draw(prediction, deviation, random);
        let rounded = match self.step > 0.0 {
            true => (exact / self.step).round() * self.step,
            false => exact,
        };
        rounded.max(self.below).min(self.above)
    }

    /// Moments of the number before it is rounded or cut.
    fn moments(&self, prediction: f64, precision: f64) -> LossMoments {
        LossMoments {
            mean: prediction,
            variance: 1.0 / precision + self.step * self.step / 12.0,
        }
    }

    fn misfit(&self, _: f64) -> LossMoments {
        Gaussian.misfit(0.0)
    }

    fn score(&self, row: ResidualRow) -> f64 {
        let Some((a, b)) = self.ends(row) else {
            return -row.precision.sqrt() * row.residual;
        };
        // The middle of the interval's probability.
        let below = between(f64::NEG_INFINITY, a) + 0.5 * between(a, b);
        let above = between(b, f64::INFINITY) + 0.5 * between(a, b);
        match below < above {
            true => -normal_score(below),
            false => normal_score(above),
        }
    }
}
