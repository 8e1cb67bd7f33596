//! The Gaussian approximation of the posterior against smoothers, dense matrices and sums over
//! grids.

mod beyond;
mod discretizations;
mod free;
mod linear;
mod trouble;

use least_action::statistics::{Laplace, LaplaceOptions, Posterior};
use least_action::{ActionOptions, Observations, Problem};
use std::sync::Arc;

/// Numbers in -size..size that look random.
pub(crate) fn numbers(count: usize, seed: u64, size: f64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(11);
    let mut next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    next();
    (0..count).map(|_| size * next()).collect()
}

pub(crate) fn observations(
    points: usize,
    time_step: f64,
    observed: Vec<usize>,
    values: Vec<f64>,
) -> Observations {
    Observations {
        time_step,
        points,
        observed,
        values,
        ..Observations::default()
    }
}

pub(crate) fn posterior(
    model: impl least_action::model::Model + 'static,
    data: Observations,
    options: &ActionOptions,
    model_precision: f64,
) -> Posterior {
    let problem = Problem::new(Arc::new(model), data, options).unwrap();
    Posterior::new(&problem, model_precision).unwrap()
}

pub(crate) fn laplace(posterior: &Posterior, start: &[f64]) -> Laplace {
    Laplace::new(posterior, start, LaplaceOptions::default()).unwrap()
}
