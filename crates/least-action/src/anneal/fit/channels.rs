//! Chi-square of single channels.

use super::outliers::Outliers;
use super::{normal, Fit, Objection, Residual};
use crate::anneal::findings::FindingCode;
use crate::anneal::misfit::{Misfit, DEVIATIONS};
use crate::report::figure;

/// Least degrees of freedom of a channel that is judged.
const LEAST_DEGREES: f64 = 0.5;

/// A measured channel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Channel {
    /// Name of the state or observable.
    pub name: String,
    /// Mean R_m of its measurements.
    pub precision: f64,
    /// True if the noise is estimated.
    pub is_estimated: bool,
}

impl Channel {
    pub fn new(name: &str, number: usize, residuals: &[Residual], is_estimated: bool) -> Self {
        let own = residuals.iter().filter(|r| r.channel == number);
        let (sum, count) = own.fold((0.0, 0.0), |(s, n), r| (s + r.precision, n + 1.0));
        Channel {
            name: name.into(),
            precision: sum / f64::max(count, 1.0),
            is_estimated,
        }
    }
}

/// Chi-square of the measurements of one channel. Where a matrix of precisions couples channels, it
/// is that of the errors after whitening: what the channel's errors are beyond those that the later
/// channels explain.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ChannelChiSquare {
    /// Name of the state or observable that was measured.
    pub name: String,
    /// Sum of the squared errors of its measurements, each times its R_m.
    pub value: f64,
    /// Expected value if noise and model are as stated: the number of measurements less their
    /// leverages.
    pub degrees_of_freedom: f64,
    /// Standard normal number that is as likely as the value; positive where it is too large.
    pub deviations: f64,
    /// Factor by which the standard deviation of the channel's noise would have to be multiplied
    /// for the value to be as expected.
    pub noise_factor: f64,
}

/// Chi-square of a path: twice the negative log posterior at the minimum, compared with what the
/// stated noise lets expect.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ChiSquare {
    /// Twice the action as a negative log posterior: the weighted squared errors of measurements,
    /// priors and model.
    pub value: f64,
    /// Expected value if noise and model are as stated: the number of measurements, of priors and
    /// of model errors whose noise is stated, less the effective number of parameters.
    pub degrees_of_freedom: f64,
    /// Standard normal number that is as likely as the value; positive where it is too large. 0
    /// where it is between the expected values of the model with its stated noise and with none.
    pub deviations: f64,
    /// Factor by which the standard deviation of the stated noise would have to be multiplied for
    /// the value to be as expected.
    pub noise_factor: f64,
    /// Chi-square of each measured channel that has degrees of freedom of its own.
    pub channels: Vec<ChannelChiSquare>,
}

impl ChiSquare {
    /// Chi-square of the misfit and of channels.
    pub(in crate::anneal) fn new(misfit: &Misfit, channels: Vec<ChannelChiSquare>) -> Self {
        ChiSquare {
            value: misfit.value,
            degrees_of_freedom: misfit.expected(),
            deviations: misfit.deviations(),
            noise_factor: misfit.noise_factor(),
            channels,
        }
    }
}

/// Chi-square of all channels, without outliers.
pub(super) fn all(fit: &Fit, outliers: &Outliers) -> Vec<ChannelChiSquare> {
    let mut sums = vec![(0.0, 0.0); fit.channels.len()];
    for (place, residual) in fit.residuals.iter().enumerate() {
        if !outliers.has(place) {
            let (value, degrees) = &mut sums[residual.channel];
            *value += residual.value * residual.value;
            *degrees += 1.0 - residual.leverage;
        }
    }
    let channels = fit.channels.iter().zip(sums);
    channels
        .filter(|(_, (_, degrees))| *degrees >= LEAST_DEGREES)
        .map(|(channel, (value, degrees))| ChannelChiSquare {
            name: channel.name.clone(),
            value,
            degrees_of_freedom: degrees,
            deviations: normal::of_chi_square(value, degrees),
            noise_factor: (value / degrees).sqrt(),
        })
        .collect()
}

/// Channels whose noise differs from the stated one, or, if all noise does, from that of the
/// others; with their deviations.
fn unequal(fit: &Fit, misfit: &Misfit, outliers: &Outliers) -> Vec<(ChannelChiSquare, f64)> {
    let channels = all(fit, outliers);
    let count = channels.len();
    if count < 2 {
        return Vec::new();
    }
    let scale = match misfit.above() || misfit.below() {
        true => {
            let value: f64 = channels.iter().map(|c| c.value).sum();
            value / channels.iter().map(|c| c.degrees_of_freedom).sum::<f64>()
        }
        false => 1.0,
    };
    let each = channels.into_iter().map(|channel| {
        let single = normal::of_chi_square(channel.value / scale, channel.degrees_of_freedom);
        (channel, normal::of_largest(single, count))
    });
    each.filter(|(_, deviations)| deviations.abs() > DEVIATIONS)
        .collect()
}

/// Objection to channels whose noise is not as stated although the whole may be.
pub(super) fn objection(fit: &Fit, misfit: &Misfit, outliers: &Outliers) -> Option<Objection> {
    let found = unequal(fit, misfit, outliers);
    let seen: Vec<String> = found
        .iter()
        .map(|(channel, deviations)| {
            format!(
                "{} {} times ({})",
                channel.name,
                figure(channel.noise_factor),
                super::deviations(*deviations)
            )
        })
        .collect();
    (!seen.is_empty()).then(|| Objection {
        code: FindingCode::UnequalNoise,
        message: format!(
            "The noise of the channels is not as stated. Its standard deviation is, as a multiple \
            of the stated one: {}. State a precision for each channel (measurementPrecision: [..., \
            ...]): {}.",
            seen.join(", "),
            fitting(fit, misfit)
        ),
    })
}

/// Noise that would fit, in words: one for all channels, or one for each where they differ.
pub(super) fn fitting(fit: &Fit, misfit: &Misfit) -> String {
    let whole = misfit.noise_factor();
    if fit.is_coupled {
        return format!("the covariance times {}", figure(whole * whole));
    }
    let outliers = super::outliers::find(fit);
    let channels = all(fit, &outliers);
    let differ = !unequal(fit, misfit, &outliers).is_empty();
    let mut seen: Vec<String> = Vec::new();
    for channel in &fit.channels {
        let own = channels.iter().find(|c| c.name == channel.name);
        let factor = match (own, differ) {
            (Some(own), true) => own.noise_factor,
            _ => whole,
        };
        let deviation = factor / channel.precision.sqrt();
        let precision = 1.0 / (deviation * deviation);
        if deviation > 0.0 {
            seen.push(format!(
                "{} for {}, R_m = {}",
                figure(deviation),
                channel.name,
                figure(precision)
            ));
        }
    }
    let more = seen.len().saturating_sub(NAMED);
    seen.truncate(NAMED);
    match more {
        0 => seen.join("; "),
        more => format!("{}; and {more} more channels", seen.join("; ")),
    }
}

/// Most channels that are named.
const NAMED: usize = 6;
