use super::CompactDefinition;
use crate::error::Result;
use crate::model::{EquationModel, ModelDefinition};

/// Motion down the slope of a potential with two wells, without inertia:
/// `x' = slope x - cubic x^3`, from the potential `cubic x^4/4 - slope x^2/2`. Its minima are at
/// `+-sqrt(slope/cubic)`, the barrier between them is `slope^2/(4 cubic)` high.
///
/// The stochastically forced double well is a test of assimilation where states jump: R. N. Miller,
/// M. Ghil, F. Gauthiez, J. Atmos. Sci. 51, 1037 (1994); with the drift `4 x - 4 x^3` of the
/// defaults, R. N. Miller, E. F. Carter, S. T. Blue, Tellus A 51, 167 (1999).
pub fn double_well() -> Result<EquationModel> {
    definition().build()
}

pub(super) fn definition() -> ModelDefinition {
    CompactDefinition {
        name: "doubleWell",
        states: &[("x", 0.1, "")],
        parameters: &[
            (
                "slope",
                4.0,
                "",
                "drives out of the middle, per unit of time",
            ),
            ("cubic", 4.0, "", "drives back from far out"),
        ],
        equations: &[("x", "slope*x - cubic*x^3")],
        ..CompactDefinition::default()
    }
    .definition()
}
