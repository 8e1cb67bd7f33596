//! Memory of the structured minimiser.

use super::super::{Assembly, BlockMatrix, Cholesky, LeastSquares};
use super::block_quadratic::BlockMemory;
use crate::error::{check, Result};

/// Memory of the structured minimiser. It is made once per problem and serves any number of
/// minimisations by [`Structured::minimize_in`](super::Structured::minimize_in).
#[derive(Debug, Clone)]
pub struct Workspace {
    pub(super) blocks: BlockMemory,
    pub(super) vectors: Vectors,
}

impl Workspace {
    /// Memory for a problem.
    ///
    /// # Errors
    /// A linearisation whose patterns do not fit the layout, and bounds that are not one per
    /// unknown.
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

/// Vectors of a search, one number per unknown.
#[derive(Debug, Clone)]
pub(crate) struct Vectors {
    pub(super) gradient: Vec<f64>,
    /// Metric of steps.
    pub(super) scale: Vec<f64>,
    pub(super) shift: Vec<f64>,
    pub(super) step: Vec<f64>,
    pub(super) trial: Vec<f64>,
    /// Best step within bounds so far. Empty without bounds.
    pub(super) inside: Vec<f64>,
    /// Step within bounds that is tried. Empty without bounds.
    pub(super) candidate: Vec<f64>,
    pub(super) product: Vec<f64>,
    /// Active bounds at the present point: unknowns at a bound that they would leave downhill.
    /// Empty without bounds.
    pub(super) fixed: Vec<bool>,
    /// Active bounds of the step: those of the present point, and those that it leads to.
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
