//! Conditions of the model that contain unknown parameters, on the grid of a problem.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Discretization, Observations};
use crate::error::Result;
use crate::model::{Model, Switching};

/// The model with conditions averaged, where unknown parameters stand in them; `own` is its number
/// of states before parameters that change in time.
///
/// # Errors
/// Conditions that cannot be averaged.
pub(super) fn with_averaged_conditions(
    model: Arc<dyn Model>,
    own: usize,
    data: &[Observations],
    discretization: Discretization,
    parameters: &[f64],
    estimated: &[usize],
    bounds: &BTreeMap<String, [f64; 2]>,
) -> Result<Arc<dyn Model>> {
    let together = discretization.steps_together() as f64;
    let steps: Vec<f64> = data.iter().map(|set| together * set.time_step).collect();
    let bound = |&p: &usize| {
        let given = bounds.get(&model.parameters()[p].name);
        given.copied().unwrap_or([f64::NEG_INFINITY, f64::INFINITY])
    };
    let bounds: Vec<[f64; 2]> = estimated.iter().map(bound).collect();
    let first = data.iter().map(|set| set.start);
    let last = data
        .iter()
        .map(|set| set.time(set.points.saturating_sub(1)));
    let averaged = model.with_averaged_conditions(&Switching {
        parameters,
        estimated,
        first_varying: own,
        bounds: &bounds,
        times: [
            first.fold(f64::INFINITY, f64::min),
            last.fold(f64::NEG_INFINITY, f64::max),
        ],
        width: common_multiple(&steps),
    })?;
    Ok(averaged.unwrap_or(model))
}

/// Largest factor of the longest step that is tried.
const MOST: usize = 12;
/// Largest difference from a whole number of steps.
const WHOLE: f64 = 1e-6;

/// Shortest time that is a whole number of every step; `None` if it would be long.
fn common_multiple(steps: &[f64]) -> Option<f64> {
    let longest = steps.iter().copied().fold(0.0, f64::max);
    let is_whole = |ratio: f64| (ratio - ratio.round()).abs() < WHOLE * ratio;
    (1..=MOST)
        .map(|factor| factor as f64 * longest)
        .find(|width| steps.iter().all(|step| is_whole(width / step)))
}

#[cfg(test)]
mod tests {
    use super::common_multiple;

    #[test]
    fn widths_are_whole_numbers_of_every_step() {
        assert_eq!(common_multiple(&[0.1]), Some(0.1));
        assert_eq!(common_multiple(&[0.1, 0.02]), Some(0.1));
        assert_eq!(common_multiple(&[0.25, 0.1]), Some(0.5));
        assert_eq!(common_multiple(&[1.0, std::f64::consts::FRAC_1_PI]), None);
    }
}
