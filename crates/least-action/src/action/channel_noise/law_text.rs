//! Laws of the user's own: their text, their parameters, and the test that they are densities.

use std::sync::Arc;

use super::super::noise::{Support, TextLaw};
use super::super::Observations;
use super::definition::{EstimatedPart, NoiseDefinition};
use super::{ChannelNoise, NoiseFamily, NoisePart};
use crate::error::{check, Error, Result};
use crate::model::{law, LawArgument, LawNames, Model};

/// Largest difference from 1 of the integral of a density.
const TOLERANCE: f64 = 1e-3;

/// Surroundings of the law of one channel.
pub(super) struct TextContext<'a> {
    /// Field of the channel in errors.
    pub path: &'a str,
    pub channel: &'a str,
    /// Names of all channels.
    pub names: &'a [String],
    pub data: &'a [Observations],
    pub column: usize,
    pub model: &'a dyn Model,
    /// Values of the model's parameters.
    pub values: &'a [f64],
}

/// Compiled law with its arguments, which are outputs of the model's observation.
#[derive(Default)]
pub(super) struct DefinedText {
    pub law: Option<Arc<TextLaw>>,
    pub arguments: Vec<LawArgument>,
    /// Names of the law's estimated parameters, with their numbers.
    pub own: Vec<(String, usize)>,
}

/// Reads the law of the user's own; nothing where the channel has another.
pub(super) fn define(
    channel: &ChannelNoise,
    found: &mut NoiseDefinition,
    context: &TextContext,
) -> Result<DefinedText> {
    let path = context.path;
    let text = match (channel.chosen_family(path)?, &channel.law) {
        (NoiseFamily::Text, Some(text)) => text,
        _ => return Ok(DefinedText::default()),
    };
    let field = format!("{path}.law");
    let mut known = Vec::new();
    let mut estimated = Vec::new();
    for (name, part) in &channel.parameters {
        let path = format!("{path}.parameters.{name}");
        check_name(&path, name)?;
        match part.plain() {
            NoisePart::Known(value) => {
                check::positive(&path, value)?;
                known.push((&name[..], value));
            }
            NoisePart::Estimated(details) => estimated.push((&name[..], path, details)),
            NoisePart::Text(_) => {
                return Err(Error::WrongShape {
                    path,
                    message: "is a number or { initial: [low, high] }: write formulas into the law"
                        .into(),
                })
            }
        }
    }
    let model = context.model;
    let coordinates = model.coordinates();
    let parameters = model.parameters().iter().enumerate().map(|(k, parameter)| {
        let coordinate = coordinates.get(k).copied().unwrap_or_default();
        coordinate.parameter_name(&parameter.name)
    });
    let names = LawNames {
        estimated: estimated.iter().map(|(name, ..)| *name).collect(),
        known,
        of_model: (model.states().iter().chain(model.inputs()))
            .map(String::as_str)
            .chain(parameters)
            .chain(["t"])
            .collect(),
    };
    let compiled = law(&field, text, &names)?;
    let (mut own, mut start, mut ranges) = (Vec::new(), Vec::new(), Vec::new());
    for (name, path, details) in &estimated {
        let Some([low, high]) = details.initial else {
            return Err(Error::WrongShape {
                path: format!("{path}.initial"),
                message: "is missing: give the range in which the parameter is expected, as \
                          [0.1, 1]"
                    .into(),
            });
        };
        let size = (low * high).sqrt();
        let number = found.parameter(&EstimatedPart {
            channel: context.channel,
            suffix: &format!(".{name}"),
            path,
            details: details.clone(),
            size,
            names: context.names,
        })?;
        own.push((name.to_string(), number));
        start.push(libm::log(size));
        ranges.push([low, high]);
    }
    let arguments = own.iter().map(|&(_, k)| LawArgument::Parameter(k));
    let of_model = compiled.of_model.iter();
    let arguments = arguments.chain(of_model.map(|name| LawArgument::OfModel(name.clone())));
    start.extend(compiled.of_model.iter().map(|name| value_of(name, context)));
    let support = channel.support.unwrap_or_default();
    let text_law = TextLaw::new(compiled.function, support, start, own.len());
    check_total(&text_law, &ranges, &field, context)?;
    Ok(DefinedText {
        law: Some(Arc::new(text_law)),
        arguments: arguments.collect(),
        own,
    })
}

fn check_name(path: &str, name: &str) -> Result<()> {
    if ["y", "h", "t", "pi"].contains(&name) {
        return Err(Error::WrongShape {
            path: path.into(),
            message: format!("{name} has a meaning in every law: choose another name"),
        });
    }
    Ok(())
}

/// Value of a name of the model at its defaults.
fn value_of(name: &str, context: &TextContext) -> f64 {
    let model = context.model;
    if let Some(k) = model.states().iter().position(|state| state == name) {
        return model.initial_state()[k];
    }
    let coordinates = model.coordinates();
    let parameters = model.parameters().iter().enumerate();
    let mut values = parameters.filter_map(|(k, parameter)| {
        let coordinate = coordinates.get(k).copied().unwrap_or_default();
        let is_it = coordinate.parameter_name(&parameter.name) == name;
        is_it.then(|| coordinate.parameter(context.values[k]))
    });
    values.next().unwrap_or(0.0)
}

/// Checks that the density integrates to 1, about small, middle and large data and at both ends of
/// the ranges of its parameters.
fn check_total(
    law: &TextLaw,
    ranges: &[[f64; 2]],
    field: &str,
    context: &TextContext,
) -> Result<()> {
    let mut data: Vec<f64> = Vec::new();
    for set in context.data {
        for l in set.columns_of(context.column) {
            data.extend(set.column(l).filter(|y| !y.is_nan()));
        }
    }
    data.sort_by(f64::total_cmp);
    let Some(last) = data.len().checked_sub(1) else {
        return Ok(());
    };
    let mut arguments = vec![law.start.clone()];
    for end in 0..2 {
        let mut at = law.start.clone();
        at.iter_mut()
            .zip(ranges)
            .for_each(|(a, range)| *a = libm::log(range[end]));
        arguments.push(at);
    }
    for datum in [data[0], data[last / 2], data[last]] {
        for at in &arguments {
            let prediction = law.nearest(datum);
            let total = law.density(prediction, at).integrals().total;
            // Names of the model have no values that are known to be possible.
            if law.arguments > law.own && !total.is_finite() {
                continue;
            }
            if (total - 1.0).abs() <= TOLERANCE {
                continue;
            }
            let over = match law.support {
                Support::Real => "all numbers",
                Support::Positive => "the positive numbers",
                Support::Counts => "all counts",
            };
            let remedy = match total > 0.0 && total.is_finite() {
                true => {
                    "add the logarithm of that to the law where it does not depend on h, or \
                         name the support of the data (real, positive or counts)"
                }
                false => "write a law that is finite about the data",
            };
            let own = context.path;
            return Err(Error::OutOfRange {
                path: field.into(),
                value: total,
                expected: format!(
                    "minus the logarithm of a density: exp(-law) must add up to 1 over {over} \
                     ({own}.support), here about h = {prediction}; {remedy}"
                ),
            });
        }
    }
    Ok(())
}
