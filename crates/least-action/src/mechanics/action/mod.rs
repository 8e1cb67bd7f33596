//! The action of a flow in continuous time, with its Lagrangian and its Hamiltonian.

mod curve;
mod hamiltonian;
mod lagrangian;
mod options;

pub use hamiltonian::ActionHamiltonian;
pub use lagrangian::ActionLagrangian;
pub use options::{ContinuousActionOptions, DataForm};

use std::sync::Arc;

use super::impulse::Impulse;
use super::PhaseSpaceWorkspace;
use crate::action::noise::{with_loss, Law, Loss, ResidualRow};
use crate::action::{resolve_parameters, Interpolation, Jump, Observations};
use crate::error::{check, Error, Result};
use crate::model::{Function, Model, ModelKind, Points};
use curve::Curve;
use options::{check_model_precision, per_component};

/// An observed component of a continuous action.
#[derive(Debug, Clone)]
struct Observed {
    component: usize,
    precision: f64,
    law: Law,
    /// Data y(t) as a curve; `None` where measurements are impulses.
    curve: Option<Curve>,
}

impl Observed {
    /// Measurement of the component at a time; `None` where measurements are impulses.
    fn row(&self, time: f64, x: &[f64]) -> Option<ResidualRow> {
        let datum = self.curve.as_ref()?.value(time);
        let residual = with_loss!(self.law, loss => loss.residual(x[self.component], datum));
        Some(ResidualRow::new(residual, datum, self.precision))
    }
}

/// The action of a flow in continuous time, whose Lagrangian is
/// `L(t, x, v) = (R_m/2) |P (x - y(t))|^2 + (R_f/2) |v - F(x, t)|^2`: see [`ActionLagrangian`] and
/// [`ActionHamiltonian`].
///
/// Inputs u(t) are straight lines between the points of the data, as elsewhere in this crate.
///
/// ```
/// use std::sync::Arc;
///
/// use least_action::mechanics::{ContinuousAction, ContinuousActionOptions, System};
/// use least_action::models;
///
/// let options = ContinuousActionOptions {
///     model_precision: 4.0.into(),
///     ..ContinuousActionOptions::default()
/// };
/// let action = ContinuousAction::of_flow(Arc::new(models::lorenz63()?), &options)?;
/// assert!(System::of_action(action).has_lagrangian());
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct ContinuousAction {
    model: Arc<dyn Model>,
    parameters: Vec<f64>,
    inputs: Vec<Curve>,
    observed: Vec<Observed>,
    impulses: Vec<Impulse>,
    /// Model precision R_f of each state; infinite where the model holds exactly.
    pub(super) model_precision: Vec<f64>,
    /// Number of states, the first ones, whose R_f climbs in a continuation.
    climbing: usize,
    /// F as a function of states, inputs and time; `None` if the model is not made of expressions.
    forced: Option<Function>,
}

impl ContinuousAction {
    /// Makes the action of a flow with data.
    ///
    /// # Errors
    /// A map instead of a flow, measurements of observables, precisions that are matrices or change
    /// in time, and data that are wrong, by field.
    pub fn new(
        model: Arc<dyn Model>,
        data: &Observations,
        options: &ContinuousActionOptions,
    ) -> Result<Self> {
        data.validate("data", &*model)?;
        let d = model.dimension();
        if let Some(l) = data.observed.iter().position(|&c| c >= d) {
            return Err(Error::WrongShape {
                path: format!("data.observed[{l}]"),
                message: "a continuous action can only use measurements of states; measure \
                states, or make the observable a state"
                    .into(),
            });
        }
        let is_jump = |jump: &&Jump| !jump.inputs.is_empty() || !jump.events.is_empty();
        if let Some(jump) = data.jumps.iter().find(is_jump) {
            return Err(Error::WrongShape {
                path: "data.jumps".into(),
                message: format!(
                    "an input or the state jumps at time {}, where a continuous action has no \
                     derivatives: take the part of the data before it or after it",
                    data.time(jump.point)
                ),
            });
        }
        let width = data.observed.len();
        let precisions = per_component(
            &options.measurement_precision,
            "measurementPrecision",
            width,
            ("observed component", check::precision),
        )?;
        let mut action = ContinuousAction::without_data(model, options)?;
        let points = 0..data.points;
        for (l, (&component, precision)) in data.observed.iter().zip(precisions).enumerate() {
            let measured = points
                .clone()
                .map(|n| (data.time(n), data.values[n * width + l]));
            let measured = measured.filter(|(_, y)| !y.is_nan());
            let (times, values): (Vec<f64>, Vec<f64>) = measured.unzip();
            let curve = match options.data_form {
                DataForm::Impulses => {
                    let pairs = times.iter().zip(&values);
                    action.impulses.extend(pairs.map(|(&time, &value)| Impulse {
                        time,
                        component,
                        precision,
                        value,
                    }));
                    None
                }
                DataForm::Linear => Some(Curve::linear(times, values)),
                DataForm::Cubic => Some(Curve::cubic(times, values)),
            };
            action.observed.push(Observed {
                component,
                precision,
                law: Law::default(),
                curve,
            });
        }
        action.sort_impulses();
        let inputs = action.model.inputs().len();
        action.inputs = (0..inputs)
            .map(|j| {
                let values = data.inputs[j..].iter().step_by(inputs).copied().collect();
                let times = points.clone().map(|n| data.time(n)).collect();
                match data.interpolation.get(j) {
                    Some(Interpolation::Cubic) => Curve::cubic(times, values),
                    _ => Curve::linear(times, values),
                }
            })
            .collect();
        Ok(action)
    }

    /// Makes the action of a flow without inputs and without measurements: `L = (R_f/2) |v - F|^2`.
    ///
    /// # Errors
    /// Those of [`ContinuousAction::new`]; and a model with inputs.
    pub fn of_flow(model: Arc<dyn Model>, options: &ContinuousActionOptions) -> Result<Self> {
        check::length(
            "data.inputs",
            0,
            model.inputs().len(),
            "the model has inputs: give data with their values",
        )?;
        ContinuousAction::without_data(model, options)
    }

    fn without_data(model: Arc<dyn Model>, options: &ContinuousActionOptions) -> Result<Self> {
        if model.kind() == ModelKind::Map {
            return Err(Error::WrongShape {
                path: "model".into(),
                message: format!(
                    "{} is a map; a Lagrangian needs a flow, dx/dt = F",
                    model.name()
                ),
            });
        }
        let parameters = resolve_parameters(&*model, &options.parameters)?;
        let d = model.dimension();
        Ok(ContinuousAction {
            inputs: Vec::new(),
            observed: Vec::new(),
            impulses: Vec::new(),
            climbing: d,
            model_precision: per_component(
                &options.model_precision,
                "modelPrecision",
                d,
                ("state", check_model_precision),
            )?,
            forced: model
                .right_side()
                .map(|function| function.autonomous(&parameters)),
            parameters,
            model,
        })
    }

    /// The action in which every R_f that climbs is multiplied by `factor`; infinite ones stay.
    pub fn with_model_precision_times(&self, factor: f64) -> ContinuousAction {
        let mut action = self.clone();
        let climbing = action.model_precision.iter_mut().take(self.climbing);
        climbing.for_each(|r| *r *= factor);
        action
    }

    /// True if an R_f that climbs is finite.
    pub(super) fn climbs(&self) -> bool {
        let climbing = self.model_precision.iter().take(self.climbing);
        climbing.clone().any(|r| r.is_finite())
    }

    /// The action in which R_f climbs for the first `states` only. The states after them are
    /// parameters that change in time: their precisions limit their rates, whatever R_f the model
    /// has. By default all climb.
    pub fn with_climbing_states(mut self, states: usize) -> ContinuousAction {
        self.climbing = states;
        self
    }

    /// The action with further jumps of the momentum: measurements whose precisions change in time.
    ///
    /// # Errors
    /// Components that do not exist, and numbers that are out of range.
    pub fn with_impulses(mut self, impulses: &[Impulse]) -> Result<ContinuousAction> {
        for (k, impulse) in impulses.iter().enumerate() {
            let at = |field: &str| format!("impulses[{k}].{field}");
            if impulse.component >= self.dimension() {
                return Err(Error::IndexOutOfRange {
                    path: at("component"),
                    index: impulse.component,
                    count: self.dimension(),
                });
            }
            check::finite(&at("time"), impulse.time)?;
            check::finite(&at("value"), impulse.value)?;
            check::precision(&at("precision"), impulse.precision)?;
        }
        self.impulses.extend_from_slice(impulses);
        self.sort_impulses();
        Ok(self)
    }

    fn sort_impulses(&mut self) {
        self.impulses.sort_by(|a, b| {
            a.time
                .total_cmp(&b.time)
                .then(a.component.cmp(&b.component))
        });
    }

    /// True if L exists: every R_f is finite.
    pub fn has_lagrangian(&self) -> bool {
        self.model_precision.iter().all(|r| r.is_finite())
    }

    /// Checks that L exists.
    ///
    /// # Errors
    /// An R_f that is infinite.
    pub(super) fn check_lagrangian(&self) -> Result<()> {
        match self.model_precision.iter().position(|r| r.is_infinite()) {
            None => Ok(()),
            Some(a) => Err(Error::WrongShape {
                path: "modelPrecision".into(),
                message: format!(
                    "is infinite for the state {}, so that there is no Lagrangian; use what works \
                    with the Hamiltonian (collocation, shooting, orbits), or a finite precision",
                    self.model.states()[a]
                ),
            }),
        }
    }

    /// Model of the flow.
    pub fn model(&self) -> &Arc<dyn Model> {
        &self.model
    }

    /// Jumps of the momentum, by time; none where data are continuous.
    pub fn impulses(&self) -> &[Impulse] {
        &self.impulses
    }

    /// Number of coordinates, D.
    pub(super) fn dimension(&self) -> usize {
        self.model_precision.len()
    }

    /// Writes the right side F(x, t).
    pub(super) fn flow(
        &self,
        work: &mut PhaseSpaceWorkspace,
        time: f64,
        x: &[f64],
        flow: &mut [f64],
    ) {
        let u = self.inputs_at(work, time);
        let at = self.at(x, &u, &time);
        self.model.evaluate(&mut work.scratch, at, flow);
        work.give(u);
    }

    /// Adds `DF^T w` to `to`.
    pub(super) fn add_pull_back(
        &self,
        work: &mut PhaseSpaceWorkspace,
        time: f64,
        x: &[f64],
        w: &[f64],
        to: &mut [f64],
    ) {
        let u = self.inputs_at(work, time);
        let mut unused = work.take(self.parameters.len());
        let at = self.at(x, &u, &time);
        self.model
            .pull_back(&mut work.scratch, at, w, to, &mut unused);
        work.give(unused);
        work.give(u);
    }

    /// Writes the Jacobian DF, D x D, column-major.
    pub(super) fn jacobian(
        &self,
        work: &mut PhaseSpaceWorkspace,
        time: f64,
        x: &[f64],
        df: &mut [f64],
    ) {
        let d = self.dimension();
        let sparsity = self.model.jacobian_sparsity();
        let u = self.inputs_at(work, time);
        let mut entries = work.take(sparsity.entries());
        let at = self.at(x, &u, &time);
        self.model.jacobian(&mut work.scratch, at, &mut entries);
        df.fill(0.0);
        for i in 0..d {
            for (e, j) in sparsity.row(i).filter(|&(_, j)| j < d) {
                df[j * d + i] = entries[e];
            }
        }
        work.give(entries);
        work.give(u);
    }

    /// Adds `sum_a w_a D2 F_a` to the block of the coordinates of a 2 D x 2 D matrix.
    pub(super) fn add_curvature(
        &self,
        work: &mut PhaseSpaceWorkspace,
        time: f64,
        x: &[f64],
        w: &[f64],
        hessian: &mut [f64],
    ) {
        let d = self.dimension();
        let sparsity = self.model.curvature_sparsity();
        let u = self.inputs_at(work, time);
        let mut entries = work.take(sparsity.entries());
        let at = self.at(x, &u, &time);
        self.model.curvature(&mut work.scratch, at, w, &mut entries);
        for i in 0..d {
            for (e, j) in sparsity.row(i) {
                hessian[j * 2 * d + i] += entries[e];
                if i != j {
                    hessian[i * 2 * d + j] += entries[e];
                }
            }
        }
        work.give(entries);
        work.give(u);
    }

    /// Component, weight and residual of every continuous measurement; the product of the last two
    /// is the derivative of L. With normal noise, these are R_m and `x - y(t)`.
    pub(super) fn misfits<'a>(
        &'a self,
        time: f64,
        x: &'a [f64],
    ) -> impl Iterator<Item = (usize, f64, f64)> + 'a {
        self.observed.iter().filter_map(move |o| {
            let row = o.row(time, x)?;
            let (residual, weight) = with_loss!(o.law, loss => loss.linearize(row));
            Some((o.component, weight, residual))
        })
    }

    /// Sum of the losses of continuous measurements, twice their part of L; with normal noise
    /// `R_m |P (x - y(t))|^2`. `square` multiplies a precision and two residuals.
    pub(super) fn losses(&self, time: f64, x: &[f64], square: impl Fn(f64, f64) -> f64) -> f64 {
        let rows = self.observed.iter().filter_map(|o| {
            let row = o.row(time, x)?;
            let square = square(row.precision, row.residual);
            Some(with_loss!(o.law, loss => loss.value(square, row)))
        });
        rows.sum()
    }

    /// Component of every continuous measurement, and the second derivative of L in it.
    pub(super) fn curvatures<'a>(
        &'a self,
        time: f64,
        x: &'a [f64],
    ) -> impl Iterator<Item = (usize, f64)> + 'a {
        self.observed.iter().filter_map(move |o| {
            let row = o.row(time, x)?;
            with_loss!(o.law, loss => {
                let (_, weight) = loss.linearize(row);
                Some((o.component, weight + loss.curvature(row)))
            })
        })
    }

    /// Writes the partial derivative of F in time: its own, and the one through the inputs.
    pub(super) fn flow_rate(
        &self,
        work: &mut PhaseSpaceWorkspace,
        time: f64,
        x: &[f64],
        rate: &mut [f64],
    ) -> Result<()> {
        let forced = self.forced.as_ref().ok_or_else(|| Error::WrongShape {
            path: "model".into(),
            message: format!(
                "{} is not made of expressions, so that its derivative in time is not known; \
                write it with ModelBuilder or as a definition",
                self.model.name()
            ),
        })?;
        let d = self.dimension();
        let mut point = work.take(d + self.inputs.len() + 1);
        point[..d].copy_from_slice(x);
        for (to, curve) in point[d..].iter_mut().zip(&self.inputs) {
            *to = curve.value(time);
        }
        point[d + self.inputs.len()] = time;
        let sparsity = forced.jacobian_sparsity();
        let mut entries = work.take(sparsity.entries());
        let at = Points {
            states: &point,
            ..Points::default()
        };
        forced.jacobian(&mut work.scratch, at, &mut entries);
        for (i, rate) in rate.iter_mut().enumerate() {
            let in_time = sparsity.row(i).filter(|&(_, j)| j >= d);
            *rate = in_time
                .map(|(e, j)| {
                    let pace = self.inputs.get(j - d).map_or(1.0, |u| u.slope(time));
                    entries[e] * pace
                })
                .sum();
        }
        work.give(entries);
        work.give(point);
        Ok(())
    }

    fn inputs_at(&self, work: &mut PhaseSpaceWorkspace, time: f64) -> Vec<f64> {
        let mut u = work.take(self.inputs.len());
        for (to, curve) in u.iter_mut().zip(&self.inputs) {
            *to = curve.value(time);
        }
        u
    }

    fn at<'a>(&'a self, x: &'a [f64], inputs: &'a [f64], time: &'a f64) -> Points<'a> {
        Points {
            states: x,
            parameters: &self.parameters,
            inputs,
            times: std::slice::from_ref(time),
        }
    }
}
