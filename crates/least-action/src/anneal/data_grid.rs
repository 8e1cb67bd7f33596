//! Grid of the model through the times of the data.

use super::AnnealOptions;
use crate::action::{Discretization, Observations};
use crate::error::{check, Result};
use crate::model::{Model, MOST_VALUES};

/// Data on a grid that the discretisation can take, with options that belong to it. Data that are
/// wrong stay as they are, to be refused by field where they are checked.
///
/// # Errors
/// A grid with too many points to fit in memory.
pub(super) fn on_grid(
    model: &dyn Model,
    data: Vec<Observations>,
    options: &mut AnnealOptions,
) -> Result<Vec<Observations>> {
    let discretization = options
        .discretization
        .unwrap_or(Discretization::default_for(model.kind()));
    let is_right = |set: &Observations| set.validate("data", model).is_ok();
    if !discretization.suits(model.kind()) || !data.iter().all(is_right) {
        return Ok(data);
    }
    let all: Vec<_> = data
        .iter()
        .map(|set| set.divisions(discretization))
        .collect();
    if all.iter().all(Option::is_none) {
        return Ok(data);
    }
    let divisions: Vec<Vec<usize>> = all
        .into_iter()
        .zip(&data)
        .map(|(own, set)| own.unwrap_or_else(|| vec![1; set.points - 1]))
        .collect();
    let mut points = 0usize;
    for (k, (own, set)) in divisions.iter().zip(&data).enumerate() {
        points = own.iter().fold(points, |sum, &n| sum.saturating_add(n));
        let path = match data.len() {
            1 => "data.timeStep".into(),
            _ => format!("data[{k}].timeStep"),
        };
        check::require(
            points <= MOST_VALUES / model.dimension(),
            &path,
            set.time_step,
            "so long that a grid of such steps through all times fits in memory",
        )?;
    }
    options.measurement_precision = options.measurement_precision.divided(&divisions);
    if let Some(weights) = &mut options.model_weights {
        *weights = weights.divided(&divisions);
    }
    let sets = data.iter().zip(&divisions);
    Ok(sets.map(|(set, own)| set.divided(own)).collect())
}
