//! Estimated noise of a run, channel by channel.

use std::collections::BTreeMap;

use super::settle::LEAST_SHARE;
use crate::action::{NoiseFamily, Problem};
use crate::anneal::fit::Fit;
use crate::distribution::chi_square_quantile;
use crate::report::figure;

/// Probability of the intervals.
const CONFIDENCE: f64 = 0.95;
/// Standard normal number that is exceeded in size with a probability of 5 %.
const QUANTILE: f64 = 1.959_963_984_540_054;

/// Estimated part of a channel's noise.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PartEstimate {
    /// Estimate: the deviation in the unit of the data, or the share of the prediction.
    pub value: f64,
    /// Interval that holds the number with a probability of 95 %. Its ends are those of the bounds
    /// where the data do not tell, and the lower one is 0 where they show no noise.
    #[cfg_attr(feature = "typescript", ts(type = "readonly [number, number]"))]
    pub interval: [f64; 2],
    /// Degrees of freedom that the estimate rests on.
    pub degrees_of_freedom: f64,
    /// True if the data tell the number; false where the path meets all of them whatever the noise
    /// is, or where they show no noise at all.
    pub is_determined: bool,
    /// Number of its logarithm among the unknowns of the noise. Parts that share a number have the
    /// same one.
    pub unknown: usize,
}

/// Noise of a measured channel.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct NoiseEstimate {
    /// Name of the state or observable that was measured.
    pub name: String,
    /// Law of the noise.
    pub family: NoiseFamily,
    /// Root mean square of the standard deviations of its data, in their unit.
    pub mean_deviation: f64,
    /// Estimated deviation; absent where it is known or there is none.
    pub deviation: Option<PartEstimate>,
    /// Estimated share of the prediction; absent where it is known or there is none.
    pub proportional: Option<PartEstimate>,
    /// Estimated dispersion of counts; absent where it is known or there is none.
    pub dispersion: Option<PartEstimate>,
    /// Estimated parameters of a law of the user's own, by name; empty for others.
    pub parameters: BTreeMap<String, PartEstimate>,
}

impl NoiseEstimate {
    /// Estimates of all channels at the end of a climb with these parameters.
    pub(in crate::anneal) fn of(problem: &Problem, parameters: &[f64], fit: &Fit) -> Vec<Self> {
        let Some(noise) = problem.noise() else {
            return Vec::new();
        };
        let first = parameters.len() - noise.parameters.len();
        // Shares of the data that tell of each parameter, and their number.
        let mut told = vec![(0.0, 0.0); noise.parameters.len()];
        let mut squares = vec![(0.0, 0.0); noise.channels.len()];
        for residual in fit.residuals() {
            for k in noise.channels[residual.channel].estimated() {
                told[k].0 += 1.0 - residual.leverage;
                told[k].1 += 1.0;
            }
            let (sum, count) = &mut squares[residual.channel];
            *sum += 1.0 / residual.precision;
            *count += 1.0;
        }
        let part = |k: usize| {
            let (share, count) = told[k];
            let deviation = fit.deviations()[first + k];
            // Degrees of freedom of the estimate: of a constant deviation the summed share.
            let degrees = share / count / (2.0 * deviation * deviation);
            let value = libm::exp(parameters[first + k]);
            let is_above = parameters[first + k] > noise.parameters[k].bounds[0];
            let is_determined = share >= LEAST_SHARE && degrees > 0.0 && is_above;
            let bounds = noise.parameters[k].bounds.map(libm::exp);
            let is_of_text = noise
                .channels
                .iter()
                .any(|c| c.own.iter().any(|own| own.1 == k));
            let is_dispersion = noise.channels.iter().any(|channel| {
                channel.family == NoiseFamily::NegativeBinomial && channel.parameters[0] == Some(k)
            });
            let end = |probability: f64| match is_dispersion || is_of_text {
                // Nothing is known of their law but that the logarithm is about normal.
                true if probability > 0.5 => value * libm::exp(-QUANTILE * deviation),
                true => value * libm::exp(QUANTILE * deviation),
                false => value * (degrees / chi_square_quantile(probability, degrees)).sqrt(),
            };
            PartEstimate {
                value,
                interval: match is_determined {
                    true => [0.5 * (1.0 + CONFIDENCE), 0.5 * (1.0 - CONFIDENCE)].map(end),
                    false if !is_above => [0.0, value],
                    false => bounds,
                },
                degrees_of_freedom: degrees,
                unknown: k,
                is_determined,
            }
        };
        let channels = noise.channels.iter().zip(&squares);
        channels
            .map(|(channel, (sum, count))| {
                let [first, second] = channel.parameters.map(|k| k.map(part));
                let is_dispersion = channel.family == NoiseFamily::NegativeBinomial;
                NoiseEstimate {
                    name: problem.column_name(channel.scale.column).to_string(),
                    family: channel.family,
                    mean_deviation: (sum / count).sqrt(),
                    deviation: first.filter(|_| !is_dispersion),
                    proportional: second,
                    dispersion: first.filter(|_| is_dispersion),
                    parameters: channel
                        .own
                        .iter()
                        .map(|(name, k)| (name.clone(), part(*k)))
                        .collect(),
                }
            })
            .collect()
    }

    /// True if the data show no noise: a part is at its least value.
    pub(in crate::anneal) fn is_none(&self) -> bool {
        self.parts().any(|(part, _)| part.interval[0] == 0.0)
    }

    fn parts(&self) -> impl Iterator<Item = (&PartEstimate, String)> {
        let deviation = self.deviation.iter().map(|part| (part, String::new()));
        let proportional = self.proportional.iter();
        let dispersion = self.dispersion.iter();
        let own = self.parameters.iter();
        deviation
            .chain(proportional.map(|part| (part, " of the prediction".into())))
            .chain(dispersion.map(|part| (part, " dispersion".into())))
            .chain(own.map(|(name, part)| (part, format!(" {name}"))))
    }

    /// True if the data tell all of the channel's estimated parts.
    pub(in crate::anneal) fn is_determined(&self) -> bool {
        self.parts().all(|(part, _)| part.is_determined)
    }

    /// Estimates in words; `None` where nothing was estimated.
    pub(in crate::anneal) fn words(&self) -> Option<String> {
        let each = self.parts().map(|(part, of)| {
            let [low, high] = part.interval.map(figure);
            format!("{}{of} ({low} to {high})", figure(part.value))
        });
        let each: Vec<String> = each.collect();
        (!each.is_empty()).then(|| format!("{} {}", self.name, each.join(" and ")))
    }
}
