#![doc = include_str!("../README.md")]

pub mod action;
pub mod anneal;
mod error;
pub mod mechanics;
pub mod model;
pub mod models;
pub mod network;
mod random;
pub mod solve;
pub mod statistics;
pub mod twin;

pub use action::{
    Action, ActionOptions, ActionValue, Discretization, Normalization, Observations, Problem,
};
pub use anneal::{AnnealOptions, Annealer, Run};
pub use error::{Error, Result};
pub use twin::TwinExperiment;

/// Always false. Options that have a default are always written out. With this function in serde's
/// `skip_serializing_if`, the TypeScript declarations, which follow serde, mark them as optional.
pub(crate) fn never<T>(_: &T) -> bool {
    false
}
