//! The climb of one starting path up the ladder, rung by rung, each from the end of the last one.

use super::annealable::{Annealable, AnnealingObjective};
use super::ladder::Steps;
use super::paths::Paths;
use super::rung::{Rung, Stopped};
use crate::error::{check, Error, Result};
use crate::solve::StopReason;

/// State of the climb from one starting path: enough to report it, and to continue it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Climb {
    /// Number of the starting path, from 0.
    pub start: usize,
    /// Rungs that are done, in order.
    pub rungs: Vec<Rung>,
    /// Path at the last rung that is done, points x dimension; the starting path itself if none is.
    pub path: Vec<f64>,
    /// Coordinates of the estimated parameters at the last rung that is done, in the model's order:
    /// the parameters themselves, or their logarithms or logits where they are estimated on such a
    /// scale. The values of the parameters are in the rungs.
    pub parameters: Vec<f64>,
    /// Failure of the mathematics that ended the climb early.
    #[serde(default)]
    pub failure: Option<Error>,
    /// Details of a stop before the end of the ladder because the action was too high.
    /// [`super::Annealer::resume`] continues such a climb nevertheless.
    #[serde(default)]
    pub stopped: Option<Stopped>,
}

/// Relative difference up to which two evaluations of one action are equal, including the rounding
/// of a file.
const SAME_LEVEL: f64 = 1e-6;

/// Climber of the ladder from one starting path, one rung at a time.
pub struct Climber<A: Annealable = Paths> {
    objective: A::Objective,
    annealable: A,
    /// Action above which the climb is stopped.
    limit: Option<f64>,
    climb: Climb,
    steps: Steps,
    /// True if the climb goes on however high its action is.
    to_the_end: bool,
    /// Path that the minimiser works on; the climb's own stays as it was until a rung is done.
    path: Vec<f64>,
    parameters: Vec<f64>,
}

impl<A: Annealable> Climber<A> {
    pub(super) fn new(annealable: &A, limit: Option<f64>, start: usize) -> Self {
        let (path, parameters) = annealable.draw(start);
        let climb = Climb {
            start,
            rungs: Vec::new(),
            path,
            parameters,
            failure: None,
            stopped: None,
        };
        Climber::resume(annealable, limit, climb)
    }

    /// Continues a climb that was made with the same problem and options.
    pub(super) fn resume(annealable: &A, limit: Option<f64>, mut climb: Climb) -> Self {
        let drawn = climb.rungs.is_empty().then_some(&climb.path[..]);
        let mut objective = annealable.objective(climb.start, drawn);
        let first = match climb.rungs.first() {
            Some(rung) => rung.model_precision,
            None => objective.first_model_precision(&climb.path, &climb.parameters),
        };
        Climber {
            objective,
            steps: steps(annealable, first),
            annealable: annealable.clone(),
            limit,
            to_the_end: climb.stopped.take().is_some(),
            path: climb.path.clone(),
            parameters: climb.parameters.clone(),
            climb,
        }
    }

    /// Checks that the path has the action that its last rung states. If not, it comes from other
    /// data or options, and to continue would mix two problems.
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
            &format!(
                "{action}, the action of its path here: resume with the data and options of \
            the first run"
            ),
        )
    }

    /// The climb so far.
    pub fn climb(&self) -> &Climb {
        &self.climb
    }

    /// Ends the climb and gives it away.
    pub fn into_climb(self) -> Climb {
        self.climb
    }

    /// Minimises at the next rung. Returns `None` when the last one is done, when the climb was
    /// stopped because its action was too high, or when the mathematics failed; the climb then has
    /// the failure.
    pub fn next_rung(&mut self) -> Option<&Rung> {
        self.next_rung_unless(&|| false)
    }

    /// Minimises at the next rung like [`Climber::next_rung`], unless it is interrupted.
    /// `interrupted` is asked once per iteration; when it returns true, the rung is dropped as if
    /// it had not been begun, and `None` is returned. The climb may go on later, to the same bits.
    pub fn next_rung_unless(&mut self, interrupted: &dyn Fn() -> bool) -> Option<&Rung> {
        if self.climb.failure.is_some() || self.climb.stopped.is_some() {
            return None;
        }
        let model_precision = self.steps.next(&self.climb.rungs)?;
        match self.minimize(model_precision, interrupted) {
            Ok(Some(done)) => {
                let (rung, action) = (done.rung, done.action);
                self.climb.rungs.push(done);
                let limit = self.limit.filter(|_| !self.to_the_end);
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

    /// Minimises at one R_f; `None` if interrupted, and the climb is then as it was.
    fn minimize(
        &mut self,
        model_precision: f64,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Option<Rung>> {
        self.path.copy_from_slice(&self.climb.path);
        self.parameters.copy_from_slice(&self.climb.parameters);
        let annealable = &self.annealable;
        let is_last = self.steps.is_last(&self.climb.rungs, model_precision);
        let loose = annealable.ladder().is_adaptive() && !is_last;
        let (path, parameters) = (&mut self.path, &mut self.parameters);
        let objective = &mut self.objective;
        let minimum = objective.minimize(model_precision, loose, path, parameters, interrupted)?;
        if minimum.stop == StopReason::Interrupted {
            return Ok(None);
        }
        let minimum = match is_last {
            false => minimum,
            true => match objective.settle(model_precision, path, parameters, interrupted)? {
                Some(settled) if settled.stop == StopReason::Interrupted => return Ok(None),
                Some(settled) => settled.after(&minimum),
                None => minimum,
            },
        };
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
            varying_error: objective.varying_error(model_precision),
            noise_ratio: objective.noise_ratio(),
            parameters: annealable.parameters_at(&self.climb.parameters[..stated]),
            stop: minimum.stop,
            iterations: minimum.iterations,
            evaluations: minimum.evaluations,
            factorizations: minimum.factorizations,
            active_bounds: objective.active_bounds(&minimum),
        }))
    }
}

/// Ladder of a climb whose first R_f is `first`, unless the options give another.
fn steps(annealable: &impl Annealable, first: f64) -> Steps {
    let last = annealable.last_model_precision();
    Steps::new(annealable.ladder(), first, last)
}

impl Climb {
    /// True if the climb has done the last rung of the ladder.
    pub(super) fn is_complete(&self, annealable: &impl Annealable) -> bool {
        let first = self.rungs.first().map(|rung| rung.model_precision);
        first.is_some_and(|first| steps(annealable, first).is_end(&self.rungs))
    }

    /// True if the climb cannot go on: the last rung is done, the mathematics failed, or the climb
    /// was stopped.
    pub(super) fn is_over(&self, annealable: &impl Annealable) -> bool {
        self.failure.is_some() || self.stopped.is_some() || self.is_complete(annealable)
    }

    /// Checks that the climb could have come from a run with these options.
    pub(super) fn validate(&self, annealable: &impl Annealable) -> Result<()> {
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
            .map(|first| steps(annealable, first.model_precision));
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
                ("varyingError", rung.varying_error),
            ] {
                let holds = value.is_finite() && value >= 0.0;
                check::require(holds, &field(name), value, "finite and not negative")?;
            }
            let length = rung.parameters.len();
            check::length(&field("parameters"), length, counts.stated, because)?;
        }
        let at_rungs = self.rungs.iter().enumerate();
        for (n, rung) in at_rungs {
            let ratio = rung.noise_ratio;
            let path = at(&format!("rungs[{n}].noiseRatio"));
            check::require(ratio.is_finite() && ratio > 0.0, &path, ratio, "positive")?;
        }
        for (name, values) in [("path", &self.path), ("parameters", &self.parameters)] {
            check::all_finite(&at(name), values)?;
        }
        Ok(())
    }
}
