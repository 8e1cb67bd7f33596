#![doc = include_str!("../README.md")]

pub mod action;
pub mod anneal;
mod distribution;
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

/// The guide's chapter on Rust, whose code is compiled and run by this. Only
/// where doc tests are, as the packed crate has no such file.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/rust.md")]
mod guide {}
