//! One starting path on its way up the ladder, rung by rung, each from where the last one ended.

use super::objective::{ActionObjective, Scales};
use super::options::AnnealOptions;
use super::starting_paths;
use crate::action::{Action, Problem};
use crate::error::{check, Error, Result};
use crate::solve::{Minimizer, MinimizerOptions, StopReason, Workspace};

/// What a rung gave: an action level and the work that it took.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
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
    #[cfg_attr(feature = "serde", serde(default))]
    pub prior_error: f64,
    /// Estimated parameters, in the model's order.
    pub parameters: Vec<f64>,
    pub stop: StopReason,
    pub iterations: usize,
    /// Evaluations of the action with its derivatives.
    pub evaluations: usize,
    /// Factorisations of the Hessian; 0 in minimisers that have none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub factorizations: usize,
}

/// What one starting path has come to: enough to report it, and to go on from it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Climb {
    /// Number of the starting path, from 0.
    pub start: usize,
    pub rungs: Vec<Rung>,
    /// points x dimension: at the last rung done; the starting path itself if none is.
    pub path: Vec<f64>,
    /// Estimated parameters there, in the model's order.
    pub parameters: Vec<f64>,
    /// Why the climb ended early, if the mathematics failed.
    #[cfg_attr(feature = "serde", serde(default))]
    pub failure: Option<Error>,
}

/// Relative difference of two evaluations of one action, of which the rounding of a file may be part.
const SAME_LEVEL: f64 = 1e-6;

/// Climbs the ladder from one starting path.
pub struct Climber {
    action: Action,
    options: AnnealOptions,
    climb: Climb,
    /// What the minimiser's variables are divided by.
    scales: Scales,
    /// The structured minimiser's memory, made once for all rungs.
    workspace: Option<Workspace>,
    /// What the minimiser varies: the path, then the parameters, scaled.
    variables: Vec<f64>,
}

impl Climber {
    pub(super) fn new(problem: &Problem, options: &AnnealOptions, start: usize) -> Self {
        let (path, parameters) = starting_paths::draw(problem, options, start);
        let climb = Climb {
            start,
            rungs: Vec::new(),
            path,
            parameters,
            failure: None,
        };
        Climber::resume(problem, options, climb)
    }

    /// Goes on from a climb that was made with the same problem and options.
    pub(super) fn resume(problem: &Problem, options: &AnnealOptions, climb: Climb) -> Self {
        let dimension = problem.model().dimension();
        let initial = problem.estimated().map(|name| {
            let [low, high] = options.estimate[name].initial;
            low.abs().max(high.abs())
        });
        let initial: Vec<f64> = initial.collect();
        let scales = match options.minimizer {
            // Its steps do not depend on units.
            MinimizerOptions::Structured(_) => Scales::none(dimension, initial.len()),
            // Of the starting path, not of where a resumed climb has got to.
            _ => {
                let (path, _) = starting_paths::draw(problem, options, climb.start);
                Scales::of(&path, dimension, &initial)
            }
        };
        Climber {
            action: Action::new(problem),
            options: options.clone(),
            variables: vec![0.0; climb.path.len() + climb.parameters.len()],
            climb,
            scales,
            workspace: None,
        }
    }

    /// Whether the path has the action that its last rung states. If not, it comes from other data or options, and going on would mix two problems.
    pub(super) fn check_level(&mut self) -> Result<()> {
        let Some(last) = self.climb.rungs.last() else {
            return Ok(());
        };
        let (path, parameters) = (&self.climb.path, &self.climb.parameters);
        let action = self
            .action
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

    /// Minimises at the next rung; nothing when the last one is done, or when the mathematics failed, which the climb then says.
    pub fn next_rung(&mut self) -> Option<&Rung> {
        let rung = self.climb.rungs.len();
        if rung >= self.options.model_precision.rungs || self.climb.failure.is_some() {
            return None;
        }
        match self.minimize(rung) {
            Ok(done) => {
                self.climb.rungs.push(done);
                self.climb.rungs.last()
            }
            Err(error) => {
                self.climb.failure = Some(error);
                None
            }
        }
    }

    fn minimize(&mut self, rung: usize) -> Result<Rung> {
        let model_precision = self.options.model_precision.model_precision(rung);
        let split = self.climb.path.len();
        let (path, parameters) = self.variables.split_at_mut(split);
        path.copy_from_slice(&self.climb.path);
        parameters.copy_from_slice(&self.climb.parameters);
        self.scales.divide(&mut self.variables);
        let mut objective =
            ActionObjective::new(&mut self.action, model_precision, &self.scales, &|| false);
        let variables = &mut self.variables;
        let minimum = match &self.options.minimizer {
            MinimizerOptions::Structured(options) => {
                if self.workspace.is_none() {
                    self.workspace = Some(Workspace::new(&objective)?);
                }
                match &mut self.workspace {
                    Some(workspace) => options.minimize_in(workspace, &mut objective, variables)?,
                    None => options.minimize(&mut objective, variables)?,
                }
            }
            other => other.minimize(&mut objective, variables)?,
        };
        self.scales.multiply(&mut self.variables);
        let (path, parameters) = self.variables.split_at(split);
        self.climb.path.copy_from_slice(path);
        self.climb.parameters.copy_from_slice(parameters);
        let value =
            self.action
                .evaluate(model_precision, &self.climb.path, &self.climb.parameters)?;
        Ok(Rung {
            rung,
            model_precision,
            action: value.action,
            measurement_error: value.measurement_error,
            model_error: value.model_error,
            prior_error: value.prior_error,
            parameters: self.climb.parameters.clone(),
            stop: minimum.stop,
            iterations: minimum.iterations,
            evaluations: minimum.evaluations,
            factorizations: minimum.factorizations,
        })
    }
}

impl Climb {
    /// Whether this could have come from a run with these options.
    pub(super) fn validate(&self, problem: &Problem, options: &AnnealOptions) -> Result<()> {
        let at = |field: &str| format!("resume.starts[{}].{field}", self.start);
        check::require(
            self.start < options.starting_paths.count,
            &at("start"),
            self.start as f64,
            "less than startingPaths.count",
        )?;
        let because = "as in the run that is resumed";
        check::length(&at("path"), self.path.len(), problem.path_length(), because)?;
        let estimated = problem.estimated().len();
        check::length(&at("parameters"), self.parameters.len(), estimated, because)?;
        check::at_most(
            &at("rungs"),
            self.rungs.len(),
            options.model_precision.rungs,
        )?;
        for (n, rung) in self.rungs.iter().enumerate() {
            let expected = options.model_precision.model_precision(n);
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
            check::length(&field("parameters"), length, estimated, because)?;
        }
        for (name, values) in [("path", &self.path), ("parameters", &self.parameters)] {
            for (i, value) in values.iter().enumerate() {
                check::finite(&at(&format!("{name}[{i}]")), *value)?;
            }
        }
        Ok(())
    }
}
