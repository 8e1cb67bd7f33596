use super::IntegrationMethod;
use crate::mechanics::time_grid::{one, TimeGrid};

/// Options of the integration of an orbit.
///
/// ```
/// use least_action::mechanics::{IntegrationMethod, IntegrationOptions};
///
/// let options = IntegrationOptions {
///     method: IntegrationMethod::StormerVerlet,
///     time_step: 0.1,
///     points: 1001,
///     ..IntegrationOptions::default()
/// };
/// assert_eq!(options.steps_per_point, 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct IntegrationOptions {
    /// Method of integration. Default: `implicit-midpoint`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<IntegrationMethod>"))]
    pub method: IntegrationMethod,
    /// Time of the first point. Default: 0.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub start: f64,
    /// Time between points; negative to go back in time.
    pub time_step: f64,
    /// Number of points, the first included.
    pub points: usize,
    /// Number of steps of the method from one point to the next; `dormand-prince` chooses its own.
    /// Default: 1.
    #[serde(default = "one")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub steps_per_point: usize,
    /// Maximum error of one step of `dormand-prince`, relative to the largest coordinate and the
    /// largest momentum. Default: 1e-9.
    #[serde(default = "tolerance")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub tolerance: f64,
    /// True to compute the derivative of the last point in the first one. Default: false.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub tangent: bool,
}

/// Default tolerance of `dormand-prince`.
pub(super) fn tolerance() -> f64 {
    1e-9
}

impl Default for IntegrationOptions {
    /// Two points in a step of 1; the rest as stated at the fields.
    fn default() -> Self {
        IntegrationOptions {
            method: IntegrationMethod::default(),
            start: 0.0,
            time_step: 1.0,
            points: 2,
            steps_per_point: 1,
            tolerance: tolerance(),
            tangent: false,
        }
    }
}

impl IntegrationOptions {
    pub(super) fn grid(&self) -> TimeGrid {
        TimeGrid {
            start: self.start,
            time_step: self.time_step,
            points: self.points,
            steps_per_point: match self.method {
                // It chooses its own.
                IntegrationMethod::DormandPrince => self.steps_per_point.min(1),
                _ => self.steps_per_point,
            },
        }
    }
}
