use std::collections::BTreeMap;

use super::{Discretization, Normalization, Precision, Prior};

/// How an action is formed from a model and data.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ActionOptions {
    #[serde(default)]
    /// Default: `simpson-hermite` for flows, `map` for maps.
    pub discretization: Option<Discretization>,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Normalization>"))]
    pub normalization: Normalization,
    /// R_m: one over the variance of the measurement noise, in the square of the data's unit: a
    /// number, one per observed component, one per point of the path (`{ perTime }`), or a full
    /// matrix over the observed components, as rows.
    pub measurement_precision: Precision,
    /// What R_f is multiplied by: a number, one per state, one per point, or a full matrix over the
    /// states. Default: 1.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Precision>"))]
    pub model_weights: Precision,
    /// Values of parameters that are known; the model's defaults where none is given.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, f64>>"))]
    pub parameters: BTreeMap<String, f64>,
    /// Names of the parameters that are variables of the action, beside the path. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<String>>"))]
    pub estimate: Vec<String>,
    /// Estimated parameters that change in time, by name, with the precision of what changes them:
    /// the model's errors of `dp/dt = 0` are weighted with it, whatever R_f is. They are states
    /// that follow the model's. Default: none.
    #[serde(default)]
    #[cfg_attr(
        feature = "typescript",
        ts(type = "{ readonly [name: string]: number }", optional)
    )]
    pub varying: BTreeMap<String, f64>,
    /// Lowest and highest values of states and estimated parameters, by name; an end may be
    /// infinite. Default: none.
    #[serde(default)]
    #[cfg_attr(
        feature = "typescript",
        ts(
            type = "{ readonly [name: string]: readonly [number, number] }",
            optional
        )
    )]
    pub bounds: BTreeMap<String, [f64; 2]>,
    /// Priors of estimated parameters, by name. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, Prior>>"))]
    pub priors: BTreeMap<String, Prior>,
    /// Priors of states at the first point of every data set, by name. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, Prior>>"))]
    pub first_state: BTreeMap<String, Prior>,
}
