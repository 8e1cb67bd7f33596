//! The named systems, one file each.

mod lorenz63;
mod lorenz96;
mod lotka_volterra;

pub use lorenz63::lorenz63;
pub use lorenz96::lorenz96;
pub use lotka_volterra::{log_lotka_volterra, lotka_volterra};

use crate::error::Result;
use crate::model::EquationModel;

/// A named system as data: what crosses to other languages and into files.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "name", rename_all = "camelCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ModelSpec {
    /// See [`lorenz63()`].
    Lorenz63 {},
    /// See [`lorenz96()`].
    Lorenz96 {
        /// Number of sites on the ring, at least 4.
        dimension: usize,
    },
    /// See [`lotka_volterra()`].
    LotkaVolterra {},
    /// See [`log_lotka_volterra()`].
    LogLotkaVolterra {},
}

impl ModelSpec {
    /// Builds the model.
    ///
    /// # Errors
    /// A dimension that the system cannot have.
    pub fn build(&self) -> Result<EquationModel> {
        match self {
            ModelSpec::Lorenz63 {} => lorenz63(),
            ModelSpec::Lorenz96 { dimension } => lorenz96(*dimension),
            ModelSpec::LotkaVolterra {} => lotka_volterra(),
            ModelSpec::LogLotkaVolterra {} => log_lotka_volterra(),
        }
    }

    /// One of each, at the smallest size: the list that tests and type declarations go through.
    pub fn catalogue() -> Vec<ModelSpec> {
        vec![
            ModelSpec::Lorenz63 {},
            ModelSpec::Lorenz96 { dimension: 4 },
            ModelSpec::LotkaVolterra {},
            ModelSpec::LogLotkaVolterra {},
        ]
    }
}
