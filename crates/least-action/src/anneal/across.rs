//! Options of parameters that differ by data set.

use crate::error::{check, Error, Result};

/// Data sets that share a value of a parameter.
///
/// ```
/// use least_action::anneal::Across;
///
/// let text = r#"["treated", "treated", "control"]"#;
/// let groups: Across = serde_json::from_str(text).unwrap();
/// assert_eq!(groups.labels().map(<[String]>::len), Some(3));
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Across {
    /// Each data set has its own value.
    Sets(EachSet),
    /// Data sets with one label share a value: one label per data set.
    Groups(Vec<String>),
}

/// The word `sets`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum EachSet {
    /// Each data set has its own value.
    Sets,
}

impl Across {
    /// Own values for all data sets.
    pub const SETS: Across = Across::Sets(EachSet::Sets);

    /// Labels of the data sets' groups; `None` where each has its own value.
    pub fn labels(&self) -> Option<&[String]> {
        match self {
            Across::Sets(_) => None,
            Across::Groups(labels) => Some(labels),
        }
    }
}

/// Normal distribution, on the parameter's scale, from which the own values of the data sets come.
/// Its mean is estimated.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Hierarchy {
    /// True for a distribution whose deviation is estimated, false for none.
    Switch(bool),
    /// Distribution with what is said of its deviation.
    Stated(HierarchyDeviation),
}

/// Statement on the deviation of a hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HierarchyDeviation {
    /// Standard deviation of the values between data sets, on the parameter's scale: a number that
    /// is known, or the value from which its estimation starts.
    pub deviation: BetweenSets,
}

/// Deviation between data sets.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum BetweenSets {
    /// Deviation that is known.
    Known(f64),
    /// Deviation that is estimated.
    Estimated {
        /// Value from which the estimation starts.
        initial: f64,
    },
}

impl Hierarchy {
    /// Hierarchy whose deviation is estimated.
    pub const ESTIMATED: Hierarchy = Hierarchy::Switch(true);

    /// Statement on the deviation; `None` where the data alone tell it, or there is no hierarchy.
    pub fn stated(&self) -> Option<BetweenSets> {
        match self {
            Hierarchy::Switch(_) => None,
            Hierarchy::Stated(stated) => Some(stated.deviation),
        }
    }

    /// True if there is one.
    pub fn is_on(&self) -> bool {
        *self != Hierarchy::Switch(false)
    }

    pub(super) fn validate(&self, path: &str) -> Result<()> {
        match self.stated() {
            None => Ok(()),
            Some(BetweenSets::Known(value)) => check::positive(&format!("{path}.deviation"), value),
            Some(BetweenSets::Estimated { initial }) => {
                check::positive(&format!("{path}.deviation.initial"), initial)
            }
        }
    }
}

/// Least number of data sets that tell a deviation between them.
pub(super) const LEAST_SETS: usize = 3;

/// Checks `across` and `hierarchy` of a parameter against the number of data sets.
///
/// # Errors
/// Labels that are not one per data set, a hierarchy of shared values or of fewer than three data
/// sets.
pub(super) fn check_sets(
    path: &str,
    across: Option<&Across>,
    hierarchy: Option<Hierarchy>,
    sets: usize,
) -> Result<()> {
    if let Some(labels) = across.and_then(Across::labels) {
        let because = "one label per data set; \"sets\" gives each its own value";
        check::length(&format!("{path}.across"), labels.len(), sets, because)?;
        if let Some(k) = labels.iter().position(String::is_empty) {
            return Err(Error::WrongShape {
                path: format!("{path}.across[{k}]"),
                message: "is empty: give each data set the name of its group".into(),
            });
        }
    }
    let Some(hierarchy) = hierarchy.filter(Hierarchy::is_on) else {
        return Ok(());
    };
    let field = format!("{path}.hierarchy");
    hierarchy.validate(&field)?;
    if !matches!(across, Some(Across::Sets(_))) {
        return Err(Error::WrongShape {
            path: field,
            message: "is a distribution of own values: give across: \"sets\" as well, or leave \
                      hierarchy out"
                .into(),
        });
    }
    check::require(
        sets >= LEAST_SETS || matches!(hierarchy.stated(), Some(BetweenSets::Known(_))),
        &field,
        sets as f64,
        "a hierarchy of three data sets or more: fewer do not tell a deviation between them; leave \
         hierarchy out, or state its deviation",
    )
}
