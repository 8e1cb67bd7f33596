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
pub enum DataForm {
    /// The action has a sum over the measurements, as that of a discrete path: none in L, but a
    /// jump of the momentum, `p+ = p- + R_m P (x - y)`, at every time of a measurement.
    #[default]
    Impulses,
    /// The action has an integral of `(R_m/2) |P (x - y(t))|^2` with straight lines y(t) between
    /// measurements; R_m is then per unit of time.
    Linear,
    /// An integral as for `linear`, with natural cubic splines.
    Cubic,
}

names!(DataForm {
    Impulses => "impulses",
    Linear => "linear",
    Cubic => "cubic",
});

/// Precisions, parameters and form of data of a continuous action.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ContinuousActionOptions {
    /// R_m: a number, or one per observed component.
    pub measurement_precision: Precision,
    /// R_f of continuous time, a number or one per state: h times that of a discrete action with
    /// the step h whose residuals are `x_(n+1) - x_n - h F`. Infinity: the model holds exactly,
    /// `x' = F`. There is no Lagrangian then, but a Hamiltonian.
    pub model_precision: Precision,
    /// Values of parameters; the model's defaults where none is given.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, f64>>"))]
    pub parameters: BTreeMap<String, f64>,
    /// Form of the data. Default: `impulses`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<DataForm>"))]
    pub data_form: DataForm,
}

/// Checks a precision; the first argument is its path in errors.
type Check = fn(&str, f64) -> Result<()>;

/// Values for `count` components of a kind, each of which is checked.
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
        Precision::Matrix(_) | Precision::PerTime { .. } => Err(Error::WrongShape {
            path: path.into(),
            message: format!("in continuous time it is a number, or a list with one per {of}"),
        }),
    }
}

/// A precision, or infinity.
pub(super) fn check_model_precision(path: &str, value: f64) -> Result<()> {
    match value == f64::INFINITY {
        true => Ok(()),
        false => check::precision(path, value),
    }
}
