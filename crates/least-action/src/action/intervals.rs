//! Bounds of the unknowns of an action.

use crate::error::{check, Result};

/// Intervals of all unknowns: the path, then the estimated parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    /// Lowest values, one per unknown; `-Infinity` where there is none.
    pub lower: Vec<f64>,
    /// Highest values, one per unknown; `Infinity` where there is none.
    pub upper: Vec<f64>,
}

/// Checks that an interval is not empty. An end may be infinite.
pub(crate) fn check_interval(path: &str, [low, high]: [f64; 2]) -> Result<()> {
    check::require(
        !low.is_nan(),
        &format!("{path}[0]"),
        low,
        "a number; -Infinity where there is no lowest value",
    )?;
    check::require(
        high > low,
        &format!("{path}[1]"),
        high,
        &format!("greater than the lower end, {low}"),
    )
}
