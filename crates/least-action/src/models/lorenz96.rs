use crate::error::{check, Result};
use crate::model::{EquationModel, ModelBuilder};

/// Lorenz's ring of `dimension` sites, `dx_i/dt = x_(i-1) (x_(i+1) - x_(i-2)) - x_i + forcing` (E. N. Lorenz, "Predictability: a problem
/// partly solved", ECMWF seminar 1995). The default forcing, 8.17, is the one of the variational annealing papers.
///
/// # Errors
/// Fewer than 4 sites: the neighbours would coincide. More than [`MOST`]: tell the author of a request for a million equations.
pub fn lorenz96(dimension: usize) -> Result<EquationModel> {
    check::at_least("dimension", dimension, 4)?;
    check::at_most("dimension", dimension, MOST)?;
    let mut initial = vec![8.17; dimension];
    initial[0] += 1.0;
    ModelBuilder::new("lorenz96")
        .states((0..dimension).map(|i| format!("x{i}")))
        .parameter("forcing", 8.17, "the same at every site")
        .initial_state(initial)
        .spin_up(20.0)
        .flow(|x, p| {
            let at = |i: usize| x[i % dimension];
            (0..dimension)
                .map(|i| {
                    let (before, after) = (at(i + dimension - 1), at(i + 1));
                    before * (after - at(i + dimension - 2)) - at(i) + p[0]
                })
                .collect()
        })
}

/// The largest ring: beyond it a graph with one node per site is the wrong tool.
pub const MOST: usize = 100_000;
