//! Options of the check of the time step and of the refinement of the grid.

use crate::error::{check, Result};

/// Options of the check of the time step and of the refinement of the grid.
///
/// After a run the same data are looked at on a grid with steps half as long: the change of the
/// answer is the error that the time step makes. Where it matters, the grid is refined until it no
/// longer does.
///
/// ```
/// use least_action::anneal::Refinement;
///
/// // The step is checked, but the grid stays as it is.
/// let refinement = Refinement { most: Some(1), ..Refinement::default() };
/// assert!(refinement.check);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Refinement {
    /// True to check the time step after a run. Maps have no time step. Default: true.
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub check: bool,
    /// Maximum number of steps that one step of the data is divided into; 1 leaves the grid as it
    /// is. Default: 1 where `modelPrecision` says an R_f, which belongs to the grid of the data;
    /// else 1024.
    pub most: Option<usize>,
}

impl Default for Refinement {
    fn default() -> Self {
        Refinement {
            check: true,
            most: None,
        }
    }
}

impl Refinement {
    /// Checks the options; `path` names them in errors.
    ///
    /// # Errors
    /// A number of parts that is 0 or more than 2^20.
    pub(in crate::anneal) fn validate(&self, path: &str) -> Result<()> {
        match self.most {
            None => Ok(()),
            Some(most) => {
                check::at_least(&format!("{path}.most"), most, 1)?;
                check::at_most(&format!("{path}.most"), most, 1 << 20)
            }
        }
    }
}
