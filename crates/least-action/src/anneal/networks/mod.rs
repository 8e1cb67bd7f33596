//! Annealing of networks: the layer number is time, and the weights are estimated.

mod by_pairs;
mod form;
mod options;
mod starts;

pub use options::{NetworkAnnealOptions, NetworkStartingStrategy, NetworkStarts};

use crate::action::ActionValue;
use crate::anneal::annealable::{Annealable, AnnealingObjective, Attempts, Counts, Words};
use crate::anneal::follow::{follow, of_rung};
use crate::anneal::ladder::{Ladder, MOST_LEVELS};
use crate::anneal::rung::ActiveBound;
use crate::error::Result;
use crate::network::{
    ByMeasurements, InInnovations, Innovations, Network, NetworkAction, NetworkObjective,
    NetworkProblem, PairRows, Pairs,
};
use crate::solve::{Minimizer, Minimum, Workspace};
use by_pairs::ByPairs;
use form::Form;

/// Ratio of R_f to R_m on the first rung of automatic ladders, at which the model hardly binds.
const FIRST: f64 = 1e-2;
/// Ratio of R_f to R_m on the last rung of automatic ladders, at which the model's error is
/// negligible.
const LAST: f64 = 1e6;

/// Maximum number of layers whose widths are all named in the title of a report.
const MOST_NAMED: usize = 5;

/// Annealable networks: a network, pairs and options, checked.
#[derive(Clone)]
pub struct Networks {
    pub(super) problem: NetworkProblem,
    pub(super) options: NetworkAnnealOptions,
    counts: Counts,
    form: Form,
}

impl Networks {
    /// Checks a network, pairs and options.
    ///
    /// # Errors
    /// Pairs or options that are wrong, by field.
    pub fn new(network: Network, pairs: Pairs, options: NetworkAnnealOptions) -> Result<Self> {
        options.validate()?;
        let inputs = pairs.count * network.widths()[0];
        let problem = NetworkProblem::new(&network, &pairs, &options.action)?;
        problem.check_something_to_learn()?;
        let weights = problem.network().weight_count();
        let form = Form::choose(&problem, options.minimizer)?;
        Ok(Networks {
            form,
            counts: Counts {
                measured: problem.measured(),
                misfit: problem.misfit(),
                scatter: None,
                // The inputs and the weights: the network makes the rest of them.
                fitted: inputs + weights,
                priors: problem.prior_count(),
                is_noisy_model: false,
                residuals: problem.residuals(),
                path: problem.activation_count(),
                parameters: weights,
                stated: 0,
                measurement_precision: problem.measurement_precision(),
                noise: 0,
                is_constant: false,
                normalization: problem.normalization(),
            },
            problem,
            options,
        })
    }

    /// Problem that is annealed: the network with its pairs.
    pub fn problem(&self) -> &NetworkProblem {
        &self.problem
    }

    /// Options of the run, as given.
    pub fn options(&self) -> &NetworkAnnealOptions {
        &self.options
    }

    /// R_m as R_f counts it: in the mean normalisation the errors of model and data have weights of
    /// their own.
    fn unit(&self) -> f64 {
        let counts = &self.counts;
        let per_residual = counts
            .normalization
            .per_residual(counts.residuals, counts.measured);
        counts.measurement_precision * per_residual
    }
}

impl Annealable for Networks {
    type Objective = NetworkAnnealingObjective;

    fn ladder(&self) -> &Ladder {
        &self.options.model_precision
    }

    fn last_model_precision(&self) -> f64 {
        (LAST * self.unit()).clamp(1e-90, 1e90)
    }

    fn attempts(&self) -> Attempts {
        let count = self.options.starting_paths.count;
        // Levels are what one looks for: all are climbed to the end.
        Attempts {
            count,
            enough: count,
            agreeing: 1,
            prune: false,
            reprieve: false,
        }
    }

    fn counts(&self) -> Counts {
        self.counts
    }

    fn draw(&self, start: usize) -> (Vec<f64>, Vec<f64>) {
        starts::draw(self, start)
    }

    fn objective(&self, _: usize, _: Option<&[f64]>) -> NetworkAnnealingObjective {
        let unknowns = self.problem.unknowns();
        NetworkAnnealingObjective {
            action: NetworkAction::new(&self.problem),
            networks: self.clone(),
            workspace: None,
            measurements: None,
            innovations: None,
            unknowns: vec![0.0; unknowns],
        }
    }

    fn estimated(&self) -> Vec<String> {
        Vec::new()
    }

    fn words(&self) -> Words {
        let network = self.problem.network();
        let widths = network.widths();
        let layers = widths.len();
        let neurons = match widths {
            [first, rest @ ..] if layers > MOST_NAMED && rest.iter().all(|w| w == first) => {
                format!("{layers} x {first}")
            }
            _ if layers > MOST_NAMED => {
                let first: Vec<String> = widths[..3].iter().map(usize::to_string).collect();
                let last = widths[layers - 1];
                format!("{}-...-{last} ({layers} layers)", first.join("-"))
            }
            _ => {
                let all: Vec<String> = widths.iter().map(usize::to_string).collect();
                all.join("-")
            }
        };
        Words {
            title: format!(
                "network of {} neurons, {} weights, {} pairs, {} measurements",
                neurons,
                network.weight_count(),
                self.problem.pairs(),
                self.counts.measured
            ),
            scheme: "map",
            found: "network",
            parts: "activations and weights",
            fitted: "the inputs and the weights",
            points: self.problem.unknowns(),
        }
    }
}

/// Annealing objective of a network: its action, with the memory of the minimiser.
pub struct NetworkAnnealingObjective {
    networks: Networks,
    action: NetworkAction,
    /// Memory of the structured minimiser, made once for all rungs.
    workspace: Option<Workspace>,
    measurements: Option<ByMeasurements>,
    innovations: Option<Innovations>,
    unknowns: Vec<f64>,
}

impl NetworkAnnealingObjective {
    fn load(&mut self, path: &[f64], parameters: &[f64]) {
        self.unknowns[..path.len()].copy_from_slice(path);
        self.unknowns[path.len()..].copy_from_slice(parameters);
    }
}

impl AnnealingObjective for NetworkAnnealingObjective {
    fn first_model_precision(&mut self, _: &[f64], _: &[f64]) -> f64 {
        FIRST * self.networks.unit()
    }

    fn evaluate(
        &mut self,
        model_precision: f64,
        path: &[f64],
        parameters: &[f64],
    ) -> Result<ActionValue> {
        self.load(path, parameters);
        self.action.evaluate(model_precision, &self.unknowns)
    }

    fn minimize(
        &mut self,
        model_precision: f64,
        loose: bool,
        path: &mut [f64],
        parameters: &mut [f64],
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Minimum> {
        self.load(path, parameters);
        let (action, unknowns) = (&mut self.action, &mut self.unknowns);
        let minimum = match &self.networks.form {
            Form::Plain(lbfgs) if Innovations::suit(action, model_precision) => {
                let problem = action.problem();
                let innovations = &mut self.innovations;
                let innovations = innovations.get_or_insert_with(|| Innovations::new(problem));
                innovations.enter(action, model_precision, unknowns)?;
                let mut objective = InInnovations {
                    innovations,
                    interrupted,
                };
                let minimum = lbfgs.minimize(&mut objective, unknowns)?;
                innovations.leave(unknowns);
                minimum
            }
            Form::Plain(lbfgs) => {
                let mut objective = NetworkObjective::new(action, model_precision, interrupted);
                lbfgs.minimize(&mut objective, unknowns)?
            }
            Form::Measurements(structured, made) => {
                let measurements = self.measurements.get_or_insert_with(|| (**made).clone());
                let options = of_rung(structured, loose);
                measurements.minimize(action, model_precision, &options, unknowns, interrupted)?
            }
            Form::Pairs(structured, rows) => {
                let rows = PairRows::clone(rows);
                let mut by_pairs = ByPairs::new(action, model_precision, rows, interrupted);
                let mut x = by_pairs.spread(unknowns);
                let workspace = &mut self.workspace;
                let mut minimum = follow(structured, loose, workspace, &mut by_pairs, &mut x)?;
                by_pairs.gather(&x, unknowns);
                minimum.active_bounds = by_pairs.unknowns_at(&minimum.active_bounds);
                minimum
            }
        };
        path.copy_from_slice(&self.unknowns[..path.len()]);
        parameters.copy_from_slice(&self.unknowns[path.len()..]);
        Ok(minimum)
    }

    fn active_bounds(&self, minimum: &Minimum) -> Vec<ActiveBound> {
        let problem = &self.networks.problem;
        let network = problem.network();
        let within = |range: std::ops::Range<usize>| {
            let active = minimum.active_bounds.iter();
            active.filter(|unknown| range.contains(unknown)).count()
        };
        let first = problem.activation_count();
        // Tied weights are told once, of the first layer that has them.
        let weights = network.distinct_sets().map(|(l, set)| {
            let range = set.range();
            ActiveBound {
                name: format!("weights of layer {}", l + 1),
                points: within(first + range.start..first + range.end),
            }
        });
        let activations = (0..network.widths().len()).map(|layer| ActiveBound {
            name: format!("activations of layer {layer}"),
            points: within(problem.activations(layer)),
        });
        let all = activations.chain(weights);
        all.filter(|bound| bound.points > 0).collect()
    }
}
