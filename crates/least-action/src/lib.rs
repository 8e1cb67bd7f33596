#![doc = include_str!("../README.md")]

pub mod action;
pub mod anneal;
mod error;
pub mod mechanics;
pub mod model;
pub mod models;
pub mod network;
mod random;
pub mod report;
pub mod solve;
pub mod statistics;
pub mod twin;

pub use action::{
    Action, ActionOptions, ActionValue, Discretization, Normalization, Observations, Problem,
};
pub use anneal::{AnnealOptions, Annealer, Run};
pub use error::{Error, Result};
pub use twin::TwinExperiment;

/// For serde's `skip_serializing_if` on options that have a default: they are always written out,
/// yet the TypeScript declarations, which follow serde, then mark them as optional.
pub(crate) fn never<T>(_: &T) -> bool {
    false
}
