//! Parameters of the noise, and the model that they are parameters of.

use std::sync::Arc;

use super::super::measurement::ScaleOutputs;
use super::super::noise::{Law, TextLaw};
use super::super::{check_interval, ActionOptions};
use super::{EstimatedScale, NoiseFamily};
use crate::error::{check, Error, Result};
use crate::model::{Model, NoiseScale, Parameter};

/// Name of an unknown that is the logarithm of a noise's scale begins with this.
pub(super) const PREFIX: &str = "noise.";

/// Least and largest deviation beside the spread of the data.
const LEAST: f64 = 1e-8;
const LARGEST: f64 = 1e2;
/// One estimated number of the noise.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NoiseParameter {
    /// Name of the parameter, whose value is the number's natural logarithm.
    pub name: String,
    pub details: EstimatedScale,
    /// Bounds of the logarithm.
    pub bounds: [f64; 2],
}

/// Estimated part of a channel's noise, as the options give it.
pub(super) struct EstimatedPart<'a> {
    pub channel: &'a str,
    /// End of the parameter's name: empty for a deviation.
    pub suffix: &'a str,
    /// Field in errors.
    pub path: &'a str,
    pub details: EstimatedScale,
    /// Typical size, of which bounds are made.
    pub size: f64,
    /// Names of all channels.
    pub names: &'a [String],
}

/// Noise of one channel as the model's observation gives it.
#[derive(Debug, Clone)]
pub(crate) struct NoiseChannel {
    pub family: NoiseFamily,
    pub law: Law,
    pub scale: NoiseScale,
    /// Numbers of the parameters of its deviation and its proportional part.
    pub parameters: [Option<usize>; 2],
    /// Law of the user's own.
    pub text: Option<Arc<TextLaw>>,
    /// Parameters of that law that are estimated: their names in it, and their numbers.
    pub own: Vec<(String, usize)>,
}

impl NoiseChannel {
    /// Numbers of all parameters that are estimated.
    pub fn estimated(&self) -> impl Iterator<Item = usize> + Clone + '_ {
        let own = self.own.iter().map(|&(_, k)| k);
        self.parameters.iter().flatten().copied().chain(own)
    }

    /// True if a part of the noise is estimated.
    pub fn is_estimated(&self) -> bool {
        self.estimated().next().is_some()
    }
}

/// Noise of all measured channels, and the parameters that are estimated with it.
#[derive(Debug, Clone)]
pub(crate) struct NoiseDefinition {
    pub channels: Vec<NoiseChannel>,
    pub parameters: Vec<NoiseParameter>,
}

impl NoiseDefinition {
    /// Number of the parameter for a part of a channel: a new one, or that of its group.
    pub(super) fn parameter(&mut self, part: &EstimatedPart) -> Result<usize> {
        let EstimatedPart {
            channel,
            suffix,
            path,
            details,
            size,
            names,
        } = part;
        let group = details.shared.as_deref();
        if let Some(group) = group.filter(|g| g != channel && names.iter().any(|n| n == g)) {
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
            details: details.clone(),
            bounds,
        });
        Ok(self.parameters.len() - 1)
    }

    /// Number of outputs that the model's observation has for the noise: the scales of all
    /// channels, then the arguments of their laws.
    pub fn output_count(&self) -> usize {
        let each = self.channels.iter().map(|c| 1 + c.scale.arguments.len());
        each.sum()
    }

    /// These outputs by channel, the last of `functions` observables.
    pub(in crate::action) fn outputs(&self, functions: usize) -> Vec<ScaleOutputs> {
        let first = functions - self.output_count();
        let mut argument = first + self.channels.len();
        let each = self.channels.iter().enumerate().map(|(k, channel)| {
            let outputs = ScaleOutputs {
                scale: first + k,
                law: channel.law,
                text: channel.text.clone(),
                first_argument: argument,
            };
            argument += channel.scale.arguments.len();
            outputs
        });
        each.collect()
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
