use super::CompactDefinition;
use crate::error::{check, Result};
use crate::model::{EquationModel, Initial, ModelDefinition, StateDefinition};

/// Lorenz's ring of `dimension` sites, `dx_i/dt = x_(i-1) (x_(i+1) - x_(i-2)) - x_i + forcing` (E.
/// N. Lorenz, "Predictability: a problem partly solved", ECMWF seminar 1995). The default forcing,
/// 8.17, is the one of the variational annealing papers.
///
/// # Errors
/// Fewer than 4 sites, as the neighbours would coincide. More than 100,000 sites, as one node of a
/// graph per site is then the wrong representation.
pub fn lorenz96(dimension: usize) -> Result<EquationModel> {
    definition(dimension)?.build()
}

pub(super) fn definition(dimension: usize) -> Result<ModelDefinition> {
    check::at_least("dimension", dimension, 4)?;
    check::at_most("dimension", dimension, MOST_SITES)?;
    let mut initial = vec![8.17; dimension];
    initial[0] += 1.0;
    let ring = StateDefinition {
        initial: Some(Initial::Each(initial)),
        ..StateDefinition::vector("x", dimension)
    };
    let written = CompactDefinition {
        name: "lorenz96",
        parameters: &[("forcing", 8.17, "", "the same at every site")],
        equations: &[("x", "x[i-1]*(x[i+1] - x[i-2]) - x[i] + forcing")],
        spin_up: 20.0,
        ..CompactDefinition::default()
    };
    Ok(ModelDefinition {
        states: vec![ring],
        ..written.definition()
    })
}

/// Most sites of a ring: one node per site is the wrong representation beyond it.
pub const MOST_SITES: usize = 100_000;
