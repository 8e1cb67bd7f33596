//! Priors of estimated parameters by their family, as densities of the coordinate in which the
//! parameter is estimated.
//!
//! The density of a coordinate u of a parameter p(u) is that of the parameter times `dp/du`. So a
//! prior says the same of the parameter on every scale.

use std::f64::consts::{PI, TAU};

use super::Prior;
use crate::error::{check, Error, Result};
use crate::model::Coordinate;

/// Prior of an estimated parameter: what is known of it before the data.
///
/// ```
/// use least_action::action::{ParameterPrior, Prior, PriorFamily};
///
/// let normal: ParameterPrior = Prior { mean: 10.0, deviation: 2.0 }.into();
/// let positive: ParameterPrior = PriorFamily::LogNormal { median: 10.0, deviation: 0.2 }.into();
/// assert_ne!(normal, positive);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged, try_from = "PriorWords")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum ParameterPrior {
    /// Distribution of another family than the normal one.
    Family(PriorFamily),
    /// Normal distribution of the parameter.
    Normal(Prior),
}

/// Family of distributions of a parameter, with the numbers that choose one of them.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(tag = "family", rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum PriorFamily {
    /// Log-normal distribution: the logarithm is normal.
    LogNormal {
        /// Median, greater than zero, in the parameter's unit.
        median: f64,
        /// Standard deviation of the natural logarithm, greater than zero: 0.1 for a tenth.
        deviation: f64,
    },
    /// Cauchy distribution, whose tails are so heavy that data overrule it.
    Cauchy {
        /// Median, in the parameter's unit.
        location: f64,
        /// Half width of the interval that has half of the probability, greater than zero.
        scale: f64,
    },
    /// Gamma distribution of a positive parameter.
    Gamma {
        /// Shape, greater than zero: one over the square of the relative deviation.
        shape: f64,
        /// Mean, greater than zero, in the parameter's unit.
        mean: f64,
    },
}

/// Name of a family of distributions.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FamilyName {
    Normal,
    LogNormal,
    Cauchy,
    Gamma,
}

/// A prior as it is written down: a family, and the numbers of that family.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PriorWords {
    family: Option<FamilyName>,
    mean: Option<f64>,
    deviation: Option<f64>,
    median: Option<f64>,
    location: Option<f64>,
    scale: Option<f64>,
    shape: Option<f64>,
}

impl TryFrom<PriorWords> for ParameterPrior {
    type Error = String;

    fn try_from(words: PriorWords) -> std::result::Result<Self, String> {
        let family = words.family.unwrap_or(FamilyName::Normal);
        let (name, needed) = match family {
            FamilyName::Normal => ("normal", ["mean", "deviation"]),
            FamilyName::LogNormal => ("log-normal", ["median", "deviation"]),
            FamilyName::Cauchy => ("cauchy", ["location", "scale"]),
            FamilyName::Gamma => ("gamma", ["shape", "mean"]),
        };
        let given = [
            ("mean", words.mean),
            ("deviation", words.deviation),
            ("median", words.median),
            ("location", words.location),
            ("scale", words.scale),
            ("shape", words.shape),
        ];
        let numbers = needed.map(|field| {
            let own = given.iter().find(|(name, _)| *name == field);
            own.and_then(|(_, value)| *value)
        });
        let is_odd =
            |(name, value): &&(&str, Option<f64>)| value.is_some() && !needed.contains(name);
        let odd = given.iter().find(is_odd);
        let [Some(first), Some(second)] = numbers else {
            let [a, b] = needed;
            return Err(format!(
                "a {name} prior has the fields {a} and {b}; one of them is missing"
            ));
        };
        if let Some((odd, _)) = odd {
            let [a, b] = needed;
            return Err(format!(
                "a {name} prior has the fields {a} and {b}, and no {odd}"
            ));
        }
        Ok(match family {
            FamilyName::Normal => Prior {
                mean: first,
                deviation: second,
            }
            .into(),
            FamilyName::LogNormal => PriorFamily::LogNormal {
                median: first,
                deviation: second,
            }
            .into(),
            FamilyName::Cauchy => PriorFamily::Cauchy {
                location: first,
                scale: second,
            }
            .into(),
            FamilyName::Gamma => PriorFamily::Gamma {
                shape: first,
                mean: second,
            }
            .into(),
        })
    }
}

impl From<Prior> for ParameterPrior {
    fn from(prior: Prior) -> Self {
        ParameterPrior::Normal(prior)
    }
}

impl From<PriorFamily> for ParameterPrior {
    fn from(family: PriorFamily) -> Self {
        ParameterPrior::Family(family)
    }
}

impl ParameterPrior {
    /// Checks the numbers; `path` begins their names in errors.
    pub(crate) fn validate(&self, path: &str) -> Result<()> {
        let positive = |name: &str, value| check::positive(&format!("{path}.{name}"), value);
        match *self {
            ParameterPrior::Normal(prior) => prior.precision(path).map(|_| ()),
            ParameterPrior::Family(PriorFamily::LogNormal { median, deviation }) => {
                positive("median", median)?;
                positive("deviation", deviation)
            }
            ParameterPrior::Family(PriorFamily::Cauchy { location, scale }) => {
                check::finite(&format!("{path}.location"), location)?;
                positive("scale", scale)
            }
            ParameterPrior::Family(PriorFamily::Gamma { shape, mean }) => {
                positive("shape", shape)?;
                positive("mean", mean)
            }
        }
    }

    /// Median, or a number near it, and the usual distance from it, in the parameter's unit.
    pub(crate) fn typical(&self) -> [f64; 2] {
        match *self {
            ParameterPrior::Normal(Prior { mean, deviation }) => [mean, deviation],
            ParameterPrior::Family(PriorFamily::LogNormal { median, deviation }) => {
                [median, median * deviation.min(1.0)]
            }
            ParameterPrior::Family(PriorFamily::Cauchy { location, scale }) => [location, scale],
            ParameterPrior::Family(PriorFamily::Gamma { shape, mean }) => {
                [mean, mean * (1.0 / shape.sqrt()).min(1.0)]
            }
        }
    }

    /// Normal prior of a coordinate that is about as informative as this one.
    pub(crate) fn near_normal(&self, coordinate: Coordinate) -> Prior {
        self.as_normal(coordinate).unwrap_or_else(|| {
            let [middle, width] = self.typical();
            let mean = coordinate.of(middle);
            let [slope, ..] = coordinate.slopes(mean);
            Prior {
                mean,
                deviation: (width / slope).abs(),
            }
        })
    }

    /// Normal prior that this one is of a coordinate; `None` where it is not normal there.
    pub(crate) fn as_normal(&self, coordinate: Coordinate) -> Option<Prior> {
        match (*self, coordinate) {
            (ParameterPrior::Normal(prior), Coordinate::Linear) => Some(prior),
            (
                ParameterPrior::Family(PriorFamily::LogNormal { median, deviation }),
                Coordinate::Log | Coordinate::Log10,
            ) => Some(Prior {
                mean: coordinate.of(median),
                deviation: match coordinate {
                    Coordinate::Log => deviation,
                    _ => deviation / std::f64::consts::LN_10,
                },
            }),
            _ => None,
        }
    }
}

/// Density of a prior in the coordinate of its parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PriorDensity {
    prior: ParameterPrior,
    coordinate: Coordinate,
    /// Least value of the negative logarithm of the density.
    least: f64,
}

/// Number of points at which the mode is looked for.
const POINTS: usize = 4001;
/// Reach of that search about the middle of the prior, in units of the coordinate.
const REACH: f64 = 40.0;

impl PriorDensity {
    /// Density of a prior that has been validated.
    ///
    /// # Errors
    /// A prior whose density has no maximum in this coordinate, or that is not on the scale; `path`
    /// is its field.
    pub fn new(path: &str, prior: ParameterPrior, coordinate: Coordinate) -> Result<Self> {
        let refuse = |message: String| Error::WrongShape {
            path: path.into(),
            message,
        };
        if let (ParameterPrior::Family(PriorFamily::Gamma { shape, .. }), Coordinate::Linear) =
            (prior, coordinate)
        {
            if shape <= 1.0 {
                return Err(refuse(format!(
                    "a gamma density of shape {shape} is infinite at zero; estimate the parameter \
                     on the scale \"log\", or give a shape above 1"
                )));
            }
        }
        let [middle, width] = prior.typical();
        let center = coordinate.of(middle);
        if !center.is_finite() {
            return Err(refuse(format!(
                "its middle, {middle}, is not on the scale of the parameter"
            )));
        }
        let [slope, ..] = coordinate.slopes(center);
        let unit = (width / slope).abs();
        let mut density = PriorDensity {
            prior,
            coordinate,
            least: 0.0,
        };
        let at = |k: f64| {
            let share = 2.0 * k / (POINTS - 1) as f64 - 1.0;
            // Dense about the middle, and far in the tails.
            density.negative_log(center + unit * REACH * share * share * share)
        };
        let finite = |value: f64| if value.is_nan() { f64::INFINITY } else { value };
        let lowest =
            (0..POINTS).min_by(|&a, &b| finite(at(a as f64)).total_cmp(&finite(at(b as f64))));
        let lowest = lowest.unwrap_or_default() as f64;
        let (mut low, mut high) = (lowest - 1.0, lowest + 1.0);
        for _ in 0..100 {
            let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if finite(at(a)) < finite(at(b)) {
                high = b;
            } else {
                low = a;
            }
        }
        density.least = at(0.5 * (low + high)).min(at(lowest));
        Ok(density)
    }

    /// Negative logarithm of the density of the parameter, with its normalisation, and its first
    /// two derivatives in the parameter.
    fn of_parameter(&self, p: f64) -> [f64; 3] {
        match self.prior {
            ParameterPrior::Normal(Prior { mean, deviation }) => {
                let z = (p - mean) / deviation;
                let constant = 0.5 * libm::log(TAU) + libm::log(deviation);
                let variance = deviation * deviation;
                [0.5 * z * z + constant, z / deviation, 1.0 / variance]
            }
            ParameterPrior::Family(PriorFamily::LogNormal { median, deviation }) => {
                let z = libm::log(p / median) / deviation;
                let constant = 0.5 * libm::log(TAU) + libm::log(deviation * p);
                let slope = (z / deviation + 1.0) / p;
                let curvature = (1.0 / (deviation * deviation) - z / deviation - 1.0) / (p * p);
                [0.5 * z * z + constant, slope, curvature]
            }
            ParameterPrior::Family(PriorFamily::Cauchy { location, scale }) => {
                let z = (p - location) / scale;
                let below = 1.0 + z * z;
                let curvature = 2.0 * (1.0 - z * z) / (below * below * scale * scale);
                let value = libm::log(below) + libm::log(PI * scale);
                [value, 2.0 * z / (below * scale), curvature]
            }
            ParameterPrior::Family(PriorFamily::Gamma { shape, mean }) => {
                let constant = libm::lgamma(shape) - shape * libm::log(shape / mean);
                let value = shape * p / mean - (shape - 1.0) * libm::log(p) + constant;
                [
                    value,
                    shape / mean - (shape - 1.0) / p,
                    (shape - 1.0) / (p * p),
                ]
            }
        }
    }

    /// Negative logarithm of the density at a coordinate.
    fn negative_log(&self, u: f64) -> f64 {
        let [slope, ..] = self.coordinate.slopes(u);
        self.of_parameter(self.coordinate.parameter(u))[0] - libm::log(slope)
    }

    /// Logarithm of the largest value of the density.
    pub fn log_peak(&self) -> f64 {
        -self.least
    }

    /// Twice the negative logarithm of the density over its largest value.
    pub fn value(&self, u: f64) -> f64 {
        (2.0 * (self.negative_log(u) - self.least)).max(0.0)
    }

    /// First and second derivative of half of [`PriorDensity::value`].
    fn derivatives(&self, u: f64) -> [f64; 2] {
        let [slope, bend, twist] = self.coordinate.slopes(u);
        let [_, first, second] = self.of_parameter(self.coordinate.parameter(u));
        let own = second * slope * slope + first * slope * bend - twist;
        [first * slope - bend, own]
    }

    /// Residual and weight of a row of least squares: their product is the derivative, and the
    /// weight, which is positive, stands for the second derivative.
    pub fn linearize(&self, u: f64) -> (f64, f64) {
        let [first, second] = self.derivatives(u);
        let [_, width] = self.prior.typical();
        let [slope, ..] = self.coordinate.slopes(u);
        let least = match self.prior {
            ParameterPrior::Family(PriorFamily::Gamma { shape, .. }) => match self.coordinate {
                Coordinate::Linear => 0.5 * slope * slope / (width * width),
                _ => 0.1 * shape,
            },
            _ => 0.5 * slope * slope / (width * width),
        };
        let weight = second.max(least).max(f64::MIN_POSITIVE);
        (first / weight, weight)
    }

    /// Second derivative less the weight of [`PriorDensity::linearize`].
    pub fn curvature(&self, u: f64) -> f64 {
        self.derivatives(u)[1] - self.linearize(u).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIORS: [ParameterPrior; 4] = [
        ParameterPrior::Normal(Prior {
            mean: 2.0,
            deviation: 0.5,
        }),
        ParameterPrior::Family(PriorFamily::LogNormal {
            median: 2.0,
            deviation: 0.4,
        }),
        ParameterPrior::Family(PriorFamily::Cauchy {
            location: 2.0,
            scale: 0.6,
        }),
        ParameterPrior::Family(PriorFamily::Gamma {
            shape: 3.0,
            mean: 2.0,
        }),
    ];
    const COORDINATES: [Coordinate; 4] = [
        Coordinate::Linear,
        Coordinate::Log,
        Coordinate::Log10,
        Coordinate::Logit {
            low: 0.0,
            high: 9.0,
        },
    ];

    fn all() -> impl Iterator<Item = PriorDensity> {
        let pairs = PRIORS.into_iter().flat_map(|p| COORDINATES.map(|c| (p, c)));
        pairs.map(|(prior, coordinate)| PriorDensity::new("", prior, coordinate).unwrap())
    }

    #[test]
    fn derivatives_are_those_of_the_value() {
        for density in all() {
            for p in [0.3, 1.9, 3.1, 7.0] {
                let (u, h) = (density.coordinate.of(p), 1e-4);
                let value = |u: f64| 0.5 * density.value(u);
                let [first, second] = density.derivatives(u);
                let size = 1.0 + value(u);
                let difference = (value(u + h) - value(u - h)) / (2.0 * h);
                assert!((difference - first).abs() < 1e-5 * size, "{density:?} {p}");
                let difference = (value(u + h) - 2.0 * value(u) + value(u - h)) / (h * h);
                assert!((difference - second).abs() < 1e-4 * size, "{density:?} {p}");
                let (residual, weight) = density.linearize(u);
                assert!(weight > 0.0 && (residual * weight - first).abs() < 1e-12 * size);
                assert!((weight + density.curvature(u) - second).abs() < 1e-12 * size.max(weight));
            }
        }
    }

    #[test]
    fn densities_integrate_to_the_share_on_their_scale() {
        for density in all() {
            let [low, high] = match density.coordinate {
                Coordinate::Linear => match density.prior {
                    ParameterPrior::Normal(_) => [-10.0, 20.0],
                    ParameterPrior::Family(PriorFamily::Cauchy { .. }) => [-4000.0, 4000.0],
                    _ => [1e-9, 60.0],
                },
                Coordinate::Log => [-20.0, 12.0],
                Coordinate::Log10 => [-9.0, 5.0],
                Coordinate::Logit { .. } => [-25.0, 25.0],
            };
            let count = 2_000_000;
            let step = (high - low) / count as f64;
            let term = |k: usize| libm::exp(-density.negative_log(low + (k as f64 + 0.5) * step));
            let sum = step * (0..count).map(term).sum::<f64>();
            // Shares of the whole distributions: Cauchy's above zero and below nine, from arctan.
            let expected = match (density.prior, density.coordinate) {
                (ParameterPrior::Family(PriorFamily::Cauchy { .. }), Coordinate::Log)
                | (ParameterPrior::Family(PriorFamily::Cauchy { .. }), Coordinate::Log10) => {
                    0.5 + (2.0f64 / 0.6).atan() / PI
                }
                (ParameterPrior::Family(PriorFamily::Cauchy { .. }), Coordinate::Logit { .. }) => {
                    ((7.0f64 / 0.6).atan() + (2.0f64 / 0.6).atan()) / PI
                }
                _ => 1.0,
            };
            assert!(
                (sum - expected).abs() < 2e-3,
                "{density:?}: {sum} {expected}"
            );
            let peak = (0..count).map(term).fold(0.0, f64::max);
            let own = libm::exp(density.log_peak());
            assert!((peak / own - 1.0).abs() < 1e-3, "{density:?}: {peak} {own}");
        }
    }
}
