use std::collections::BTreeMap;

use crate::action::Precision;
use crate::error::{check, Error, Result};
use crate::mechanics::names::names;

/// Form in which measurements enter a continuous action.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum DataForm {
    /// The action has a sum over the measurements, like that of a discrete path: L has no term of
    /// them, but the momentum jumps, `p+ = p- + R_m P (x - y)`, at every time of a measurement.
    #[default]
    Impulses,
    /// The action has an integral of `(R_m/2) |P (x - y(t))|^2` with straight lines y(t) between
    /// measurements; R_m is then per unit of time.
    Linear,
    /// The action has an integral as for `linear`, with natural cubic splines between measurements.
    Cubic,
}

names!(DataForm {
    Impulses => "impulses",
    Linear => "linear",
    Cubic => "cubic",
});

/// Options of a continuous action: precisions, parameters and form of the data.
///
/// ```
/// use least_action::mechanics::{ContinuousActionOptions, DataForm};
///
/// let options = ContinuousActionOptions {
///     measurement_precision: 4.0.into(),
///     model_precision: 100.0.into(),
///     ..ContinuousActionOptions::default()
/// };
/// assert_eq!(options.data_form, DataForm::Impulses);
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ContinuousActionOptions {
    /// Measurement precision R_m: a number, or one per observed component.
    pub measurement_precision: Precision,
    /// Model precision R_f of continuous time, a number or one per state: h times that of a
    /// discrete action in the normalisation `posterior`, with the step h and the residuals
    /// `x_(n+1) - x_n - h F`. If it is infinite, the model holds exactly, `x' = F`. There is no
    /// Lagrangian then, but a Hamiltonian.
    pub model_precision: Precision,
    /// Values of parameters by name. Default: the model's own.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, f64>>"))]
    pub parameters: BTreeMap<String, f64>,
    /// Form of the data. Default: `impulses`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<DataForm>"))]
    pub data_form: DataForm,
}

/// Check of a precision; the first argument is its path in errors.
type Check = fn(&str, f64) -> Result<()>;

/// Values for `count` components of a kind, each of them checked.
pub(super) fn per_component(
    precision: &Precision,
    path: &str,
    count: usize,
    (of, check): (&str, Check),
) -> Result<Vec<f64>> {
    match precision {
        Precision::Scalar(value) => {
            check(path, *value)?;
            Ok(vec![*value; count])
        }
        Precision::PerComponent(values) => {
            check::length(path, values.len(), count, &format!("one per {of}"))?;
            for (l, value) in values.iter().enumerate() {
                check(&format!("{path}[{l}]"), *value)?;
            }
            Ok(values.clone())
        }
        Precision::Matrix(_) | Precision::PerTime { .. } | Precision::PerDatum { .. } => {
            Err(Error::WrongShape {
                path: path.into(),
                message: format!("in continuous time it is a number, or a list with one per {of}"),
            })
        }
    }
}

/// Checks a precision that may be infinite.
pub(super) fn check_model_precision(path: &str, value: f64) -> Result<()> {
    match value == f64::INFINITY {
        true => Ok(()),
        false => check::precision(path, value),
    }
}
