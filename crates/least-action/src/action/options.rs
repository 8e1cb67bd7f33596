use std::collections::BTreeMap;

use super::{
    ChannelNoise, Discretization, FirstState, Normalization, OwnParameter, ParameterPrior,
    Precision,
};

/// Options of an action: everything that turns a model and data into one.
///
/// ```
/// use least_action::action::Prior;
/// use least_action::ActionOptions;
///
/// let options = ActionOptions {
///     measurement_precision: 4.0.into(),
///     estimate: vec!["rho".into()],
///     bounds: [("rho".to_string(), [0.0, 100.0])].into(),
///     priors: [("rho".to_string(), Prior { mean: 25.0, deviation: 5.0 }.into())].into(),
///     ..ActionOptions::default()
/// };
/// assert_eq!(options.discretization, None);
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ActionOptions {
    #[serde(default)]
    /// Rule that turns the model into residuals on the time grid. Default: `simpson-hermite` for
    /// flows, `map` for maps.
    pub discretization: Option<Discretization>,
    /// Normalisation of the sums: means of squares, or half sums as in the negative log posterior.
    /// Default: `mean`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Normalization>"))]
    pub normalization: Normalization,
    /// Measurement precision R_m: one over the variance of the measurement noise, in one over the
    /// square of the data's unit. It is a number, one per observed component, one per point of the
    /// path (`{ perTime }`), one per datum (`{ perDatum }`, a row per point of the path), or a full
    /// matrix over the observed components, as rows.
    pub measurement_precision: Precision,
    /// Noise of measured channels that is estimated, by name; channels that are not named have a
    /// deviation that is estimated. `measurementPrecision` is then no statement on the noise, but
    /// the one that normalisations are relative to. Default: none, so that all noise is as
    /// `measurementPrecision` says.
    #[serde(skip)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub noise: Option<BTreeMap<String, ChannelNoise>>,
    /// Weights that R_f is multiplied by, dimensionless: a number, one per state, one per point, or
    /// a full matrix over the states. Default: 1.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Precision>"))]
    pub model_weights: Precision,
    /// Values of parameters that are known, by name. Default: the model's defaults.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, f64>>"))]
    pub parameters: BTreeMap<String, f64>,
    /// Names of the parameters that are variables of the action, beside the path. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<String>>"))]
    pub estimate: Vec<String>,
    /// Precisions of estimated parameters that change in time, by name. The model's errors of
    /// `dp/dt = 0` are weighted with them at every R_f. These parameters are states that follow the
    /// model's. Default: none.
    #[serde(default)]
    #[cfg_attr(
        feature = "typescript",
        ts(type = "{ readonly [name: string]: number }", optional)
    )]
    pub varying: BTreeMap<String, f64>,
    /// Parameters of which each data set has its own value, by name. Default: none.
    #[serde(skip)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub own: BTreeMap<String, OwnParameter>,
    /// Lowest and highest values of states and estimated parameters, by name. An end may be
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
    #[cfg_attr(
        feature = "typescript",
        ts(as = "Option<BTreeMap<String, ParameterPrior>>")
    )]
    pub priors: BTreeMap<String, ParameterPrior>,
    /// Knowledge of states at the first point of data sets, by name: a number that is known
    /// exactly, a formula of parameters, or a mean with a standard deviation. One object is for all
    /// data sets; an array has one object for each of them. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<FirstState>"))]
    pub first_state: FirstState,
}
