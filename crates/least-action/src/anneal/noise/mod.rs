//! Noise that is estimated along with path and parameters.
//!
//! The ladder is climbed with noise at a start value. At its end the noise is set free, with the
//! restricted likelihood of the path that was found (`settle.rs`).

mod approach;
mod model;
mod settle;
mod start;
mod summary;

pub use model::ModelNoiseEstimate;
pub(super) use settle::Settle;
pub use summary::{NoiseEstimate, PartEstimate};

use std::collections::BTreeMap;
use std::sync::Arc;

use super::scatter::Scatter;
use super::AnnealOptions;
use crate::action::noise::Law;
use crate::action::{ChannelNoise, Observations, Precision, Problem};
use crate::error::Result;
use crate::model::Model;

/// Largest factor by which a deviation may become smaller than that of the ladder, whose last R_f
/// makes the errors of the model negligible beside it: beyond, they are not.
const LARGEST_FALL: f64 = 300.0;

/// Estimation of the noise of one problem.
#[derive(Clone)]
pub(super) struct NoiseEstimation {
    /// Options, as given.
    pub options: BTreeMap<String, ChannelNoise>,
    /// Problem whose last parameters are logarithms of noise scales, without automatic weights of
    /// the states.
    pub problem: Problem,
    /// Values of these parameters for the ladder.
    pub start: Vec<f64>,
}

impl NoiseEstimation {
    /// Reads the noise that options leave to be estimated, and states that of the ladder in them.
    /// `start` has values of the parameters that are known to be good; without them they are found
    /// from the data.
    ///
    /// # Errors
    /// Options of the noise that are wrong, by field.
    pub fn new(
        model: &Arc<dyn Model>,
        data: &[Observations],
        options: &mut AnnealOptions,
        start: Option<Vec<f64>>,
    ) -> Result<Option<Self>> {
        let Some(noise) = options.noise.take() else {
            return Ok(None);
        };
        let of_action = |options: &AnnealOptions, noise| crate::action::ActionOptions {
            noise,
            ..options.action()
        };
        options.measurement_precision = Precision::default();
        let shape = Problem::new(
            model.clone(),
            data.to_vec(),
            &of_action(options, Some(noise.clone())),
        )?;
        let start = start.unwrap_or_else(|| start::values(&shape));
        options.measurement_precision = start::precision(&shape, &start);
        let plain = Problem::new(model.clone(), data.to_vec(), &of_action(options, None))?;
        let mut problem = shape;
        problem.bound_noise(&start, LARGEST_FALL);
        let reference = start::reference(&problem, &start, plain.stated_scales());
        problem.set_normalization(Some(&reference), None);
        Ok(Some(NoiseEstimation {
            options: noise,
            problem,
            start,
        }))
    }
    /// Noise as the data's own differences show it, over that of the ladder.
    pub fn scatter(&self, data: &[Observations], ladder: &Precision) -> Option<Scatter> {
        let channels = self
            .problem
            .noise()
            .map_or(&[][..], |noise| &noise.channels);
        let logarithms = channels
            .iter()
            .filter(|channel| channel.law == Law::LogNormal);
        let logarithms: Vec<usize> = logarithms.map(|channel| channel.scale.column).collect();
        match self.start.is_empty() {
            true => Scatter::of(data, ladder, &logarithms),
            false => Scatter::of_all(data, ladder, &logarithms),
        }
    }
}
