use super::CompactDefinition;
use crate::error::Result;
use crate::model::{EquationModel, ModelDefinition};

/// Prey and predator (A. J. Lotka 1925; V. Volterra 1926): `u' = alpha u - beta u v`,
/// `v' = -gamma v + delta u v`.
///
/// Defaults: posterior means for the Hudson Bay hares and lynx, time in years and pelts in
/// thousands (B. Carpenter, "Predator-prey population dynamics: the Lotka-Volterra model in Stan",
/// 2018).
pub fn lotka_volterra() -> Result<EquationModel> {
    definition().build()
}

/// The model of [`lotka_volterra()`] in `log u` and `log v`. In these coordinates populations stay
/// positive and errors are relative.
pub fn log_lotka_volterra() -> Result<EquationModel> {
    log_definition().build()
}

const PARAMETERS: [(&str, f64, &str, &str); 4] = [
    ("alpha", 0.55, "", "growth of the prey, per unit of time"),
    ("beta", 0.028, "", "loss of prey per predator"),
    (
        "gamma",
        0.80,
        "",
        "decline of the predators, per unit of time",
    ),
    ("delta", 0.024, "", "growth of predators per prey"),
];

pub(super) fn definition() -> ModelDefinition {
    CompactDefinition {
        name: "lotkaVolterra",
        states: &[("prey", 34.0, ""), ("predator", 5.9, "")],
        parameters: &PARAMETERS,
        equations: &[
            ("prey", "alpha*prey - beta*prey*predator"),
            ("predator", "delta*prey*predator - gamma*predator"),
        ],
        ..CompactDefinition::default()
    }
    .definition()
}

pub(super) fn log_definition() -> ModelDefinition {
    CompactDefinition {
        name: "logLotkaVolterra",
        states: &[
            ("logPrey", libm::log(34.0), ""),
            ("logPredator", libm::log(5.9), ""),
        ],
        parameters: &PARAMETERS,
        equations: &[
            ("logPrey", "alpha - beta*exp(logPredator)"),
            ("logPredator", "delta*exp(logPrey) - gamma"),
        ],
        ..CompactDefinition::default()
    }
    .definition()
}
