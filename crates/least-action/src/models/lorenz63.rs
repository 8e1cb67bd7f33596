use super::CompactDefinition;
use crate::error::Result;
use crate::model::{EquationModel, ModelDefinition};

/// Lorenz's three-variable convection model (E. N. Lorenz, J. Atmos. Sci. 20, 1963), at the
/// classical chaotic parameters.
pub fn lorenz63() -> Result<EquationModel> {
    definition().build()
}

pub(super) fn definition() -> ModelDefinition {
    CompactDefinition {
        name: "lorenz63",
        states: &[("x", 1.0, ""), ("y", 1.0, ""), ("z", 25.0, "")],
        parameters: &[
            ("sigma", 10.0, "", "Prandtl number"),
            ("rho", 28.0, "", "Rayleigh number over its critical value"),
            ("beta", 8.0 / 3.0, "", "geometry of the convection cell"),
        ],
        equations: &[
            ("x", "sigma*(y - x)"),
            ("y", "x*(rho - z) - y"),
            ("z", "x*y - beta*z"),
        ],
        spin_up: 20.0,
        ..CompactDefinition::default()
    }
    .definition()
}
