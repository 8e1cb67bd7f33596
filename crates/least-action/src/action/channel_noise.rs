//! Noise of measured channels that is estimated: its options, and the parameters that they become.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::noise::{Binomial, Huber, Interval, Law, StudentT};
use super::{check_interval, ActionOptions, Observations, Prior};
use crate::error::{check, Error, Result};
use crate::model::{LogScale, Model, NoiseScale, Parameter};

/// Noise of one measured channel, as far as it is not a number in the precision.
///
/// ```
/// use least_action::action::{ChannelNoise, EstimatedScale, NoisePart};
///
/// // A standard deviation to be estimated is the default.
/// let noise = ChannelNoise::default();
/// assert_eq!(noise.parts()[0], Some(NoisePart::Estimated(EstimatedScale::default())));
/// // Of a deviation of 0.1 and a share of the prediction, the share is estimated.
/// let noise = ChannelNoise {
///     deviation: Some(0.1.into()),
///     proportional: Some(EstimatedScale::default().into()),
///     ..ChannelNoise::default()
/// };
/// assert_eq!(noise.parts()[0], Some(NoisePart::Known(0.1)));
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ChannelNoise {
    /// Law of the noise. Default: normal.
    #[cfg_attr(feature = "typescript", ts(as = "Option<NoiseFamily>"))]
    pub family: NoiseFamily,
    /// Degrees of freedom of the law `student-t`, positive; 1 to 10 for data with outliers.
    /// Default:
    /// 4.
    pub degrees: Option<f64>,
    /// Threshold of the law `huber`, in deviations. Default: 1.345.
    pub threshold: Option<f64>,
    /// Number of trials of the law `binomial`.
    pub trials: Option<f64>,
    /// Limit of detection: data at it or below may be anywhere below. For normal noise. Default:
    /// none.
    pub below: Option<f64>,
    /// Limit of saturation: data at it or above may be anywhere above. For normal noise. Default:
    /// none.
    pub above: Option<f64>,
    /// Distance between two values that data were rounded to. For normal noise. Default: none.
    pub rounded: Option<f64>,
    /// Dispersion d of the law `negative-binomial`, whose variance is `h + d h^2`. Default:
    /// estimated.
    pub dispersion: Option<NoisePart>,
    /// Standard deviation a of the noise, in the unit of the data: a number, `"estimate"`, details
    /// of its estimation, or a formula of states, inputs and parameters. Default: estimated, unless
    /// the noise is proportional.
    pub deviation: Option<NoisePart>,
    /// Standard deviation as a share b of the prediction h: a number, `"estimate"`, or details of
    /// its estimation. Together with a deviation the variance is `a^2 + b^2 h^2`. Default: none.
    pub proportional: Option<NoisePart>,
}

/// Law of the noise of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum NoiseFamily {
    /// Normal distribution.
    #[default]
    Normal,
    /// Student's t distribution, for data with outliers. Its deviation is the scale: the root of
    /// the variance without outliers.
    StudentT,
    /// Two-sided exponential distribution: the fit is by least absolute values.
    Laplace,
    /// Normal distribution with exponential tails.
    Huber,
    /// Normal distribution of the data's logarithms. Its deviation is that of the logarithms.
    LogNormal,
    /// Poisson distribution of counts.
    Poisson,
    /// Negative binomial distribution of counts.
    NegativeBinomial,
    /// Binomial distribution of counts.
    Binomial,
}

/// Part of a noise's scale: a number, or one that is estimated.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum NoisePart {
    /// Known number.
    Known(f64),
    /// `"estimate"`, or a formula.
    Text(String),
    /// Estimated number.
    Estimated(EstimatedScale),
}

/// Estimation of a part of a noise's scale. The unknown is its natural logarithm, so that it stays
/// positive and its law is nearly normal.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct EstimatedScale {
    /// Range in which the number is expected. Its geometric mean is the noise of the ladder.
    /// Default: from the differences of neighbouring data.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub initial: Option<[f64; 2]>,
    /// Lowest and highest value, both positive; the highest may be infinite. Default: from a
    /// hundred-millionth of the data's spread to a hundred times that.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub bounds: Option<[f64; 2]>,
    /// Prior of the number's natural logarithm. Default: none, so that all sizes are alike.
    pub prior: Option<Prior>,
    /// Name of a group: channels of one group share the number. Default: the channel by itself.
    pub shared: Option<String>,
}

impl From<f64> for NoisePart {
    fn from(value: f64) -> Self {
        NoisePart::Known(value)
    }
}

impl From<EstimatedScale> for NoisePart {
    fn from(estimated: EstimatedScale) -> Self {
        NoisePart::Estimated(estimated)
    }
}

impl NoisePart {
    /// This part, with the word for estimation in its full form.
    fn plain(&self) -> NoisePart {
        match self {
            NoisePart::Text(text) if text == "estimate" => EstimatedScale::default().into(),
            other => other.clone(),
        }
    }
}

impl ChannelNoise {
    /// Deviation and proportional part, with defaults.
    pub fn parts(&self) -> [Option<NoisePart>; 2] {
        let first = match self.family {
            // Their variance follows from the prediction.
            NoiseFamily::Poisson | NoiseFamily::Binomial => return [Some(1.0.into()), None],
            NoiseFamily::NegativeBinomial => &self.dispersion,
            _ => &self.deviation,
        };
        let given = [first, &self.proportional].map(|part| part.as_ref());
        let [deviation, proportional] = given.map(|part| part.map(NoisePart::plain));
        let default = || Some(EstimatedScale::default().into());
        match proportional.is_none() {
            true => [deviation.or_else(default), None],
            false => [deviation, proportional],
        }
    }
}

/// Name of an unknown that is the logarithm of a noise's scale begins with this.
const PREFIX: &str = "noise.";

/// Least and largest deviation beside the spread of the data.
const LEAST: f64 = 1e-8;
const LARGEST: f64 = 1e2;
/// Size of predictions, beside that of the data, below which proportional noise falls no further.
const FLOOR: f64 = 1e-3;

/// One estimated number of the noise.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NoiseParameter {
    /// Name of the parameter, whose value is the number's natural logarithm.
    pub name: String,
    /// True for a share of the prediction, false for a deviation.
    pub is_share: bool,
    pub details: EstimatedScale,
    /// Bounds of the logarithm.
    pub bounds: [f64; 2],
}

/// Noise of one channel as the model's observation gives it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NoiseChannel {
    pub family: NoiseFamily,
    pub law: Law,
    pub scale: NoiseScale,
    /// Numbers of the parameters of its deviation and its proportional part.
    pub parameters: [Option<usize>; 2],
}

impl NoiseChannel {
    /// True if a part of the noise is estimated.
    pub fn is_estimated(&self) -> bool {
        self.parameters.iter().any(Option::is_some)
    }
}

/// Noise of all measured channels, and the parameters that are estimated with it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NoiseDefinition {
    pub channels: Vec<NoiseChannel>,
    pub parameters: Vec<NoiseParameter>,
}

/// Root mean square of a column over all data sets, about the mean of each and about zero.
fn sizes(data: &[Observations], column: usize) -> [f64; 2] {
    let (mut about, mut whole, mut count) = (0.0, 0.0, 0.0);
    for set in data {
        let Some(l) = set.observed.iter().position(|&c| c == column) else {
            continue;
        };
        let present = || set.column(l).filter(|y| !y.is_nan());
        let own = present().count() as f64;
        let mean = present().sum::<f64>() / own;
        about += present().map(|y| (y - mean) * (y - mean)).sum::<f64>();
        whole += present().map(|y| y * y).sum::<f64>();
        count += own;
    }
    [about, whole].map(|sum| (sum / count).sqrt())
}

/// Spread of a column: that about its mean, or its size where it rests; 1 where it is zero.
pub(crate) fn spread(data: &[Observations], column: usize) -> f64 {
    let [about, whole] = sizes(data, column);
    [about, whole].into_iter().find(|s| *s > 0.0).unwrap_or(1.0)
}

/// Reads the noise of all measured columns, whose names are `names`.
///
/// # Errors
/// Names that are not measured, numbers that are not positive, bounds and ranges in disorder.
pub(crate) fn define(
    noise: &BTreeMap<String, ChannelNoise>,
    data: &[Observations],
    columns: &[usize],
    names: &[String],
) -> Result<NoiseDefinition> {
    for name in noise.keys() {
        let path = format!("noise.{name}");
        check::position(&path, name, names.iter().map(String::as_str))?;
    }
    let mut found = NoiseDefinition {
        channels: Vec::new(),
        parameters: Vec::new(),
    };
    for (&column, name) in columns.iter().zip(names) {
        let channel = noise.get(name).cloned().unwrap_or_default();
        let [spread, floor] = [spread(data, column), FLOOR * sizes(data, column)[1]];
        let (mut parts, mut parameters, mut formula) = ([None, None], [None, None], None);
        for (k, part) in channel.parts().into_iter().enumerate() {
            let first = match channel.family {
                NoiseFamily::NegativeBinomial => "dispersion",
                _ => "deviation",
            };
            let field = [first, "proportional"][k];
            let path = format!("noise.{name}.{field}");
            match part {
                None => {}
                Some(NoisePart::Known(value)) => {
                    check::positive(&path, value)?;
                    parts[k] = Some(LogScale::Known(libm::log(value)));
                }
                Some(NoisePart::Text(text)) => {
                    if k == 1 || channel.proportional.is_some() {
                        return Err(Error::WrongShape {
                            path,
                            message: "a formula is the whole deviation: write the share of the \
                                      prediction into it, and leave proportional out"
                                .into(),
                        });
                    }
                    formula = Some((path, text));
                }
                Some(NoisePart::Estimated(details)) => {
                    let is_share = k == 1 || law_is_relative(channel.family);
                    let size = if is_share { 1.0 } else { spread };
                    let number = found.parameter(name, k == 1, &path, details, size, names)?;
                    parts[k] = Some(LogScale::Parameter(number));
                    parameters[k] = Some(number);
                }
            }
        }
        let law = channel.law(&format!("noise.{name}"))?;
        check_data(law, &format!("noise.{name}"), name, data, column)?;
        found.channels.push(NoiseChannel {
            family: channel.family,
            law,
            scale: NoiseScale {
                name: format!("{PREFIX}{name}"),
                column,
                deviation: parts[0],
                proportional: parts[1],
                floor,
                formula,
            },
            parameters,
        });
    }
    Ok(found)
}

/// True for laws whose scale has no unit.
pub(crate) fn law_is_relative(family: NoiseFamily) -> bool {
    matches!(
        family,
        NoiseFamily::LogNormal | NoiseFamily::NegativeBinomial
    )
}

impl ChannelNoise {
    /// Law of the channel; `path` begins the names of its fields.
    fn law(&self, path: &str) -> Result<Law> {
        let at = |field: &str| format!("{path}.{field}");
        let own: &[&str] = match self.family {
            NoiseFamily::Normal => &["below", "above", "rounded", "deviation", "proportional"],
            NoiseFamily::StudentT => &["degrees", "deviation", "proportional"],
            NoiseFamily::Huber => &["threshold", "deviation", "proportional"],
            NoiseFamily::Laplace => &["deviation", "proportional"],
            NoiseFamily::LogNormal => &["deviation"],
            NoiseFamily::Poisson => &[],
            NoiseFamily::NegativeBinomial => &["dispersion"],
            NoiseFamily::Binomial => &["trials"],
        };
        let given = [
            ("degrees", self.degrees.is_some()),
            ("threshold", self.threshold.is_some()),
            ("trials", self.trials.is_some()),
            ("below", self.below.is_some()),
            ("above", self.above.is_some()),
            ("rounded", self.rounded.is_some()),
            ("dispersion", self.dispersion.is_some()),
            ("deviation", self.deviation.is_some()),
            ("proportional", self.proportional.is_some()),
        ];
        for (field, is_given) in given {
            if is_given && !own.contains(&field) {
                return Err(Error::WrongShape {
                    path: at(field),
                    message: format!(
                        "is no part of this law, which has {}; leave it out, or choose another \
                         family",
                        match own {
                            [] => "none".into(),
                            own => own.join(", "),
                        }
                    ),
                });
            }
        }
        let positive = |field: &str, given: Option<f64>, default: f64| -> Result<f64> {
            let value = given.unwrap_or(default);
            check::positive(&at(field), value)?;
            Ok(value)
        };
        Ok(match self.family {
            NoiseFamily::Normal if self.below.or(self.above).or(self.rounded).is_none() => {
                Law::Gaussian
            }
            NoiseFamily::Normal => {
                let (below, above) = (
                    self.below.unwrap_or(f64::NEG_INFINITY),
                    self.above.unwrap_or(f64::INFINITY),
                );
                check_interval(&at("above"), [below, above])?;
                Law::Interval(Interval {
                    below,
                    above,
                    step: match self.rounded {
                        Some(step) => positive("rounded", Some(step), 0.0)?,
                        None => 0.0,
                    },
                })
            }
            NoiseFamily::StudentT => Law::StudentT(StudentT {
                degrees: positive("degrees", self.degrees, 4.0)?,
            }),
            NoiseFamily::Laplace => Law::Laplace,
            NoiseFamily::Huber => Law::Huber(Huber {
                threshold: positive("threshold", self.threshold, 1.345)?,
            }),
            NoiseFamily::LogNormal => Law::LogNormal,
            NoiseFamily::Poisson => Law::Poisson,
            NoiseFamily::NegativeBinomial => Law::NegativeBinomial,
            NoiseFamily::Binomial => Law::Binomial(Binomial {
                trials: match self.trials {
                    Some(trials) => positive("trials", Some(trials), 1.0)?,
                    None => {
                        return Err(Error::WrongShape {
                            path: at("trials"),
                            message: "is missing: give the number of trials".into(),
                        })
                    }
                },
            }),
        })
    }
}

/// Checks that a law can have made the data of a column.
fn check_data(
    law: Law,
    path: &str,
    name: &str,
    data: &[Observations],
    column: usize,
) -> Result<()> {
    let (holds, expected): (&dyn Fn(f64) -> bool, &str) = match law {
        Law::LogNormal => (
            &|y| y > 0.0,
            "positive number, and has no logarithm: leave such data out (NaN), or say that they are \
             below a limit (normal noise with below)",
        ),
        Law::Poisson | Law::NegativeBinomial => (
            &|y| y >= 0.0 && y.fract() == 0.0,
            "count, a whole number that is not negative: for rates and means choose another law",
        ),
        Law::Binomial(Binomial { trials }) => {
            let holds = move |y: f64| y >= 0.0 && y <= trials && y.fract() == 0.0;
            return each_datum(&holds, "count of at most the number of trials: choose another law or more trials", path, name, data, column);
        }
        _ => return Ok(()),
    };
    each_datum(holds, expected, path, name, data, column)
}

fn each_datum(
    holds: &dyn Fn(f64) -> bool,
    expected: &str,
    path: &str,
    name: &str,
    data: &[Observations],
    column: usize,
) -> Result<()> {
    for set in data {
        let Some(l) = set.observed.iter().position(|&c| c == column) else {
            continue;
        };
        for (n, y) in set.column(l).enumerate() {
            if y.is_nan() || holds(y) {
                continue;
            }
            let time = set.time(n);
            return Err(Error::OutOfRange {
                path: format!("{path}.family"),
                value: y,
                expected: format!(
                    "a law that its data fit: {name} at time {time} is no {expected}"
                ),
            });
        }
    }
    Ok(())
}

impl NoiseDefinition {
    /// Number of the parameter for a part of a channel: a new one, or that of its group.
    fn parameter(
        &mut self,
        channel: &str,
        is_share: bool,
        path: &str,
        details: EstimatedScale,
        size: f64,
        names: &[String],
    ) -> Result<usize> {
        let suffix = if is_share { ".proportional" } else { "" };
        let group = details.shared.as_deref();
        if let Some(group) = group.filter(|&g| g != channel && names.iter().any(|n| n == g)) {
            return Err(Error::WrongShape {
                path: format!("{path}.shared"),
                message: format!(
                    "{group} is a channel: give the group a name of its own, or a channel's name \
                     to that channel only"
                ),
            });
        }
        let name = format!("{PREFIX}{}{suffix}", group.unwrap_or(channel));
        if let Some(initial) = details.initial {
            check::range(&format!("{path}.initial"), initial)?;
            check::positive(&format!("{path}.initial[0]"), initial[0])?;
        }
        let bounds = match details.bounds {
            Some([low, high]) => {
                check_interval(&format!("{path}.bounds"), [low, high])?;
                check::positive(&format!("{path}.bounds[0]"), low)?;
                [low, high].map(libm::log)
            }
            None => [LEAST * size, LARGEST * size].map(libm::log),
        };
        if let Some(prior) = details.prior {
            prior.precision(&format!("{path}.prior"))?;
        }
        if let Some(known) = self.parameters.iter().position(|p| p.name == name) {
            let own = &mut self.parameters[known];
            own.bounds = [own.bounds[0].min(bounds[0]), own.bounds[1].max(bounds[1])];
            return Ok(known);
        }
        self.parameters.push(NoiseParameter {
            name,
            is_share,
            details,
            bounds,
        });
        Ok(self.parameters.len() - 1)
    }

    /// Options with what is known of the parameters of the noise.
    pub fn added_to(&self, options: &ActionOptions) -> ActionOptions {
        let mut options = options.clone();
        for parameter in &self.parameters {
            let name = &parameter.name;
            options.bounds.insert(name.clone(), parameter.bounds);
            if let Some(prior) = parameter.details.prior {
                options.priors.insert(name.clone(), prior.into());
            }
        }
        options
    }

    /// The model with the scales as observables, and with the parameters at its end.
    pub fn model(&self, model: &Arc<dyn Model>) -> Result<Arc<dyn Model>> {
        let scales: Vec<NoiseScale> = self.channels.iter().map(|c| c.scale.clone()).collect();
        let parameters = self.parameters.iter().map(|parameter| Parameter {
            name: parameter.name.clone(),
            default: 0.0,
            description: "natural logarithm of the noise's scale".into(),
        });
        let parameters: Vec<Parameter> = parameters.collect();
        model
            .with_noise(&scales, &parameters)?
            .ok_or_else(|| Error::WrongShape {
                path: "noise".into(),
                message: format!(
                    "{} cannot have its noise estimated: state measurementPrecision",
                    model.name()
                ),
            })
    }
}
