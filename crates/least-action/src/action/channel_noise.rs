//! Noise of measured channels that is estimated: its options, and the parameters that they become.

use std::collections::BTreeMap;
use std::sync::Arc;

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
/// };
/// assert_eq!(noise.parts()[0], Some(NoisePart::Known(0.1)));
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ChannelNoise {
    /// Standard deviation a of the noise, in the unit of the data: a number, `"estimate"`, details
    /// of its estimation, or a formula of states, inputs and parameters. Default: estimated, unless
    /// the noise is proportional.
    pub deviation: Option<NoisePart>,
    /// Standard deviation as a share b of the prediction h: a number, `"estimate"`, or details of
    /// its estimation. Together with a deviation the variance is `a^2 + b^2 h^2`. Default: none.
    pub proportional: Option<NoisePart>,
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
    #[cfg_attr(feature = "typescript", ts(type = "readonly [number, number]", optional))]
    pub initial: Option<[f64; 2]>,
    /// Lowest and highest value, both positive; the highest may be infinite. Default: from a
    /// hundred-millionth of the data's spread to a hundred times that.
    #[cfg_attr(feature = "typescript", ts(type = "readonly [number, number]", optional))]
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
        let given = [&self.deviation, &self.proportional].map(|part| part.as_ref());
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
            let field = ["deviation", "proportional"][k];
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
                    let size = if k == 0 { spread } else { 1.0 };
                    let number = found.parameter(name, k == 1, &path, details, size, names)?;
                    parts[k] = Some(LogScale::Parameter(number));
                    parameters[k] = Some(number);
                }
            }
        }
        found.channels.push(NoiseChannel {
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
                options.priors.insert(name.clone(), prior);
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
