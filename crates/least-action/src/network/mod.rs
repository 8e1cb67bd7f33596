//! Networks as data assimilation: the number of the layer is the time. The activations of all
//! layers at all pairs of inputs and outputs are unknowns of one action, beside the weights that
//! all pairs share.
//!
//! H. D. I. Abarbanel, P. J. Rozdeba, S. Shirman, "Machine Learning: Deepest Learning as
//! Statistical Data Assimilation Problems", Neural Computation 30(8), 2018, doi
//! 10.1162/neco_a_01094.

mod action;
mod activation;
mod by_measurements;
mod costate;
mod data;
mod forward;
mod innovations;
mod lanes;
mod layers;
mod matrix;
#[allow(clippy::module_inception)]
mod network;
mod objective;
mod one_pair;
mod pair_rows;
mod pass;
mod prediction_error;
mod problem;
mod products;
mod starting_point;
mod sweep;
mod terms;
#[cfg(test)]
mod tests;
mod trainer;
mod training_objective;

pub use action::NetworkAction;
pub use activation::Activation;
pub use by_measurements::ByMeasurements;
pub use costate::Costate;
pub use data::{one_hot, LayerValues, Pairs};
pub(crate) use innovations::{InInnovations, Innovations};
pub use layers::{Bias, Layer, LayerMap};
pub use network::{Network, WeightSet};
pub use objective::NetworkObjective;
pub(crate) use one_pair::OnePair;
pub(crate) use pair_rows::PairRows;
pub use prediction_error::{LayerError, PredictionError};
pub use problem::{NetworkOptions, NetworkProblem};
pub use trainer::{TrainOptions, Trainer};
pub use training_objective::{TrainedInputs, Training};
