//! Annealing of paths through data.

use std::sync::{Arc, OnceLock};

use super::annealable::{Annealable, AnnealingObjective, Attempts, Counts, Words};
use super::automatic::{weights_are_automatic, Automatic};
use super::climb::Climb;
use super::fit::{End, Fit, Leverages};
use super::follow::follow;
use super::ladder::Ladder;
use super::refinement::{check_by_defect, GivenStart, Origin};
use super::rung::ActiveBound;
use super::scatter::Scatter;
use super::starting_paths::{self, Climatology, Setting};
use super::stopping;
use super::AnnealOptions;
use crate::action::{
    Action, ActionObjective, ActionValue, DataSets, Observations, Precision, Problem, Scales,
};
use crate::error::{check, Result};
use crate::model::Model;
use crate::report::shortest;
use crate::solve::{Minimizer, MinimizerOptions, Minimum, Workspace};

/// Maximum count of numbers that a climb may keep in memory: three of WebAssembly's four gigabytes,
/// or more than a machine has.
const MOST_MEMORY: f64 = if cfg!(target_pointer_width = "32") {
    402_653_184.0
} else {
    1e12
};

/// Annealable paths: a model, data and options, checked.
#[derive(Clone)]
pub struct Paths {
    model: Arc<dyn Model>,
    /// Problem without automatic weights of the states.
    problem: Problem,
    pub(super) options: AnnealOptions,
    /// Noise as the data's own differences show it.
    scatter: Option<Scatter>,
    found: Arc<OnceLock<Found>>,
    /// The grid of the data, where this one is finer.
    origin: Option<Arc<Origin>>,
}

/// Numbers found by integrating the model forward, when one of them is first needed: that takes
/// longer than all the rest, and many questions to a finished run need none of them.
struct Found {
    climatology: Climatology,
    automatic: Automatic,
    /// The problem with automatic weights of its states; `None` where there are none.
    weighted: Option<Problem>,
}

impl Paths {
    /// Checks a model, data and options.
    ///
    /// # Errors
    /// A model, data or options that are wrong, by field.
    pub fn new(
        model: Arc<dyn Model>,
        data: impl Into<DataSets>,
        options: AnnealOptions,
    ) -> Result<Self> {
        options.validate()?;
        let starting_paths = &options.starting_paths;
        starting_paths.validate_names("startingPaths", model.states())?;
        let problem = Problem::new(model.clone(), data, &options.action())?;
        let paths = problem.discretization.paths_in_memory() + options.minimizer.paths_in_memory();
        check::require(
            problem.path_length() as f64 * (paths as f64) <= MOST_MEMORY,
            "data.points",
            problem.points() as f64,
            "so few that the minimisation fits in memory; a smaller minimizer.memory helps",
        )?;
        let scatter = Scatter::of(&problem.data, &options.measurement_precision);
        Ok(Paths {
            model,
            scatter,
            problem,
            options,
            found: Arc::default(),
            origin: None,
        })
    }

    /// These data on a grid of `parts` steps for each of theirs, with options that belong to it.
    ///
    /// # Errors
    /// A grid that does not fit in memory, and paths of the wrong length.
    pub(super) fn refined(
        &self,
        parts: usize,
        options: AnnealOptions,
        weights: Option<Precision>,
        starts: Vec<GivenStart>,
    ) -> Result<Self> {
        let data: Vec<_> = self.data().iter().map(|set| set.refined(parts)).collect();
        let mut paths = Paths::new(self.model.clone(), data, options)?;
        paths.problem.set_parts(parts);
        let problem = &paths.problem;
        for start in &starts {
            let length = problem.path_length();
            check::length("starts.path", start.path.len(), length, "points x states")?;
            let (given, count) = (start.parameters.len(), problem.estimated.len());
            check::length("starts.parameters", given, count, "one per parameter")?;
        }
        paths.origin = Some(Arc::new(Origin {
            base: Arc::new(self.clone()),
            weights,
            starts,
        }));
        Ok(paths)
    }

    /// These paths on the grid of the data.
    pub(super) fn base(&self) -> &Paths {
        self.origin.as_ref().map_or(self, |origin| &origin.base)
    }

    /// True if climbs begin from paths of the options' strategy.
    pub(super) fn is_search(&self) -> bool {
        let origin = self.origin.as_ref();
        origin.is_none_or(|origin| origin.starts.is_empty())
    }

    /// Automatic weights of the states; `None` where there are none.
    pub(super) fn weights(&self) -> Option<Precision> {
        match &self.origin {
            Some(origin) => origin.weights.clone(),
            None if weights_are_automatic(&self.options) => self.found().automatic.weights.clone(),
            None => None,
        }
    }

    /// Data sets, on the grid of these paths.
    pub(super) fn data(&self) -> &[Observations] {
        self.problem.data()
    }

    /// Model as the user has given it.
    pub(super) fn model(&self) -> &Arc<dyn Model> {
        &self.model
    }

    /// The problem with the weights of its states, also if these are automatic.
    pub(super) fn problem(&self) -> &Problem {
        match weights_are_automatic(&self.options) {
            true => self.found().weighted.as_ref().unwrap_or(&self.problem),
            false => &self.problem,
        }
    }

    /// Number of measured components over the number of states, in the data set that has most.
    fn observed_share(&self) -> f64 {
        let columns = self.problem.data.iter().map(|set| set.observed.len());
        columns.max().unwrap_or(0) as f64 / self.problem.model.dimension() as f64
    }

    fn found(&self) -> &Found {
        self.found.get_or_init(|| {
            let climatology = Climatology::new(&self.problem, &self.options);
            let automatic = Automatic::new(&self.problem, &self.options, &climatology);
            let weighted = automatic.weights.as_ref().and_then(|weights| {
                let mut problem = self.problem.clone();
                // Automatic weights are one per state, and within the range of precisions.
                problem.set_model_weights(weights).ok()?;
                Some(problem)
            });
            Found {
                climatology,
                automatic,
                weighted,
            }
        })
    }

    fn setting(&self) -> Setting<'_> {
        let found = self.found();
        Setting {
            model: &self.model,
            problem: self.problem(),
            options: &self.options,
            climatology: &found.climatology,
            weights: found.automatic.weights.as_ref(),
            last: self
                .options
                .model_precision
                .last
                .unwrap_or(found.automatic.last),
            noise_ratio: self
                .scatter
                .filter(Scatter::is_above_stated)
                .map_or(1.0, |scatter| scatter.ratio),
        }
    }
}

impl Annealable for Paths {
    type Objective = PathAnnealingObjective;

    fn ladder(&self) -> &Ladder {
        &self.options.model_precision
    }

    fn last_model_precision(&self) -> f64 {
        match self.options.model_precision.has_end() {
            // The ladder has its end, so that the automatic one is not computed.
            true => f64::INFINITY,
            false => self.found().automatic.last,
        }
    }

    fn attempts(&self) -> Attempts {
        let starting_paths = &self.options.starting_paths;
        Attempts {
            count: starting_paths.count,
            enough: starting_paths.enough.unwrap_or(1),
            agreeing: match starting_paths.enough {
                Some(_) => 1,
                None => stopping::agreeing(&self.counts(), self.observed_share()),
            },
            prune: starting_paths.prune,
            // A search on a finer grid is made for a path that noise explains: it has others.
            reprieve: self.origin.is_none(),
        }
    }

    fn counts(&self) -> Counts {
        let problem = &self.problem;
        let estimated = problem.estimated.len();
        Counts {
            measured: problem.measured(),
            misfit: problem.misfit(),
            scatter: self.scatter,
            // The first state and the parameters, as the model fixes the rest.
            fitted: problem.model.dimension() * problem.data.len() + estimated
                - problem.held_count(),
            priors: problem.prior_count(),
            is_noisy_model: self.base().options.model_precision.last.is_some(),
            residuals: problem.residuals(),
            path: problem.path_length(),
            parameters: estimated,
            stated: estimated,
            measurement_precision: problem.measurement_precision(),
            normalization: problem.normalization,
        }
    }

    fn fit(&self, climb: &Climb) -> Option<Fit> {
        let last = climb.rungs.last()?;
        let problem = self.problem();
        // A parameter is small beside its value, and beside the range in which it is looked for.
        let values = problem.estimated().zip(&climb.parameters);
        let sizes = values.map(|(name, value)| {
            let [low, high] = self.options.estimate[name].initial;
            match value.abs().max(high - low) {
                0.0 => 1.0,
                size => size,
            }
        });
        let end = End {
            counts: &self.counts(),
            problem,
            model_precision: last.model_precision,
            path: &climb.path,
            parameters: &climb.parameters,
            sizes: &sizes.collect::<Vec<f64>>(),
            measurement_precision: &self.options.measurement_precision,
        };
        let mut found = Leverages::new(&end)?;
        let mut fit = Fit::new(&found, &end);
        fit.step = check_by_defect(self, climb, &mut found);
        Some(fit)
    }

    fn draw(&self, start: usize) -> (Vec<f64>, Vec<f64>) {
        let given = self
            .origin
            .as_ref()
            .and_then(|origin| origin.starts.get(start));
        if let Some(given) = given {
            return (given.path.clone(), given.parameters.clone());
        }
        starting_paths::draw(&self.setting(), start)
    }

    fn objective(&self, start: usize, drawn: Option<&[f64]>) -> PathAnnealingObjective {
        let (problem, options) = (self.problem(), &self.options);
        let dimension = problem.model().dimension();
        let initial = problem.estimated().map(|name| {
            let [low, high] = options.estimate[name].initial;
            low.abs().max(high.abs())
        });
        let initial: Vec<f64> = initial.collect();
        let scales = match (options.minimizer, drawn) {
            // Its steps do not depend on units.
            (MinimizerOptions::Structured(_), _) => Scales::none(dimension, initial.len()),
            // Of the starting path, not of where a resumed climb has got to.
            (_, Some(path)) => Scales::of(path, dimension, &initial),
            (_, None) => Scales::of(&self.draw(start).0, dimension, &initial),
        };
        PathAnnealingObjective {
            paths: self.clone(),
            action: Action::new(problem),
            scales,
            workspace: None,
            variables: vec![0.0; problem.path_length() + initial.len()],
        }
    }

    fn estimated(&self) -> Vec<String> {
        self.problem.estimated().map(str::to_string).collect()
    }

    fn words(&self) -> Words {
        let problem = &self.problem;
        let first = &problem.data()[0];
        let sets = match problem.data().len() {
            1 => String::new(),
            many => format!("{many} data sets, "),
        };
        let parts = match problem.parts() {
            1 => String::new(),
            parts => format!(" (refined {parts} times)"),
        };
        Words {
            title: format!(
                "{}: {} states, {sets}{} points of {}{parts}, {} measurements of {} components",
                problem.model().name(),
                problem.model().dimension(),
                problem.points(),
                shortest(first.time_step),
                problem.measured(),
                first.observed.len()
            ),
            scheme: problem.discretization.name(),
            found: "path",
            parts: "states and parameters",
            fitted: "the first state and the estimated parameters",
            points: problem.points(),
        }
    }
}

/// Annealing objective of a path: its action, with the memory of the minimiser.
pub struct PathAnnealingObjective {
    paths: Paths,
    action: Action,
    /// Scales by which the minimiser's variables are divided.
    scales: Scales,
    /// Memory of the structured minimiser, made once for all rungs.
    workspace: Option<Workspace>,
    /// Variables of the minimiser: the path, then the parameters, scaled.
    variables: Vec<f64>,
}

impl AnnealingObjective for PathAnnealingObjective {
    fn first_model_precision(&mut self, path: &[f64], parameters: &[f64]) -> f64 {
        let Paths {
            options, origin, ..
        } = &self.paths;
        let last = options.model_precision.last.filter(|_| origin.is_some());
        let known = last.map(|last| Automatic::known(&self.paths.problem, last));
        let automatic = match &known {
            // A refined grid has its end from the grid before; the model is not integrated for it.
            Some(known) => known,
            None => &self.paths.found().automatic,
        };
        automatic.first(options, &mut self.action, path, parameters)
    }

    fn evaluate(
        &mut self,
        model_precision: f64,
        path: &[f64],
        parameters: &[f64],
    ) -> Result<ActionValue> {
        self.action.evaluate(model_precision, path, parameters)
    }

    fn minimize(
        &mut self,
        model_precision: f64,
        loose: bool,
        path: &mut [f64],
        parameters: &mut [f64],
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Minimum> {
        let variables = &mut self.variables;
        variables[..path.len()].copy_from_slice(path);
        variables[path.len()..].copy_from_slice(parameters);
        self.scales.divide(variables);
        let mut objective =
            ActionObjective::new(&mut self.action, model_precision, &self.scales, interrupted);
        let minimum = match &self.paths.options.minimizer {
            MinimizerOptions::Structured(given) => {
                let workspace = &mut self.workspace;
                follow(given, loose, workspace, &mut objective, variables)?
            }
            other => other.minimize(&mut objective, variables)?,
        };
        self.scales.multiply(variables);
        path.copy_from_slice(&variables[..path.len()]);
        parameters.copy_from_slice(&variables[path.len()..]);
        Ok(minimum)
    }

    fn varying_error(&self, model_precision: f64) -> f64 {
        self.action.varying_error(model_precision)
    }

    fn active_bounds(&self, minimum: &Minimum) -> Vec<ActiveBound> {
        let problem = &self.paths.problem;
        let dimension = problem.model().dimension();
        let mut points = vec![0; dimension + problem.estimated().len()];
        let active = minimum.active_bounds.iter();
        // A first state that is known exactly is held, not stopped by a bound.
        for &unknown in active.filter(|&&unknown| !problem.is_held(unknown)) {
            let place = match unknown.checked_sub(problem.path_length()) {
                None => unknown % dimension,
                Some(parameter) => dimension + parameter,
            };
            points[place] += 1;
        }
        let states = problem.model().states().iter().map(String::as_str);
        let names = states.chain(problem.estimated()).zip(points);
        names
            .filter(|&(_, points)| points > 0)
            .map(|(name, points)| ActiveBound {
                name: name.into(),
                points,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anneal::{Annealer, Ladder};
    use crate::models;
    use crate::TwinExperiment;

    fn annealer(ladder: Ladder) -> Annealer {
        let model = models::lorenz63().unwrap();
        let experiment = TwinExperiment {
            time_step: 0.02,
            points: 21,
            observed: vec![0],
            noise: 0.1,
            ..Default::default()
        };
        let twin = experiment.run(&model).unwrap();
        let options = AnnealOptions {
            measurement_precision: 100.0.into(),
            model_precision: ladder,
            ..Default::default()
        };
        Annealer::new(Arc::new(model), twin.data, options).unwrap()
    }

    fn is_found(annealer: &Annealer) -> bool {
        annealer.annealable().found.get().is_some()
    }

    #[test]
    fn the_model_is_integrated_for_starting_paths_only_where_the_ladder_is_said() {
        let annealer = annealer(Ladder {
            initial: Some(1.0),
            factor: Some(2.0),
            rungs: Some(3),
            ..Default::default()
        });
        assert_eq!(annealer.problem().points(), 21);
        assert!(annealer.over(&[]).is_empty());
        assert!(!is_found(&annealer));
        annealer.climber(0).unwrap();
        assert!(is_found(&annealer));
    }

    #[test]
    fn a_problem_has_its_automatic_weights_whoever_asks_first() {
        let annealer = annealer(Ladder::default());
        assert!(!is_found(&annealer));
        let weighted = annealer.problem().clone();
        assert!(is_found(&annealer));
        let path = annealer.climber(0).unwrap().into_climb().path;
        let at = |problem: &Problem| Action::new(problem).evaluate(1.0, &path, &[]).unwrap();
        assert_eq!(at(&weighted), at(annealer.problem()));
    }
}
