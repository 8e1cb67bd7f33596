//! The memory of the structured minimiser.

use super::super::{Assembly, BlockMatrix, Cholesky, LeastSquares, SquareRoot};
use crate::action::Linearization;
use crate::error::{check, Result};

/// The memory of a minimisation: made once per problem, used for any number of minimisations.
#[derive(Debug, Clone)]
pub struct Workspace {
    pub(super) assembly: Assembly,
    /// At the present point, and at the one being tried.
    pub(super) now: Linearization,
    pub(super) next: Linearization,
    pub(super) hessian: BlockMatrix,
    pub(super) factor: Cholesky,
    /// Made when it is needed first: many problems never do.
    pub(super) square_root: Option<SquareRoot>,
    pub(super) gradient: Vec<f64>,
    /// Diagonal of the Gauss-Newton Hessian: the metric of steps.
    pub(super) scale: Vec<f64>,
    pub(super) shift: Vec<f64>,
    pub(super) step: Vec<f64>,
    pub(super) trial: Vec<f64>,
    /// Steps that stay within bounds: the best so far, and one being tried. Empty without bounds.
    pub(super) inside: Vec<f64>,
    pub(super) candidate: Vec<f64>,
    pub(super) product: Vec<f64>,
    /// Unknowns at a bound that they would leave downhill; empty without bounds.
    pub(super) fixed: Vec<bool>,
    /// These, and those that a step leads to a bound.
    pub(super) held: Vec<bool>,
}

impl Workspace {
    /// # Errors
    /// A linearisation whose patterns do not fit the layout.
    pub fn new(problem: &dyn LeastSquares) -> Result<Self> {
        let layout = problem.layout();
        let now = problem.linearization();
        now.validate(layout)?;
        let zeros = vec![0.0; layout.unknowns()];
        let (mut fixed, mut inside) = (Vec::new(), Vec::new());
        if let Some(bounds) = problem.bounds() {
            let because = "one per unknown";
            check::length("bounds", bounds.lower.len(), layout.unknowns(), because)?;
            fixed = vec![false; layout.unknowns()];
            inside = zeros.clone();
        }
        Ok(Workspace {
            assembly: Assembly::new(layout, &now),
            hessian: BlockMatrix::new(layout),
            factor: Cholesky::new(layout),
            square_root: None,
            next: now.clone(),
            now,
            gradient: zeros.clone(),
            scale: zeros.clone(),
            shift: zeros.clone(),
            step: zeros.clone(),
            trial: zeros.clone(),
            product: zeros,
            candidate: inside.clone(),
            inside,
            held: fixed.clone(),
            fixed,
        })
    }
}
