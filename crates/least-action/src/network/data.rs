//! Pairs of inputs and outputs, checked.

use super::Network;
use crate::error::{check, Error, Result};
use crate::model::MOST_VALUES;

/// Measured activations of one layer between the first and the last.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Measurements {
    /// Between 1 and F - 1.
    pub layer: usize,
    /// Pairs x neurons, row-major; NaN is missing.
    pub values: Vec<f64>,
}

/// M pairs of inputs and outputs; for recurrent networks, M sequences.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Pairs {
    /// M.
    pub count: usize,
    /// Pairs x neurons of layer 0, row-major, without gaps. Empty: not measured, as the initial states of recurrent networks may be.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    pub inputs: Vec<f64>,
    /// Pairs x neurons of the last layer, row-major; NaN is missing. Empty: not measured.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    pub outputs: Vec<f64>,
    /// What is measured of the layers between. Default: nothing.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    pub hidden: Vec<Measurements>,
    /// What comes in from outside, u: for layer 1, layer 2, ... up to F, pairs x inputs of that layer, row-major. Default: nothing.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    pub external: Vec<Vec<f64>>,
}

impl Pairs {
    /// Inputs and outputs, as many pairs as the inputs fill.
    pub fn new(network: &Network, inputs: Vec<f64>, outputs: Vec<f64>) -> Self {
        Pairs {
            count: inputs.len() / network.widths()[0],
            inputs,
            outputs,
            ..Pairs::default()
        }
    }

    /// # Errors
    /// No pairs, or too many for the memory; arrays of the wrong length; inputs that are missing, values that are infinite; a hidden layer that is not there, or twice; no measurement at all.
    pub fn validate(&self, network: &Network) -> Result<()> {
        check::at_least("pairs.count", self.count, 1)?;
        let most = MOST_VALUES / network.activation_count();
        check::at_most("pairs.count", self.count, most)?;
        let (first, last) = (network.widths()[0], network.widths()[network.depth()]);
        if !self.inputs.is_empty() {
            let because = format!("{} pairs x {first} input neurons", self.count);
            check::length(
                "pairs.inputs",
                self.inputs.len(),
                self.count * first,
                &because,
            )?;
            known("pairs.inputs", &self.inputs, first, "input")?;
        }
        if !self.outputs.is_empty() {
            let because = format!("{} pairs x {last} output neurons", self.count);
            check::length(
                "pairs.outputs",
                self.outputs.len(),
                self.count * last,
                &because,
            )?;
            not_infinite("pairs.outputs", &self.outputs, last)?;
        }
        self.validate_hidden(network)?;
        self.validate_external(network)?;
        let hidden = self.hidden.iter().flat_map(|h| &h.values);
        let mut all = self.inputs.iter().chain(&self.outputs).chain(hidden);
        if !all.any(|y| y.is_finite()) {
            return Err(Error::NoObservations {
                path: "pairs".into(),
            });
        }
        Ok(())
    }

    fn validate_hidden(&self, network: &Network) -> Result<()> {
        let mut seen = vec![false; network.depth()];
        for (k, hidden) in self.hidden.iter().enumerate() {
            let path = format!("pairs.hidden[{k}]");
            let of = &format!("{path}.layer");
            check::at_least(of, hidden.layer, 1)?;
            let last = network.depth();
            check::require(
                hidden.layer < last,
                of,
                hidden.layer as f64,
                &format!("less than {last}, the last layer, whose measurements are in outputs"),
            )?;
            if std::mem::replace(&mut seen[hidden.layer], true) {
                return Err(Error::Duplicate {
                    path: of.clone(),
                    value: format!("layer {}", hidden.layer),
                });
            }
            let width = network.widths()[hidden.layer];
            let of = format!("{path}.values");
            let because = format!(
                "{} pairs x {width} neurons of layer {}",
                self.count, hidden.layer
            );
            check::length(&of, hidden.values.len(), self.count * width, &because)?;
            not_infinite(&of, &hidden.values, width)?;
        }
        Ok(())
    }

    pub(super) fn validate_external(&self, network: &Network) -> Result<()> {
        let counts = network.transitions.iter().map(|t| t.inputs);
        if self.external.is_empty() && counts.clone().all(|count| count == 0) {
            return Ok(());
        }
        let because = "one array per layer after the first";
        check::length(
            "pairs.external",
            self.external.len(),
            network.depth(),
            because,
        )?;
        for (l, (values, width)) in self.external.iter().zip(counts).enumerate() {
            let path = format!("pairs.external[{l}]");
            let because = format!("{} pairs x {width} inputs of layer {}", self.count, l + 1);
            check::length(&path, values.len(), self.count * width, &because)?;
            known(&path, values, width, "external input")?;
        }
        Ok(())
    }
}

/// Refuses values that are missing or infinite.
pub(super) fn known(path: &str, values: &[f64], width: usize, what: &str) -> Result<()> {
    let Some(k) = values.iter().position(|y| !y.is_finite()) else {
        return Ok(());
    };
    let (pair, neuron) = (k / width, k % width);
    check::require(
        false,
        &format!("{path} of pair {pair}, {what} {neuron}"),
        values[k],
        "finite; fill gaps, or leave the pair out",
    )
}

fn not_infinite(path: &str, values: &[f64], width: usize) -> Result<()> {
    let Some(k) = values.iter().position(|y| y.is_infinite()) else {
        return Ok(());
    };
    let (pair, neuron) = (k / width, k % width);
    check::require(
        false,
        &format!("{path} of pair {pair}, neuron {neuron}"),
        values[k],
        "finite, or NaN where nothing was measured",
    )
}

/// Outputs of a classifier, pairs x classes: 1 at the label, 0 elsewhere.
///
/// # Errors
/// No classes, and a label that is not less than their number.
pub fn one_hot(labels: &[usize], classes: usize) -> Result<Vec<f64>> {
    check::at_least("classes", classes, 1)?;
    check::at_most("classes", classes, MOST_VALUES / labels.len().max(1))?;
    let mut outputs = vec![0.0; labels.len() * classes];
    for (k, &label) in labels.iter().enumerate() {
        check::require(
            label < classes,
            &format!("labels[{k}]"),
            label as f64,
            &format!("a class from 0 to {}", classes - 1),
        )?;
        outputs[k * classes + label] = 1.0;
    }
    Ok(outputs)
}
