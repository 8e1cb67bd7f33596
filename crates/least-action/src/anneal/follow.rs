//! Structured minimisation along a ladder: the minimum of every rung is near that of the one
//! before.

use crate::error::Result;
use crate::solve::{LeastSquares, Minimum, Structured, Workspace};

/// Tolerance below the last rung of an adaptive ladder, where the minimum is only followed.
const LOOSE: f64 = 1e-2;

/// Options of the minimiser at one rung; `loose` is true where its minimum is only followed.
pub(super) fn of_rung(structured: &Structured, loose: bool) -> Structured {
    match loose {
        true => Structured {
            tolerance: structured.tolerance.max(LOOSE),
            ..*structured
        },
        false => *structured,
    }
}

/// Minimises at one rung; the workspace is made at the first rung and serves all.
pub(super) fn follow(
    structured: &Structured,
    loose: bool,
    workspace: &mut Option<Workspace>,
    problem: &mut dyn LeastSquares,
    x: &mut [f64],
) -> Result<Minimum> {
    let workspace = match workspace {
        Some(workspace) => workspace,
        empty => empty.insert(Workspace::new(problem)?),
    };
    of_rung(structured, loose).minimize_in(workspace, problem, x)
}
