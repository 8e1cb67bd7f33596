//! The action of a network: the distance of all activations from the data and from the values that
//! the layers before them give, with the exact gradient.

use super::pass::{MapArguments, Pass};
use super::problem::{NetworkProblem, ProblemParts};
use super::terms::{
    add_prior_slopes, measurement_error, measurement_factor, prior_error, write_slopes,
};
use crate::action::{in_four, ActionValue};
use crate::error::{check, Error, Result};

/// The action of one [`NetworkProblem`] with its exact derivatives. It owns the memory for it,
/// O(pairs x neurons), and allocates none per call.
///
/// `A = R_m/2 sum (x - y)^2 + R_f/2 sum_(l,k,a) [x_(l+1) - f_l(x_l; W_l)]_a^2` over the measured
/// numbers and over all layers l, pairs k and neurons a (H. D. I. Abarbanel, P. J. Rozdeba, S.
/// Shirman, Neural Computation 30(8), 2018, doi 10.1162/neco_a_01094), normalised as
/// [`crate::Normalization`] says, and priors of the weights.
///
/// ```
/// use least_action::network::{
///     Layer, Network, NetworkAction, NetworkOptions, NetworkProblem, Pairs,
/// };
///
/// let network = Network::feedforward(2, vec![Layer::new(1)])?;
/// let pairs = Pairs::new(&network, vec![0.0, 1.0], vec![0.5])?;
/// let problem = NetworkProblem::new(&network, &pairs, &NetworkOptions::default())?;
/// let mut action = NetworkAction::new(&problem);
/// // Two inputs, one output, two weights and a bias.
/// let value = action.evaluate(100.0, &[0.0, 1.0, 0.5, 0.0, 0.0, 0.0])?;
/// assert_eq!(value.action, 0.0);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct NetworkAction {
    pub(super) problem: NetworkProblem,
    pub(super) pass: Pass,
    /// Numbers that the derivatives of each map need, layer by layer.
    pub(super) kept: Vec<f64>,
    /// Residuals `x_(l+1) - f_l(x_l)`, layer by layer.
    pub(super) residuals: Vec<f64>,
    /// Adjoint or tangent of one layer.
    pub(super) along: Vec<f64>,
}

impl NetworkAction {
    /// An action with memory of its own.
    pub fn new(problem: &NetworkProblem) -> Self {
        let parts = &*problem.0;
        let widest = parts.network.widths().iter().skip(1).max();
        NetworkAction {
            pass: Pass::new(parts.pairs),
            kept: vec![0.0; problem.residuals()],
            residuals: vec![0.0; problem.residuals()],
            along: vec![0.0; widest.map_or(0, |width| width * parts.pairs)],
            problem: problem.clone(),
        }
    }

    /// Problem whose action this is.
    pub fn problem(&self) -> &NetworkProblem {
        &self.problem
    }

    /// The action of the unknowns `[X_0, ..., X_F, weights]`.
    ///
    /// # Errors
    /// A wrong length, a precision that is not positive, and [`Error::NotFiniteInLayer`] for the
    /// first value that is not finite.
    pub fn evaluate(&mut self, model_precision: f64, unknowns: &[f64]) -> Result<ActionValue> {
        self.check(model_precision, unknowns)?;
        self.value(model_precision, unknowns)
    }

    /// The action, with its gradient written to `gradient`, one number per unknown.
    ///
    /// # Errors
    /// Those of [`NetworkAction::evaluate`]; also a gradient of the wrong length or not finite.
    pub fn gradient(
        &mut self,
        model_precision: f64,
        unknowns: &[f64],
        gradient: &mut [f64],
    ) -> Result<ActionValue> {
        self.check(model_precision, unknowns)?;
        let because = "one per unknown";
        check::length("gradient", gradient.len(), unknowns.len(), because)?;
        let value = self.value(model_precision, unknowns)?;
        let parts = &*self.problem.0;
        let (x, weights) = unknowns.split_at(self.problem.activation_count());
        let (dx, dw) = gradient.split_at_mut(x.len());
        dw.fill(0.0);
        let factor = 2.0 * measurement_factor(parts);
        for layer in 0..=parts.network.depth() {
            let range = self.problem.activations(layer);
            // For layers with data, one pass over memory instead of two.
            match parts.targets.iter().find(|target| target.layer == layer) {
                Some(target) => write_slopes(target, factor, &x[range.clone()], &mut dx[range]),
                None => dx[range].fill(0.0),
            }
        }
        let weight = self.model_weight(model_precision);
        for l in 0..parts.network.depth() {
            let rows = residual_rows(parts, l);
            let residuals = &self.residuals[rows.clone()];
            let adjoint = &mut self.along[..rows.len()];
            let start = parts.starts[l + 1];
            let (before, after) = dx.split_at_mut(start);
            let pairs = adjoint.iter_mut().zip(residuals);
            for ((adjoint, residual), dx) in pairs.zip(after) {
                let along = weight * residual;
                *dx += along;
                *adjoint = -along;
            }
            let at = map_arguments(parts, l, x, weights);
            let before = &mut before[parts.starts[l]..];
            self.pass
                .pull_back(at, &self.kept[rows], adjoint, before, dw);
        }
        add_prior_slopes(parts, weights, dw);
        finite(parts, dx, "dA/dx")?;
        finite_weights(dw, "dA/dw of ")?;
        Ok(value)
    }

    /// Residuals of the model, `x_(l+1) - f_l(x_l)`, layer by layer from the first map on, each
    /// pairs x width.
    ///
    /// # Errors
    /// Those of [`NetworkAction::evaluate`].
    pub fn residuals(&mut self, unknowns: &[f64]) -> Result<&[f64]> {
        self.evaluate(1.0, unknowns)?;
        Ok(&self.residuals)
    }

    /// Checks R_f and the number of unknowns.
    fn check(&self, model_precision: f64, unknowns: &[f64]) -> Result<()> {
        check::precision("modelPrecision", model_precision)?;
        check_unknowns(&self.problem, "unknowns", unknowns)
    }

    /// Numbers kept for the derivatives of map l, and its residuals, at the unknowns that were
    /// evaluated last.
    pub(super) fn layer(&self, l: usize) -> (&[f64], &[f64]) {
        let rows = residual_rows(&self.problem.0, l);
        (&self.kept[rows.clone()], &self.residuals[rows])
    }

    /// Factor of half the sum of squared residuals.
    pub(super) fn model_weight(&self, model_precision: f64) -> f64 {
        2.0 * self.model_factor(model_precision)
    }

    /// Factor of the sum of squared residuals.
    fn model_factor(&self, model_precision: f64) -> f64 {
        let normalization = self.problem.normalization();
        model_precision * normalization.factor(self.problem.residuals())
    }

    fn value(&mut self, model_precision: f64, unknowns: &[f64]) -> Result<ActionValue> {
        let parts = &*self.problem.0;
        let (x, weights) = unknowns.split_at(self.problem.activation_count());
        // Saturated neurons would hide values that are not finite here. All other activations are
        // terms of a residual themselves.
        finite_weights(weights, "")?;
        finite(parts, &x[self.problem.activations(0)], "activation")?;
        let mut squares = 0.0;
        for l in 0..parts.network.depth() {
            let rows = residual_rows(parts, l);
            let (kept, residuals) = (&mut self.kept[rows.clone()], &mut self.residuals[rows]);
            self.pass
                .forward(map_arguments(parts, l, x, weights), kept, residuals);
            let after = &x[self.problem.activations(l + 1)];
            for (residual, x) in residuals.iter_mut().zip(after) {
                *residual = x - *residual;
            }
            squares += in_four(residuals, |r| r * r);
        }
        let model_error = self.model_factor(model_precision) * squares;
        let measurement_error = measurement_error(parts, x);
        let prior_error = prior_error(parts, weights);
        let action = measurement_error + model_error + prior_error;
        if !action.is_finite() {
            return Err(self.first_not_finite(x, action));
        }
        Ok(ActionValue {
            action,
            measurement_error,
            model_error,
            prior_error,
            noise_error: 0.0,
        })
    }

    /// Error about the cause of an action that is not finite: an activation, a residual or the sum.
    #[cold]
    fn first_not_finite(&self, x: &[f64], action: f64) -> Error {
        let parts = &*self.problem.0;
        let given = finite(parts, x, "activation");
        let start = parts.starts[1];
        let found = given.and_then(|()| {
            let bad = self.residuals.iter().position(|r| !r.is_finite());
            match bad {
                Some(i) => Err(not_finite(parts, start + i, "residual", self.residuals[i])),
                None => Ok(()),
            }
        });
        // Every value is finite, but not the squares or their sum: the largest value is named.
        found.err().unwrap_or_else(|| {
            let residuals = self.residuals.iter().enumerate();
            let all = x
                .iter()
                .enumerate()
                .map(|(i, x)| (i, "squared activation", x.abs()))
                .chain(residuals.map(|(i, r)| (start + i, "squared residual", r.abs())));
            let (place, term, _) = all
                .max_by(|a, b| a.2.total_cmp(&b.2))
                .unwrap_or((0, "residual", 0.0));
            not_finite(parts, place, term, action)
        })
    }
}

/// Arguments of map l at the activations `x` of all layers.
pub(super) fn map_arguments<'a>(
    parts: &'a ProblemParts,
    l: usize,
    x: &'a [f64],
    weights: &'a [f64],
) -> MapArguments<'a> {
    MapArguments {
        network: &parts.network,
        l,
        weights,
        x: &x[parts.starts[l]..parts.starts[l + 1]],
        forcing: &parts.forcing[l],
    }
}

/// Range of the residuals of map l among all residuals.
pub(super) fn residual_rows(parts: &ProblemParts, l: usize) -> std::ops::Range<usize> {
    let start = parts.starts[1];
    parts.starts[l + 1] - start..parts.starts[l + 2] - start
}

/// Checks the number of unknowns in a list named `path`.
pub(super) fn check_unknowns(problem: &NetworkProblem, path: &str, given: &[f64]) -> Result<()> {
    if given.len() == problem.unknowns() {
        return Ok(());
    }
    let because = format!(
        "{} activations, then {} weights",
        problem.activation_count(),
        problem.network().weight_count()
    );
    check::length(path, given.len(), problem.unknowns(), &because)
}

/// Checks that all weights are finite; `prefix` stands before their name in the error.
pub(super) fn finite_weights(weights: &[f64], prefix: &str) -> Result<()> {
    if all_finite(weights) {
        return Ok(());
    }
    match weights.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(i) => check::finite(&format!("{prefix}weights[{i}]"), weights[i]),
    }
}

/// Tells whether all values are finite. Zero times a finite number is zero, and zero times any
/// other is NaN, so that sums show it. There are as many sums as the processor can add to without
/// waiting.
fn all_finite(values: &[f64]) -> bool {
    let mut sums = [0.0; 16];
    let (groups, rest) = values.as_chunks::<16>();
    for group in groups {
        for (sum, value) in sums.iter_mut().zip(group) {
            *sum += value * 0.0;
        }
    }
    let rest: f64 = rest.iter().map(|value| value * 0.0).sum();
    rest + sums.iter().sum::<f64>() == 0.0
}

/// Checks that a part of the activations, or numbers in their order, are finite.
fn finite(parts: &ProblemParts, values: &[f64], term: &str) -> Result<()> {
    if all_finite(values) {
        return Ok(());
    }
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(i) => Err(not_finite(parts, i, term, values[i])),
    }
}

/// Error about one number in the order of the activations, at place `index`.
pub(super) fn not_finite(parts: &ProblemParts, index: usize, term: &str, value: f64) -> Error {
    let layer = parts.starts.partition_point(|&start| start <= index) - 1;
    let within = index - parts.starts[layer];
    let width = parts.network.widths()[layer];
    Error::NotFiniteInLayer {
        path: "unknowns".into(),
        layer,
        pair: within / width,
        neuron: within % width,
        term: term.into(),
        value,
    }
}
