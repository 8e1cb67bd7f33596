//! Climbs from all starting paths of a problem, until enough of them have succeeded.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::annealable::Annealable;
use super::climb::{Climb, Climber};
use super::misfit::obeys_model;
use super::options::AnnealOptions;
use super::paths::Paths;
use super::run::Run;
use super::rung::Rung;
use super::stopping;
use crate::action::{DataSets, Problem};
use crate::error::{check, Result};
use crate::model::Model;

/// Progress of a run: a rung that has just been done.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnealProgress {
    /// Number of the starting path.
    pub start: usize,
    /// The rung that has been done.
    pub rung: Rung,
}

/// A checked problem with its options, ready to be climbed from any starting path.
///
/// ```
/// use std::ops::ControlFlow;
/// use std::sync::Arc;
///
/// use least_action::anneal::{AnnealOptions, Annealer};
/// use least_action::{models, TwinExperiment};
///
/// let model = models::lorenz63()?;
/// let experiment = TwinExperiment {
///     time_step: 0.02,
///     points: 21,
///     observed: vec![0, 1],
///     noise: 0.1,
///     ..TwinExperiment::default()
/// };
/// let twin = experiment.run(&model)?;
/// let options = AnnealOptions {
///     measurement_precision: 100.0.into(),
///     ..AnnealOptions::default()
/// };
/// let annealer = Annealer::new(Arc::new(model), twin.data, options)?;
/// let run = annealer.run(|_| ControlFlow::Continue(()))?;
/// assert_eq!(run.best().path.len(), 3 * 21);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct Annealer<A: Annealable = Paths> {
    annealable: A,
    /// Action above which starts are stopped; `None` if all are climbed to the end.
    limit: Option<f64>,
}

impl Annealer {
    /// Makes an annealer of paths through data.
    ///
    /// # Errors
    /// A model, data or options that are wrong, by field.
    pub fn new(
        model: Arc<dyn Model>,
        data: impl Into<DataSets>,
        options: AnnealOptions,
    ) -> Result<Self> {
        Ok(Annealer::on(Paths::new(model, data, options)?))
    }

    /// The action that is annealed, with its data.
    pub fn problem(&self) -> &Problem {
        self.annealable.problem()
    }

    /// Problem for approximations about the end of a climb: with noise that was estimated it has
    /// the restricted likelihood there, else it is [`Annealer::problem`].
    pub fn problem_at(&self, climb: &Climb) -> Problem {
        let last = climb.rungs.last().map_or(1.0, |rung| rung.model_precision);
        match self.annealable.settle(last) {
            Some(settle) => settle.restricted(&[&climb.path[..], &climb.parameters].concat()),
            None => self.problem().clone(),
        }
    }

    /// Values of the parameters of which each data set has its own, at the end of a climb: name and
    /// one value per data set. Those that data sets state are among them.
    pub fn own_values(&self, climb: &Climb) -> Vec<(String, Vec<f64>)> {
        let problem = self.problem();
        let d = problem.model().dimension();
        let own = problem.own().iter().map(|own| {
            let coordinate = problem.state_coordinate(own.component);
            let value = |first: usize| coordinate.parameter(climb.path[first * d + own.component]);
            let name = problem.state_name(own.component).to_string();
            (name, problem.first_points().map(value).collect())
        });
        own.collect()
    }

    /// Names of the estimated parameters that are deviations between data sets.
    pub fn spread_names(&self) -> Vec<String> {
        let problem = self.problem();
        let names: Vec<&str> = problem.parameter_names().collect();
        let spreads = problem.spreads().into_iter();
        spreads.map(|place| names[place].to_string()).collect()
    }

    /// True if numbers are estimated that settle at the end of each climb: those of the noise, and
    /// deviations between data sets.
    pub(crate) fn has_settled_numbers(&self) -> bool {
        let problem = self.problem();
        problem.noise().is_some() || !problem.spreads().is_empty()
    }

    /// Names of the estimated parameters that are natural logarithms of noise scales. They are the
    /// last of the estimated ones.
    pub fn noise_names(&self) -> Vec<String> {
        let noise = self.problem().noise();
        let parameters = noise.iter().flat_map(|noise| &noise.parameters);
        parameters.map(|parameter| parameter.name.clone()).collect()
    }

    /// Options of the run, as given.
    pub fn options(&self) -> &AnnealOptions {
        &self.annealable.options
    }

    /// True if a climb stands for the limit of an exact model: the end of its ladder is automatic,
    /// so that no R_f was stated, the model's error at its last rung is negligible beside that of
    /// the measurements, and no parameter changes in time.
    pub fn is_deterministic(&self, climb: &Climb) -> bool {
        let automatic = !self.annealable.base().options.model_precision.has_end();
        let obeys = |rung| obeys_model(&self.annealable.counts(), rung);
        let complete = climb.is_complete(&self.annealable);
        let varies = self.problem().varying().len() > 0;
        automatic && complete && !varies && climb.rungs.last().is_some_and(obeys)
    }
}

impl<A: Annealable> Annealer<A> {
    /// Makes an annealer of any action that can be annealed.
    pub fn on(annealable: A) -> Self {
        let limit = stopping::limit(&annealable);
        Annealer { annealable, limit }
    }

    /// The problem that is annealed.
    pub fn annealable(&self) -> &A {
        &self.annealable
    }

    /// Begins the climb from starting path number `start`.
    ///
    /// # Errors
    /// A number that is not below `startingPaths.count`.
    pub fn climber(&self, start: usize) -> Result<Climber<A>> {
        check::require(
            start < self.annealable.attempts().count,
            "start",
            start as f64,
            "less than startingPaths.count",
        )?;
        Ok(Climber::new(&self.annealable, self.limit, start))
    }

    /// Continues a climb that was interrupted; the result has the same bits as one that was not. A
    /// climb that was stopped because its action was too high goes on to the end.
    ///
    /// # Errors
    /// A climb that cannot have come from this problem and these options.
    pub fn resume(&self, climb: Climb) -> Result<Climber<A>> {
        climb.validate(&self.annealable)?;
        let mut climber = Climber::resume(&self.annealable, self.limit, climb);
        climber.check_level()?;
        Ok(climber)
    }

    /// True if enough starts have reached a consistent level, and no more are needed. Starts count
    /// in their order, up to the first that is not over.
    pub fn is_enough(&self, climbs: &[Climb]) -> bool {
        self.enough(climbs).is_some()
    }

    /// Numbers of the starting paths whose climbs were stopped but must go on, since no start
    /// reached a consistent level, the most promising first. Empty as long as starts are not over,
    /// and if enough of them have succeeded.
    pub fn reprieved(&self, climbs: &[Climb]) -> Vec<usize> {
        stopping::reprieved(&self.annealable, climbs)
    }

    /// Numbers of the starting paths whose climbs are over: done, failed, or stopped.
    pub fn over(&self, climbs: &[Climb]) -> Vec<usize> {
        let over = climbs
            .iter()
            .filter(|climb| climb.is_over(&self.annealable));
        over.map(|climb| climb.start).collect()
    }

    /// Number of starts, in their order, that a run needs: all up to that number are over, and
    /// among them are as many successes as were asked for. `None` if there are not enough yet. The
    /// climbs may come in any order.
    pub fn enough(&self, climbs: &[Climb]) -> Option<usize> {
        stopping::enough(&self.annealable, climbs)
    }

    /// Climbs from the starting paths, one after the other, until enough have succeeded. `watch` is
    /// called after every rung and may break off the run: the rungs that are done are kept.
    ///
    /// # Errors
    /// If the mathematics failed for every starting path before its first rung was done.
    pub fn run(&self, mut watch: impl FnMut(AnnealProgress) -> ControlFlow<()>) -> Result<Run> {
        let mut climbs = Vec::new();
        for start in 0..self.annealable.attempts().count {
            let (climb, flow) = climb_all(self.climber(start)?, &mut watch);
            climbs.push(climb);
            if flow.is_break() {
                return Run::new(&self.annealable, climbs);
            }
            if self.is_enough(&climbs) {
                break;
            }
        }
        for start in self.reprieved(&climbs) {
            let (climb, flow) = climb_all(self.resume(climbs[start].clone())?, &mut watch);
            climbs[start] = climb;
            if flow.is_break() || self.is_enough(&climbs) {
                break;
            }
        }
        Run::new(&self.annealable, climbs)
    }
}

/// Climbs all rungs that are left, until the end of the ladder or a break by `watch`.
pub(super) fn climb_all<A: Annealable>(
    mut climber: Climber<A>,
    mut watch: impl FnMut(AnnealProgress) -> ControlFlow<()>,
) -> (Climb, ControlFlow<()>) {
    let start = climber.climb().start;
    while let Some(rung) = climber.next_rung() {
        let rung = rung.clone();
        if watch(AnnealProgress { start, rung }).is_break() {
            return (climber.into_climb(), ControlFlow::Break(()));
        }
    }
    (climber.into_climb(), ControlFlow::Continue(()))
}
