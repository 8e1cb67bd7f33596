//! Conventions of the sums that make up an action.

/// Normalisation of the parts of the action: means of squares, or half sums as in the negative log
/// posterior. Default: `mean`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Normalization {
    /// Means of squares, without the factor 1/2: `R_m mean (x - y)^2 + R_f mean r^2`, the
    /// convention of varanneal. The action is about 1 at the truth when R_m is one over the noise
    /// variance.
    #[default]
    Mean,
    /// Half sums of squares: `R_m/2 sum (x - y)^2 + R_f/2 sum r^2`, the negative log posterior. The
    /// action is about half the number of observations at the truth.
    Posterior,
}

impl Normalization {
    /// All normalisations, in the order of their declaration.
    pub const ALL: [Normalization; 2] = [Normalization::Mean, Normalization::Posterior];

    /// Factor of a sum of `count` losses.
    pub(crate) fn factor(self, count: usize) -> f64 {
        match self {
            Normalization::Mean => 1.0 / count as f64,
            Normalization::Posterior => 0.5,
        }
    }

    /// R_f at which a residual of the model counts as much as a measurement with R_m = 1.
    pub(crate) fn per_residual(self, residuals: usize, measured: usize) -> f64 {
        match self {
            Normalization::Mean => residuals as f64 / measured as f64,
            Normalization::Posterior => 1.0,
        }
    }
}
