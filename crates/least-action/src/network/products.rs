//! Products with the Jacobian of the model's residuals, and with the Gauss-Newton Hessian, for
//! solvers that form no matrix.

use super::action::{check_unknowns, map_arguments, residual_rows, NetworkAction};
use super::terms::{each_row, measurement_factor, prior_factor};
use crate::error::{check, Result};

impl NetworkAction {
    /// Writes the push-forward `J v`: the change of all residuals of the model along `direction`,
    /// at the unknowns that were evaluated last. It has one number per residual, in the order of
    /// [`NetworkAction::residuals`].
    ///
    /// # Errors
    /// Lists of the wrong length.
    pub fn push_forward(
        &mut self,
        unknowns: &[f64],
        direction: &[f64],
        into: &mut [f64],
    ) -> Result<()> {
        let parts = &*self.problem.0;
        check_unknowns(&self.problem, "unknowns", unknowns)?;
        check_unknowns(&self.problem, "direction", direction)?;
        let because = "one per residual";
        check::length("into", into.len(), self.residuals.len(), because)?;
        let (x, weights) = unknowns.split_at(self.problem.activation_count());
        let (dx, dw) = direction.split_at(x.len());
        for l in 0..parts.network.depth() {
            let rows = residual_rows(parts, l);
            let into = &mut into[rows.clone()];
            let along = (&dx[self.problem.activations(l)], dw);
            let at = map_arguments(parts, l, x, weights);
            self.pass.push_forward(at, &self.kept[rows], along, into);
            for (value, dx) in into.iter_mut().zip(&dx[self.problem.activations(l + 1)]) {
                *value = dx - *value;
            }
        }
        Ok(())
    }

    /// Adds the pull-back `J^T along` to `gradient`, at the unknowns that were evaluated last.
    /// `along` has one number per residual.
    ///
    /// # Errors
    /// Lists of the wrong length.
    pub fn pull_back(
        &mut self,
        unknowns: &[f64],
        along: &[f64],
        gradient: &mut [f64],
    ) -> Result<()> {
        let parts = &*self.problem.0;
        check_unknowns(&self.problem, "unknowns", unknowns)?;
        check_unknowns(&self.problem, "gradient", gradient)?;
        let because = "one per residual";
        check::length("along", along.len(), self.residuals.len(), because)?;
        let (x, weights) = unknowns.split_at(self.problem.activation_count());
        let (dx, dw) = gradient.split_at_mut(x.len());
        for l in 0..parts.network.depth() {
            let rows = residual_rows(parts, l);
            let adjoint = &mut self.along[..rows.len()];
            let (before, after) = dx.split_at_mut(parts.starts[l + 1]);
            let pairs = adjoint.iter_mut().zip(&along[rows.clone()]);
            for ((adjoint, along), dx) in pairs.zip(after) {
                *dx += along;
                *adjoint = -along;
            }
            let at = map_arguments(parts, l, x, weights);
            let before = &mut before[parts.starts[l]..];
            self.pass
                .pull_back(at, &self.kept[rows], adjoint, before, dw);
        }
        Ok(())
    }

    /// Writes `H direction` to `into`, with the Gauss-Newton Hessian H at the unknowns that were
    /// evaluated last: second derivatives of the layers are left out. `rows` is memory for one
    /// number per residual.
    ///
    /// # Errors
    /// Lists of the wrong length.
    pub fn gauss_newton(
        &mut self,
        model_precision: f64,
        unknowns: &[f64],
        direction: &[f64],
        rows: &mut [f64],
        into: &mut [f64],
    ) -> Result<()> {
        self.push_forward(unknowns, direction, rows)?;
        let weight = self.model_weight(model_precision);
        rows.iter_mut().for_each(|row| *row *= weight);
        into.fill(0.0);
        self.pull_back(unknowns, rows, into)?;
        let parts = &*self.problem.0;
        let factor = 2.0 * measurement_factor(parts);
        for target in &parts.targets {
            let range = self.problem.activations(target.layer);
            let mut direction = direction[range.clone()].iter();
            let (x, into) = (&unknowns[range.clone()], &mut into[range]);
            each_row(target, x, into, |into, _, weight, is_measured| {
                let along = direction.next().copied().unwrap_or(0.0);
                if is_measured {
                    *into += factor * weight * along;
                }
            });
        }
        let factor = 2.0 * prior_factor(parts);
        let start = self.problem.activation_count();
        for prior in &parts.priors {
            for k in prior.weights.clone() {
                into[start + k] += factor * prior.precision * direction[start + k];
            }
        }
        Ok(())
    }
}
