//! Density of one bounded number, `exp(slope z - precision z^2 / 2)` within an interval.

use crate::random::Random;

/// Density `exp(slope z - precision z^2 / 2)` for z between two ends, which may be infinite: a
/// truncated normal distribution, or an exponential one where the precision is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::statistics) struct IntervalDensity {
    pub precision: f64,
    pub slope: f64,
    pub low: f64,
    pub high: f64,
}

/// Moments of an [`IntervalDensity`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::statistics) struct IntervalMoments {
    /// Natural logarithm of the integral over the interval.
    pub log_mass: f64,
    pub mean: f64,
    pub variance: f64,
}

/// Exponent down to which the density counts: below it is less than rounding.
const DEEP: f64 = 40.0;
/// Panels of the quadrature on each side of the mode.
const PANELS: usize = 12;
/// Nodes and weights of Gauss and Legendre's rule with 8 points on [-1, 1], positive halves (M.
/// Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, table 25.4).
const NODES: [f64; 4] = [
    0.183_434_642_495_649_8,
    0.525_532_409_916_329,
    0.796_666_477_413_626_7,
    0.960_289_856_497_536_3,
];
const WEIGHTS: [f64; 4] = [
    0.362_683_783_378_362,
    0.313_706_645_877_887_3,
    0.222_381_034_453_374_5,
    0.101_228_536_290_376_3,
];

impl IntervalDensity {
    /// Mode, and the slope of the exponent on the side inwards if it is an end.
    fn mode(&self) -> (f64, f64) {
        let free = self.slope / self.precision;
        let mode = match self.precision > 0.0 {
            true => free.clamp(self.low, self.high),
            false if self.slope < 0.0 => self.low,
            false => self.high,
        };
        (mode, self.slope - self.precision * mode)
    }

    /// Parts of the interval that count, as distances from the mode with their direction.
    fn sides(&self) -> [(f64, f64); 2] {
        let (mode, slope) = self.mode();
        // Where slope t + precision t^2 / 2 is the depth that counts.
        let steep = slope.abs();
        let reach = 2.0 * DEEP / (steep + (steep * steep + 2.0 * DEEP * self.precision).sqrt());
        [
            (-1.0, reach.min(mode - self.low)),
            (1.0, reach.min(self.high - mode)),
        ]
    }

    /// Integral, mean and variance by quadrature about the mode. None for a density that cannot be
    /// normalised.
    pub fn moments(&self) -> Option<IntervalMoments> {
        let (mode, slope) = self.mode();
        if !mode.is_finite() {
            return None;
        }
        let mut sums = [0.0; 3];
        for (way, length) in self.sides() {
            if !length.is_finite() {
                return None;
            }
            let half = 0.5 * length / PANELS as f64;
            for panel in 0..PANELS {
                let middle = half * (2 * panel + 1) as f64;
                for (node, weight) in NODES.iter().zip(WEIGHTS) {
                    for side in [-1.0, 1.0] {
                        let t = way * (middle + side * half * node);
                        let density = libm::exp((slope - 0.5 * self.precision * t) * t);
                        let part = weight * half * density;
                        sums[0] += part;
                        sums[1] += part * t;
                        sums[2] += part * t * t;
                    }
                }
            }
        }
        let mean = sums[1] / sums[0];
        let at_mode = (self.slope - 0.5 * self.precision * mode) * mode;
        let variance = sums[2] / sums[0] - mean * mean;
        (sums[0] > 0.0 && variance > 0.0).then(|| IntervalMoments {
            log_mass: libm::log(sums[0]) + at_mode,
            mean: mode + mean,
            variance,
        })
    }

    /// Share of the density below a value.
    pub fn share_below(&self, value: f64) -> f64 {
        if value <= self.low {
            return 0.0;
        }
        if value >= self.high {
            return 1.0;
        }
        let below = IntervalDensity {
            high: value,
            ..*self
        };
        let above = IntervalDensity {
            low: value,
            ..*self
        };
        match (below.moments(), above.moments()) {
            (Some(below), Some(above)) => 1.0 / (1.0 + libm::exp(above.log_mass - below.log_mass)),
            (None, _) => 0.0,
            _ => 1.0,
        }
    }

    /// Value below which a share of the density is, by bisection.
    pub fn quantile(&self, probability: f64) -> f64 {
        let (mode, _) = self.mode();
        let [(_, below), (_, above)] = self.sides();
        let (mut low, mut high) = (mode - below, mode + above);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            match self.share_below(middle) < probability {
                true => low = middle,
                false => high = middle,
            }
        }
        0.5 * (low + high)
    }

    /// Draw by rejection (C. P. Robert, Stat. Comput. 5, 1995).
    pub fn draw(&self, random: &mut Random) -> f64 {
        let (mode, slope) = self.mode();
        let [(_, below), (_, above)] = self.sides();
        let log_density = |t: f64| (slope - 0.5 * self.precision * t) * t;
        let accepted = |random: &mut Random, log: f64| random.uniform([0.0, 1.0]) < libm::exp(log);
        let scale = 1.0 / (slope.abs() + self.precision.sqrt());
        loop {
            let t = if below + above < 2.0 * scale {
                // A short interval: uniform proposals.
                let t = (below + above) * random.uniform([0.0, 1.0]) - below;
                match accepted(random, log_density(t)) {
                    true => t,
                    false => continue,
                }
            } else if below > 0.0 && above > 0.0 {
                random.normal() / self.precision.sqrt()
            } else {
                // The mode is an end: exponential proposals of the best rate.
                let steep = slope.abs();
                let rate = 0.5 * (steep + (steep * steep + 4.0 * self.precision).sqrt());
                let t = -libm::log(1.0 - random.uniform([0.0, 1.0])) / rate;
                let excess = rate - steep;
                let top = match self.precision > 0.0 {
                    true => 0.5 * excess * excess / self.precision,
                    false => 0.0,
                };
                let log = excess * t - 0.5 * self.precision * t * t - top;
                match accepted(random, log) {
                    true if above > 0.0 => t,
                    true => -t,
                    false => continue,
                }
            };
            if -below <= t && t <= above {
                return mode + t;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, right: f64, tolerance: f64) {
        assert!(
            (found - right).abs() <= tolerance * right.abs().max(1e-300),
            "{found} {right}"
        );
    }

    #[test]
    fn moments_are_those_of_closed_forms() {
        // Half of a standard normal distribution: mean (2 / pi)^(1/2), variance 1 - 2 / pi.
        let half = IntervalDensity {
            precision: 1.0,
            slope: 0.0,
            low: 0.0,
            high: f64::INFINITY,
        };
        let found = half.moments().unwrap();
        let pi = std::f64::consts::PI;
        near(found.log_mass, 0.5 * libm::log(pi / 2.0), 1e-13);
        near(found.mean, (2.0 / pi).sqrt(), 1e-13);
        near(found.variance, 1.0 - 2.0 / pi, 1e-13);
        // An exponential distribution, shifted, and a uniform one.
        let exponential = IntervalDensity {
            precision: 0.0,
            slope: 3.0,
            low: f64::NEG_INFINITY,
            high: 2.0,
        };
        let found = exponential.moments().unwrap();
        near(found.mean, 2.0 - 1.0 / 3.0, 1e-12);
        near(found.variance, 1.0 / 9.0, 1e-12);
        near(found.log_mass, 6.0 - libm::log(3.0), 1e-13);
        let uniform = IntervalDensity {
            precision: 0.0,
            slope: 0.0,
            low: -1.0,
            high: 5.0,
        };
        near(uniform.moments().unwrap().variance, 3.0, 1e-13);
        // A normal distribution of mean 0.7 and deviation 2 from -0.5 to 1.2 deviations, and the
        // tail beyond 6: by (phi(a) - phi(b)) / Z and its like, in Python.
        let cut = IntervalDensity {
            precision: 0.25,
            slope: 0.175,
            low: -0.3,
            high: 3.1,
        };
        let found = cut.moments().unwrap();
        near(found.mean, 1.247_818_342_741_069, 1e-12);
        near(found.variance, 0.861_164_699_534_889_6, 1e-12);
        let tail = IntervalDensity {
            precision: 1.0,
            slope: 0.0,
            low: 6.0,
            high: f64::INFINITY,
        };
        let found = tail.moments().unwrap();
        near(found.mean, 6.158_482_604_544_581, 1e-12);
        near(found.log_mass, -19.817_830_416_770_03, 1e-12);
        assert_eq!(
            IntervalDensity {
                slope: 0.0,
                precision: 0.0,
                ..tail
            }
            .moments(),
            None
        );
    }

    #[test]
    fn shares_and_draws_are_those_of_the_density() {
        let cases = [
            IntervalDensity {
                precision: 0.25,
                slope: 0.175,
                low: -0.3,
                high: 3.1,
            },
            IntervalDensity {
                precision: 1.0,
                slope: 0.0,
                low: -0.5,
                high: f64::INFINITY,
            },
            IntervalDensity {
                precision: 4.0,
                slope: -8.0,
                low: 1.0,
                high: f64::INFINITY,
            },
            IntervalDensity {
                precision: 0.0,
                slope: 2.0,
                low: -7.0,
                high: 0.5,
            },
            IntervalDensity {
                precision: 100.0,
                slope: 0.0,
                low: 0.0,
                high: 0.01,
            },
        ];
        for (number, density) in cases.into_iter().enumerate() {
            let moments = density.moments().unwrap();
            let mut random = Random::new(7, number as u64);
            let draws: Vec<f64> = (0..40_000).map(|_| density.draw(&mut random)).collect();
            let count = draws.len() as f64;
            let mean = draws.iter().sum::<f64>() / count;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            let error = (moments.variance / count).sqrt();
            assert!(
                (mean - moments.mean).abs() < 4.0 * error,
                "{number}: {mean} {moments:?}"
            );
            near(variance, moments.variance, 0.05);
            let share = draws.iter().filter(|x| **x < moments.mean).count() as f64 / count;
            assert!(
                (share - density.share_below(moments.mean)).abs() < 0.012,
                "{number}"
            );
            assert!(draws
                .iter()
                .all(|x| (density.low..=density.high).contains(x)));
        }
    }
}
