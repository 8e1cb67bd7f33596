use super::{Support, TextLaw};
use crate::distribution::normal_score;
use crate::random::Random;

/// Density of the data about one prediction, with integrals by the double-exponential rule on
/// either side of its mode (H. Takahasi and M. Mori, Publ. RIMS 9, 1974), or by sums over counts.
/// Positive data are integrated over their logarithms.
pub(crate) struct Density<'a> {
    law: &'a TextLaw,
    prediction: f64,
    arguments: &'a [f64],
    /// Mode: a datum, the logarithm of one, or a count.
    mode: f64,
    /// Distances below and above the mode at which the density has about halved.
    widths: [f64; 2],
    /// Value at the mode.
    least: f64,
}

/// Integrals of a density.
#[derive(Debug, Clone)]
pub(crate) struct Integrals {
    /// Integral over all data: 1 where the law is normalised.
    pub total: f64,
    /// Fisher's information on the prediction and on each argument.
    pub information: Vec<f64>,
}

/// Spacing of the rule and its largest argument.
const STEP: f64 = 1.0 / 12.0;
const END: f64 = 4.2;
/// Value above that of the mode at which counts are left out, and the most counts that are summed.
const NEGLIGIBLE: f64 = 40.0;
const MOST: usize = 200_000;
/// Rise of the value at which the place of the mode is known well enough.
const FLAT: f64 = 1e-6;

impl<'a> Density<'a> {
    pub(super) fn new(law: &'a TextLaw, prediction: f64, arguments: &'a [f64]) -> Self {
        let mut density = Density {
            law,
            prediction,
            arguments,
            mode: 0.0,
            widths: [1.0; 2],
            least: 0.0,
        };
        density.find_mode();
        density.widths = [-1.0, 1.0].map(|side| density.width(side));
        density
    }

    /// Value at these data, or logarithms of data; infinite where it is no number.
    fn values(&self, at: &[f64]) -> Vec<f64> {
        let points = self.points(at);
        let terms = self.law.terms(&points);
        let each = at.iter().enumerate();
        each.map(|(k, u)| match terms.value(k) - self.jacobian(*u) {
            value if value.is_nan() => f64::INFINITY,
            value => value,
        })
        .collect()
    }

    fn points(&self, at: &[f64]) -> Vec<f64> {
        let each = at.iter().flat_map(|&u| {
            [self.datum(u), self.prediction]
                .into_iter()
                .chain(self.arguments.iter().copied())
        });
        each.collect()
    }

    fn datum(&self, u: f64) -> f64 {
        match self.law.support {
            Support::Positive => libm::exp(u),
            _ => u,
        }
    }

    fn coordinate(&self, datum: f64) -> f64 {
        match self.law.support {
            Support::Positive => libm::log(datum),
            _ => datum,
        }
    }

    fn jacobian(&self, u: f64) -> f64 {
        match self.law.support {
            Support::Positive => u,
            _ => 0.0,
        }
    }

    /// Goes downhill from the prediction, with steps that double and halve.
    fn find_mode(&mut self) {
        let counts = self.law.support == Support::Counts;
        let mut at = self.coordinate(self.prediction);
        let mut step = match self.law.support {
            Support::Positive => 0.1,
            _ => (0.1 * at.abs()).max(0.1),
        };
        if counts {
            (at, step) = (at.round(), step.max(1.0).round());
        }
        let mut value = self.values(&[at])[0];
        for _ in 0..400 {
            let sides = [at - step, at + step];
            let found = self.values(&sides);
            let below = |k: usize| !counts || sides[k] >= 0.0;
            let better = (0..2).filter(|&k| below(k) && found[k] < value);
            let best = better.min_by(|&a, &b| found[a].total_cmp(&found[b]));
            if let Some(k) = best {
                (at, value) = (sides[k], found[k]);
                step *= 2.0;
                continue;
            }
            let is_flat = found.iter().all(|other| other - value < FLAT);
            match counts {
                true if step <= 1.0 => break,
                true => step = (step / 2.0).floor(),
                false if is_flat || step < 1e-15 * at.abs().max(1e-290) => break,
                false => step /= 2.0,
            }
        }
        (self.mode, self.least) = (at, value);
    }

    /// Distance from the mode on one side at which the value has risen by about one.
    fn width(&self, side: f64) -> f64 {
        let rise = |width: f64| self.values(&[self.mode + side * width])[0] - self.least;
        let mut width = self.mode.abs().max(1e-3);
        for _ in 0..1100 {
            match rise(width) {
                up if up > 1.5 => width /= 2.0,
                up if up < 0.5 && rise(2.0 * width) <= 1.5 && width < 1e300 => width *= 2.0,
                _ => break,
            }
        }
        width
    }

    /// Coordinates of the rule's points with their weights, from the lowest to the highest.
    fn rule(&self) -> (Vec<f64>, Vec<f64>) {
        if self.law.support == Support::Counts {
            return self.counts();
        }
        let side = |sign: f64, width: f64| self.half_rule(self.mode, sign, width);
        let (mut at, mut weights) = side(-1.0, self.widths[0]);
        at.reverse();
        weights.reverse();
        let above = side(1.0, self.widths[1]);
        at.extend(above.0);
        weights.extend(above.1);
        (at, weights)
    }

    /// Points from `from` to infinity on one side, with their weights.
    fn half_rule(&self, from: f64, sign: f64, width: f64) -> (Vec<f64>, Vec<f64>) {
        let count = (2.0 * END / STEP) as usize;
        let half_pi = std::f64::consts::FRAC_PI_2;
        let each = (0..=count).map(|k| {
            let t = k as f64 * STEP - END;
            let distance = width * libm::exp(half_pi * libm::sinh(t));
            (
                from + sign * distance,
                distance * half_pi * libm::cosh(t) * STEP,
            )
        });
        each.unzip()
    }

    /// Counts that are not negligible.
    fn counts(&self) -> (Vec<f64>, Vec<f64>) {
        const CHUNK: usize = 64;
        let mut all = vec![self.mode];
        for sign in [-1.0, 1.0] {
            let mut next = self.mode + sign;
            while all.len() < MOST {
                let chunk = (0..CHUNK).map(|k| next + sign * k as f64);
                let chunk: Vec<f64> = chunk.filter(|&y| y >= 0.0).collect();
                let Some(&last) = chunk.last() else { break };
                all.extend(&chunk);
                next = last + sign;
                if self.values(&[last])[0] - self.least > NEGLIGIBLE {
                    break;
                }
            }
        }
        all.sort_by(f64::total_cmp);
        let weights = vec![1.0; all.len()];
        (all, weights)
    }

    /// Probabilities of the rule's points, which add up to the total.
    fn probabilities(&self) -> (Vec<f64>, Vec<f64>) {
        let (at, mut weights) = self.rule();
        for (weight, value) in weights.iter_mut().zip(self.values(&at)) {
            *weight = probability(*weight, value);
        }
        (at, weights)
    }

    /// Integrals over all data.
    pub fn integrals(&self) -> Integrals {
        let (at, weights) = self.rule();
        let terms = self.law.terms(&self.points(&at));
        let mut total = 0.0;
        let mut information = vec![0.0; 1 + self.arguments.len()];
        for (k, (&u, &weight)) in at.iter().zip(&weights).enumerate() {
            let p = probability(weight, terms.value(k) - self.jacobian(u));
            if p == 0.0 {
                continue;
            }
            total += p;
            for (j, sum) in information.iter_mut().enumerate() {
                let slope = terms.slope(k, j);
                *sum += p * slope * slope;
            }
        }
        information.iter_mut().for_each(|sum| *sum /= total);
        Integrals { total, information }
    }

    /// Mean and variance of a datum.
    #[cfg(test)]
    pub fn moments(&self) -> [f64; 2] {
        let (at, probabilities) = self.probabilities();
        let total: f64 = probabilities.iter().sum();
        let about = |center: f64, power: i32| {
            let each = at.iter().zip(&probabilities).filter(|(_, p)| **p > 0.0);
            each.map(|(&u, p)| p * (self.datum(u) - center).powi(power))
                .sum::<f64>()
                / total
        };
        let mean = self.prediction + about(self.prediction, 1);
        [mean, about(mean, 2)]
    }

    /// Standard normal number that is as likely as a datum; that of the middle of its step for a
    /// count.
    pub fn score(&self, datum: f64) -> f64 {
        let u = self.coordinate(datum);
        let is_below = u < self.mode;
        let tail = match self.law.support {
            Support::Counts => {
                let (at, probabilities) = self.probabilities();
                let total: f64 = probabilities.iter().sum();
                let own = at.iter().zip(&probabilities);
                let tail = own.map(|(&y, &p)| match (y == datum, is_below == (y < datum)) {
                    (true, _) => 0.5 * p,
                    (false, true) => p,
                    (false, false) => 0.0,
                });
                tail.sum::<f64>() / total
            }
            _ => {
                let (sign, width) = match is_below {
                    true => (-1.0, self.widths[0]),
                    false => (1.0, self.widths[1]),
                };
                let (at, weights) = self.half_rule(u, sign, width);
                let values = self.values(&at).into_iter();
                let each = weights.into_iter().zip(values);
                each.map(|(weight, value)| probability(weight, value)).sum()
            }
        };
        let side = if is_below { -1.0 } else { 1.0 };
        match tail <= 0.5 {
            true => side * normal_score(tail.max(1e-300)),
            false => -side * normal_score((1.0 - tail).max(1e-16)),
        }
    }

    /// Random datum, by the inverse of the distribution function between the rule's points.
    pub fn draw(&self, random: &mut Random) -> f64 {
        let (at, probabilities) = self.probabilities();
        let total: f64 = probabilities.iter().sum();
        let wanted = total * random.uniform([0.0, 1.0]);
        let counts = self.law.support == Support::Counts;
        let mut sum = 0.0;
        for (k, p) in probabilities.iter().enumerate() {
            // A point stands for half of its probability on either side.
            let next = sum + p;
            if next < wanted {
                sum = next;
                continue;
            }
            if counts {
                return at[k];
            }
            let share = if *p > 0.0 { (wanted - sum) / p } else { 0.5 };
            let neighbour = if share < 0.5 {
                k.saturating_sub(1)
            } else {
                k + 1
            };
            let other = at.get(neighbour).copied().unwrap_or(at[k]);
            return self.datum(at[k] + (share - 0.5).abs() * (other - at[k]));
        }
        self.datum(self.mode)
    }
}

fn probability(weight: f64, value: f64) -> f64 {
    let p = weight * libm::exp(-value);
    match p.is_finite() {
        true => p,
        false => 0.0,
    }
}
