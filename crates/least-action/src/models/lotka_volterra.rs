use crate::error::Result;
use crate::model::{EquationModel, ModelBuilder};

/// Prey and predator (A. J. Lotka 1925; V. Volterra 1926): `u' = alpha u - beta u v`, `v' = -gamma v + delta u v`.
///
/// Defaults: posterior means for the Hudson Bay hares and lynx, time in years and pelts in thousands (B. Carpenter,
/// "Predator-prey population dynamics: the Lotka-Volterra model in Stan", 2018).
pub fn lotka_volterra() -> Result<EquationModel> {
    builder("lotkaVolterra", ["prey", "predator"], [34.0, 5.9]).flow(|x, p| {
        let (prey, predator) = (x[0], x[1]);
        vec![
            p[0] * prey - p[1] * prey * predator,
            p[3] * prey * predator - p[2] * predator,
        ]
    })
}

/// The same in `log u`, `log v`, where populations stay positive and errors are relative.
pub fn log_lotka_volterra() -> Result<EquationModel> {
    let initial = [libm::log(34.0), libm::log(5.9)];
    builder("logLotkaVolterra", ["logPrey", "logPredator"], initial).flow(|x, p| {
        let (prey, predator) = (x[0].exp(), x[1].exp());
        vec![p[0] - p[1] * predator, p[3] * prey - p[2]]
    })
}

fn builder(name: &str, states: [&str; 2], initial: [f64; 2]) -> ModelBuilder {
    ModelBuilder::new(name)
        .states(states)
        .parameter("alpha", 0.55, "growth of the prey, per unit of time")
        .parameter("beta", 0.028, "loss of prey per predator")
        .parameter("gamma", 0.80, "decline of the predators, per unit of time")
        .parameter("delta", 0.024, "growth of predators per prey")
        .initial_state(initial)
}
