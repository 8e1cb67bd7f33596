use super::CompactDefinition;
use crate::error::Result;
use crate::model::{EquationModel, ModelDefinition};

/// A neuron with sodium, potassium and leak currents, after Hodgkin and Huxley (J. Physiol. 117,
/// 1952), under a known stimulus `I`: the test case of variational annealing in neuroscience. Time
/// in ms, voltages in mV, capacitance 1 uF/cm^2.
///
/// Each gate goes to `(1 + tanh((V - Vt)/dV))/2` in the time `t1 + t2 (1 - tanh((V - Vt)/dV)^2)`.
/// This form and these values are those of the programs varanneal and minAone. The initial state is
/// at rest without stimulus.
pub fn nakl_neuron() -> Result<EquationModel> {
    definition().build()
}

pub(super) fn definition() -> ModelDefinition {
    CompactDefinition {
        name: "naklNeuron",
        states: &[
            ("V", REST[0], "mV"),
            ("m", REST[1], ""),
            ("h", REST[2], ""),
            ("n", REST[3], ""),
        ],
        inputs: &["I"],
        parameters: &[
            (
                "gNa",
                120.0,
                "mS/cm^2",
                "conductance of sodium, all gates open",
            ),
            ("ENa", 50.0, "mV", "reversal potential of sodium"),
            (
                "gK",
                20.0,
                "mS/cm^2",
                "conductance of potassium, all gates open",
            ),
            ("EK", -77.0, "mV", "reversal potential of potassium"),
            ("gL", 0.3, "mS/cm^2", "conductance of the leak"),
            ("EL", -54.0, "mV", "reversal potential of the leak"),
            ("Vm", -40.0, "mV", "half activation of m"),
            ("dVm", 15.0, "mV", "width of the activation of m"),
            ("t1m", 0.1, "ms", "shortest time of m"),
            ("t2m", 0.4, "ms", "what is added to it at half activation"),
            ("Vh", -60.0, "mV", "half inactivation of h"),
            (
                "dVh",
                -15.0,
                "mV",
                "width of the inactivation of h, negative",
            ),
            ("t1h", 1.0, "ms", "shortest time of h"),
            ("t2h", 7.0, "ms", "what is added to it at half inactivation"),
            ("Vn", -55.0, "mV", "half activation of n"),
            ("dVn", 30.0, "mV", "width of the activation of n"),
            ("t1n", 1.0, "ms", "shortest time of n"),
            ("t2n", 5.0, "ms", "what is added to it at half activation"),
        ],
        definitions: &[
            ("am", "tanh((V - Vm)/dVm)"),
            ("ah", "tanh((V - Vh)/dVh)"),
            ("an", "tanh((V - Vn)/dVn)"),
        ],
        equations: &[
            (
                "V",
                "gNa*m^3*h*(ENa - V) + gK*n^4*(EK - V) + gL*(EL - V) + I",
            ),
            ("m", "((1 + am)/2 - m)/(t1m + t2m*(1 - am^2))"),
            ("h", "((1 + ah)/2 - h)/(t1h + t2h*(1 - ah^2))"),
            ("n", "((1 + an)/2 - n)/(t1n + t2n*(1 - an^2))"),
        ],
        ..CompactDefinition::default()
    }
    .definition()
}

/// Stable state without stimulus, found by integration.
const REST: [f64; 4] = [
    -64.52301187606328,
    0.0366241800162417,
    0.6463579663364974,
    0.3464076772285763,
];
