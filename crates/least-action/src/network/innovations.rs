//! The action with inputs, innovations and weights as unknowns, for minimisers that know nothing
//! but gradients.
//!
//! The innovations are `u_(l+1) = x_(l+1) - f(x_l)`. Where R_f is large, activations as unknowns
//! lie in valleys whose walls rise with R_f, and minimisers by gradients stop in them. In
//! innovations the walls are a constant, and what is left as R_f grows is plain training. In
//! weather forecasting these are the two formulations of 4D-Var under a weak constraint (Y.
//! Tremolet, Quarterly Journal of the Royal Meteorological Society 132, 2006).

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

/// The memory of it, O(pairs x neurons), made once per problem.
#[derive(Debug, Clone)]
pub(crate) struct Innovations {
    problem: NetworkProblem,
    pass: Pass,
    x: Vec<f64>,
    dx: Vec<f64>,
    kept: Vec<f64>,
    along: Vec<f64>,
    /// Innovations over this are the unknowns, so that their square counts as much as that of a
    /// measurement.
    scale: f64,
    /// Twice the factor of the squared innovations.
    weight: f64,
}

impl Innovations {
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

    /// Whether they are the better unknowns: where the layers bind more than the data, and nothing
    /// but weights and inputs has bounds.
    pub fn suit(action: &NetworkAction, model_precision: f64) -> bool {
        let problem = action.problem();
        !problem.bounds_behind_inputs()
            && action.model_weight(model_precision) > measurement_weight(problem)
    }

    /// Turns activations at `unknowns` into scaled innovations, for this R_f from here on.
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

    /// The other way round.
    pub fn leave(&mut self, unknowns: &mut [f64]) {
        self.run(unknowns);
        unknowns[..self.x.len()].copy_from_slice(&self.x);
    }

    /// Takes inputs and innovations through the layers.
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
        // Of scaled innovations.
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

/// Twice the factor of the squared error of what is measured most precisely behind the inputs.
fn measurement_weight(problem: &NetworkProblem) -> f64 {
    let parts = &*problem.0;
    let behind = parts.targets.iter().filter(|target| target.layer > 0);
    let precisions = behind.flat_map(|target| &target.precision);
    2.0 * measurement_factor(parts) * precisions.fold(0.0, |a: f64, &b| a.max(b))
}

/// With the question whether to go on.
pub(crate) struct InInnovations<'a> {
    pub innovations: &'a mut Innovations,
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
