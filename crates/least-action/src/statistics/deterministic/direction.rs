//! Directions of first states and parameters that nothing determines, in words.

use super::posterior::StrongPosterior;
use crate::error::Error;
use crate::report::{shortest, Direction, DirectionPart};

/// Error about a direction of first states and parameters that is not determined. `sizes` are the
/// roots of the information about each at known others.
pub(super) fn undetermined(
    posterior: &StrongPosterior,
    mode: &[f64],
    direction: &[f64],
    sizes: &[f64],
) -> Error {
    let problem = posterior.problem();
    let d = posterior.layout.dimension;
    let sets = &posterior.elimination.sets;
    let values = posterior.reduced(mode);
    let estimated: Vec<&str> = problem.estimated().collect();
    let name = |k: usize| match k.checked_sub(sets.len() * d) {
        Some(p) => estimated[p].to_string(),
        None => {
            let state = &problem.model().states()[k % d];
            let time = shortest(problem.time(sets[k / d].start));
            match sets.len() {
                1 => format!("{state} at time {time}"),
                _ => format!("{state} at time {time} of data set {}", k / d),
            }
        }
    };
    let part = |k: usize| DirectionPart {
        name: name(k),
        value: direction[k],
        size: if values[k] == 0.0 {
            1.0
        } else {
            values[k].abs()
        },
        stiffness: sizes[k],
    };
    // Parameters are named first.
    let first = sets.len() * d;
    let order = (first..values.len()).chain(0..first);
    Error::Undetermined {
        path: "hessian".into(),
        direction: Direction::new(order.map(part).collect(), f64::INFINITY).movement(),
        remedy: "measure more, estimate less, or give these a prior: firstState for first states, \
            estimate.prior for parameters"
            .into(),
    }
}
