//! Options in the coordinates in which parameters are estimated.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::options::{AnnealOptions, Estimate};
use crate::action::ParameterScale;
use crate::error::{check, Error, Result};
use crate::model::{Coordinate, Model};

/// The model with the coordinates of parameters in the place of those that are estimated on a scale
/// of their own, and options for it.
///
/// # Errors
/// Starting values or bounds that are not on the scale, names of parameters that the model does not
/// have, and parameters on a scale that change in time.
pub(super) fn in_coordinates(
    model: Arc<dyn Model>,
    mut options: AnnealOptions,
) -> Result<(Arc<dyn Model>, AnnealOptions)> {
    let is_linear = |estimate: &Estimate| estimate.scale == ParameterScale::Linear;
    if options.estimate.values().all(is_linear) {
        return Ok((model, options));
    }
    let names = model.parameters().iter().map(|p| p.name.as_str());
    let mut coordinates = vec![Coordinate::Linear; model.parameters().len()];
    let mut estimates = BTreeMap::new();
    for (name, estimate) in std::mem::take(&mut options.estimate) {
        let path = format!("estimate.{name}");
        let index = check::position(&path, &name, names.clone())?;
        let coordinate = estimate.scale.coordinate(&path, estimate.bounds)?;
        coordinates[index] = coordinate;
        estimates.insert(
            coordinate.name(&name),
            on_scale(&path, estimate, coordinate)?,
        );
    }
    options.estimate = estimates;
    let changed = model.in_coordinates(&coordinates);
    let changed = changed.ok_or_else(|| Error::WrongShape {
        path: "estimate".into(),
        message: format!(
            "{} is not made of expressions, so its parameters are estimated on the scale \"linear\"",
            model.name()
        ),
    })?;
    Ok((changed, options))
}

/// The options of a parameter in its coordinate.
fn on_scale(path: &str, mut estimate: Estimate, coordinate: Coordinate) -> Result<Estimate> {
    if coordinate == Coordinate::Linear {
        return Ok(estimate);
    }
    if estimate.smoothness.is_some() {
        return Err(Error::WrongShape {
            path: format!("{path}.scale"),
            message:
                "a parameter that changes in time is estimated on the scale \"linear\": leave \
                      out scale, or write the model with its logarithm"
                    .into(),
        });
    }
    let expected = match coordinate {
        Coordinate::Logit { low, high } => {
            format!("between {low} and {high}, the ends of the logit scale")
        }
        _ => "greater than zero, as the scale is that of logarithms".into(),
    };
    let initial = estimate.range();
    for (k, end) in initial.into_iter().enumerate() {
        let is_on_scale = coordinate.of(end).is_finite();
        check::require(is_on_scale, &format!("{path}.initial[{k}]"), end, &expected)?;
    }
    estimate.initial = Some(initial.map(|end| coordinate.of(end)));
    estimate.bounds = match coordinate {
        Coordinate::Logit { .. } => None,
        _ => estimate
            .bounds
            .map(|ends| ends.map(|end| coordinate.of(end))),
    };
    estimate.scale = ParameterScale::Linear;
    Ok(estimate)
}
