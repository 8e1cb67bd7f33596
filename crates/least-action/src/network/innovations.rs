//! The action with inputs, innovations and weights as unknowns, for minimisers that use gradients
//! only.
//!
//! The innovations are `u_(l+1) = x_(l+1) - f(x_l)`. If R_f is large, activations as unknowns lie
//! in valleys whose walls rise with R_f, and minimisers that use gradients stop in them. With
//! innovations as unknowns the walls do not rise, and training remains as R_f grows. In weather
//! forecasting these are the two formulations of 4D-Var under a weak constraint (Y. Tremolet,
//! Quarterly Journal of the Royal Meteorological Society 132, 2006).

use super::action::{finite_weights, not_finite};
use super::pass::Pass;
use super::problem::NetworkProblem;
use super::terms::{
    add_measurement_slopes, add_prior_slopes, measurement_error, measurement_factor, prior_error,
};
use super::{sweep, NetworkAction};
use crate::action::in_four;
use crate::error::{check, Result};
use crate::solve::{Bounds, Objective};

/// Memory for the action in innovations, O(pairs x neurons), taken once per problem.
#[derive(Debug, Clone)]
pub(crate) struct Innovations {
    problem: NetworkProblem,
    pass: Pass,
    x: Vec<f64>,
    dx: Vec<f64>,
    kept: Vec<f64>,
    along: Vec<f64>,
    /// Unit of the innovations: the unknowns are innovations over this, so that their square counts
    /// as much as that of a measurement.
    scale: f64,
    /// Twice the factor of the squared innovations.
    weight: f64,
}

impl Innovations {
    /// Memory for one problem.
    pub fn new(problem: &NetworkProblem) -> Self {
        let widest = problem.network().widths().iter().max();
        Innovations {
            pass: Pass::new(problem.pairs()),
            x: vec![0.0; problem.activation_count()],
            dx: vec![0.0; problem.activation_count()],
            kept: vec![0.0; problem.residuals()],
            along: vec![0.0; widest.map_or(0, |width| width * problem.pairs())],
            scale: 1.0,
            weight: 1.0,
            problem: problem.clone(),
        }
    }

    /// Tells whether innovations are better unknowns than activations: they are if the layers bind
    /// more than the data, and only weights and inputs have bounds.
    pub fn suit(action: &NetworkAction, model_precision: f64) -> bool {
        let problem = action.problem();
        !problem.bounds_behind_inputs()
            && action.model_weight(model_precision) > measurement_weight(problem)
    }

    /// Changes activations in `unknowns` into scaled innovations, and keeps this R_f for the
    /// objective.
    ///
    /// # Errors
    /// An action that is not finite there.
    pub fn enter(
        &mut self,
        action: &mut NetworkAction,
        model_precision: f64,
        unknowns: &mut [f64],
    ) -> Result<()> {
        action.evaluate(model_precision, unknowns)?;
        self.weight = action.model_weight(model_precision);
        self.scale = (measurement_weight(&self.problem) / self.weight).sqrt();
        let after = self.problem.0.starts[1];
        let residuals = unknowns[after..].iter_mut().zip(&action.residuals);
        for (unknown, residual) in residuals {
            *unknown = residual / self.scale;
        }
        Ok(())
    }

    /// Changes scaled innovations in `unknowns` back into activations.
    pub fn leave(&mut self, unknowns: &mut [f64]) {
        self.run(unknowns);
        unknowns[..self.x.len()].copy_from_slice(&self.x);
    }

    /// Computes the activations of all layers from inputs, innovations and weights.
    fn run(&mut self, unknowns: &[f64]) {
        let parts = &*self.problem.0;
        let (path, weights) = unknowns.split_at(self.x.len());
        let inputs = parts.starts[1];
        self.x[..inputs].copy_from_slice(&path[..inputs]);
        let innovations = Some((self.scale, &path[inputs..]));
        let (x, kept) = (&mut self.x, &mut self.kept);
        sweep::forward(parts, &mut self.pass, weights, innovations, x, kept);
    }

    /// The action and its gradient at inputs, scaled innovations and weights.
    fn gradient(&mut self, unknowns: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.run(unknowns);
        let parts = &*self.problem.0;
        if in_four(&self.x, |x| x * 0.0) != 0.0 {
            let bad = self.x.iter().position(|x| !x.is_finite()).unwrap_or(0);
            return Err(not_finite(parts, bad, "activation", self.x[bad]));
        }
        let (path, weights) = unknowns.split_at(self.x.len());
        finite_weights(weights, "")?;
        let inputs = parts.starts[1];
        // Factor of the squared scaled innovations.
        let own = self.weight * self.scale * self.scale;
        let value = measurement_error(parts, &self.x)
            + 0.5 * own * in_four(&path[inputs..], |u| u * u)
            + prior_error(parts, weights);
        check::finite("action", value)?;
        self.dx.fill(0.0);
        add_measurement_slopes(parts, &self.x, &mut self.dx);
        let (of_path, dw) = gradient.split_at_mut(self.x.len());
        dw.fill(0.0);
        let at = (weights, &self.x[..], &self.kept[..]);
        let (along, dx) = (&mut self.along, &mut self.dx);
        sweep::backward(parts, &mut self.pass, at, along, dx, dw);
        of_path[..inputs].copy_from_slice(&self.dx[..inputs]);
        let slopes = self.dx[inputs..].iter().zip(&path[inputs..]);
        for (slope, (dx, u)) in of_path[inputs..].iter_mut().zip(slopes) {
            *slope = own * u + self.scale * dx;
        }
        add_prior_slopes(parts, weights, dw);
        finite_weights(dw, "dA/dw of ")?;
        Ok(value)
    }
}

/// Twice the factor of the squared error of the most precise measurement behind the inputs.
fn measurement_weight(problem: &NetworkProblem) -> f64 {
    let parts = &*problem.0;
    let behind = parts.targets.iter().filter(|target| target.layer > 0);
    let precisions = behind.flat_map(|target| &target.precision);
    2.0 * measurement_factor(parts) * precisions.fold(0.0, |a: f64, &b| a.max(b))
}

/// The action in innovations as an objective, with the question whether to go on.
pub(crate) struct InInnovations<'a> {
    /// The action, with its memory.
    pub innovations: &'a mut Innovations,
    /// True ends the minimisation.
    pub interrupted: &'a dyn Fn() -> bool,
}

impl Objective for InInnovations<'_> {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.innovations.gradient(x, gradient)
    }

    fn interrupted(&self) -> bool {
        (self.interrupted)()
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.innovations.problem.bounds()
    }
}
