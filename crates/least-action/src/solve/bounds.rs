//! Closed intervals that the unknowns must stay in.

use crate::error::{check, Result};

/// Closed intervals of the unknowns, one each. Ends may be infinite.
///
/// ```
/// use least_action::solve::Bounds;
///
/// let bounds = Bounds::new(vec![0.0, f64::NEG_INFINITY], vec![1.0, 5.0])?;
/// let mut x = [2.0, 3.0];
/// assert!(bounds.project(&mut x));
/// assert_eq!(x, [1.0, 3.0]);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// Lower ends, one per unknown; `-Infinity` where there is none.
    pub lower: Vec<f64>,
    /// Upper ends, one per unknown; `Infinity` where there is none.
    pub upper: Vec<f64>,
}

impl Bounds {
    /// Bounds with these lower and upper ends.
    ///
    /// # Errors
    /// Lists of unequal length, an end that is NaN, an empty interval.
    pub fn new(lower: Vec<f64>, upper: Vec<f64>) -> Result<Self> {
        let because = "one per lower bound";
        check::length("bounds.upper", upper.len(), lower.len(), because)?;
        for (unknown, (&low, &high)) in lower.iter().zip(&upper).enumerate() {
            check::require(
                low <= high && low < f64::INFINITY && high > f64::NEG_INFINITY,
                &format!("bounds.lower[{unknown}]"),
                low,
                &format!("a number that is at most the upper bound, {high}"),
            )?;
        }
        Ok(Bounds { lower, upper })
    }

    /// Moves every unknown that is outside of its interval to the nearer end. Returns true if any
    /// was moved.
    pub fn project(&self, x: &mut [f64]) -> bool {
        let mut moved = false;
        for (x, (&low, &high)) in x.iter_mut().zip(self.lower.iter().zip(&self.upper)) {
            let inside = x.max(low).min(high);
            moved |= inside != *x;
            *x = inside;
        }
        moved
    }

    /// Marks the active bounds: unknowns at an end of their interval while the value falls further
    /// outside. Returns their number.
    pub fn mark_active(&self, x: &[f64], gradient: &[f64], active: &mut [bool]) -> usize {
        let ends = self.lower.iter().zip(&self.upper);
        let mut count = 0;
        for (active, ((&x, &g), (&low, &high))) in
            active.iter_mut().zip(x.iter().zip(gradient).zip(ends))
        {
            *active = low == high || (x <= low && g > 0.0) || (x >= high && g < 0.0);
            count += usize::from(*active);
        }
        count
    }

    /// Marks the unknowns that are at an end of their interval, and the `fixed` ones.
    pub(super) fn mark_ends(&self, x: &[f64], fixed: &[bool], ends: &mut [bool]) {
        let bounds = self.lower.iter().zip(&self.upper);
        for (((end, &fixed), &x), (&low, &high)) in ends.iter_mut().zip(fixed).zip(x).zip(bounds) {
            *end = fixed || x <= low || x >= high;
        }
    }
}
