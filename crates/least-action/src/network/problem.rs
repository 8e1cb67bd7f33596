//! What the action of a network is formed from, checked once.

use std::sync::Arc;

use super::{Network, Pairs};
use crate::action::{check_interval, Normalization, Prior};
use crate::error::{check, Error, Result};
use crate::model::MOST_VALUES;
use crate::solve::Bounds;

/// One over the variance of the noise of a layer's measurements: the same for all neurons, or one for each.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum NeuronPrecision {
    Same(f64),
    Each(Vec<f64>),
}

impl NeuronPrecision {
    fn resolve(&self, path: &str, neurons: usize) -> Result<Vec<f64>> {
        match self {
            NeuronPrecision::Same(value) => {
                check::precision(path, *value)?;
                Ok(vec![*value; neurons])
            }
            NeuronPrecision::Each(values) => {
                check::length(path, values.len(), neurons, "one per neuron")?;
                for (k, &value) in values.iter().enumerate() {
                    check::precision(&format!("{path}[{k}]"), value)?;
                }
                Ok(values.clone())
            }
        }
    }
}

/// R_m of a network: one for all that is measured, or one for each end.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(untagged, rename_all_fields = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum NetworkPrecision {
    Same(f64),
    Ends {
        inputs: NeuronPrecision,
        outputs: NeuronPrecision,
        /// Of measurements between. Default: as that of the outputs.
        #[cfg_attr(
            feature = "serde",
            serde(default, skip_serializing_if = "crate::never")
        )]
        #[cfg_attr(feature = "typescript", ts(optional))]
        hidden: Option<NeuronPrecision>,
    },
}

impl Default for NetworkPrecision {
    fn default() -> Self {
        NetworkPrecision::Same(1.0)
    }
}

impl From<f64> for NetworkPrecision {
    fn from(value: f64) -> Self {
        NetworkPrecision::Same(value)
    }
}

/// Which weights something is said of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum WeightKind {
    #[default]
    All,
    /// W.
    Matrix,
    /// U.
    Inputs,
    /// b.
    Biases,
    /// Parameters of maps.
    Parameters,
}

/// Lowest and highest value, or what is known before the data, of some weights. Of several for one weight, the last holds.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(default, rename_all = "camelCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct WeightRule {
    /// From 1 to F. Default: all layers.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub layer: Option<usize>,
    /// Default: all.
    #[cfg_attr(feature = "typescript", ts(as = "Option<WeightKind>", optional))]
    pub kind: WeightKind,
    /// An end may be infinite. Default: none.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub bounds: Option<[f64; 2]>,
    /// Default: none.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub prior: Option<Prior>,
}

/// How the action of a network is formed.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(default, rename_all = "camelCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NetworkOptions {
    /// Default: `mean`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Normalization>", optional))]
    pub normalization: Normalization,
    /// R_m: one over the variance of the noise of inputs and outputs. Default: 1.
    #[cfg_attr(feature = "typescript", ts(as = "Option<NetworkPrecision>", optional))]
    pub measurement_precision: NetworkPrecision,
    /// Which of the output neurons are measured; what the data say of others is not used. Default: all.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub observed_outputs: Option<Vec<usize>>,
    /// Whether the inputs are known without noise: then X_0 is the data, and what the unknowns say of it is not used. Default: no.
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>", optional))]
    pub exact_inputs: bool,
    /// Bounds and priors of weights. Default: none.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<WeightRule>>", optional))]
    pub weights: Vec<WeightRule>,
}

/// What is measured of one layer.
#[derive(Debug)]
pub(super) struct Measured {
    pub layer: usize,
    /// Pairs x neurons; NaN is missing.
    pub values: Vec<f64>,
    /// R_m times the normalisation, one per neuron.
    pub weights: Vec<f64>,
}

/// A prior on one weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct PriorTerm {
    pub weight: usize,
    pub mean: f64,
    /// One over the variance, times the normalisation.
    pub factor: f64,
}

/// A network, its data and everything fixed about their action; cheap to clone.
///
/// The unknowns are one vector: the activations X_0, X_1, ..., X_F, each pairs x neurons, row-major; then all weights.
#[derive(Debug, Clone)]
pub struct NetworkProblem(pub(super) Arc<Parts>);

#[derive(Debug)]
pub(super) struct Parts {
    pub network: Network,
    pub pairs: usize,
    pub measured: Vec<Measured>,
    /// u of each layer after the first.
    pub external: Vec<Vec<f64>>,
    pub normalization: Normalization,
    pub exact_inputs: bool,
    pub priors: Vec<PriorTerm>,
    pub weight_bounds: Option<Bounds>,
    pub measurements: usize,
    /// Where the activations of each layer begin among the unknowns, and where the weights do.
    pub offsets: Vec<usize>,
}

impl NetworkProblem {
    /// # Errors
    /// Data that do not fit the network, see [`Pairs::validate`]; precisions that are not positive; outputs or layers that are not there; a problem that does not fit in memory.
    pub fn new(network: Network, pairs: Pairs, options: &NetworkOptions) -> Result<Self> {
        pairs.validate(&network)?;
        let count = pairs.count;
        let unknowns = count * network.activation_count() + network.weight_count();
        check::at_most("activations and weights", unknowns, MOST_VALUES)?;
        let (measured, external) = measured(&network, pairs, options)?;
        if options.exact_inputs && measured.iter().all(|m| m.layer != 0) {
            return Err(Error::WrongShape {
                path: "exactInputs".into(),
                message: "needs pairs.inputs; give them, or leave exactInputs out".into(),
            });
        }
        let noisy = |m: &&Measured| !(options.exact_inputs && m.layer == 0);
        let finite = measured.iter().filter(noisy).flat_map(|m| &m.values);
        let measurements = finite.filter(|y| !y.is_nan()).count();
        if measurements == 0 {
            return Err(Error::NoObservations {
                path: "pairs".into(),
            });
        }
        let mut offsets = vec![0];
        for width in network.widths() {
            offsets.push(offsets[offsets.len() - 1] + count * width);
        }
        let mut parts = Parts {
            pairs: count,
            measured,
            external,
            normalization: options.normalization,
            exact_inputs: options.exact_inputs,
            priors: Vec::new(),
            weight_bounds: None,
            measurements,
            offsets,
            network,
        };
        let factor = options.normalization.factor(measurements);
        for measured in &mut parts.measured {
            let exact = options.exact_inputs && measured.layer == 0;
            let factor = if exact { 0.0 } else { factor };
            measured.weights.iter_mut().for_each(|w| *w *= factor);
        }
        parts.apply_rules(&options.weights)?;
        // Priors count beside the measurements as in the posterior.
        parts.priors.iter_mut().for_each(|p| p.factor *= factor);
        Ok(NetworkProblem(Arc::new(parts)))
    }

    pub fn network(&self) -> &Network {
        &self.0.network
    }

    /// M.
    pub fn pairs(&self) -> usize {
        self.0.pairs
    }

    /// Length of the vector of unknowns.
    pub fn unknowns(&self) -> usize {
        self.weight_offset() + self.0.network.weight_count()
    }

    /// Where the activations of a layer (0 to F) begin among the unknowns.
    pub fn layer_offset(&self, layer: usize) -> usize {
        self.0.offsets[layer.min(self.0.network.depth())]
    }

    /// Where the weights begin among the unknowns.
    pub fn weight_offset(&self) -> usize {
        self.0.offsets[self.0.network.depth() + 1]
    }

    /// Numbers measured, all layers and pairs together.
    pub fn measurements(&self) -> usize {
        self.0.measurements
    }

    /// Residuals of the model, all layers and pairs together.
    pub fn residuals(&self) -> usize {
        self.0.pairs * self.0.network.residual_count()
    }

    /// X_0 where it is known, pairs x neurons.
    pub(super) fn exact_inputs(&self) -> Option<&[f64]> {
        let inputs = self.0.measured.iter().find(|m| m.layer == 0)?;
        self.0.exact_inputs.then_some(&inputs.values)
    }

    /// What is multiplied with one over the variance of a prior.
    #[cfg(test)]
    pub(super) fn prior_factor(&self) -> f64 {
        self.0.normalization.factor(self.0.measurements)
    }

    pub fn normalization(&self) -> Normalization {
        self.0.normalization
    }

    /// Intervals of the weights; none if all are free.
    pub fn weight_bounds(&self) -> Option<&Bounds> {
        self.0.weight_bounds.as_ref()
    }

    /// Intervals of all unknowns, of which activations are free; none if all are.
    pub fn bounds(&self) -> Option<Bounds> {
        let of_weights = self.weight_bounds()?;
        let mut lower = vec![f64::NEG_INFINITY; self.weight_offset()];
        let mut upper = vec![f64::INFINITY; self.weight_offset()];
        lower.extend(&of_weights.lower);
        upper.extend(&of_weights.upper);
        Some(Bounds { lower, upper })
    }
}

type Data = (Vec<Measured>, Vec<Vec<f64>>);

fn measured(network: &Network, pairs: Pairs, options: &NetworkOptions) -> Result<Data> {
    let depth = network.depth();
    let (first, last) = (network.widths()[0], network.widths()[depth]);
    let mut outputs = pairs.outputs;
    if let Some(observed) = &options.observed_outputs {
        let path = "observedOutputs";
        let mut seen = vec![false; last];
        for (k, &neuron) in observed.iter().enumerate() {
            let path = format!("{path}[{k}]");
            let most = format!("an output neuron from 0 to {}", last - 1);
            check::require(neuron < last, &path, neuron as f64, &most)?;
            if std::mem::replace(&mut seen[neuron], true) {
                let value = format!("neuron {neuron}");
                return Err(Error::Duplicate { path, value });
            }
        }
        for row in outputs.chunks_exact_mut(last) {
            for (y, &seen) in row.iter_mut().zip(&seen) {
                *y = if seen { *y } else { f64::NAN };
            }
        }
    }
    let path = "measurementPrecision";
    let mut all = Vec::new();
    let mut add = |layer: usize, values: Vec<f64>, precision: &NeuronPrecision, path: &str| {
        let weights = precision.resolve(path, network.widths()[layer])?;
        if !values.is_empty() {
            all.push(Measured {
                layer,
                values,
                weights,
            });
        }
        Ok(())
    };
    match &options.measurement_precision {
        NetworkPrecision::Same(value) => {
            let same = NeuronPrecision::Same(*value);
            add(0, pairs.inputs, &same, path)?;
            for hidden in pairs.hidden {
                add(hidden.layer, hidden.values, &same, path)?;
            }
            add(depth, outputs, &same, path)?;
        }
        NetworkPrecision::Ends {
            inputs,
            outputs: of_outputs,
            hidden: of_hidden,
        } => {
            if let NeuronPrecision::Each(_) = inputs {
                inputs.resolve(&format!("{path}.inputs"), first)?;
            }
            add(0, pairs.inputs, inputs, &format!("{path}.inputs"))?;
            let between = of_hidden.as_ref().unwrap_or(of_outputs);
            for hidden in pairs.hidden {
                add(
                    hidden.layer,
                    hidden.values,
                    between,
                    &format!("{path}.hidden"),
                )?;
            }
            add(depth, outputs, of_outputs, &format!("{path}.outputs"))?;
        }
    }
    Ok((all, pairs.external))
}

impl Parts {
    fn apply_rules(&mut self, rules: &[WeightRule]) -> Result<()> {
        let count = self.network.weight_count();
        let mut priors = vec![None; count];
        let mut bounds = Bounds {
            lower: vec![f64::NEG_INFINITY; count],
            upper: vec![f64::INFINITY; count],
        };
        for (k, rule) in rules.iter().enumerate() {
            let path = format!("weights[{k}]");
            if let Some(layer) = rule.layer {
                check::at_least(&format!("{path}.layer"), layer, 1)?;
                check::at_most(&format!("{path}.layer"), layer, self.network.depth())?;
            }
            if let Some(bounds) = rule.bounds {
                check_interval(&format!("{path}.bounds"), bounds)?;
            }
            let prior = match rule.prior {
                Some(prior) => Some((prior.mean, prior.precision(&format!("{path}.prior"))?)),
                None => None,
            };
            for weight in self.network.places(rule) {
                if let Some([low, high]) = rule.bounds {
                    (bounds.lower[weight], bounds.upper[weight]) = (low, high);
                }
                if let Some((mean, precision)) = prior {
                    priors[weight] = Some(PriorTerm {
                        weight,
                        mean,
                        factor: precision,
                    });
                }
            }
        }
        self.priors = priors.into_iter().flatten().collect();
        if rules.iter().any(|rule| rule.bounds.is_some()) {
            self.weight_bounds = Some(bounds);
        }
        Ok(())
    }
}

impl Network {
    /// Places of the weights that a rule is about.
    fn places(&self, rule: &WeightRule) -> Vec<usize> {
        let sets: Vec<usize> = match rule.layer {
            Some(layer) => vec![self.transitions[layer - 1].set],
            None => (0..self.sets.len()).collect(),
        };
        let ranges = sets.into_iter().map(|set| {
            let set = &self.sets[set];
            match rule.kind {
                WeightKind::All => set.range(),
                WeightKind::Matrix => set.matrix_range(),
                WeightKind::Inputs => set.input_range(),
                WeightKind::Biases => set.bias_range(),
                WeightKind::Parameters => set.parameter_range(),
            }
        });
        ranges.flatten().collect()
    }
}
