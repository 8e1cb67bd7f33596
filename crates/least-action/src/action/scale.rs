//! Scales on which parameters are estimated.

use crate::error::{check, Result};
use crate::model::Coordinate;

/// Scale on which a parameter is estimated: the unknown of the action is the parameter itself or a
/// function of it. Starting values are drawn uniformly on the scale, deviations are symmetric on
/// it, and without a prior the posterior density is flat on it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum ParameterScale {
    /// The parameter itself.
    #[default]
    Linear,
    /// Natural logarithm, for parameters that are positive.
    Log,
    /// Decimal logarithm, for parameters that are positive.
    Log10,
    /// Logit, the logarithm of `(p - low) / (high - p)`, for parameters between two bounds; without
    /// bounds, between 0 and 1.
    Logit,
}

impl ParameterScale {
    /// Coordinate of a parameter with these bounds on this scale.
    ///
    /// # Errors
    /// Bounds that the scale does not reach; `path` is the parameter's field in the options.
    pub(crate) fn coordinate(self, path: &str, bounds: Option<[f64; 2]>) -> Result<Coordinate> {
        match self {
            ParameterScale::Linear => Ok(Coordinate::Linear),
            ParameterScale::Log | ParameterScale::Log10 => {
                if let Some([low, _]) = bounds {
                    let expected = "not negative, as there are no logarithms of negative numbers";
                    check::require(low >= 0.0, &format!("{path}.bounds[0]"), low, expected)?;
                }
                Ok(match self {
                    ParameterScale::Log => Coordinate::Log,
                    _ => Coordinate::Log10,
                })
            }
            ParameterScale::Logit => {
                let [low, high] = bounds.unwrap_or([0.0, 1.0]);
                for (k, end) in [low, high].into_iter().enumerate() {
                    let expected = "finite on the logit scale, which lies between two bounds";
                    check::require(
                        end.is_finite(),
                        &format!("{path}.bounds[{k}]"),
                        end,
                        expected,
                    )?;
                }
                Ok(Coordinate::Logit { low, high })
            }
        }
    }
}
