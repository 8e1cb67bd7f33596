//! Factor of a Gauss-Newton Hessian that may be singular: unknowns that depend on others are found
//! and left out.

use super::{Assembly, BlockMatrix, BlockQr, Cholesky};
use crate::solve::{Layout, Linearization};

/// Least share of a diagonal element that the unknowns before must leave unexplained for
/// [`Cholesky`] to be accurate: it forms differences, whose errors are those of rounding.
const CHOLESKY: f64 = 1e-8;

/// Ratio of a diagonal element of the square-root form to the length of its column, up to which the
/// column depends on those before it.
const DEPENDENT: f64 = 1e-12;

/// Maximum number of dependent unknowns that are looked for.
const MOST_DEPENDENT: usize = 64;

/// Factor of `J^T W J` over the unknowns that determine the others' columns of J.
#[derive(Debug, Clone)]
pub(crate) struct RankFactor {
    /// Factor, with the rows and columns of held unknowns replaced by those of the identity.
    pub factor: Cholesky,
    /// The matrix `J^T W J` of all unknowns.
    pub hessian: BlockMatrix,
    /// True for each unknown that is left out: fixed by the caller, or dependent.
    pub held: Vec<bool>,
    /// Numbers of the dependent unknowns. Their count is the nullity of J.
    pub dependent: Vec<usize>,
}

impl RankFactor {
    /// Factors the rows of a linearisation without the unknowns marked in `fixed`, one entry per
    /// unknown or none. `None` if numbers are not finite or more unknowns depend on others than are
    /// looked for.
    ///
    /// Products with a row, as leverages are, do not depend on which of the unknowns of a null
    /// direction is left out.
    pub fn new(layout: &Layout, rows: &Linearization, fixed: &[bool]) -> Option<Self> {
        let unknowns = layout.unknowns();
        let mut hessian = BlockMatrix::new(layout);
        let mut gradient = vec![0.0; unknowns];
        Assembly::new(layout, rows).assemble(rows, &mut hessian, &mut gradient);
        let mut diagonal = vec![0.0; unknowns];
        hessian.diagonal(&mut diagonal);
        if !diagonal.iter().all(|h| h.is_finite()) {
            return None;
        }
        let mut held = vec![false; unknowns];
        held[..fixed.len()].copy_from_slice(fixed);
        let mut found = RankFactor {
            factor: Cholesky::new(layout),
            hessian,
            held,
            dependent: Vec::new(),
        };
        if found.by_cholesky(&diagonal) {
            return Some(found);
        }
        let least: Vec<f64> = diagonal.iter().map(|h| DEPENDENT * h.sqrt()).collect();
        let mut form = BlockQr::new(layout, rows);
        while let Err(singular) = form.factor(rows, &[], &found.held, &least) {
            if found.held[singular.unknown] || found.dependent.len() == MOST_DEPENDENT {
                return None;
            }
            found.held[singular.unknown] = true;
            found.dependent.push(singular.unknown);
        }
        found.factor.load_square_root(&form);
        Some(found)
    }

    /// Factors by Cholesky's method; false if that is not accurate.
    fn by_cholesky(&mut self, diagonal: &[f64]) -> bool {
        if self.factor.factor(&self.hessian, &[], &self.held).is_err() {
            return false;
        }
        let pivots = self.factor.pivots().zip(diagonal).zip(&self.held);
        pivots
            .filter(|(_, &held)| !held)
            .all(|((pivot, h), _)| pivot > CHOLESKY * h)
    }

    /// Direction along which a dependent unknown moves with others so that no row changes, to first
    /// order; the movement of that unknown is 1.
    pub fn null_direction(&self, dependent: usize) -> Vec<f64> {
        let mut unit = vec![0.0; self.held.len()];
        unit[dependent] = 1.0;
        let mut direction = vec![0.0; self.held.len()];
        self.hessian.multiply(&unit, &mut direction);
        for (part, &held) in direction.iter_mut().zip(&self.held) {
            *part = if held { 0.0 } else { -*part };
        }
        self.factor.solve(&mut direction);
        direction[dependent] = 1.0;
        direction
    }
}
