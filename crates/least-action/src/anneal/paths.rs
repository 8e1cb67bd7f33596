//! Annealing of paths through data.

use std::sync::{Arc, OnceLock};

use super::across::{BetweenSets, Hierarchy, HierarchyDeviation};
use super::annealable::{Annealable, AnnealingObjective, Attempts, Counts, Words};
use super::automatic::{weights_are_automatic, Automatic};
use super::climb::Climb;
use super::data_grid::on_grid;
use super::fit::{End, Fit, Leverages};
use super::follow::follow;
use super::hierarchies::HierarchyEstimate;
use super::ladder::Ladder;
use super::misfit::{posterior_factor, Misfit};
use super::noise::{NoiseEstimate, NoiseEstimation, Settle};
use super::positive::in_logarithms;
use super::refinement::{check_by_defect, GivenStart, Origin};
use super::rung::ActiveBound;
use super::scales::in_coordinates;
use super::scatter::Scatter;
use super::series::{add_further, check_series};
use super::starting_paths::{self, Climatology, Setting};
use super::stopping;
use super::AnnealOptions;
use crate::action::{
    Action, ActionObjective, ActionValue, DataSets, FitShares, Observations, Precision, Problem,
    Scales,
};
use crate::error::{check, Result};
use crate::model::Model;
use crate::report::shortest;
use crate::solve::{Minimizer, MinimizerOptions, Minimum, Structured, Workspace};

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
    /// Problem without automatic weights of the states, with the noise of the ladder.
    problem: Problem,
    /// Estimation of the noise; `None` where it is known.
    noise: Option<Arc<NoiseEstimation>>,
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
    /// The problem whose noise is estimated, with these weights.
    noise: Option<Problem>,
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
        Self::with_noise_from(model, data, options, None)
    }

    /// Checks a model, data and options; estimated noise starts from these logarithms of its
    /// scales.
    fn with_noise_from(
        model: Arc<dyn Model>,
        data: impl Into<DataSets>,
        options: AnnealOptions,
        noise: Option<Vec<f64>>,
    ) -> Result<Self> {
        options.validate()?;
        let DataSets(data) = data.into();
        check_series(&options, data.len())?;
        let (model, data) = in_logarithms(model, data)?;
        let (model, mut options) = in_coordinates(model, options)?;
        add_further(&mut options);
        let data = on_grid(&*model, data, &mut options)?;
        let noise = NoiseEstimation::new(&model, &data, &mut options, noise)?;
        let starting_paths = &options.starting_paths;
        starting_paths.validate_states("startingPaths", &*model)?;
        let problem = Problem::new(model.clone(), data, &options.action())?;
        let paths = problem.discretization.paths_in_memory() + options.minimizer.paths_in_memory();
        check::require(
            problem.path_length() as f64 * (paths as f64) <= MOST_MEMORY,
            "data.points",
            problem.points() as f64,
            "so few that the minimisation fits in memory; a smaller minimizer.memory helps",
        )?;
        let precision = &options.measurement_precision;
        let scatter = match &noise {
            None => Scatter::of(&problem.data, precision, &[]),
            Some(noise) => noise.scatter(&problem.data, precision),
        };
        Ok(Paths {
            noise: noise.map(Arc::new),
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
        let (all, varying) = (self.problem.model.dimension(), self.problem.varying.len());
        let own = |&c: &usize| if c >= all { c - varying } else { c };
        let data = self.data().iter().map(|set| Observations {
            // Observables come after the states that the model has of itself.
            observed: set.observed.iter().map(own).collect(),
            ..set.refined(parts)
        });
        let data: Vec<_> = data.collect();
        let parameters = starts.first().map(|start| &start.parameters[..]);
        let noise = self.noise.as_ref().map(|noise| {
            let of_start = parameters.and_then(|all| {
                let first = all.len().checked_sub(noise.start.len())?;
                Some(all[first..].to_vec())
            });
            of_start.unwrap_or_else(|| noise.start.clone())
        });
        let mut options = options;
        if let Some(parameters) = parameters {
            self.start_spreads(&mut options, parameters);
        }
        options.noise = self.noise.as_ref().map(|noise| noise.options.clone());
        let mut paths = Paths::with_noise_from(self.model.clone(), data, options, noise)?;
        paths.set_parts(parts);
        let problem = paths.known_problem();
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

    /// The problem with the deviations between data sets that a climb has found; `None` where there
    /// are none.
    pub(super) fn with_spreads_of(&self, climb: &Climb) -> Option<Problem> {
        let problem = self.problem();
        if problem.spreads().is_empty() {
            return None;
        }
        let mut problem = problem.clone();
        problem.fix_spreads(&climb.parameters);
        Some(problem)
    }

    /// Starts deviations between data sets where estimated parameters have them.
    fn start_spreads(&self, options: &mut AnnealOptions, parameters: &[f64]) {
        let problem = &self.problem;
        for own in problem.own() {
            let name = &problem.model().states()[own.component];
            let estimate = options.estimate.get_mut(name);
            if let (Some(place), Some(estimate)) = (own.spread, estimate) {
                let initial = libm::exp(parameters[place]);
                let deviation = BetweenSets::Estimated { initial };
                estimate.hierarchy = Some(Hierarchy::Stated(HierarchyDeviation { deviation }));
            }
        }
    }

    /// The problem without automatic weights of the states.
    fn known_problem(&self) -> &Problem {
        self.noise
            .as_ref()
            .map_or(&self.problem, |noise| &noise.problem)
    }

    fn set_parts(&mut self, parts: usize) {
        self.problem.set_parts(parts);
        if let Some(noise) = &mut self.noise {
            Arc::make_mut(noise).problem.set_parts(parts);
        }
    }

    /// Estimation of the noise; `None` where it is known.
    pub(super) fn noise(&self) -> Option<&NoiseEstimation> {
        self.noise.as_deref()
    }

    /// Estimation of the noise, and of deviations between data sets, at an R_f; `None` where
    /// nothing of them is estimated.
    pub(super) fn settle(&self, model_precision: f64) -> Option<Settle<'_>> {
        let noise = self.noise.as_ref();
        let is_noise = noise.is_some_and(|noise| !noise.start.is_empty());
        if !is_noise && self.problem.spreads().is_empty() {
            return None;
        }
        let counts = self.counts();
        Some(Settle {
            problem: self.problem(),
            factor: posterior_factor(&counts),
            model_precision,
            is_noisy_model: counts.is_noisy_model,
        })
    }

    /// Data sets on the grid before it was refined.
    pub fn data_before(&self) -> &[Observations] {
        self.base().data()
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

    /// The problem with the weights of its states, also if these are automatic, and with its noise
    /// among the parameters where that is estimated.
    pub(super) fn problem(&self) -> &Problem {
        match (&self.noise, weights_are_automatic(&self.options)) {
            (None, _) => self.ladder_problem(),
            (Some(noise), true) => self.found().noise.as_ref().unwrap_or(&noise.problem),
            (Some(noise), false) => &noise.problem,
        }
    }

    /// The problem with the weights of its states and the noise of the ladder.
    fn ladder_problem(&self) -> &Problem {
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
            let weighted = |problem: &Problem| {
                let mut problem = problem.clone();
                // Automatic weights are one per state, and within the range of precisions.
                match &automatic.weights {
                    Some(weights) => problem.set_model_weights(weights).ok()?,
                    None if problem.own().is_empty() => return None,
                    None => {}
                }
                if !self.options.model_precision.has_end() {
                    problem.bind_own(automatic.last);
                }
                Some(problem)
            };
            Found {
                noise: self
                    .noise
                    .as_ref()
                    .and_then(|noise| weighted(&noise.problem)),
                weighted: weighted(&self.problem),
                climatology,
                automatic,
            }
        })
    }

    fn setting(&self) -> Setting<'_> {
        let found = self.found();
        Setting {
            model: &self.model,
            problem: self.ladder_problem(),
            options: &self.options,
            climatology: &found.climatology,
            weights: found.automatic.weights.as_ref(),
            last: self
                .options
                .model_precision
                .last
                .unwrap_or(found.automatic.last),
            scatter_ratio: self
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
        let noise = self.noise.as_ref().map_or(0, |noise| noise.start.len());
        let estimated = problem.estimated.len() + noise;
        Counts {
            noise,
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
            is_constant: problem.is_constant(),
            normalization: problem.normalization,
        }
    }

    fn fit(&self, climb: &Climb) -> Option<Fit> {
        let last = climb.rungs.last()?;
        let fixed = self.with_spreads_of(climb);
        let problem = fixed.as_ref().unwrap_or(self.problem());
        // A parameter is small beside its value, and beside the range in which it is looked for;
        // the logarithm of a noise's scale beside 1.
        let values = problem.estimated().zip(&climb.parameters);
        let sizes = values.map(|(name, value)| {
            let Some(estimate) = self.options.estimate.get(name) else {
                return 1.0;
            };
            let [low, high] = estimate.range();
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
            noise_ratio: last.noise_ratio,
        };
        let mut found = Leverages::new(&end)?;
        let mut fit = Fit::new(&found, &end);
        let chi_square = Misfit::of(end.counts, last, &fit).value;
        fit.step = check_by_defect(self, climb, &mut found, chi_square);
        Some(fit)
    }

    fn noise(&self, climb: &Climb, fit: &Fit) -> Vec<NoiseEstimate> {
        NoiseEstimate::of(self.problem(), &climb.parameters, fit)
    }

    fn hierarchies(&self, climb: &Climb, fit: &Fit) -> Vec<HierarchyEstimate> {
        HierarchyEstimate::of(self.problem(), climb, fit)
    }

    fn draw(&self, start: usize) -> (Vec<f64>, Vec<f64>) {
        let given = self
            .origin
            .as_ref()
            .and_then(|origin| origin.starts.get(start));
        if let Some(given) = given {
            return (given.path.clone(), given.parameters.clone());
        }
        let (path, mut parameters) = starting_paths::draw(&self.setting(), start);
        if let Some(noise) = &self.noise {
            parameters.extend(&noise.start);
        }
        (path, parameters)
    }

    fn objective(&self, start: usize, drawn: Option<&[f64]>) -> PathAnnealingObjective {
        // Noise of which nothing is estimated has its own law on the ladder.
        let is_known = self
            .noise
            .as_ref()
            .is_none_or(|noise| noise.start.is_empty());
        let problem = match is_known {
            true => self.problem(),
            false => self.ladder_problem(),
        };
        let options = &self.options;
        let dimension = problem.model().dimension();
        let initial = problem.estimated().map(|name| {
            let [low, high] = options.estimate[name].range();
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
            ratio: 1.0,
            varying: None,
            settled: None,
        }
    }

    fn estimated(&self) -> Vec<String> {
        self.known_problem()
            .estimated()
            .map(str::to_string)
            .collect()
    }

    fn parameter_names(&self) -> Vec<String> {
        self.known_problem()
            .parameter_names()
            .map(str::to_string)
            .collect()
    }

    fn parameters_at(&self, coordinates: &[f64]) -> Vec<f64> {
        self.problem.parameters_at(coordinates)
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
    /// Variables of the minimiser: the path, then the parameters, scaled. Estimated noise, which
    /// the ladder holds, is not among them.
    variables: Vec<f64>,
    /// Factor by which estimated noise makes chi-square smaller, at the point evaluated last.
    ratio: f64,
    /// Part of the model error there that belongs to parameters which change in time, where the
    /// noise was estimated.
    varying: Option<f64>,
    /// Point at which the noise has settled, with the shares of the data there.
    settled: Option<(Vec<f64>, FitShares)>,
}

impl PathAnnealingObjective {
    /// Number of parameters on the ladder, without those of the noise.
    fn own(&self) -> usize {
        self.action.problem().estimated().len()
    }

    /// True if the parameters have the noise of the ladder, or there is none to estimate.
    fn has_noise_of_ladder(&self, parameters: &[f64]) -> bool {
        let noise = self.paths.noise();
        noise.is_none_or(|noise| parameters[self.own()..] == noise.start[..])
    }
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
        let own = self.action.problem().estimated().len();
        automatic.first(options, &mut self.action, path, &parameters[..own])
    }

    fn evaluate(
        &mut self,
        model_precision: f64,
        path: &[f64],
        parameters: &[f64],
    ) -> Result<ActionValue> {
        let own = self.own();
        let is_noise = self
            .paths
            .noise
            .as_ref()
            .is_some_and(|noise| !noise.start.is_empty());
        if is_noise && !self.has_noise_of_ladder(parameters) {
            if let Some(settle) = self.paths.settle(model_precision) {
                let unknowns = [path, parameters].concat();
                let known = self.settled.as_ref().filter(|(at, _)| *at == unknowns);
                let found = settle.evaluate(&unknowns, known.map(|(_, shares)| shares))?;
                (self.ratio, self.varying) = (found.ratio, Some(found.varying));
                return Ok(found.value);
            }
        }
        (self.ratio, self.varying) = (1.0, None);
        self.action
            .evaluate(model_precision, path, &parameters[..own])
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
        let own = variables.len() - path.len();
        variables[..path.len()].copy_from_slice(path);
        variables[path.len()..].copy_from_slice(&parameters[..own]);
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
        parameters[..own].copy_from_slice(&variables[path.len()..]);
        Ok(minimum)
    }

    fn settle(
        &mut self,
        model_precision: f64,
        path: &mut [f64],
        parameters: &mut [f64],
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Option<Minimum>> {
        let Some(settle) = self.paths.settle(model_precision) else {
            return Ok(None);
        };
        let by = match self.paths.options.minimizer {
            MinimizerOptions::Structured(given) => given,
            _ => Structured::default(),
        };
        let mut unknowns = [&path[..], &parameters[..]].concat();
        let Some(found) = settle.minimize(&by, &mut unknowns, interrupted)? else {
            return Ok(None);
        };
        path.copy_from_slice(&unknowns[..path.len()]);
        parameters.copy_from_slice(&unknowns[path.len()..]);
        self.settled = Some((unknowns, found.shares));
        Ok(Some(found.minimum))
    }

    fn noise_ratio(&self) -> f64 {
        self.ratio
    }

    fn varying_error(&self, model_precision: f64) -> f64 {
        self.varying
            .unwrap_or_else(|| self.action.varying_error(model_precision))
    }

    fn active_bounds(&self, minimum: &Minimum) -> Vec<ActiveBound> {
        let problem = self.paths.problem();
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
        let states = (0..dimension).map(|a| problem.state_name(a));
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
