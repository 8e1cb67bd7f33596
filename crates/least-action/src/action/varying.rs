//! Parameters that change in time: states with a precision of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::grid::Grid;
use super::noise::{Law, Noise, Precision, Whitening};
use crate::error::{check, Error, Result};
use crate::model::Model;

/// Parameter that changes in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Varying {
    /// Number of the state that stands for the parameter.
    pub component: usize,
    /// Precision of the parameter's equation `dp/dt = 0`, constant while R_f grows.
    pub precision: f64,
    /// True for a parameter of which each data set has its own value: it does not change in time.
    pub is_constant: bool,
    /// R_f from which on the precision is that; below, it is in proportion to R_f, so that on a
    /// ladder own values are bound as the rest of the model is. 0 for the precision at every R_f.
    pub from: f64,
}

impl Varying {
    /// Precision of the equation at an R_f.
    pub fn precision_at(&self, model_precision: f64) -> f64 {
        match model_precision < self.from {
            true => self.precision * (model_precision / self.from),
            false => self.precision,
        }
    }
}

/// Model with the named parameters as states, which follow its own in the model's order.
pub(super) fn with_varying(
    model: Arc<dyn Model>,
    given: &BTreeMap<String, f64>,
) -> Result<(Arc<dyn Model>, Vec<Varying>)> {
    if given.is_empty() {
        return Ok((model, Vec::new()));
    }
    let names = model.parameters().iter().map(|p| p.name.as_str());
    let mut chosen = Vec::new();
    for (name, &precision) in given {
        let path = format!("varying.{name}");
        chosen.push((check::position(&path, name, names.clone())?, precision));
        check::precision(&path, precision)?;
    }
    chosen.sort_unstable_by_key(|&(parameter, _)| parameter);
    let positions: Vec<usize> = chosen.iter().map(|&(parameter, _)| parameter).collect();
    let changed = model
        .with_varying(&positions)
        .ok_or_else(|| Error::WrongShape {
            path: "varying".into(),
            message: format!("{} has no parameters that can change in time", model.name()),
        })?;
    let first = model.dimension();
    let varying = chosen
        .iter()
        .enumerate()
        .map(|(k, &(_, precision))| Varying {
            component: first + k,
            precision,
            is_constant: false,
            from: 0.0,
        });
    Ok((changed, varying.collect()))
}

/// Noise of the model's own `dimension` equations, with weights relative to R_f. The weights of
/// parameters that change in time follow; they are set where R_f is known.
pub(super) fn model_noise(
    precision: &Precision,
    dimension: usize,
    varying: &[Varying],
    row_points: &[usize],
    grid: &Grid,
) -> Result<Noise> {
    let by_step = grid.shares_of_step(row_points);
    let normal = |whitening: Whitening| Noise {
        law: Law::Gaussian,
        whitening: match by_step.is_empty() {
            true => whitening,
            false => whitening.scaled(dimension + varying.len(), &by_step),
        },
    };
    if varying.is_empty() {
        return Ok(normal(Whitening::from_precision(
            precision, dimension, row_points,
        )));
    }
    if matches!(precision, Precision::Matrix(_)) {
        return Err(Error::WrongShape {
            path: "modelWeights".into(),
            message: "a matrix cannot be combined with parameters that change in time; \
                      give one weight per state"
                .into(),
        });
    }
    let rows = row_points.iter().flat_map(|&n| {
        let own = (0..dimension).map(move |l| precision.weight(n, l));
        own.chain(varying.iter().map(|_| 1.0))
    });
    Ok(normal(Whitening::Rows(rows.collect())))
}
