//! Uncertainty of a path and its parameters, as Gaussians about the lowest minima of the action.

mod identifiability;
mod level;
mod mixture;
mod options;
mod profile;
mod summary;

pub use level::{default_model_precision, LevelGaussian};
use mixture::Tails;
pub use options::UncertaintyOptions;

use super::laplace::{Expected, LaplaceFinding, LaplaceFindingCode};
use crate::anneal::{Annealer, Climb, Paths, Run};
use crate::error::{check, Error, Result};
use crate::model::MOST_VALUES;
use crate::report::Severity;

/// A minimum of the action, with the probability that the path is near it.
#[derive(Clone)]
pub struct LevelUncertainty {
    /// Number of the starting path that it was reached from.
    pub start: usize,
    /// Probability that the path is near this minimum.
    pub weight: f64,
    /// Gaussian about the minimum.
    pub gaussian: LevelGaussian,
}

/// The posterior as a mixture of Gaussians about the lowest minima of a run, weighted by their
/// evidence.
///
/// ```
/// use std::ops::ControlFlow;
/// use std::sync::Arc;
/// use least_action::statistics::{Uncertainty, UncertaintyOptions};
/// use least_action::{models, AnnealOptions, Annealer, Observations};
///
/// let data = Observations {
///     start: 0.0,
///     time_step: 0.1,
///     points: 5,
///     observed: vec![0],
///     values: vec![0.9, 1.1, 1.0, 0.8, 1.0],
///     ..Observations::default()
/// };
/// let options = AnnealOptions { measurement_precision: 25.0.into(), ..AnnealOptions::default() };
/// let annealer = Annealer::new(Arc::new(models::double_well()?), data, options)?;
/// let run = annealer.run(|_| ControlFlow::Continue(()))?;
/// let options = UncertaintyOptions { levels: 1, ..UncertaintyOptions::default() };
/// let uncertainty = Uncertainty::of_run(&annealer, &run, &options)?;
/// let (means, deviations) = uncertainty.moments();
/// assert!((means[4] - 1.0).abs() < 0.2 && deviations[4] < 0.2);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct Uncertainty {
    /// Levels, lowest first; at least one.
    levels: Vec<LevelUncertainty>,
    /// Levels that are no minima, by number of the starting path, with the cause.
    left_out: Vec<(usize, Error)>,
    /// Means, levels x unknowns.
    means: Vec<f64>,
    /// Standard deviations, levels x unknowns.
    deviations: Vec<f64>,
    /// Weight of each level.
    weights: Vec<f64>,
    /// Tails of the levels' laws.
    tails: Tails,
}

/// Draws of the Gaussians of several levels, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct UncertaintyDraws {
    /// Draws, count x unknowns: the path, then the estimated parameters.
    pub values: Vec<f64>,
    /// Level that each draw belongs to.
    pub levels: Vec<u32>,
    /// Number of draws for which every attempt was outside of the bounds. They were moved inside.
    pub moved: usize,
}

/// Largest distance of two minima that count as one, in standard deviations of every unknown.
const SAME: f64 = 0.01;

/// Number of climbs that are tried per wanted level, as many may lead to one minimum.
const TRIED_PER_LEVEL: usize = 8;

/// Least probability of the levels above the lowest that is reported.
const MATTERS: f64 = 0.01;

impl Uncertainty {
    /// Uncertainty about the lowest levels of a run.
    ///
    /// # Errors
    /// Mistakes in the options. If the lowest level is no minimum, [`Error::Saddle`] or
    /// [`Error::Undetermined`]; for higher levels that is a finding.
    pub fn of_run(
        annealer: &Annealer<Paths>,
        run: &Run,
        options: &UncertaintyOptions,
    ) -> Result<Self> {
        let levels = run.levels.iter().flat_map(|level| &level.starts);
        let climbs =
            levels.filter_map(|start| run.climbs.iter().find(|climb| climb.start == *start));
        let mut climbs: Vec<&Climb> = climbs.collect();
        if climbs.is_empty() {
            climbs.push(run.best());
        }
        Self::new(annealer, &climbs, options)
    }

    /// Uncertainty about the minima that climbs lead to, the lowest first. Climbs that lead to the
    /// same minimum count once.
    ///
    /// # Errors
    /// Those of [`Uncertainty::of_run`]; no climb with a rung.
    pub fn new(
        annealer: &Annealer<Paths>,
        climbs: &[&Climb],
        options: &UncertaintyOptions,
    ) -> Result<Self> {
        options.validate()?;
        let (last, first) = furthest_of(climbs)?;
        match options.model_precision {
            Some(precision) => Self::at(annealer, climbs, precision, options),
            None if annealer.is_deterministic(first) => {
                let exact = match Self::at(annealer, climbs, f64::INFINITY, options) {
                    Ok(found) if found.lowest().is_well_posed() => return Ok(found),
                    // What is not determined is so at every R_f.
                    Err(error @ Error::Undetermined { .. }) => return Err(error),
                    other => other,
                };
                match (Self::at(annealer, climbs, last, options), exact) {
                    // What is determined in the limit is wide, and not undetermined.
                    (Err(Error::Undetermined { .. }), Ok(found))
                        if found.lowest().follows_from_its_start() =>
                    {
                        Ok(found)
                    }
                    (other, _) => other,
                }
            }
            None => Self::at(annealer, climbs, last, options),
        }
    }

    /// Uncertainty at one R_f, which may be infinite.
    fn at(
        annealer: &Annealer<Paths>,
        climbs: &[&Climb],
        precision: f64,
        options: &UncertaintyOptions,
    ) -> Result<Self> {
        // Noise that was estimated has a likelihood of its own at every minimum.
        let is_common = !annealer.has_settled_numbers();
        let common = match is_common {
            true => Some(LevelGaussian::expanding(
                annealer.problem(),
                precision,
                options,
            )?),
            false => None,
        };
        let (mut found, mut left_out) = (Vec::<(usize, LevelGaussian)>::new(), Vec::new());
        for climb in climbs
            .iter()
            .take(options.levels.saturating_mul(TRIED_PER_LEVEL))
        {
            let start = [&climb.path[..], &climb.parameters].concat();
            if found.len() == options.levels {
                break;
            }
            if found.iter().any(|(_, gaussian)| is_near(gaussian, &start)) {
                continue;
            }
            let expanded = match &common {
                Some(expand) => expand(&start),
                None => LevelGaussian::expanding(&annealer.problem_at(climb), precision, options)?(
                    &start,
                ),
            };
            match expanded {
                Ok(one) if found.iter().any(|(_, other)| is_same(&one, other)) => {}
                Ok(one) => found.push((climb.start, one)),
                Err(error @ (Error::Saddle { .. } | Error::Undetermined { .. }))
                    if !found.is_empty() =>
                {
                    left_out.push((climb.start, error));
                }
                Err(error) => return Err(error),
            }
        }
        // At another R_f than that of the run, the order of the levels may change.
        found.sort_by(|a, b| a.1.value().total_cmp(&b.1.value()));
        // A level that has no minimum within reach says nothing of the one below it.
        if found[0].1.is_well_posed() {
            let (kept, ill): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|(_, one)| one.is_well_posed());
            left_out.extend(ill.iter().map(|(start, one)| (*start, one.ill_posed())));
            found = kept;
        }
        let evidence: Vec<f64> = found
            .iter()
            .map(|(_, laplace)| laplace.log_evidence())
            .collect();
        let weights = level_weights(&evidence);
        let levels = found.into_iter().zip(&weights);
        let levels: Vec<LevelUncertainty> = levels
            .map(|((start, gaussian), &weight)| LevelUncertainty {
                start,
                weight,
                gaussian,
            })
            .collect();
        Ok(Uncertainty {
            means: levels
                .iter()
                .flat_map(|level| level.gaussian.means())
                .collect(),
            deviations: levels
                .iter()
                .flat_map(|level| level.gaussian.deviations())
                .collect(),
            tails: Tails {
                degrees: levels
                    .iter()
                    .map(|level| level.gaussian.degrees())
                    .collect(),
                normal: annealer.problem().noise_parameters(),
            },
            levels,
            left_out,
            weights,
        })
    }

    /// Levels, lowest first; at least one.
    pub fn levels(&self) -> &[LevelUncertainty] {
        &self.levels
    }

    /// Gaussian about the lowest minimum.
    pub fn lowest(&self) -> &LevelGaussian {
        &self.levels[0].gaussian
    }

    /// Degrees of freedom of the noise of the lowest level, where it was estimated: its laws are
    /// Student's. Infinite where the noise is known, and the laws are normal.
    pub fn degrees(&self) -> f64 {
        self.lowest().degrees()
    }

    /// Mean and standard deviation of every unknown over all levels: the path, points x dimension,
    /// then the estimated parameters.
    pub fn moments(&self) -> (Vec<f64>, Vec<f64>) {
        mixture::moments(&self.means, &self.deviations, &self.weights, &self.tails)
    }

    /// Quantile of every unknown by itself, over all levels.
    ///
    /// # Errors
    /// A probability that is not between 0 and 1.
    pub fn quantiles(&self, probability: f64) -> Result<Vec<f64>> {
        let (means, deviations) = (&self.means, &self.deviations);
        let cut = |level: usize, unknown: usize| self.levels[level].gaussian.cut_at(unknown);
        let (weights, tails) = (&self.weights, &self.tails);
        mixture::quantiles(means, deviations, weights, tails, &cut, probability)
    }

    /// Draws from the mixture. Levels take turns, so that each has its share of any number of
    /// draws, to within one.
    ///
    /// # Errors
    /// More draws than fit in memory.
    pub fn draws(&self, count: usize, seed: u64) -> Result<UncertaintyDraws> {
        self.check_count(count)?;
        Ok(self.drawn(self.turns(count), seed))
    }

    /// Draws from the Gaussian of one level.
    ///
    /// # Errors
    /// A level that does not exist, and more draws than fit in memory.
    pub fn draws_of(&self, level: usize, count: usize, seed: u64) -> Result<UncertaintyDraws> {
        check::require(
            level < self.levels.len(),
            "level",
            level as f64,
            &format!("the number of a level, below {}", self.levels.len()),
        )?;
        self.check_count(count)?;
        Ok(self.drawn(vec![level as u32; count], seed))
    }

    /// Checks the number of draws before memory is allocated for them.
    fn check_count(&self, count: usize) -> Result<()> {
        check::at_most("count", count, MOST_VALUES / self.lowest().mode().len())
    }

    /// Draws from the given levels.
    fn drawn(&self, levels: Vec<u32>, seed: u64) -> UncertaintyDraws {
        let (unknowns, count) = (self.lowest().mode().len(), levels.len());
        let mut draws = UncertaintyDraws {
            values: vec![0.0; count * unknowns],
            levels,
            moved: 0,
        };
        for (level, one) in self.levels.iter().enumerate() {
            let is_own = |&k: &usize| draws.levels[k] as usize == level;
            let places: Vec<usize> = (0..count).filter(is_own).collect();
            let own = one.gaussian.draws(places.len(), seed);
            draws.moved += own.moved;
            for (place, draw) in places.into_iter().zip(own.values.chunks_exact(unknowns)) {
                draws.values[place * unknowns..][..unknowns].copy_from_slice(draw);
            }
        }
        draws
    }

    /// Level of each of `count` draws, in turns by weight.
    fn turns(&self, count: usize) -> Vec<u32> {
        let mut owed = vec![0.0; self.levels.len()];
        let turn = |_| {
            owed.iter_mut()
                .zip(&self.weights)
                .for_each(|(o, w)| *o += w);
            let next = (0..owed.len()).max_by(|&a, &b| owed[a].total_cmp(&owed[b]).then(b.cmp(&a)));
            let next = next.unwrap_or(0);
            owed[next] -= 1.0;
            next as u32
        };
        (0..count).map(turn).collect()
    }

    /// Expected value of a quantity over all levels, with or without the first correction beyond
    /// the quadratic: see [`Laplace::expected`](super::Laplace::expected).
    ///
    /// # Errors
    /// Fewer than two pairs of draws; second derivatives that are not finite.
    pub fn expected(
        &self,
        mut quantity: impl FnMut(&[f64]) -> f64,
        corrected: bool,
        pairs: usize,
        seed: u64,
    ) -> Result<Expected> {
        check::at_least("pairs", pairs, 2)?;
        let (mut value, mut variance) = (0.0, 0.0);
        for level in self.levels.iter().filter(|level| level.weight > 0.0) {
            let shift = match corrected {
                true => level.gaussian.mean_shift()?,
                false => vec![0.0; level.gaussian.mode().len()],
            };
            let part = level.gaussian.expected(&mut quantity, &shift, pairs, seed);
            value += level.weight * part.value;
            variance += level.weight * level.weight * part.error * part.error;
        }
        Ok(Expected {
            value,
            error: variance.sqrt(),
        })
    }

    /// Findings with advice, about the lowest level and about the probabilities of the levels.
    ///
    /// # Errors
    /// Derivatives near the mode that are not finite.
    pub fn findings(&self) -> Result<Vec<LaplaceFinding>> {
        let mut findings = self.lowest().findings()?;
        for (start, error) in &self.left_out {
            findings.push(LaplaceFinding::new(
                LaplaceFindingCode::LevelLeftOut,
                Severity::Warning,
                format!("The level of starting path {start} was left out: {error}."),
            ));
        }
        if self.levels.len() > 1 {
            findings.push(self.shares());
        }
        Ok(findings)
    }

    /// Finding about the probabilities of the levels.
    fn shares(&self) -> LaplaceFinding {
        let lowest = 100.0 * self.weights[0];
        let count = self.levels.len();
        let is_most = self.weights.iter().all(|w| *w <= self.weights[0]);
        let (severity, message) =
            match 1.0 - self.weights[0] > MATTERS {
                false => (
                    Severity::Good,
                    format!("The lowest of {count} levels has {lowest:.1} % of the probability."),
                ),
                true => (
                    Severity::Warning,
                    format!(
                    "The lowest level has {lowest:.1} % of the probability{}: means and bands are \
                     over {count} levels, and means may lie between paths that are possible. Look \
                     at the levels one by one.",
                    if is_most { "" } else { ", less than a wider minimum above it" }
                ),
                ),
            };
        LaplaceFinding::new(LaplaceFindingCode::LevelsShare, severity, message)
    }

    /// Levels, parameters and states as tables in text.
    pub fn summary(&self) -> String {
        summary::summarize(self)
    }
}

/// R_f of the last rung of the first climb that has done one, and that climb.
fn furthest_of<'a>(climbs: &[&'a Climb]) -> Result<(f64, &'a Climb)> {
    let begun = |climb: &&'a Climb| Some((climb.rungs.last()?.model_precision, *climb));
    climbs.iter().find_map(begun).ok_or(Error::OutOfRange {
        path: "climbs.length".into(),
        value: climbs.len() as f64,
        expected: "the number of climbs that have done a rung, at least 1".into(),
    })
}

/// True if a point is within a standard deviation of a mode in every unknown, so that it leads to
/// this mode.
fn is_near(gaussian: &LevelGaussian, point: &[f64]) -> bool {
    let distances = gaussian
        .mode()
        .iter()
        .zip(point)
        .map(|(m, x)| (m - x).abs());
    distances
        .zip(gaussian.deviations())
        .all(|(distance, s)| distance <= s)
}

/// True if two modes are the same minimum.
fn is_same(a: &LevelGaussian, b: &LevelGaussian) -> bool {
    let both = a.deviations().into_iter().zip(b.deviations());
    let modes = a.mode().iter().zip(b.mode());
    modes
        .zip(both)
        .all(|((x, y), (s, t))| (x - y).abs() <= SAME * (s + t))
}

/// Probabilities that the path belongs to each of several minima, from the logarithms of their
/// evidence: `exp(e_i) / sum of exp(e_k)`.
///
/// They are right if the minima do not overlap. Each minimum must be given once.
///
/// ```
/// use least_action::statistics::level_weights;
///
/// assert_eq!(level_weights(&[-3.0, -3.0]), [0.5, 0.5]);
/// ```
pub fn level_weights(log_evidence: &[f64]) -> Vec<f64> {
    let most = log_evidence
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = log_evidence.iter().map(|e| libm::exp(e - most)).collect();
    let sum: f64 = shares.iter().sum();
    shares.iter().map(|share| share / sum).collect()
}
