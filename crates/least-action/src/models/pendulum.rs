use super::CompactDefinition;
use crate::error::Result;
use crate::model::{EquationModel, ModelDefinition};

/// The plane pendulum with friction: `angle' = velocity`,
/// `velocity' = -gravity sin(angle) - damping velocity`. Angles are in radians and not wrapped. The
/// parameter `gravity` is gravity over length, as motion depends on their quotient only.
pub fn pendulum() -> Result<EquationModel> {
    definition().build()
}

pub(super) fn definition() -> ModelDefinition {
    CompactDefinition {
        name: "pendulum",
        states: &[("angle", 2.0, ""), ("velocity", 0.0, "")],
        parameters: &[
            ("gravity", 9.81, "1/s^2", "gravity over length"),
            ("damping", 0.1, "1/s", "friction over mass"),
        ],
        equations: &[
            ("angle", "velocity"),
            ("velocity", "-gravity*sin(angle) - damping*velocity"),
        ],
        ..CompactDefinition::default()
    }
    .definition()
}
