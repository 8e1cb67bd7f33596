//! A network, its data and all options of their action, checked once.

use std::ops::Range;
use std::sync::Arc;

use super::data::Pairs;
use super::network::Network;
use crate::action::noise::Law;
use crate::action::{
    check_interval, validate_observed, LossMoments, Normalization, Precision, Prior,
};
use crate::error::{check, Error, Result};
use crate::solve::Bounds;

/// Options of the action of a network and its data.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct NetworkOptions {
    /// Normalisation of the squared errors. Default: `mean`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Normalization>"))]
    pub normalization: Normalization,
    /// Measurement precision R_m: one over the variance of the noise of all measurements, in one
    /// over the square of the data's unit. Default: 1.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub measurement_precision: f64,
    /// Measurement precision of the inputs: a number, or one per input. Default:
    /// `measurementPrecision`.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub input_precision: Option<Precision>,
    /// Measurement precision of the outputs: a number, or one per output. Default:
    /// `measurementPrecision`.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub output_precision: Option<Precision>,
    /// Numbers of the inputs that count as measured. Default: all.
    #[cfg_attr(feature = "typescript", ts(type = "readonly number[]", optional))]
    pub observed_inputs: Option<Vec<usize>>,
    /// Numbers of the outputs that count as measured. Default: all.
    #[cfg_attr(feature = "typescript", ts(type = "readonly number[]", optional))]
    pub observed_outputs: Option<Vec<usize>>,
    /// Prior of every weight but the biases. Default: none.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub weight_prior: Option<Prior>,
    /// Prior of every bias. Default: none.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub bias_prior: Option<Prior>,
    /// Lowest and highest value of every weight but the biases; an end may be infinite. Default:
    /// none.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub weight_bounds: Option<[f64; 2]>,
    /// Lowest and highest value of every bias; an end may be infinite. Default: none.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub bias_bounds: Option<[f64; 2]>,
    /// Lowest and highest value of the activations of all layers, inputs and outputs included; an
    /// end may be infinite. Default: none.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub activation_bounds: Option<[f64; 2]>,
}

impl Default for NetworkOptions {
    fn default() -> Self {
        NetworkOptions {
            normalization: Normalization::default(),
            measurement_precision: 1.0,
            input_precision: None,
            output_precision: None,
            observed_inputs: None,
            observed_outputs: None,
            weight_prior: None,
            bias_prior: None,
            weight_bounds: None,
            bias_bounds: None,
            activation_bounds: None,
        }
    }
}

/// Measurements at one layer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LayerTarget {
    /// Number of the layer.
    pub layer: usize,
    /// Measured values, pairs x width; NaN for those that do not count as measured.
    pub values: Vec<f64>,
    /// Measurement precision R_m of each neuron.
    pub precision: Vec<f64>,
    /// Law of the noise.
    pub law: Law,
}

/// Prior of successive weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WeightPrior {
    /// Places of the weights.
    pub weights: Range<usize>,
    /// Mean of each weight.
    pub mean: f64,
    /// One over the variance of each weight.
    pub precision: f64,
}

/// Contents of a problem, shared by all that evaluate the action.
#[derive(Debug)]
pub(super) struct ProblemParts {
    /// The network.
    pub network: Network,
    /// Number of pairs.
    pub pairs: usize,
    /// Measurements, layer by layer.
    pub targets: Vec<LayerTarget>,
    /// Forcing u of each map, pairs x forcing.
    pub forcing: Vec<Vec<f64>>,
    /// Normalisation of the squared errors.
    pub normalization: Normalization,
    /// Priors of the weights.
    pub priors: Vec<WeightPrior>,
    /// Bounds of all unknowns, if any unknown has one.
    pub bounds: Option<Bounds>,
    /// Number of measured values.
    pub measured: usize,
    /// Places of X_0, X_1, ... X_F among the unknowns, and, last, that of the weights.
    pub starts: Vec<usize>,
}

/// A network, pairs and options, checked. Copies share their contents.
///
/// The unknowns are `[X_0, X_1, ..., X_F, weights]`: X_l holds the activations of layer l, pairs x
/// width, row-major, so that all pairs of a layer are one matrix.
///
/// ```
/// use least_action::action::Prior;
/// use least_action::network::{Layer, Network, NetworkOptions, NetworkProblem, Pairs};
///
/// let network = Network::feedforward(2, vec![Layer::new(1)])?;
/// let pairs = Pairs::new(&network, vec![0.0, 0.0, 1.0, 1.0], vec![0.1, 0.9])?;
/// let options = NetworkOptions {
///     measurement_precision: 100.0,
///     weight_prior: Some(Prior { mean: 0.0, deviation: 2.0 }),
///     ..NetworkOptions::default()
/// };
/// let problem = NetworkProblem::new(&network, &pairs, &options)?;
/// // Two inputs and an output per pair, then two weights and a bias.
/// assert_eq!(problem.unknowns(), 2 * 3 + 3);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct NetworkProblem(pub(super) Arc<ProblemParts>);

impl NetworkProblem {
    /// The problem of a network and its data.
    ///
    /// # Errors
    /// Mistakes in the data or options, by field.
    pub fn new(network: &Network, pairs: &Pairs, options: &NetworkOptions) -> Result<Self> {
        pairs.validate("pairs", network)?;
        let targets = targets(network, pairs, options)?;
        let present = |target: &LayerTarget| target.values.iter().filter(|v| !v.is_nan()).count();
        let measured = targets.iter().map(present).sum();
        if measured == 0 {
            return Err(Error::NoObservations {
                path: "pairs".into(),
            });
        }
        let mut starts = vec![0];
        let mut end = 0;
        for width in network.widths() {
            end += width * pairs.count;
            starts.push(end);
        }
        let unknowns = end + network.weight_count();
        let depth = network.depth();
        Ok(NetworkProblem(Arc::new(ProblemParts {
            priors: priors(network, options)?,
            bounds: bounds(network, end, unknowns, options)?,
            forcing: (0..depth).map(|l| pairs.forcing_of(l).to_vec()).collect(),
            network: network.clone(),
            pairs: pairs.count,
            targets,
            normalization: options.normalization,
            measured,
            starts,
        })))
    }

    /// Network of this problem.
    pub fn network(&self) -> &Network {
        &self.0.network
    }

    /// Number of pairs, M.
    pub fn pairs(&self) -> usize {
        self.0.pairs
    }

    /// Normalisation of the squared errors.
    pub fn normalization(&self) -> Normalization {
        self.0.normalization
    }

    /// Number of unknowns: activations and weights together.
    pub fn unknowns(&self) -> usize {
        self.activation_count() + self.network().weight_count()
    }

    /// Number of activations of all layers and pairs; the weights follow them.
    pub fn activation_count(&self) -> usize {
        self.0.starts[self.network().depth() + 1]
    }

    /// Places of X_l among the unknowns.
    pub fn activations(&self, layer: usize) -> Range<usize> {
        self.0.starts[layer]..self.0.starts[layer + 1]
    }

    /// Places of the weights among the unknowns.
    pub fn weights(&self) -> Range<usize> {
        self.activation_count()..self.unknowns()
    }

    /// Checks that a layer behind the inputs is measured: otherwise there is nothing to learn.
    ///
    /// # Errors
    /// [`Error::NoObservations`].
    pub(crate) fn check_something_to_learn(&self) -> Result<()> {
        let mut behind = self.0.targets.iter().filter(|target| target.layer > 0);
        match behind.any(|target| target.values.iter().any(|y| !y.is_nan())) {
            true => Ok(()),
            false => Err(Error::NoObservations {
                path: "pairs.outputs".into(),
            }),
        }
    }

    /// Tells whether an activation behind the inputs has a bound. Such activations must be unknowns
    /// themselves.
    pub(super) fn bounds_behind_inputs(&self) -> bool {
        let behind = self.0.starts[1]..self.activation_count();
        self.bounds().is_some_and(|bounds| {
            let bound = |k: usize| bounds.lower[k].is_finite() || bounds.upper[k].is_finite();
            behind.clone().any(bound)
        })
    }

    /// Number of measured values.
    pub fn measured(&self) -> usize {
        self.0.measured
    }

    /// Number of weights with a prior.
    pub fn prior_count(&self) -> usize {
        let each = self.0.priors.iter().map(|prior| prior.weights.len());
        each.sum()
    }

    /// Number of residuals of the model: one per pair and neuron of all layers but the inputs.
    pub fn residuals(&self) -> usize {
        self.activation_count() - self.0.starts[1]
    }

    /// Bounds of all unknowns, if any unknown has one.
    pub fn bounds(&self) -> Option<&Bounds> {
        self.0.bounds.as_ref()
    }

    /// Measurement precision R_m, averaged over all measured values.
    pub fn measurement_precision(&self) -> f64 {
        let mut sum = 0.0;
        for target in &self.0.targets {
            for row in target.values.chunks_exact(target.precision.len()) {
                let present = row
                    .iter()
                    .zip(&target.precision)
                    .filter(|(v, _)| !v.is_nan());
                sum += present.map(|(_, precision)| precision).sum::<f64>();
            }
        }
        sum / self.0.measured as f64
    }

    /// Mean and variance of the summed losses of all measurements at the truth.
    pub(crate) fn misfit(&self) -> LossMoments {
        let mut sum = LossMoments::default();
        for target in &self.0.targets {
            let data = target.values.iter().copied().filter(|y| !y.is_nan());
            let one = target.law.misfit(data);
            sum.mean += one.mean;
            sum.variance += one.variance;
        }
        sum
    }

    /// The part of the action that noise explains at the truth.
    pub(crate) fn noise_level(&self) -> f64 {
        self.0.normalization.factor(self.0.measured) * self.misfit().mean
    }

    /// Measured values of a layer, pairs x width, NaN for those that do not count as measured.
    pub fn target(&self, layer: usize) -> Option<&[f64]> {
        let mut targets = self.0.targets.iter();
        let found = targets.find(|target| target.layer == layer);
        found.map(|target| &target.values[..])
    }
}

/// Measurements of all layers, with the observed components and precisions of the options.
fn targets(network: &Network, pairs: &Pairs, options: &NetworkOptions) -> Result<Vec<LayerTarget>> {
    check::precision("measurementPrecision", options.measurement_precision)?;
    let depth = network.depth();
    let mut targets = Vec::new();
    for (layer, &width) in network.widths().iter().enumerate() {
        let (precision, observed, ends) = match layer {
            0 => (&options.input_precision, &options.observed_inputs, "input"),
            _ if layer == depth => (
                &options.output_precision,
                &options.observed_outputs,
                "output",
            ),
            _ => (&None, &None, ""),
        };
        let scalar = Precision::Scalar(options.measurement_precision);
        let path = format!("{ends}Precision");
        let precision = precision.as_ref().unwrap_or(&scalar);
        precision.validate(&path, width, 1)?;
        let precision = match precision {
            Precision::Scalar(value) => vec![*value; width],
            Precision::PerComponent(values) => values.clone(),
            Precision::PerTime { .. } | Precision::PerDatum { .. } | Precision::Matrix(_) => {
                let message = "of networks must be a number, or one per neuron".into();
                return Err(Error::WrongShape { path, message });
            }
        };
        let capital = if layer == 0 { "Inputs" } else { "Outputs" };
        let counts = match observed {
            None => vec![true; width],
            Some(observed) => {
                validate_observed(&format!("observed{capital}"), observed, width)?;
                (0..width).map(|k| observed.contains(&k)).collect()
            }
        };
        let Some(given) = pairs.measured_at(layer, depth) else {
            continue;
        };
        let mut values = given.to_vec();
        for row in values.chunks_exact_mut(width) {
            for (value, counts) in row.iter_mut().zip(&counts) {
                if !counts {
                    *value = f64::NAN;
                }
            }
        }
        targets.push(LayerTarget {
            layer,
            values,
            precision,
            law: Law::default(),
        });
    }
    Ok(targets)
}

/// Ranges of weights, with true if they are biases.
fn runs(network: &Network) -> impl Iterator<Item = (Range<usize>, bool)> + '_ {
    network.distinct_sets().flat_map(|(_, set)| {
        let biases = set.biases();
        [(set.start..biases.start, false), (biases.clone(), true)]
            .into_iter()
            .chain([(biases.end..set.range().end, false)])
    })
}

/// Priors of all weights that have one.
fn priors(network: &Network, options: &NetworkOptions) -> Result<Vec<WeightPrior>> {
    let read = |prior: Option<Prior>, path: &str| match prior {
        Some(prior) => Ok(Some((prior.mean, prior.precision(path)?))),
        None => Ok(None),
    };
    let weight = read(options.weight_prior, "weightPrior")?;
    let bias = read(options.bias_prior, "biasPrior")?;
    let prior = |(weights, is_bias): (Range<usize>, bool)| {
        let (mean, precision) = if is_bias { bias } else { weight }?;
        let run = WeightPrior {
            weights,
            mean,
            precision,
        };
        (!run.weights.is_empty()).then_some(run)
    };
    Ok(runs(network).filter_map(prior).collect())
}

/// Bounds of all unknowns, if any option gives some.
fn bounds(
    network: &Network,
    activations: usize,
    unknowns: usize,
    options: &NetworkOptions,
) -> Result<Option<Bounds>> {
    let given = [
        (options.weight_bounds, "weightBounds"),
        (options.bias_bounds, "biasBounds"),
        (options.activation_bounds, "activationBounds"),
    ];
    for (interval, path) in given {
        if let Some(interval) = interval {
            check_interval(path, interval)?;
        }
    }
    if given.iter().all(|(interval, _)| interval.is_none()) {
        return Ok(None);
    }
    let mut lower = vec![f64::NEG_INFINITY; unknowns];
    let mut upper = vec![f64::INFINITY; unknowns];
    let mut set = |range: Range<usize>, interval: Option<[f64; 2]>| {
        if let Some([low, high]) = interval {
            lower[range.clone()].fill(low);
            upper[range].fill(high);
        }
    };
    set(0..activations, options.activation_bounds);
    for (run, is_bias) in runs(network) {
        let interval = if is_bias {
            options.bias_bounds
        } else {
            options.weight_bounds
        };
        set(activations + run.start..activations + run.end, interval);
    }
    Bounds::new(lower, upper).map(Some)
}
