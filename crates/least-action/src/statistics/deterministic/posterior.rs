//! The posterior of first states and parameters under the strong constraint.

use super::elimination::Elimination;
use super::information::Information;
use crate::action::{Action, Normalization, Problem};
use crate::error::{check, Error, Result};
use crate::model::ModelKind;
use crate::solve::{Bounds, Layout, Linearization, Objective};
use crate::statistics::Density;
use crate::twin::{integrate, Forward};

/// Posterior density of the first state of every data set and of the estimated parameters, where
/// the path obeys the discretised model exactly: measurements and priors, without errors of the
/// model. It is uniform but for the priors, and zero outside of the bounds of its unknowns. Bounds
/// of states hold at first points; later ones are as the model has them.
///
/// As an [`Objective`] its value is the negative log posterior, up to a constant. Its unknowns are
/// the first states, data sets x dimension, and then the estimated parameters. The path follows
/// from them by the steps of the problem's discretisation, and the gradient by their transposed
/// derivatives.
///
/// ```
/// use least_action::solve::Objective;
/// use least_action::statistics::StrongPosterior;
/// # use std::sync::Arc;
/// # use least_action::{models, ActionOptions, Discretization, Observations, Problem};
/// # let (values, inputs) = (vec![0.9, 1.1, 1.0, 0.8, 1.0], vec![]);
/// # let (start, time_step, points, observed) = (0.0, 0.1, 5, vec![0]);
/// # let none = Observations::default();
/// # let data = Observations { start, time_step, points, observed, values, inputs, ..none };
/// # let options = ActionOptions {
/// #     measurement_precision: 25.0.into(),
/// #     discretization: Some(Discretization::Rk4),
/// #     ..ActionOptions::default()
/// # };
/// # let problem = Problem::new(Arc::new(models::double_well()?), data, &options)?;
///
/// let mut posterior = StrongPosterior::new(&problem)?;
/// let mut gradient = [0.0];
/// let near = posterior.evaluate(&[1.0], &mut gradient)?;
/// assert!(near < posterior.evaluate(&[2.0], &mut gradient)?);
/// assert_eq!(posterior.path_of(&[1.0])?.len(), 5);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct StrongPosterior {
    pub(super) action: Action,
    pub(super) factor: f64,
    pub(super) layout: Layout,
    /// Bounds of the unknowns: first states, then parameters.
    pub(super) bounds: Option<Bounds>,
    pub(super) rows: Linearization,
    pub(super) elimination: Elimination,
    path: Vec<f64>,
}

impl StrongPosterior {
    /// Posterior of a problem under the strong constraint.
    ///
    /// # Errors
    /// Parameters that change in time: their random walk is an error of the model.
    pub fn new(problem: &Problem) -> Result<Self> {
        let varying: Vec<&str> = problem.varying().collect();
        if !varying.is_empty() {
            return Err(Error::WrongShape {
                path: "modelPrecision".into(),
                message: format!(
                    "Infinity is for models without errors, and {} by a random walk; give a \
                     finite number",
                    match varying[..] {
                        [one] => format!("{one} changes in time"),
                        _ => format!("{} change in time", varying.join(", ")),
                    }
                ),
            });
        }
        problem.check_spreads()?;
        let action = Action::new(problem);
        let layout = action.layout();
        let rows = action.linearization();
        let elimination = Elimination::new(&layout, &rows.groups[0]);
        let (d, path) = (layout.dimension, layout.path_length());
        let bounds = problem.intervals().map(|ends| {
            let reduced = |all: &[f64]| -> Vec<f64> {
                let first = elimination.sets.iter().flat_map(|set| {
                    let state = &all[set.start * d..][..d];
                    state.iter().copied()
                });
                first.chain(all[path..].iter().copied()).collect()
            };
            Bounds {
                lower: reduced(&ends.lower),
                upper: reduced(&ends.upper),
            }
        });
        Ok(StrongPosterior {
            factor: match problem.normalization {
                Normalization::Posterior => 1.0,
                Normalization::Mean => 0.5 * problem.measured() as f64,
            },
            path: vec![0.0; path],
            action,
            layout,
            bounds,
            rows,
            elimination,
        })
    }

    /// Problem of the posterior.
    pub fn problem(&self) -> &Problem {
        self.action.problem()
    }

    /// Number of unknowns: first states, then parameters.
    pub fn unknowns(&self) -> usize {
        self.elimination.sets.len() * self.layout.dimension + self.layout.parameters
    }

    /// Unknowns of a path with parameters: its first states, then the parameters.
    ///
    /// # Errors
    /// A wrong length.
    pub fn unknowns_of(&self, path: &[f64]) -> Result<Vec<f64>> {
        let expected = self.layout.unknowns();
        let because = "points x states, then the estimated parameters";
        check::length("path", path.len(), expected, because)?;
        Ok(self.reduced(path))
    }

    /// Path, points x dimension of all data sets, that follows from first states and parameters.
    ///
    /// # Errors
    /// A wrong length, and a path that does not stay finite or, for implicit steps, does not exist.
    pub fn path_of(&mut self, unknowns: &[f64]) -> Result<&[f64]> {
        let because = "one per first state and estimated parameter";
        check::length("unknowns", unknowns.len(), self.unknowns(), because)?;
        let d = self.layout.dimension;
        for (set, points) in self.elimination.sets.iter().enumerate() {
            let first = &mut self.path[points.start * d..][..d];
            first.copy_from_slice(&unknowns[set * d..][..d]);
        }
        let parameters = &unknowns[self.elimination.sets.len() * d..];
        self.action.integrate(&mut self.path, parameters)?;
        Ok(&self.path)
    }

    /// Gauss-Newton matrix of the negative log posterior at `unknowns`, row by row, and the
    /// gradient.
    pub(super) fn normal_matrix(&mut self, unknowns: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        self.path_of(unknowns)?;
        let parameters = &unknowns[unknowns.len() - self.layout.parameters..];
        let all = [&self.path, parameters].concat();
        self.linearize(&all)?;
        let information = self.eliminate()?;
        Ok((information.matrix(), information.gradient()))
    }

    /// Negative log posterior of first states and parameters along the solution of the model's
    /// equations in finer steps; none for maps, and where that does not stay finite.
    pub(super) fn value_of_finer_steps(&mut self, all: &[f64]) -> Option<f64> {
        let problem = self.action.problem().clone();
        let model = problem.model();
        let (d, path) = (self.layout.dimension, self.layout.path_length());
        if model.kind() == ModelKind::Map {
            return None;
        }
        let mut parameters = problem.parameters.clone();
        for (&index, &value) in problem.estimated.iter().zip(&all[path..]) {
            parameters[index] = value;
        }
        let mut finer = Vec::with_capacity(path);
        for (points, data) in self.elimination.sets.iter().zip(problem.data()) {
            let forward = Forward {
                parameters: &parameters,
                initial: &all[points.start * d..][..d],
                start: data.start,
                time_step: data.time_step,
                points: data.points,
                times: &data.times,
                inputs: &data.inputs,
                interpolation: &data.interpolation,
                jumps: &data.jumps,
            };
            finer.extend(integrate(&**model, forward).ok()?);
        }
        let value = self.action.evaluate(1.0, &finer, &all[path..]).ok()?;
        let own = value.measurement_error + value.prior_error + value.noise_error;
        Some(self.factor * own)
    }

    /// Numbers of a list over path and parameters that belong to the unknowns.
    pub(super) fn reduced(&self, all: &[f64]) -> Vec<f64> {
        let d = self.layout.dimension;
        let sets = self.elimination.sets.iter();
        let first = sets.flat_map(|set| all[set.start * d..][..d].iter());
        let parameters = all[self.layout.path_length()..].iter();
        first.chain(parameters).copied().collect()
    }

    /// Evaluates the negative log posterior along a path that need not obey the model, and writes
    /// all rows.
    pub(super) fn linearize(&mut self, unknowns: &[f64]) -> Result<f64> {
        let (path, parameters) = unknowns.split_at(self.layout.path_length());
        // The errors of the model are no part of the value, and their weights are not used.
        let value = self
            .action
            .linearize(1.0, path, parameters, &mut self.rows)?;
        let own = value.measurement_error + value.prior_error + value.noise_error;
        Ok(self.factor * own)
    }

    /// Computes the steps and the quadratic model where the action was last linearised.
    pub(super) fn eliminate(&mut self) -> Result<Information> {
        let (model, others) = self.rows.groups.split_at(1);
        self.elimination.fill(self.action.problem(), &model[0])?;
        Ok(Information {
            dimension: self.layout.dimension,
            parameters: self.layout.parameters,
            sets: self.elimination.reduce(others, self.factor),
        })
    }

    /// Gradient of the value in every state of the path and every parameter, where the action was
    /// last linearised, as if they did not depend on each other; after a `change` of them, if one
    /// is given, with linear rows.
    pub(super) fn explicit_gradient(&self, change: Option<&[f64]>) -> Vec<f64> {
        let (d, path) = (self.layout.dimension, self.layout.path_length());
        let mut gradient = vec![0.0; self.layout.unknowns()];
        for group in &self.rows.groups[1..] {
            for (b, &first) in group.first.iter().enumerate() {
                let values = &group.values[b * group.entries()..];
                for row in 0..group.rows {
                    let place = b * group.rows + row;
                    let entries = group.row_start[row] as usize..group.row_start[row + 1] as usize;
                    let unknown = |e: usize| {
                        let column = group.columns[e] as usize;
                        match column.checked_sub(group.span * d) {
                            None => first as usize * d + column,
                            Some(p) => path + p,
                        }
                    };
                    let weight = self.factor * group.weights[place];
                    let moved = change.map_or(0.0, |change| {
                        let each = entries.clone().map(|e| values[e] * change[unknown(e)]);
                        each.sum()
                    });
                    let weighted = weight * (group.residuals[place] + moved);
                    for e in entries {
                        gradient[unknown(e)] += weighted * values[e];
                    }
                }
            }
        }
        gradient
    }
}

impl Objective for StrongPosterior {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.path_of(x)?;
        let parameters = &x[x.len() - self.layout.parameters..];
        let all = [&self.path, parameters].concat();
        let value = self.linearize(&all)?;
        self.elimination
            .fill(self.action.problem(), &self.rows.groups[0])?;
        let mut explicit = self.explicit_gradient(None);
        let (path, others) = explicit.split_at_mut(self.layout.path_length());
        self.elimination.accumulate(path, others);
        gradient.copy_from_slice(&self.reduced(&explicit));
        Ok(value)
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }
}

impl Density for StrongPosterior {
    fn second_derivatives(&mut self, x: &[f64]) -> Option<Result<(Vec<f64>, Vec<f64>)>> {
        Some(self.normal_matrix(x))
    }

    fn has_metric(&mut self) -> bool {
        true
    }
}
