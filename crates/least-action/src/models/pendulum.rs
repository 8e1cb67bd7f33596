use super::Written;
use crate::error::Result;
use crate::model::{EquationModel, ModelDefinition};

/// The plane pendulum with friction: `angle' = velocity`,
/// `velocity' = -gravity sin(angle) - damping velocity`. Angles in radians, not wrapped; `gravity`
/// is over the length, for motion tells only their quotient.
pub fn pendulum() -> Result<EquationModel> {
    definition().build()
}

pub(super) fn definition() -> ModelDefinition {
    Written {
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
        ..Written::default()
    }
    .definition()
}
