//! The memory of the structured minimiser.

use super::super::{Assembly, BlockMatrix, Cholesky, LeastSquares};
use super::block_quadratic::BlockMemory;
use crate::error::{check, Result};

/// The memory of a minimisation: made once per problem, used for any number of minimisations.
#[derive(Debug, Clone)]
pub struct Workspace {
    pub(super) blocks: BlockMemory,
    pub(super) vectors: Vectors,
}

impl Workspace {
    /// # Errors
    /// A linearisation whose patterns do not fit the layout.
    pub fn new(problem: &dyn LeastSquares) -> Result<Self> {
        let layout = problem.layout();
        let now = problem.linearization();
        now.validate(layout)?;
        let unknowns = layout.unknowns();
        if let Some(bounds) = problem.bounds() {
            check::length("bounds", bounds.lower.len(), unknowns, "one per unknown")?;
        }
        Ok(Workspace {
            blocks: BlockMemory {
                assembly: Assembly::new(layout, &now),
                hessian: BlockMatrix::new(layout),
                factor: Cholesky::new(layout),
                square_root: None,
                next: now.clone(),
                now,
                product: vec![0.0; unknowns],
            },
            vectors: Vectors::new(unknowns, problem.bounds().is_some()),
        })
    }
}

/// What a search keeps: one number per unknown.
#[derive(Debug, Clone)]
pub(crate) struct Vectors {
    pub(super) gradient: Vec<f64>,
    /// The metric of steps.
    pub(super) scale: Vec<f64>,
    pub(super) shift: Vec<f64>,
    pub(super) step: Vec<f64>,
    pub(super) trial: Vec<f64>,
    /// Steps that stay within bounds: the best so far, and one being tried. Empty without bounds.
    pub(super) inside: Vec<f64>,
    pub(super) candidate: Vec<f64>,
    pub(super) product: Vec<f64>,
    /// Active bounds at the present point: unknowns at a bound that they would leave downhill.
    /// Empty without bounds.
    pub(super) fixed: Vec<bool>,
    /// Active bounds of the step: these, and those that it leads to a bound.
    pub(super) active: Vec<bool>,
}

impl Vectors {
    pub(crate) fn new(unknowns: usize, bounded: bool) -> Self {
        let zeros = vec![0.0; unknowns];
        let (mut fixed, mut inside) = (Vec::new(), Vec::new());
        if bounded {
            fixed = vec![false; unknowns];
            inside = zeros.clone();
        }
        Vectors {
            gradient: zeros.clone(),
            scale: zeros.clone(),
            shift: zeros.clone(),
            step: zeros.clone(),
            trial: zeros.clone(),
            product: zeros,
            candidate: inside.clone(),
            inside,
            active: fixed.clone(),
            fixed,
        }
    }
}
