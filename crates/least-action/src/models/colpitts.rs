use super::CompactDefinition;
use crate::error::Result;
use crate::model::{EquationModel, ModelDefinition};

/// The Colpitts oscillator, an electronic circuit with one transistor, in dimensionless form:
/// `x1' = alpha x2`, `x2' = -gamma (x1 + x3) - q x2`, `x3' = eta (x2 + 1 - exp(-x1))`.
///
/// The circuit and its chaos: G. M. Maggio, O. De Feo, M. P. Kennedy, IEEE Trans. Circuits Syst. I
/// 46, 1118 (1999). As a test of estimating states and parameters: J. C. Quinn, P. H. Bryant, D. R.
/// Creveling, S. R. Klein, H. D. I. Abarbanel, Phys. Rev. E 80, 016201 (2009), arXiv 0904.2798.
///
/// An ideal circuit with equal capacitors, gain g and quality Q has `alpha = eta = 2 g/Q`,
/// `gamma = Q/(4 g)` and `q = 1/Q`; here the four are free of each other. No publication was at
/// hand to confirm the defaults. With them the motion is chaotic: its largest Lyapunov exponent is
/// about 0.07 per unit of time.
pub fn colpitts() -> Result<EquationModel> {
    definition().build()
}

pub(super) fn definition() -> ModelDefinition {
    CompactDefinition {
        name: "colpitts",
        states: &[("x1", 0.1, ""), ("x2", 0.1, ""), ("x3", -1.0, "")],
        parameters: &[
            (
                "alpha",
                5.0,
                "",
                "current into voltage of the first capacitor",
            ),
            ("gamma", 0.0797, "", "voltages into current of the coil"),
            ("q", 0.6898, "", "losses of the coil"),
            ("eta", 6.2723, "", "gain of the transistor"),
        ],
        equations: &[
            ("x1", "alpha*x2"),
            ("x2", "-gamma*(x1 + x3) - q*x2"),
            ("x3", "eta*(x2 + 1 - exp(-x1))"),
        ],
        spin_up: 200.0,
        ..CompactDefinition::default()
    }
    .definition()
}
