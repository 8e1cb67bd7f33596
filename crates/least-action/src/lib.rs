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
