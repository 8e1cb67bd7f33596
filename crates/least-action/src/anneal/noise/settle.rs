//! Restricted likelihood at the end of a ladder: path, parameters and noise together.
//!
//! The mode over path, parameters and noise is that of the likelihood: too small, as the path
//! follows the noise. So the normalisation of a datum has the share `1 - h`, h its leverage, and
//! minimisations with these shares and new leverages follow each other until the noise settles (D.
//! A. Harville, J. Amer. Statist. Assoc. 72, 1977).

use super::LARGEST_FALL;
use crate::action::{Action, ActionObjective, ActionValue, FitShares, Own, Problem, Scales};
use crate::anneal::fit::{self, HierarchyTold};
use crate::error::Result;
use crate::solve::{Minimum, StopReason, Structured, Workspace};

/// Change of every logarithm, in its standard deviations, at which the noise has settled.
const SETTLED: f64 = 1e-2;
/// Tolerance of the minimisations, as a share of the value.
const TOLERANCE: f64 = 1e-6;
/// Maximum number of minimisations.
const MOST: usize = 30;
/// Least summed share of the data of a part that tells its size.
pub(super) const LEAST_SHARE: f64 = 0.5;
/// Change of the logarithms at which turns end, the most of them, the least summed share of data
/// whose noise is moved, and the longest sum of changes that shrink.
const SETTLED_TURNS: f64 = 1e-6;
const MOST_TURNS: usize = 200;
/// Change of the logarithms at which turns with deviations between data sets end: with many data
/// sets, what a minimum is short of moves them by more than [`SETTLED_TURNS`].
const SETTLED_SPREADS: f64 = 1e-5;
const LEAST_TOLD: f64 = 1e-6;
const LONGEST: f64 = 20.0;
/// Largest change of a logarithm by one guess.
const FAR: f64 = 3.0;

/// Shares of the data in the normalisation of their noise, and what hierarchies tell.
type Told = (FitShares, Vec<HierarchyTold>);

/// Estimation of the noise at one R_f.
pub(in crate::anneal) struct Settle<'a> {
    /// Problem with the noise among its parameters.
    pub problem: &'a Problem,
    /// Factor of the action that makes it the negative log posterior.
    pub factor: f64,
    pub model_precision: f64,
    /// True if the model errs, so that a path can follow all data: with the shares of a fit, the
    /// minimum over path and noise together is then one without noise, and both take turns.
    pub is_noisy_model: bool,
}

/// Minimum over path, parameters and noise.
pub(in crate::anneal) struct SettledMinimum {
    /// The last minimisation, with the work of all.
    pub minimum: Minimum,
    /// Shares of the data in the normalisation of their noise.
    pub shares: FitShares,
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

/// A logarithm that takes turns with the path.
struct Turned {
    /// Its number among the unknowns.
    unknown: usize,
    bounds: [f64; 2],
    /// Step of the turn before.
    before: f64,
}

impl Turned {
    /// Moves the logarithm, by half that of `ratio`, and returns the change. Changes that shrink at
    /// an even rate are summed up at every third turn.
    fn turn(&mut self, ratio: f64, turn: usize, unknowns: &mut [f64]) -> f64 {
        let step = 0.5 * libm::log(ratio.clamp(1e-2, 1e2));
        let rate = step / self.before;
        let sum = match turn % 3 == 2 && rate > 0.0 && rate < 1.0 {
            true => (1.0 / (1.0 - rate)).min(LONGEST),
            false => 1.0,
        };
        self.before = step;
        let log = unknowns[self.unknown];
        let [low, high] = self.bounds;
        let moved = (log + (sum * step).clamp(-FAR, FAR)).max(low).min(high);
        unknowns[self.unknown] = moved;
        (moved - log).abs()
    }
}

impl Settle<'_> {
    /// Shares `1 - h` of all data in the normalisation of their noise; `None` where the Hessian has
    /// no factor.
    fn shares(&self, action: &mut Action, unknowns: &[f64]) -> Option<FitShares> {
        Some(self.told(action, unknowns)?.0)
    }

    /// These shares, and what hierarchies tell of the deviations between data sets.
    fn told(&self, action: &mut Action, unknowns: &[f64]) -> Option<Told> {
        let (leverages, hierarchies) =
            fit::leverages(action, self.model_precision, self.factor, unknowns)?;
        // The gradient that bounds are told by has taken the place of the residuals.
        let (path, parameters) = unknowns.split_at(self.problem.path_length());
        action
            .evaluate(self.model_precision, path, parameters)
            .ok()?;
        Some((action.fit_shares(&leverages), hierarchies))
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
    ) -> Result<Option<SettledMinimum>> {
        // Values of a hierarchy can follow their mean as a path follows data.
        if self.is_noisy_model || !self.problem.spreads().is_empty() {
            return self.take_turns(by, unknowns, interrupted);
        }
        let mut problem = self.problem.clone();
        let mut action = Action::new(&problem);
        let layout = action.layout();
        let (path, first) = (
            layout.path_length(),
            unknowns.len() - self.noise_parameters(),
        );
        let scales = Scales::none(layout.dimension, layout.parameters);
        // What a minimum is short of is far less than the data tell of the noise.
        let loosely = Structured {
            tolerance: by.tolerance.max(TOLERANCE),
            ..*by
        };
        let mut workspace: Option<Workspace> = None;
        let mut done: Option<SettledMinimum> = None;
        let mut held = vec![false; self.noise_parameters()];
        let mut approach: Option<Minimum> = None;
        for _ in 0..MOST {
            let Some(shares) = self.shares(&mut action, unknowns) else {
                return Ok(done);
            };
            let told = self.summed(&shares.left);
            match &mut done {
                None => {
                    let before = unknowns[first..].to_vec();
                    self.guess(&mut action, &shares, &told, unknowns)?;
                    approach = self.approach(by, &before, &shares, unknowns, interrupted)?;
                    if approach.is_some() {
                        self.guess(&mut action, &shares, &told, unknowns)?;
                    }
                }
                Some(done) => {
                    done.shares.clone_from(&shares);
                    let step = self.largest_step(&mut action, &shares, &told, unknowns)?;
                    if step < SETTLED {
                        break;
                    }
                }
            }
            for k in (0..told.len()).filter(|&k| told[k] < LEAST_SHARE) {
                if !held[k] {
                    held[k] = true;
                    problem.hold(first - path + k, unknowns[first + k]);
                    action = Action::new(&problem);
                }
            }
            let (states, parameters) = unknowns.split_at(path);
            action.evaluate(self.model_precision, states, parameters)?;
            let reference = action.noise_scales().to_vec();
            action.set_normalization(Some(&reference), Some(&shares));
            let mut objective =
                ActionObjective::new(&mut action, self.model_precision, &scales, interrupted);
            let workspace = match &mut workspace {
                Some(workspace) => workspace,
                empty => empty.insert(Workspace::new(&objective)?),
            };
            let minimum = loosely.minimize_in(workspace, &mut objective, unknowns)?;
            let is_interrupted = minimum.stop == StopReason::Interrupted;
            let before = done
                .as_ref()
                .map(|done| &done.minimum)
                .or(approach.as_ref());
            let minimum = match before {
                None => minimum,
                Some(before) => minimum.after(before),
            };
            done = Some(SettledMinimum { minimum, shares });
            if is_interrupted {
                break;
            }
        }
        Ok(done)
    }

    /// Minimises over path and parameters with the noise held, and moves the noise to where the
    /// restricted likelihood of that path puts it, in turns (D. A. Harville, J. Amer. Statist.
    /// Assoc. 72, 1977). Changes that shrink at an even rate are summed up at once.
    fn take_turns(
        &self,
        by: &Structured,
        unknowns: &mut [f64],
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Option<SettledMinimum>> {
        let mut problem = self.problem.clone();
        let path = problem.path_length();
        let mut turned = self.turned(unknowns);
        let mut done: Option<SettledMinimum> = None;
        for turn in 0..MOST_TURNS {
            for one in &turned {
                problem.hold(one.unknown - path, unknowns[one.unknown]);
            }
            let mut action = Action::new(&problem);
            let layout = action.layout();
            let scales = Scales::none(layout.dimension, layout.parameters);
            let (states, parameters) = unknowns.split_at(path);
            action.evaluate(self.model_precision, states, parameters)?;
            let reference = action.noise_scales().to_vec();
            action.set_normalization(Some(&reference), None);
            let minimum = {
                let mut objective =
                    ActionObjective::new(&mut action, self.model_precision, &scales, interrupted);
                let mut workspace = Workspace::new(&objective)?;
                by.minimize_in(&mut workspace, &mut objective, unknowns)?
            };
            let is_interrupted = minimum.stop == StopReason::Interrupted;
            let mut free = Action::new(&self.with_spreads(unknowns));
            let Some((shares, hierarchies)) = self.told(&mut free, unknowns) else {
                return Ok(done);
            };
            let minimum = match &done {
                None => minimum,
                Some(done) => minimum.after(&done.minimum),
            };
            let mut told = self.summed(&shares.left);
            // For a normal law that is the mean square over the mean share.
            let mut ratios = match told.is_empty() {
                true => Vec::new(),
                false => self.slopes(&mut free, &shares, unknowns)?,
            };
            for (ratio, told) in ratios.iter_mut().zip(&told) {
                *ratio = 1.0 - *ratio / told;
            }
            done = Some(SettledMinimum { minimum, shares });
            for (own, told_of) in self.hierarchies().zip(&hierarchies) {
                if own.spread.is_some() {
                    told.push(told_of.degrees);
                    ratios.push(told_of.squares / told_of.degrees);
                }
            }
            let mut largest = 0.0f64;
            for ((one, told), ratio) in turned.iter_mut().zip(told).zip(ratios) {
                match told > LEAST_TOLD {
                    true => largest = largest.max(one.turn(ratio, turn, unknowns)),
                    false => one.before = 0.0,
                }
            }
            let settled = match self.problem.spreads().is_empty() {
                true => SETTLED_TURNS,
                false => SETTLED_SPREADS,
            };
            if turned.is_empty() || largest < settled || is_interrupted {
                break;
            }
        }
        Ok(done)
    }

    /// The problem with the deviations between data sets held where they are.
    fn with_spreads(&self, unknowns: &[f64]) -> Problem {
        let mut problem = self.problem.clone();
        let parameters = &unknowns[problem.path_length()..];
        for place in problem.spreads() {
            problem.hold(place, parameters[place]);
        }
        problem
    }

    /// Own parameters with a hierarchy.
    fn hierarchies(&self) -> impl Iterator<Item = &Own> {
        self.problem.own().iter().filter(|own| own.is_hierarchy)
    }

    /// Logarithms that take turns with the path: those of the noise, then those of deviations
    /// between data sets.
    fn turned(&self, unknowns: &[f64]) -> Vec<Turned> {
        let path = self.problem.path_length();
        let first = unknowns.len() - self.noise_parameters();
        let noise = self.problem.noise().into_iter();
        let of_noise = noise.flat_map(|noise| &noise.parameters).enumerate();
        let of_noise = of_noise.map(|(k, parameter)| Turned {
            unknown: first + k,
            bounds: parameter.bounds,
            before: 0.0,
        });
        let spreads = self.problem.spreads().into_iter().map(|place| {
            let start = self.problem.spread_start(place);
            let far = libm::log(LARGEST_FALL);
            Turned {
                unknown: path + place,
                bounds: [start - far, start + far],
                before: 0.0,
            }
        });
        of_noise.chain(spreads).collect()
    }

    fn noise_parameters(&self) -> usize {
        self.problem.noise_parameters()
    }

    /// Sums of numbers of all data over those that tell of each parameter of the noise.
    fn summed(&self, values: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.noise_parameters()];
        let Some(noise) = self.problem.noise() else {
            return sums;
        };
        for (&channel, value) in self.problem.channels_of_slots().iter().zip(values) {
            for k in noise.channels[channel].estimated() {
                sums[k] += value;
            }
        }
        sums
    }

    /// Derivatives of minus the logarithm of the restricted likelihood in the logarithms.
    fn slopes(
        &self,
        action: &mut Action,
        shares: &FitShares,
        unknowns: &[f64],
    ) -> Result<Vec<f64>> {
        action.set_normalization(None, Some(shares));
        let (path, parameters) = unknowns.split_at(self.problem.path_length());
        let (mut of_path, mut gradient) = (vec![0.0; path.len()], vec![0.0; parameters.len()]);
        let precision = self.model_precision;
        action.gradient(precision, path, parameters, &mut of_path, &mut gradient)?;
        let own = &gradient[parameters.len() - self.noise_parameters()..];
        Ok(own.iter().map(|slope| self.factor * slope).collect())
    }

    /// Largest step of the logarithms that the gradient asks for, in standard deviations.
    fn largest_step(
        &self,
        action: &mut Action,
        shares: &FitShares,
        told: &[f64],
        unknowns: &[f64],
    ) -> Result<f64> {
        let slopes = self.slopes(action, shares, unknowns)?;
        let parameters = &unknowns[self.problem.path_length()..];
        let Some(noise) = self.problem.noise() else {
            return Ok(0.0);
        };
        let first = parameters.len() - told.len();
        let each = noise.parameters.iter().enumerate().zip(told);
        let steps = each.map(|((k, parameter), share)| {
            let (value, slope) = (parameters[first + k], slopes[k]);
            let [low, high] = parameter.bounds;
            let is_stopped = (value <= low && slope > 0.0) || (value >= high && slope < 0.0);
            match *share < LEAST_SHARE || is_stopped {
                true => 0.0,
                false => slope.abs() / (2.0 * share).sqrt(),
            }
        });
        Ok(steps.fold(0.0, f64::max))
    }

    /// The problem with the restricted likelihood of this point: its noise has the shares of the
    /// data there, and a normalisation of 0.
    ///
    /// Deviations that scale with the noise follow Student's law with the degrees of freedom of the
    /// noise: those of its parts, weighted with the shares of the information that their data give
    /// (F. E. Satterthwaite, Biometrics Bull. 2, 1946).
    pub fn restricted(&self, unknowns: &[f64]) -> Problem {
        let mut action = Action::new(&self.with_spreads(unknowns));
        let mut problem = self.problem.clone();
        problem.fix_spreads(&unknowns[problem.path_length()..]);
        if self.noise_parameters() == 0 {
            return problem;
        }
        let Some(shares) = self.shares(&mut action, unknowns) else {
            return problem;
        };
        problem.set_normalization(Some(action.noise_scales()), Some(&shares));
        let leverages: Vec<f64> = shares.left.iter().map(|share| 1.0 - share).collect();
        let all: f64 = leverages.iter().sum();
        let parts = self
            .summed(&shares.left)
            .into_iter()
            .zip(self.summed(&leverages));
        let inverse: f64 = parts
            .filter(|(share, _)| *share >= LEAST_SHARE)
            .map(|(share, leverage)| (leverage / all) * (leverage / all) / share)
            .sum();
        problem.set_noise_degrees(1.0 / inverse);
        problem
    }

    /// Moves the logarithms to where the residuals of the path as it is put them.
    fn guess(
        &self,
        action: &mut Action,
        shares: &FitShares,
        told: &[f64],
        unknowns: &mut [f64],
    ) -> Result<()> {
        action.set_normalization(None, Some(shares));
        let (path, parameters) = unknowns.split_at(self.problem.path_length());
        action.evaluate(self.model_precision, path, parameters)?;
        let losses = action.losses();
        let squares = self.summed(&losses);
        let Some(noise) = self.problem.noise() else {
            return Ok(());
        };
        let channels = self.problem.channels_of_slots();
        let first = unknowns.len() - told.len();
        for (k, parameter) in noise.parameters.iter().enumerate() {
            let own = |&&channel: &&usize| noise.channels[channel].parameters.contains(&Some(k));
            let laws = channels
                .iter()
                .filter(own)
                .map(|&channel| noise.channels[channel].law);
            let is_square = laws.clone().all(|law| law.is_square());
            // Parameters of laws of the user's own are where the ladder has them.
            let is_own = laws.clone().next().is_none();
            if told[k] >= LEAST_SHARE && !is_own && laws.clone().all(|law| law.has_deviation()) {
                let ratio = match is_square {
                    true => squares[k] / told[k],
                    false => {
                        // Outliers count little: the median of the errors.
                        let own = channels.iter().enumerate();
                        let own = own.filter(|(_, channel)| {
                            noise.channels[**channel].parameters.contains(&Some(k))
                        });
                        median_square(own.map(|(slot, _)| action.squared_error(slot)).collect())
                    }
                };
                let change = 0.5 * libm::log(ratio.max(f64::MIN_POSITIVE));
                let [low, high] = parameter.bounds;
                let log = unknowns[first + k] + change.clamp(-FAR, FAR);
                unknowns[first + k] = log.max(low).min(high);
            }
        }
        Ok(())
    }

    /// Action at a point whose noise was estimated, comparable among paths, in units of the noise
    /// of the ladder: `n exp((V - n) / n)`, where V is minus twice the logarithm of the restricted
    /// likelihood and n the summed share of all data. Where noise explains its chi-square, n, it is
    /// n times the mean ratio of the variances, for one channel the chi-square of its ladder.
    /// `shares` are those of this point, if they are known.
    ///
    /// # Errors
    /// Those of [`Action::evaluate`].
    pub fn evaluate(&self, unknowns: &[f64], shares: Option<&FitShares>) -> Result<Settled> {
        let mut action = Action::new(&self.with_spreads(unknowns));
        let shares = match shares {
            Some(shares) => Some(shares.clone()),
            None => self.shares(&mut action, unknowns),
        };
        action.set_normalization(None, shares.as_ref());
        let (path, parameters) = unknowns.split_at(self.problem.path_length());
        let value = action.evaluate(self.model_precision, path, parameters)?;
        let n = match &shares {
            Some(shares) => shares.left.iter().sum(),
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

/// Square of the deviation that has this median of squared errors, for normal errors.
fn median_square(mut squares: Vec<f64>) -> f64 {
    const MEDIAN: f64 = 0.454_936_423_119_572_7;
    squares.sort_by(f64::total_cmp);
    squares
        .get(squares.len() / 2)
        .map_or(1.0, |square| square / MEDIAN)
}
