/// What a stationary path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Stationary {
    /// The second variation is positive: no path near it has a lower action.
    Minimum,
    /// It is negative in some directions.
    Saddle,
    /// It is 0 in some direction, to rounding.
    Degenerate,
}

/// The second variation of the discrete action at a stationary path.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SecondVariation {
    pub kind: Stationary,
    /// The Morse index: in how many directions the action falls.
    pub negative_directions: usize,
    /// Times of points conjugate to the first end (focal points, where that end is free), one entry per multiplicity, ascending.
    pub conjugate_points: Vec<f64>,
    /// Covariance of each state where the action is a negative log posterior: the blocks of the inverse of the second variation, points x D x D; empty if not asked for.
    pub covariance: Vec<f64>,
}
