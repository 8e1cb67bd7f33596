//! A network, data and everything fixed about their action: checked once.

use std::ops::Range;
use std::sync::Arc;

use super::data::Pairs;
use super::network::Network;
use crate::action::{check_interval, validate_observed, Normalization, Precision, Prior};
use crate::error::{check, Error, Result};
use crate::solve::Bounds;

/// How the action is formed from a network and its data.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct NetworkOptions {
    /// Default: `mean`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Normalization>"))]
    pub normalization: Normalization,
    /// R_m: one over the variance of the noise of all measurements, in the square of the data's
    /// unit. Default: 1.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub measurement_precision: f64,
    /// R_m of the inputs, where it is another: a number, or one per input. Default:
    /// `measurementPrecision`.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub input_precision: Option<Precision>,
    /// R_m of the outputs, where it is another: a number, or one per output. Default:
    /// `measurementPrecision`.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub output_precision: Option<Precision>,
    /// Which inputs count as measured. Default: all.
    #[cfg_attr(feature = "typescript", ts(type = "readonly number[]", optional))]
    pub observed_inputs: Option<Vec<usize>>,
    /// Which outputs count as measured. Default: all.
    #[cfg_attr(feature = "typescript", ts(type = "readonly number[]", optional))]
    pub observed_outputs: Option<Vec<usize>>,
    /// What is known of every weight but the biases before the data. Default: nothing.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub weight_prior: Option<Prior>,
    /// What is known of every bias before the data. Default: nothing.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub bias_prior: Option<Prior>,
    /// Lowest and highest value of every weight but the biases; an end may be infinite. Default:
    /// none.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub weight_bounds: Option<[f64; 2]>,
    /// The same for biases. Default: none.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub bias_bounds: Option<[f64; 2]>,
    /// The same for the activations of all layers, inputs and outputs among them. Default: none.
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

/// What was measured at one layer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    pub layer: usize,
    /// pairs x width; NaN where nothing counts as measured.
    pub values: Vec<f64>,
    /// R_m of each neuron.
    pub precision: Vec<f64>,
}

/// A prior of a run of weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PriorRun {
    pub weights: Range<usize>,
    pub mean: f64,
    pub precision: f64,
}

/// Shared by all that evaluate the action.
#[derive(Debug)]
pub(super) struct Parts {
    pub network: Network,
    pub pairs: usize,
    pub targets: Vec<Target>,
    /// u of each map, pairs x forcing.
    pub forcing: Vec<Vec<f64>>,
    pub normalization: Normalization,
    pub priors: Vec<PriorRun>,
    pub bounds: Option<Bounds>,
    /// Numbers that are measured.
    pub measured: usize,
    /// Where X_0, X_1, ... X_F begin among the unknowns, and, last, the weights.
    pub starts: Vec<usize>,
}

/// A network, pairs and options, checked; cheap to clone.
///
/// The unknowns are `[X_0, X_1, ..., X_F, weights]`: X_l holds the activations of layer l, pairs x
/// width, row-major, so that all pairs of a layer are one matrix.
#[derive(Debug, Clone)]
pub struct NetworkProblem(pub(super) Arc<Parts>);

impl NetworkProblem {
    /// # Errors
    /// Whatever is wrong with the data or options, by field.
    pub fn new(network: &Network, pairs: &Pairs, options: &NetworkOptions) -> Result<Self> {
        pairs.validate("pairs", network)?;
        let targets = targets(network, pairs, options)?;
        let present = |target: &Target| target.values.iter().filter(|v| !v.is_nan()).count();
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
        Ok(NetworkProblem(Arc::new(Parts {
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

    pub fn network(&self) -> &Network {
        &self.0.network
    }

    /// M.
    pub fn pairs(&self) -> usize {
        self.0.pairs
    }

    pub fn normalization(&self) -> Normalization {
        self.0.normalization
    }

    /// Activations and weights together.
    pub fn unknowns(&self) -> usize {
        self.activation_count() + self.network().weight_count()
    }

    /// Activations of all layers and pairs; the weights follow them.
    pub fn activation_count(&self) -> usize {
        self.0.starts[self.network().depth() + 1]
    }

    /// Where X_l lies among the unknowns.
    pub fn activations(&self, layer: usize) -> Range<usize> {
        self.0.starts[layer]..self.0.starts[layer + 1]
    }

    /// Where the weights lie among the unknowns.
    pub fn weights(&self) -> Range<usize> {
        self.activation_count()..self.unknowns()
    }

    /// Checks that something past the inputs is measured: otherwise there is nothing to learn.
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

    /// Whether an activation behind the inputs has a bound: such activations must be unknowns
    /// themselves.
    pub(super) fn bounds_behind_inputs(&self) -> bool {
        let behind = self.0.starts[1]..self.activation_count();
        self.bounds().is_some_and(|bounds| {
            let bound = |k: usize| bounds.lower[k].is_finite() || bounds.upper[k].is_finite();
            behind.clone().any(bound)
        })
    }

    /// Numbers that are measured.
    pub fn measured(&self) -> usize {
        self.0.measured
    }

    /// Residuals of the model: one per pair and neuron of all layers but the inputs.
    pub fn residuals(&self) -> usize {
        self.activation_count() - self.0.starts[1]
    }

    /// Intervals of all unknowns, if any has one.
    pub fn bounds(&self) -> Option<&Bounds> {
        self.0.bounds.as_ref()
    }

    /// R_m of all measurements, on average.
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

    /// The part of the action that noise explains at the truth.
    pub(crate) fn noise_level(&self) -> f64 {
        self.0.normalization.factor(self.0.measured) * self.0.measured as f64
    }

    /// What was measured at a layer, pairs x width, NaN where nothing counts as measured.
    pub fn target(&self, layer: usize) -> Option<&[f64]> {
        let mut targets = self.0.targets.iter();
        let found = targets.find(|target| target.layer == layer);
        found.map(|target| &target.values[..])
    }
}

fn targets(network: &Network, pairs: &Pairs, options: &NetworkOptions) -> Result<Vec<Target>> {
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
            Precision::PerTime { .. } | Precision::Matrix(_) => {
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
        targets.push(Target {
            layer,
            values,
            precision,
        });
    }
    Ok(targets)
}

/// Runs of weights that are no biases, and of biases.
fn runs(network: &Network) -> impl Iterator<Item = (Range<usize>, bool)> + '_ {
    network.distinct_sets().flat_map(|(_, set)| {
        let biases = set.biases();
        [(set.start..biases.start, false), (biases.clone(), true)]
            .into_iter()
            .chain([(biases.end..set.range().end, false)])
    })
}

fn priors(network: &Network, options: &NetworkOptions) -> Result<Vec<PriorRun>> {
    let read = |prior: Option<Prior>, path: &str| match prior {
        Some(prior) => Ok(Some((prior.mean, prior.precision(path)?))),
        None => Ok(None),
    };
    let weight = read(options.weight_prior, "weightPrior")?;
    let bias = read(options.bias_prior, "biasPrior")?;
    let prior = |(weights, is_bias): (Range<usize>, bool)| {
        let (mean, precision) = if is_bias { bias } else { weight }?;
        let run = PriorRun {
            weights,
            mean,
            precision,
        };
        (!run.weights.is_empty()).then_some(run)
    };
    Ok(runs(network).filter_map(prior).collect())
}

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
