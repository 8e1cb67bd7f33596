//! One starting path on its way up the ladder, rung by rung, each from where the last one ended.

use super::annealable::{Annealable, AnnealingObjective};
use super::ladder::Steps;
use super::paths::Paths;
use super::Annealer;
use crate::error::{check, Error, Result};
use crate::solve::StopReason;

/// An unknown that a bound held back at some points of the path.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ActiveBound {
    /// Of the state or parameter.
    pub name: String,
    /// At how many points of the path; 1 for a parameter.
    pub points: usize,
}

/// What a rung gave: an action level and the work that it took.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Rung {
    /// beta, from 0.
    pub rung: usize,
    /// R_f here.
    pub model_precision: f64,
    /// The action level: the errors' sum.
    pub action: f64,
    /// Weighted with R_m.
    pub measurement_error: f64,
    /// Weighted with R_f.
    pub model_error: f64,
    /// Of priors, 0 without any.
    #[serde(default)]
    pub prior_error: f64,
    /// Estimated parameters, in the model's order.
    pub parameters: Vec<f64>,
    pub stop: StopReason,
    pub iterations: usize,
    /// Evaluations of the action with its derivatives.
    pub evaluations: usize,
    /// Factorisations of the Hessian; 0 in minimisers that have none.
    #[serde(default)]
    pub factorizations: usize,
    /// States and parameters that ended at one of their bounds.
    #[serde(default)]
    pub active_bounds: Vec<ActiveBound>,
}

/// A start was given up: its action was so high that the noise cannot explain it, and along one
/// minimum it can only rise.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Stopped {
    /// The rung after which the climb was stopped.
    pub rung: usize,
    /// The action there.
    pub action: f64,
    /// The action that it should not have exceeded.
    pub limit: f64,
}

/// What one starting path has come to: enough to report it, and to go on from it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Climb {
    /// Number of the starting path, from 0.
    pub start: usize,
    pub rungs: Vec<Rung>,
    /// points x dimension: at the last rung done; the starting path itself if none is.
    pub path: Vec<f64>,
    /// Estimated parameters there, in the model's order.
    pub parameters: Vec<f64>,
    /// Why the climb ended early, if the mathematics failed.
    #[serde(default)]
    pub failure: Option<Error>,
    /// Whether the climb was given up before the end of the ladder, because it was beaten.
    /// [`Annealer::resume`] goes on with it nevertheless.
    #[serde(default)]
    pub stopped: Option<Stopped>,
}

/// Relative difference of two evaluations of one action, of which the rounding of a file may be
/// part.
const SAME_LEVEL: f64 = 1e-6;

/// Climbs the ladder from one starting path.
pub struct Climber<A: Annealable = Paths> {
    objective: A::Objective,
    annealer: Annealer<A>,
    climb: Climb,
    steps: Steps,
    /// Whether the climb goes on however high its action is.
    to_the_end: bool,
    /// Where the minimiser is.
    path: Vec<f64>,
    parameters: Vec<f64>,
}

impl<A: Annealable> Climber<A> {
    pub(super) fn new(annealer: &Annealer<A>, start: usize) -> Self {
        let (path, parameters) = annealer.annealable.draw(start);
        let climb = Climb {
            start,
            rungs: Vec::new(),
            path,
            parameters,
            failure: None,
            stopped: None,
        };
        Climber::resume(annealer, climb)
    }

    /// Goes on from a climb that was made with the same problem and options.
    pub(super) fn resume(annealer: &Annealer<A>, mut climb: Climb) -> Self {
        let mut objective = annealer.annealable.objective(&climb);
        let first = match climb.rungs.first() {
            Some(rung) => rung.model_precision,
            None => objective.first_model_precision(&climb.path, &climb.parameters),
        };
        Climber {
            objective,
            steps: annealer.steps(first),
            annealer: annealer.clone(),
            to_the_end: climb.stopped.take().is_some(),
            path: climb.path.clone(),
            parameters: climb.parameters.clone(),
            climb,
        }
    }

    /// Whether the path has the action that its last rung states. If not, it comes from other data
    /// or options, and going on would mix two problems.
    pub(super) fn check_level(&mut self) -> Result<()> {
        let Some(last) = self.climb.rungs.last() else {
            return Ok(());
        };
        let (path, parameters) = (&self.climb.path, &self.climb.parameters);
        let action = self
            .objective
            .evaluate(last.model_precision, path, parameters)?
            .action;
        check::require(
            (last.action - action).abs() <= SAME_LEVEL * action,
            &format!(
                "resume.starts[{}].rungs[{}].action",
                self.climb.start, last.rung
            ),
            last.action,
            &format!("{action}, the action of its path here: resume with the data and options of the first run"),
        )
    }

    /// What has been done so far.
    pub fn climb(&self) -> &Climb {
        &self.climb
    }

    /// Ends the climb.
    pub fn into_climb(self) -> Climb {
        self.climb
    }

    /// Minimises at the next rung; nothing when the last one is done, when the climb was stopped
    /// because it was beaten, or when the mathematics failed, which the climb then says.
    pub fn next_rung(&mut self) -> Option<&Rung> {
        self.next_rung_unless(&|| false)
    }

    /// The same; `interrupted` is asked once per iteration, and where it says true the rung is
    /// dropped as if it had not been begun, and nothing is returned. The climb may go on later, to
    /// the same bits.
    pub fn next_rung_unless(&mut self, interrupted: &dyn Fn() -> bool) -> Option<&Rung> {
        if self.climb.failure.is_some() || self.climb.stopped.is_some() {
            return None;
        }
        let model_precision = self.steps.next(&self.climb.rungs)?;
        match self.minimize(model_precision, interrupted) {
            Ok(Some(done)) => {
                let (rung, action) = (done.rung, done.action);
                self.climb.rungs.push(done);
                let limit = self.annealer.limit.filter(|_| !self.to_the_end);
                if let Some(limit) = limit.filter(|&limit| action > limit) {
                    if !self.steps.is_end(&self.climb.rungs) {
                        self.climb.stopped = Some(Stopped {
                            rung,
                            action,
                            limit,
                        });
                    }
                }
                self.climb.rungs.last()
            }
            Ok(None) => None,
            Err(error) => {
                self.climb.failure = Some(error);
                None
            }
        }
    }

    /// Nothing if interrupted: the climb is then as it was.
    fn minimize(
        &mut self,
        model_precision: f64,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Option<Rung>> {
        self.path.copy_from_slice(&self.climb.path);
        self.parameters.copy_from_slice(&self.climb.parameters);
        let annealable = &self.annealer.annealable;
        let is_last = self.steps.is_last(&self.climb.rungs, model_precision);
        let loose = annealable.ladder().is_adaptive() && !is_last;
        let (path, parameters) = (&mut self.path, &mut self.parameters);
        let objective = &mut self.objective;
        let minimum = objective.minimize(model_precision, loose, path, parameters, interrupted)?;
        if minimum.stop == StopReason::Interrupted {
            return Ok(None);
        }
        self.climb.path.copy_from_slice(path);
        self.climb.parameters.copy_from_slice(parameters);
        let value = objective.evaluate(model_precision, path, parameters)?;
        let stated = annealable.counts().stated;
        Ok(Some(Rung {
            rung: self.climb.rungs.len(),
            model_precision,
            action: value.action,
            measurement_error: value.measurement_error,
            model_error: value.model_error,
            prior_error: value.prior_error,
            parameters: self.climb.parameters[..stated].to_vec(),
            stop: minimum.stop,
            iterations: minimum.iterations,
            evaluations: minimum.evaluations,
            factorizations: minimum.factorizations,
            active_bounds: objective.active_bounds(&minimum),
        }))
    }
}

impl Climb {
    /// Whether the climb has done the last rung of the ladder.
    pub(super) fn is_complete<A: Annealable>(&self, annealer: &Annealer<A>) -> bool {
        let first = self.rungs.first().map(|rung| rung.model_precision);
        first.is_some_and(|first| annealer.steps(first).is_end(&self.rungs))
    }

    /// Whether there is nothing to go on with: the last rung is done, the mathematics failed, or
    /// the climb was stopped.
    pub(super) fn is_over<A: Annealable>(&self, annealer: &Annealer<A>) -> bool {
        self.failure.is_some() || self.stopped.is_some() || self.is_complete(annealer)
    }

    /// Whether this could have come from a run with these options.
    pub(super) fn validate<A: Annealable>(&self, annealer: &Annealer<A>) -> Result<()> {
        let annealable = &annealer.annealable;
        let counts = annealable.counts();
        let at = |field: &str| format!("resume.starts[{}].{field}", self.start);
        check::require(
            self.start < annealable.attempts().count,
            &at("start"),
            self.start as f64,
            "less than startingPaths.count",
        )?;
        let because = "as in the run that is resumed";
        check::length(&at("path"), self.path.len(), counts.path, because)?;
        let given = self.parameters.len();
        check::length(&at("parameters"), given, counts.parameters, because)?;
        if let Some(most) = annealable.ladder().rungs {
            check::at_most(&at("rungs"), self.rungs.len(), most)?;
        }
        let steps = self
            .rungs
            .first()
            .map(|first| annealer.steps(first.model_precision));
        for (n, rung) in self.rungs.iter().enumerate() {
            let next = steps
                .as_ref()
                .and_then(|steps| steps.next(&self.rungs[..n]));
            let expected = next.unwrap_or(f64::NAN);
            check::require(
                // A file may have rounded it.
                (rung.model_precision / expected - 1.0).abs() < 1e-12,
                &at(&format!("rungs[{n}].modelPrecision")),
                rung.model_precision,
                &format!(
                    "{expected}, as modelPrecision says: resume with the options of the first run"
                ),
            )?;
            let field = |name: &str| at(&format!("rungs[{n}].{name}"));
            check::require(
                rung.rung == n,
                &field("rung"),
                rung.rung as f64,
                &n.to_string(),
            )?;
            for (name, value) in [
                ("action", rung.action),
                ("measurementError", rung.measurement_error),
                ("modelError", rung.model_error),
                ("priorError", rung.prior_error),
            ] {
                let holds = value.is_finite() && value >= 0.0;
                check::require(holds, &field(name), value, "finite and not negative")?;
            }
            let length = rung.parameters.len();
            check::length(&field("parameters"), length, counts.stated, because)?;
        }
        for (name, values) in [("path", &self.path), ("parameters", &self.parameters)] {
            check::all_finite(&at(name), values)?;
        }
        Ok(())
    }
}
