//! Options of the noise of a channel.

use std::collections::BTreeMap;

use super::super::noise::Support;
use super::super::Prior;

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
    /// Law of the user's own in place of a family: minus the natural logarithm of the density of
    /// the datum `y` about its prediction `h`, as text, such as `log(2*s) + abs(y - h)/s`. It may
    /// contain the law's own parameters, and states, inputs, parameters and the time of the model.
    /// The density must integrate to 1. Default: none.
    pub law: Option<String>,
    /// Positive parameters of the law of the user's own, by name: a number, or details of its
    /// estimation, of which the range `initial` is needed. Default: none.
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, NoisePart>>"))]
    pub parameters: BTreeMap<String, NoisePart>,
    /// Values that data with a law of the user's own can have. Default: all numbers, `real`.
    pub support: Option<Support>,
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
    /// Law of the user's own, given as text.
    Text,
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
    pub(super) fn plain(&self) -> NoisePart {
        match self {
            NoisePart::Text(text) if text == "estimate" => EstimatedScale::default().into(),
            other => other.clone(),
        }
    }
}

impl ChannelNoise {
    /// Deviation and proportional part, with defaults.
    pub fn parts(&self) -> [Option<NoisePart>; 2] {
        if self.law.is_some() {
            return [Some(1.0.into()), None];
        }
        let first = match self.family {
            // Their variance follows from the prediction.
            NoiseFamily::Poisson | NoiseFamily::Binomial | NoiseFamily::Text => {
                return [Some(1.0.into()), None]
            }
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
