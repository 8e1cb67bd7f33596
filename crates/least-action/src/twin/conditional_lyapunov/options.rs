//! Options of conditional Lyapunov exponents.

use std::collections::BTreeMap;

use super::{Coupling, BLOCKS};
use crate::action::validate_observed;
use crate::error::{check, Error, Result};
use crate::model::{Model, ModelKind, MOST_VALUES};

/// Options of the largest conditional Lyapunov exponent.
///
/// ```
/// use least_action::models;
/// use least_action::twin::{conditional_lyapunov, ConditionalLyapunovOptions};
///
/// let options = ConditionalLyapunovOptions {
///     observed: vec![0],
///     points: 2001,
///     ..ConditionalLyapunovOptions::default()
/// };
/// let exponent = conditional_lyapunov(&models::lorenz63()?, &options)?;
/// assert!(exponent.value < 0.0);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ConditionalLyapunovOptions {
    /// Values of the parameters by name. Default: the model's own.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, f64>>"))]
    pub parameters: BTreeMap<String, f64>,
    /// State components that the response receives, by index. With none, the largest Lyapunov
    /// exponent of the system itself is computed.
    pub observed: Vec<usize>,
    /// Coupling of the response to the observed components. Default: `"replacement"`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Coupling>"))]
    pub coupling: Coupling,
    /// Time between points, in the model's unit. A flow is integrated by ten Runge-Kutta steps or
    /// more from one to the next.
    pub time_step: f64,
    /// Number of points of the drive's orbit, the first included; at least 21 more than `discard`.
    /// Default: 10,001.
    #[serde(default = "points")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub points: usize,
    /// Number of points at the beginning that do not count, while the difference turns into the
    /// direction that grows most. Default: a tenth of the points.
    #[serde(default)]
    pub discard: Option<usize>,
    /// Seed of the first difference, and of the random displacement of the initial state. Default:
    /// 0.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "number", optional))]
    pub seed: u64,
    /// State of the drive at the first point. Default: as in a twin experiment, the model's own,
    /// displaced at random and integrated for the spin-up.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "ArrayLike<number>", optional))]
    pub initial_state: Option<Vec<f64>>,
    /// Time to integrate before the first point. Default: the model's own; 0 if an initial state is
    /// given.
    #[serde(default)]
    pub spin_up: Option<f64>,
    /// Inputs u(t) for models with inputs: points x inputs, row-major; straight lines in between,
    /// constant at the first value during the spin-up. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "ArrayLike<number>", optional))]
    pub inputs: Vec<f64>,
}

fn points() -> usize {
    10_001
}

impl Default for ConditionalLyapunovOptions {
    /// No observed components and a time step of 0.01; the rest as stated at the fields.
    fn default() -> Self {
        ConditionalLyapunovOptions {
            parameters: BTreeMap::new(),
            observed: Vec::new(),
            coupling: Coupling::default(),
            time_step: 0.01,
            points: points(),
            discard: None,
            seed: 0,
            initial_state: None,
            spin_up: None,
            inputs: Vec::new(),
        }
    }
}

/// Maximum number of steps from one point to the next that a strong coupling may ask for.
const MOST_SUBSTEPS: f64 = 1000.0;

impl ConditionalLyapunovOptions {
    /// Checks the options and gives the number of points to discard.
    ///
    /// # Errors
    /// Options that cannot be used, by field.
    pub(super) fn validate(&self, model: &dyn Model) -> Result<usize> {
        let (dimension, width) = (model.dimension(), model.inputs().len());
        if !self.observed.is_empty() {
            validate_observed("observed", &self.observed, dimension)?;
        }
        let kinds = model.events().map_or(&[][..], |events| events.kinds());
        if let Some(kind) = kinds.iter().find(|kind| !kind.times.is_empty()) {
            return Err(Error::WrongShape {
                path: "model".into(),
                message: format!(
                    "{} has the event \"{}\" at times of its own; an exponent is a mean over a \
                     long orbit, which has none: leave it out",
                    model.name(),
                    kind.name
                ),
            });
        }
        check::positive("timeStep", self.time_step)?;
        check::at_least("points", self.points, BLOCKS + 1)?;
        check::at_most("points", self.points, MOST_VALUES)?;
        let most = self.points - 1 - BLOCKS;
        let discard = self.discard.unwrap_or(most.min(self.points / 10));
        check::at_most("discard", discard, most)?;
        if let Coupling::Finite(coupling) = self.coupling {
            let fine = coupling.is_finite() && coupling >= 0.0;
            check::require(fine, "coupling", coupling, "finite and not negative")?;
            let strongest = MOST_SUBSTEPS / self.time_step;
            let expected = format!(
                "at most {strongest} at this timeStep; complete replacement, its limit, is \
                \"replacement\""
            );
            let fine = model.kind() == ModelKind::Map || coupling <= strongest;
            check::require(fine, "coupling", coupling, &expected)?;
        }
        let because = format!("{} points x {width} inputs of the model", self.points);
        let expected = self.points.saturating_mul(width);
        check::length("inputs", self.inputs.len(), expected, &because)?;
        for (path, values) in [
            ("inputs", &self.inputs[..]),
            (
                "initialState",
                self.initial_state.as_deref().unwrap_or_default(),
            ),
        ] {
            check::all_finite(path, values)?;
        }
        Ok(discard)
    }
}
