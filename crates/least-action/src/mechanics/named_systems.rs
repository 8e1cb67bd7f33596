//! Named systems of classical mechanics.

use super::classical::{HamiltonianDefinition, LagrangianDefinition};
use super::names::names;
use crate::model::{NamedExpression, ParameterDefinition};

/// A named system of classical mechanics, given by its Lagrangian. All parameters are 1 by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum ClassicalSystem {
    /// Harmonic oscillator: `L = mass v^2 / 2 - stiffness q^2 / 2`.
    HarmonicOscillator,
    /// A planet in a plane, around a sun at the origin: `L = mass (|v|^2 / 2 + gravity / |q|)`,
    /// where `gravity` is G times the sun's mass.
    Kepler,
    /// A mass on a rod, its angle in radians from rest:
    /// `L = mass length^2 v^2 / 2 + mass gravity length cos(q)`.
    Pendulum,
    /// A pendulum that hangs on another, both angles in radians from the vertical (L. D. Landau, E.
    /// M. Lifshitz, Mechanics, section 5).
    DoublePendulum,
}

names!(ClassicalSystem {
    HarmonicOscillator => "harmonic-oscillator",
    Kepler => "kepler",
    Pendulum => "pendulum",
    DoublePendulum => "double-pendulum",
});

impl ClassicalSystem {
    /// The Hamiltonian as text, for systems where it is short: its derivatives are then at hand
    /// without a Legendre transform at every point. Parameters are those of the Lagrangian.
    pub fn hamiltonian(self) -> Option<HamiltonianDefinition> {
        let (momenta, text): (&[&str], _) = match self {
            ClassicalSystem::HarmonicOscillator => (&["p"], "p^2/(2*mass) + stiffness*q^2/2"),
            ClassicalSystem::Kepler => (
                &["px", "py"],
                "(px^2 + py^2)/(2*mass) - mass*gravity/sqrt(x^2 + y^2)",
            ),
            ClassicalSystem::Pendulum => (
                &["momentum"],
                "momentum^2/(2*mass*length^2) - mass*gravity*length*cos(angle)",
            ),
            ClassicalSystem::DoublePendulum => return None,
        };
        let LagrangianDefinition {
            coordinates,
            parameters,
            ..
        } = self.definition();
        Some(HamiltonianDefinition {
            coordinates,
            momenta: momenta.iter().map(|&name| name.into()).collect(),
            parameters,
            definitions: Vec::new(),
            hamiltonian: text.into(),
        })
    }

    /// Definition of the Lagrangian as text.
    pub fn definition(self) -> LagrangianDefinition {
        match self {
            ClassicalSystem::HarmonicOscillator => written(
                &["q"],
                &["v"],
                &[("mass", "inertia"), ("stiffness", "force per length")],
                &[],
                "mass*v^2/2 - stiffness*q^2/2",
            ),
            ClassicalSystem::Kepler => written(
                &["x", "y"],
                &["vx", "vy"],
                &[
                    ("mass", "of the planet"),
                    ("gravity", "constant of gravity times the mass of the sun"),
                ],
                &[],
                "mass*((vx^2 + vy^2)/2 + gravity/sqrt(x^2 + y^2))",
            ),
            ClassicalSystem::Pendulum => written(
                &["angle"],
                &["rate"],
                &[
                    ("mass", "at the end of the rod"),
                    ("length", "of the rod"),
                    ("gravity", "acceleration"),
                ],
                &[],
                "mass*length^2*rate^2/2 + mass*gravity*length*cos(angle)",
            ),
            ClassicalSystem::DoublePendulum => written(
                &["upper", "lower"],
                &["upperRate", "lowerRate"],
                &[
                    ("upperMass", "at the end of the upper rod"),
                    ("lowerMass", "at the end of the lower rod"),
                    ("upperLength", "of the upper rod"),
                    ("lowerLength", "of the lower rod"),
                    ("gravity", "acceleration"),
                ],
                &[
                    ("first", "upperLength*upperRate"),
                    ("second", "lowerLength*lowerRate"),
                    ("both", "upperMass + lowerMass"),
                ],
                "both*first^2/2 + lowerMass*second^2/2 + lowerMass*first*second*cos(upper - lower) \
                 + both*gravity*upperLength*cos(upper) + lowerMass*gravity*lowerLength*cos(lower)",
            ),
        }
    }
}

fn written(
    coordinates: &[&str],
    velocities: &[&str],
    parameters: &[(&str, &str)],
    definitions: &[(&str, &str)],
    lagrangian: &str,
) -> LagrangianDefinition {
    let names = |list: &[&str]| list.iter().map(|&name| name.into()).collect();
    let parameter =
        |&(name, meaning): &(&str, &str)| ParameterDefinition::described(name, 1.0, "", meaning);
    let definition = |&(name, text): &(&str, &str)| NamedExpression::new(name, text);
    LagrangianDefinition {
        coordinates: names(coordinates),
        velocities: names(velocities),
        parameters: parameters.iter().map(parameter).collect(),
        definitions: definitions.iter().map(definition).collect(),
        lagrangian: lagrangian.into(),
    }
}
