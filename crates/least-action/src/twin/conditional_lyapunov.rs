//! Conditional Lyapunov exponents: they tell if a copy of a system that receives some of its
//! components synchronises with it.

mod coupling;
mod options;
#[cfg(test)]
mod tests;

pub use coupling::Coupling;
pub use options::ConditionalLyapunovOptions;

use super::integrate::{check_finite, SUBSTEPS};
use super::TwinExperiment;
use crate::action::resolve_parameters;
use crate::error::Result;
use crate::model::{Model, ModelKind, Points, Scratch};
use crate::random::Random;

/// Largest conditional Lyapunov exponent: the rate at which a response parts from its drive, or
/// synchronises with it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ConditionalLyapunov {
    /// Exponent per unit of time (of a map: with `timeStep` between iterations). Below zero drive
    /// and response synchronise; `-Infinity` where a difference vanishes in a finite time, as where
    /// every component is replaced.
    pub value: f64,
    /// Standard error of `value`, from the scatter of its means over 20 blocks of the time.
    pub standard_error: f64,
    /// Time over which `value` is a mean, in the model's unit.
    pub time: f64,
}

/// Number of blocks from which the standard error is estimated.
const BLOCKS: usize = 20;

/// Computes the largest conditional Lyapunov exponent. For a drive `dy/dt = F(y)` and a response
/// `dx/dt = F(x) + g P (y - x)`, where P takes the observed components, a small difference follows
/// `dz/dt = (DF(y) - g P) z`; the exponent is the rate of its growth, with DF exact and z made a
/// unit vector again and again. In the limit of complete replacement the observed components of z
/// are zero and the others follow their part of DF. The response of a map is moved before each
/// iteration, `x_(n+1) = F(x_n + g P (y_n - x_n))`; g = 1 replaces.
///
/// If it is negative, the observed components determine the others after a while, for a window that
/// is long enough; if not, it may be that no finite window is long enough.
///
/// Sources: L. M. Pecora, T. L. Carroll, Physical Review Letters 64, 821, 1990; G. Benettin, L.
/// Galgani, A. Giorgilli, J.-M. Strelcyn, Meccanica 15, 1980.
///
/// # Errors
/// Options that are wrong, by field; an orbit or a difference that is not finite.
pub fn conditional_lyapunov(
    model: &dyn Model,
    options: &ConditionalLyapunovOptions,
) -> Result<ConditionalLyapunov> {
    let parameters = resolve_parameters(model, &options.parameters)?;
    let discard = options.validate(model)?;
    let mut random = Random::new(options.seed, 0);
    let first = TwinExperiment {
        time_step: options.time_step,
        initial_state: options.initial_state.clone(),
        spin_up: options.spin_up,
        inputs: options.inputs.clone(),
        ..TwinExperiment::default()
    }
    .first_state(model, &parameters, &mut random)?;
    let mut pair = CoupledPair::new(model, &parameters, options, &first, &mut random);

    let width = model.inputs().len();
    let (last, h) = (options.points - 1, options.time_step);
    let counted = last - discard;
    let mut blocks = [0.0; BLOCKS];
    for point in 0..last {
        let inputs = options
            .inputs
            .get(point * width..(point + 2) * width)
            .unwrap_or_default();
        let growth = pair.advance(point as f64 * h, h, inputs.split_at(width));
        let time = (point + 1) as f64 * h;
        check_finite(
            model,
            &pair.both[..first.len()],
            point + 1,
            time,
            "the drive's orbit",
        )?;
        check_finite(
            model,
            &pair.both[first.len()..],
            point + 1,
            time,
            "the difference from it",
        )?;
        if growth == f64::NEG_INFINITY {
            return Ok(ConditionalLyapunov {
                value: growth,
                standard_error: 0.0,
                time,
            });
        }
        if point >= discard {
            blocks[(point - discard) * BLOCKS / counted] += growth;
        }
    }
    let time = counted as f64 * h;
    let value = blocks.iter().sum::<f64>() / time;
    let mut squares = 0.0;
    for (b, growth) in blocks.iter().enumerate() {
        // The block of interval k is k * BLOCKS / counted, rounded down.
        let first = |b: usize| (b * counted).div_ceil(BLOCKS);
        let rate = growth / ((first(b + 1) - first(b)) as f64 * h);
        squares += (rate - value) * (rate - value);
    }
    let count = BLOCKS as f64;
    Ok(ConditionalLyapunov {
        value,
        standard_error: libm::sqrt(squares / (count * (count - 1.0))),
        time,
    })
}

/// A drive, and the direction of a small difference from it.
struct CoupledPair<'a> {
    model: &'a dyn Model,
    parameters: &'a [f64],
    /// Coupling strength of each state; 0 where it is not coupled or replaced.
    strengths: Vec<f64>,
    replaced: Vec<bool>,
    substeps: usize,
    /// State of the drive, then the difference, a unit vector.
    both: Vec<f64>,
    stage: Vec<f64>,
    slope: Vec<f64>,
    sum: Vec<f64>,
    entries: Vec<f64>,
    inputs: Vec<f64>,
    scratch: Scratch,
}

impl<'a> CoupledPair<'a> {
    fn new(
        model: &'a dyn Model,
        parameters: &'a [f64],
        options: &ConditionalLyapunovOptions,
        first: &[f64],
        random: &mut Random,
    ) -> Self {
        let dimension = first.len();
        let (mut strengths, mut replaced) = (vec![0.0; dimension], vec![false; dimension]);
        let mut substeps = SUBSTEPS;
        for &component in &options.observed {
            match options.coupling {
                Coupling::Replacement => replaced[component] = true,
                Coupling::Finite(coupling) => {
                    strengths[component] = coupling;
                    // Runge-Kutta steps are stable and exact enough where g h is at most 1.
                    substeps = substeps.max((coupling * options.time_step).ceil() as usize);
                }
            }
        }
        let mut both = first.to_vec();
        both.extend((0..dimension).map(|_| random.normal()));
        let zeros = vec![0.0; 2 * dimension];
        let mut pair = CoupledPair {
            model,
            parameters,
            strengths,
            replaced,
            substeps,
            both,
            stage: zeros.clone(),
            slope: zeros.clone(),
            sum: zeros,
            entries: vec![0.0; model.jacobian_sparsity().entries()],
            inputs: vec![0.0; model.inputs().len()],
            scratch: Scratch::default(),
        };
        pair.normalize();
        pair
    }

    /// Moves drive and difference from one point to the next; returns the logarithm of the growth
    /// of the difference.
    fn advance(&mut self, from: f64, time_step: f64, inputs: (&[f64], &[f64])) -> f64 {
        let mut growth = 0.0;
        match self.model.kind() {
            ModelKind::Flow => {
                let h = time_step / self.substeps as f64;
                for substep in 0..self.substeps {
                    self.sum.fill(0.0);
                    self.slope.fill(0.0);
                    for (reach, weight) in [(0.0, 1.0), (0.5, 2.0), (0.5, 2.0), (1.0, 1.0)] {
                        for ((to, x), k) in self.stage.iter_mut().zip(&self.both).zip(&self.slope) {
                            *to = x + h * reach * k;
                        }
                        let share = (substep as f64 + reach) / self.substeps as f64;
                        self.evaluate(from + share * time_step, share, inputs);
                        for (sum, k) in self.sum.iter_mut().zip(&self.slope) {
                            *sum += weight * k;
                        }
                    }
                    for (x, sum) in self.both.iter_mut().zip(&self.sum) {
                        *x += h / 6.0 * sum;
                    }
                    growth += self.normalize();
                }
            }
            ModelKind::Map => {
                self.stage.copy_from_slice(&self.both);
                let dimension = self.strengths.len();
                for (z, strength) in self.stage[dimension..].iter_mut().zip(&self.strengths) {
                    *z *= 1.0 - strength;
                }
                self.evaluate(from, 0.0, inputs);
                self.both.copy_from_slice(&self.slope);
                growth += self.normalize();
            }
        }
        growth
    }

    /// Evaluates the right side at `self.stage` and its derivative along the difference there, a
    /// fraction `share` of the way between two points.
    fn evaluate(&mut self, time: f64, share: f64, (before, after): (&[f64], &[f64])) {
        for ((to, a), b) in self.inputs.iter_mut().zip(before).zip(after) {
            *to = a + share * (b - a);
        }
        let dimension = self.strengths.len();
        let (states, difference) = self.stage.split_at_mut(dimension);
        let (slope, change) = self.slope.split_at_mut(dimension);
        let at = Points {
            states,
            parameters: self.parameters,
            inputs: &self.inputs,
            times: &[time],
        };
        self.model.evaluate(&mut self.scratch, at, slope);
        self.model
            .jacobian(&mut self.scratch, at, &mut self.entries);
        for (z, _) in difference
            .iter_mut()
            .zip(&self.replaced)
            .filter(|(_, r)| **r)
        {
            *z = 0.0;
        }
        let sparsity = self.model.jacobian_sparsity();
        let is_flow = self.model.kind() == ModelKind::Flow;
        for (i, to) in change.iter_mut().enumerate() {
            let mut sum = 0.0;
            for (entry, column) in sparsity.row(i) {
                // Columns beyond the states are parameters, in which nothing differs.
                if let Some(z) = difference.get(column) {
                    sum += self.entries[entry] * z;
                }
            }
            if is_flow {
                sum -= self.strengths[i] * difference[i];
            }
            *to = if self.replaced[i] { 0.0 } else { sum };
        }
    }

    /// Makes the difference a unit vector; returns the logarithm of its length before.
    fn normalize(&mut self) -> f64 {
        let difference = &mut self.both[self.strengths.len()..];
        for (z, _) in difference
            .iter_mut()
            .zip(&self.replaced)
            .filter(|(_, r)| **r)
        {
            *z = 0.0;
        }
        let length = libm::sqrt(difference.iter().map(|z| z * z).sum());
        if length > 0.0 {
            difference.iter_mut().for_each(|z| *z /= length);
        }
        libm::log(length)
    }
}
