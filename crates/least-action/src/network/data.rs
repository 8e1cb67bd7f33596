//! What was measured: pairs of inputs and outputs, and whatever else is known at a layer.

use super::network::Network;
use crate::error::{check, Error, Result};

/// Numbers of one layer for all pairs.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LayerValues {
    /// 0 is the layer of the inputs.
    pub layer: usize,
    /// pairs x width, row-major.
    #[cfg_attr(feature = "typescript", ts(type = "ArrayLike<number>"))]
    pub values: Vec<f64>,
}

/// M pairs of inputs and outputs of a network; of a recurrent one M sequences, which may be
/// measured at every step.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Pairs {
    /// M.
    pub count: usize,
    /// Of layer 0: pairs x inputs, row-major. Empty where none is measured.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "ArrayLike<number>", optional))]
    pub inputs: Vec<f64>,
    /// Of layer F: pairs x outputs, row-major; NaN where nothing was measured. Empty where none is
    /// measured.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "ArrayLike<number>", optional))]
    pub outputs: Vec<f64>,
    /// Whether NaN among the inputs means that nothing was measured there; otherwise it is an
    /// error, as broken pixels should be noticed. Default: false.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub missing_inputs: bool,
    /// Measurements at layers between; NaN where nothing was measured. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<LayerValues>>"))]
    pub measurements: Vec<LayerValues>,
    /// What is known to come in from outside, pairs x forcing: `layer` l is the u of the map from
    /// layer l to layer l + 1. Needed by every layer with forcing.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<LayerValues>>"))]
    pub forcing: Vec<LayerValues>,
}

impl Pairs {
    /// Pairs of plain feedforward networks; the number of pairs follows from that of the inputs.
    ///
    /// # Errors
    /// Inputs that are not whole rows of the network's width.
    pub fn new(network: &Network, inputs: Vec<f64>, outputs: Vec<f64>) -> Result<Self> {
        let width = network.widths()[0];
        check::require(
            !inputs.is_empty() && inputs.len().is_multiple_of(width),
            "pairs.inputs",
            inputs.len() as f64,
            &format!("a number of values that is a multiple of {width}, the width of layer 0"),
        )?;
        Ok(Pairs {
            count: inputs.len() / width,
            inputs,
            outputs,
            ..Pairs::default()
        })
    }

    /// Checks everything against a network; paths of errors begin with `root`.
    ///
    /// # Errors
    /// No pairs, wrong lengths, values that are infinite, NaN where nothing may be missing, layers
    /// that are not there or named twice, and nothing measured at all.
    pub fn validate(&self, root: &str, network: &Network) -> Result<()> {
        let at = |field: &str| format!("{root}.{field}");
        check::at_least(&at("count"), self.count, 1)?;
        let most = crate::model::MOST_VALUES / network.neurons();
        check::at_most(&at("count"), self.count, most)?;
        let (widths, depth) = (network.widths(), network.depth());
        let nan = match self.missing_inputs {
            true => "finite, or NaN where nothing was measured",
            false => "finite; a missing one needs missingInputs: true",
        };
        let may_miss = self.missing_inputs;
        if !self.inputs.is_empty() {
            let shape = (self.count, widths[0]);
            check_rows(&at("inputs"), &self.inputs, shape, (may_miss, nan))?;
        }
        let nan = "finite, or NaN where nothing was measured";
        if !self.outputs.is_empty() {
            let shape = (self.count, widths[depth]);
            check_rows(&at("outputs"), &self.outputs, shape, (true, nan))?;
        }
        let mut seen: Vec<usize> = Vec::new();
        if !self.inputs.is_empty() {
            seen.push(0);
        }
        if !self.outputs.is_empty() {
            seen.push(depth);
        }
        for (i, given) in self.measurements.iter().enumerate() {
            let path = at(&format!("measurements[{i}]"));
            check_layer(&path, given.layer, depth + 1, &mut seen)?;
            let (path, shape) = (format!("{path}.values"), (self.count, widths[given.layer]));
            check_rows(&path, &given.values, shape, (true, nan))?;
        }
        check_forcing(&format!("{root}."), &self.forcing, self.count, network)?;
        let layers = self.measurements.iter().map(|given| &given.values);
        let mut all = layers.chain([&self.inputs, &self.outputs]);
        if all.all(|values| values.iter().all(|v| v.is_nan())) {
            return Err(Error::NoObservations { path: root.into() });
        }
        Ok(())
    }

    /// u of map l; empty where there is none.
    pub(super) fn forcing_of(&self, l: usize) -> &[f64] {
        let given = self.forcing.iter().find(|given| given.layer == l);
        given.map_or(&[], |given| &given.values)
    }

    /// What was measured at layer l, if anything was.
    pub(super) fn measured_at(&self, l: usize, depth: usize) -> Option<&[f64]> {
        let given = self.measurements.iter().find(|given| given.layer == l);
        match given {
            Some(given) => Some(&given.values),
            None if l == 0 && !self.inputs.is_empty() => Some(&self.inputs),
            None if l == depth && !self.outputs.is_empty() => Some(&self.outputs),
            None => None,
        }
    }
}

/// Checks what comes in from outside; paths of errors begin with `root`.
pub(super) fn check_forcing(
    root: &str,
    forcing: &[LayerValues],
    count: usize,
    network: &Network,
) -> Result<()> {
    let mut forced = Vec::new();
    for (i, given) in forcing.iter().enumerate() {
        let path = format!("{root}forcing[{i}]");
        check_layer(&path, given.layer, network.depth(), &mut forced)?;
        let shape = (count, network.layers()[given.layer].forcing);
        let path = format!("{path}.values");
        check_rows(&path, &given.values, shape, (false, "finite"))?;
    }
    for (l, layer) in network.layers().iter().enumerate() {
        if layer.forcing > 0 && !forced.contains(&l) {
            let because = format!("{count} pairs x {} from outside", layer.forcing);
            let expected = count.saturating_mul(layer.forcing);
            check::length(
                &format!("{root}forcing of layer {l}"),
                0,
                expected,
                &because,
            )?;
        }
    }
    Ok(())
}

/// Checks a layer's number, and that it comes once.
fn check_layer(path: &str, layer: usize, count: usize, seen: &mut Vec<usize>) -> Result<()> {
    if layer >= count {
        return Err(Error::OutOfRange {
            path: format!("{path}.layer"),
            value: layer as f64,
            expected: format!("a layer of the network, 0 to {}", count - 1),
        });
    }
    if seen.contains(&layer) {
        return Err(Error::Duplicate {
            path: format!("{path}.layer"),
            value: format!("layer {layer}"),
        });
    }
    seen.push(layer);
    Ok(())
}

/// Checks a table of numbers; errors name the pair and the column.
fn check_rows(
    path: &str,
    values: &[f64],
    (pairs, width): (usize, usize),
    (may_miss, expected): (bool, &str),
) -> Result<()> {
    let because = format!("{pairs} pairs x {width} neurons");
    check::length(path, values.len(), pairs.saturating_mul(width), &because)?;
    let bad = |v: &f64| v.is_infinite() || (v.is_nan() && !may_miss);
    match values.iter().position(bad) {
        None => Ok(()),
        Some(i) => Err(Error::OutOfRange {
            path: format!("{path}[{}][{}]", i / width, i % width),
            value: values[i],
            expected: format!(
                "{expected} (pair {}, number {} of it)",
                i / width,
                i % width
            ),
        }),
    }
}

/// A row per label, with 1 at the label and 0 elsewhere: labels.len() x classes, row-major.
///
/// ```
/// use least_action::network::one_hot;
/// assert_eq!(one_hot(&[2, 0], 3)?, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
/// assert_eq!(
///     one_hot(&[0, 3], 3).unwrap_err().to_string(),
///     "labels[1]: must be a class, 0 to 2, got 3"
/// );
/// # Ok::<(), least_action::Error>(())
/// ```
///
/// # Errors
/// No classes, and a label that is not one of them.
pub fn one_hot(labels: &[usize], classes: usize) -> Result<Vec<f64>> {
    check::at_least("classes", classes, 1)?;
    let most = crate::model::MOST_VALUES / labels.len().max(1);
    check::at_most("classes", classes, most)?;
    let mut rows = vec![0.0; labels.len() * classes];
    for (k, &label) in labels.iter().enumerate() {
        check::require(
            label < classes,
            &format!("labels[{k}]"),
            label as f64,
            &format!("a class, 0 to {}", classes - 1),
        )?;
        rows[k * classes + label] = 1.0;
    }
    Ok(rows)
}
