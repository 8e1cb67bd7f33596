//! Restricted likelihood at the end of a ladder: path, parameters and noise together.
//!
//! The mode over path, parameters and noise is that of the likelihood: too small, as the path
//! follows the noise. So the normalisation of a datum has the share `1 - h`, h its leverage, and
//! minimisations with these shares and new leverages follow each other until the noise settles (D.
//! A. Harville, J. Amer. Statist. Assoc. 72, 1977).

use crate::action::{Action, ActionObjective, ActionValue, Problem, Scales};
use crate::anneal::fit;
use crate::error::Result;
use crate::solve::{Minimum, StopReason, Structured, Workspace};

/// Change of every logarithm, in its standard deviations, at which the noise has settled.
const SETTLED: f64 = 1e-3;
/// Maximum number of minimisations.
const MOST: usize = 30;
/// Least summed share of the data of a part that tells its size.
pub(super) const LEAST_SHARE: f64 = 0.5;
/// Largest change of a logarithm by one guess.
const FAR: f64 = 3.0;

/// Estimation of the noise at one R_f.
pub(in crate::anneal) struct Settle<'a> {
    /// Problem with the noise among its parameters.
    pub problem: &'a Problem,
    /// Factor of the action that makes it the negative log posterior.
    pub factor: f64,
    pub model_precision: f64,
}

/// Action at a point with its noise estimated.
#[derive(Debug, Clone, Copy)]
pub(in crate::anneal) struct Settled {
    /// The action in units of the noise of the ladder.
    pub value: ActionValue,
    /// Factor by which noise as it was estimated makes chi-square smaller.
    pub ratio: f64,
    /// Part of the model error that belongs to parameters which change in time, in the same units.
    pub varying: f64,
}

impl Settle<'_> {
    /// Shares `1 - h` of all data in the normalisation of their noise, by slot; `None` where the
    /// Hessian has no factor.
    pub fn shares(&self, unknowns: &[f64]) -> Option<Vec<f64>> {
        let mut action = Action::new(self.problem);
        let precision = self.model_precision;
        let leverages = fit::leverages(&mut action, precision, unknowns)?;
        Some(leverages.into_iter().map(|h| 1.0 - h).collect())
    }

    /// Minimises over path, parameters and noise, from `unknowns` on, and leaves the minimum there.
    /// Returns the work; `None` where there is no restricted likelihood.
    ///
    /// # Errors
    /// An action that is not finite at the start.
    pub fn minimize(
        &self,
        by: &Structured,
        unknowns: &mut [f64],
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Option<Minimum>> {
        let first = unknowns.len() - self.problem.noise_parameters();
        let mut work: Option<Minimum> = None;
        let mut workspace: Option<Workspace> = None;
        for round in 0..MOST {
            let Some(shares) = self.shares(unknowns) else {
                return Ok(work);
            };
            let before = unknowns[first..].to_vec();
            let mut problem = self.problem.clone();
            let told = self.guess(&shares, unknowns, round == 0)?;
            for (k, _) in told.iter().enumerate().filter(|(_, share)| **share < LEAST_SHARE) {
                let place = first - self.problem.path_length() + k;
                problem.hold(place, unknowns[first + k]);
            }
            let mut action = Action::new(&problem);
            let (path, parameters) = unknowns.split_at(problem.path_length());
            action.evaluate(self.model_precision, path, parameters)?;
            let reference = action.noise_scales().to_vec();
            action.set_normalization(Some(&reference), Some(&shares));
            let layout = action.layout();
            let scales = Scales::none(layout.dimension, layout.parameters);
            let mut objective =
                ActionObjective::new(&mut action, self.model_precision, &scales, interrupted);
            let workspace = match &mut workspace {
                Some(workspace) => workspace,
                empty => empty.insert(Workspace::new(&objective)?),
            };
            let minimum = by.minimize_in(workspace, &mut objective, unknowns)?;
            if minimum.stop == StopReason::Interrupted {
                return Ok(Some(minimum));
            }
            work = Some(match work {
                None => minimum,
                Some(done) => minimum.after(&done),
            });
            let moves = before.iter().zip(&unknowns[first..]).zip(&told);
            let largest = moves
                .filter(|(_, share)| **share >= LEAST_SHARE)
                .map(|((a, b), share)| (a - b).abs() * (2.0 * share).sqrt())
                .fold(0.0, f64::max);
            if largest < SETTLED {
                break;
            }
        }
        Ok(work)
    }

    /// Moves the logarithms, if `moving`, to where the residuals of the path as it is put them.
    /// Returns the summed share of the data that tell of each.
    fn guess(&self, shares: &[f64], unknowns: &mut [f64], moving: bool) -> Result<Vec<f64>> {
        let problem = self.problem;
        let Some(noise) = problem.noise() else {
            return Ok(Vec::new());
        };
        let mut action = Action::new(problem);
        let (path, parameters) = unknowns.split_at(problem.path_length());
        action.evaluate(self.model_precision, path, parameters)?;
        let squares = action.squared_errors();
        let channels = problem.channels_of_slots();
        let count = noise.parameters.len();
        let (mut sums, mut told) = (vec![0.0; count], vec![0.0; count]);
        for (slot, &channel) in channels.iter().enumerate() {
            for &k in noise.channels[channel].parameters.iter().flatten() {
                sums[k] += squares[slot];
                told[k] += shares[slot];
            }
        }
        let first = unknowns.len() - count;
        let each = unknowns[first..].iter_mut().zip(&noise.parameters);
        for (k, (log, parameter)) in each.enumerate().filter(|_| moving) {
            if told[k] >= LEAST_SHARE {
                let change = 0.5 * libm::log((sums[k] / told[k]).max(f64::MIN_POSITIVE));
                let [low, high] = parameter.bounds;
                *log = (*log + change.max(-FAR).min(FAR)).max(low).min(high);
            }
        }
        Ok(told)
    }

    /// Action at a point whose noise was estimated, comparable among paths, in units of the noise
    /// of the ladder: `n exp((V - n) / n)`, where V is minus twice the logarithm of the restricted
    /// likelihood and n the summed share of all data. Where noise explains its chi-square, n, it is
    /// n times the mean ratio of the variances, for one channel the chi-square of its ladder.
    ///
    /// # Errors
    /// Those of [`Action::evaluate`].
    pub fn evaluate(&self, unknowns: &[f64]) -> Result<Settled> {
        let mut action = Action::new(self.problem);
        let shares = self.shares(unknowns);
        action.set_normalization(None, shares.as_deref());
        let (path, parameters) = unknowns.split_at(self.problem.path_length());
        let value = action.evaluate(self.model_precision, path, parameters)?;
        let n = match &shares {
            Some(shares) => shares.iter().sum(),
            None => self.problem.measured() as f64,
        };
        let twice = 2.0 * self.factor;
        let chi_square = twice * (value.action - value.noise_error);
        let ratio = libm::exp((twice * value.action - n) / n) * n / chi_square;
        let ratio = match ratio.is_finite() && ratio > 0.0 {
            true => ratio,
            false => 1.0,
        };
        Ok(Settled {
            value: ActionValue {
                action: ratio * (value.action - value.noise_error),
                measurement_error: ratio * value.measurement_error,
                model_error: ratio * value.model_error,
                prior_error: ratio * value.prior_error,
                noise_error: 0.0,
            },
            ratio,
            varying: ratio * action.varying_error(self.model_precision),
        })
    }
}
