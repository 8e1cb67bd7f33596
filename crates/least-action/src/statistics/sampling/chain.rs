//! A Markov chain that makes one transition at a time.

mod adaptation;
mod start;

use super::density::Density;
use super::dynamics::{Dynamics, StepWorkspace};
use super::hmc::Hmc;
use super::metropolis::Metropolis;
use super::nuts::Nuts;
use super::options::{Metric, SamplingMethod, SamplingOptions};
use super::sampling_point::SamplingPoint;
use super::space::SamplingSpace;
use super::state::{ChainPhase, ChainState};
use super::step_size::StepSize;
use super::transition::Transition;
use super::variances::{AdaptationWindows, Moments};
use crate::error::{check, Error, Result};
use crate::random::Random;

/// Most transitions in a row that leave the chain where it is before it is given up.
const MOST_UNMOVED: usize = 500;

/// Standard deviation, about the centre, of the random starts of chains that are given none, in
/// standard deviations of the metric.
const DISPERSION: f64 = 1.5;

/// Result of one transition of a chain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Advance<'a> {
    /// Phase of the chain that the transition belongs to.
    pub phase: ChainPhase,
    /// Position after the transition, in the caller's unknowns.
    pub position: &'a [f64],
    /// Statistics of the transition.
    pub transition: &'a Transition,
}

impl Advance<'_> {
    /// True if the position is a draw from the posterior.
    pub fn is_draw(&self) -> bool {
        self.phase == ChainPhase::Draws
    }
}

/// Method of the transitions, with its memory.
enum TransitionMethod {
    Nuts(Box<Nuts>),
    Hmc(Hmc),
    Metropolis(Metropolis),
}

/// One of the chains that sample a density. It owns the density, allocates its memory when it is
/// made, and does not keep its draws.
///
/// Its transitions are those of the annealing up to the posterior's R_f, if there is any, then
/// those of the warm-up, then the draws. All draws are at the posterior's own R_f.
///
/// ```
/// use least_action::statistics::{Chain, Posterior, SamplingOptions};
/// # use std::sync::Arc;
/// # use least_action::{models, ActionOptions, Discretization, Observations, Problem};
/// # let (values, inputs) = (vec![0.9, 1.1, 1.0, 0.8, 1.0], vec![]);
/// # let (start, time_step, points, observed) = (0.0, 0.1, 5, vec![0]);
/// # let none = Observations::default();
/// # let data = Observations { start, time_step, points, observed, values, inputs, ..none };
/// # let options = ActionOptions {
/// #     measurement_precision: 25.0.into(),
/// #     discretization: Some(Discretization::Rk4),
/// #     ..ActionOptions::default()
/// # };
/// # let problem = Problem::new(Arc::new(models::double_well()?), data, &options)?;
///
/// let mut posterior = Posterior::new(&problem, 100.0)?;
/// let mode = posterior.mode_near(&[1.0; 5])?;
/// let options = SamplingOptions { draws: 50, warmup: 50, ..SamplingOptions::default() };
/// let mut chain = Chain::new(posterior, &options, 0, &mode, None)?;
/// let mut draws = Vec::new();
/// while let Some(advance) = chain.advance()? {
///     if advance.is_draw() {
///         draws.push(advance.position.to_vec());
///     }
/// }
/// assert_eq!(draws.len(), 50);
/// # Ok::<(), least_action::Error>(())
/// ```
pub struct Chain<T> {
    options: SamplingOptions,
    number: usize,
    dynamics: Dynamics<T>,
    method: TransitionMethod,
    metric: Metric,
    windows: AdaptationWindows,
    /// The posterior's own R_f; none for a density without R_f.
    model_precision: Option<f64>,
    transitions: usize,
    step: StepSize,
    moments: Moments,
    unmoved: usize,
    current: SamplingPoint,
    /// Point of phase space for a step that is only tried.
    trial: SamplingPoint,
    before: Vec<f64>,
    /// Current position in the caller's unknowns.
    unknowns: Vec<f64>,
    last: Transition,
    failure: Option<Error>,
}

impl<T: Density> Chain<T> {
    /// Chain number `number` of those that the options ask for.
    ///
    /// `centre` is the point at which the structured metric is taken, in the unknowns of the
    /// density: a minimum of the action. The chain begins at `start`. Without a start it begins at
    /// a random point about the centre, normally distributed with 1.5 standard deviations of the
    /// metric in every direction, so that chains which agree have come from different places.
    ///
    /// # Errors
    /// Those of [`SamplingOptions::validate`]; positions of the wrong length or not finite; an
    /// interval of one value; options that need the posterior of a path; a density that fails at
    /// the start, or whose energy no step conserves.
    pub fn new(
        target: T,
        options: &SamplingOptions,
        number: usize,
        centre: &[f64],
        start: Option<&[f64]>,
    ) -> Result<Self> {
        let unknowns = centre.len();
        check::at_least("centre", unknowns, 1)?;
        for (name, position) in [("centre", Some(centre)), ("start", start)] {
            let position = position.unwrap_or_default().iter().enumerate();
            for (k, value) in position {
                check::finite(&format!("{name}[{k}]"), *value)?;
            }
        }
        if let Some(start) = start {
            check::length("start", start.len(), unknowns, "one per unknown")?;
        }
        let mut chain = Chain::empty(target, options, number, unknowns)?;
        let mut random = chain.random();
        chain.set_precision()?;
        let centre = chain.dynamics.space.unbounded(centre)?;
        let mut position = match start {
            Some(start) => chain.dynamics.space.unbounded(start)?,
            None => centre.clone(),
        };
        chain.whiten(&centre, &mut position)?;
        // In the coordinates of the metric: zero if the metric is taken there, the centre itself if
        // there is no metric.
        let laid = &chain.dynamics.space.whitening.centre;
        let middle: Vec<f64> = centre.iter().zip(laid).map(|(c, at)| c - at).collect();
        if start.is_none() {
            for y in &mut position {
                *y += DISPERSION * random.normal();
            }
        }
        chain.current.position = position;
        chain.move_within_walls(&middle);
        match start {
            Some(_) => chain.evaluate_start()?,
            None => chain.evaluate_random_start(&middle)?,
        }
        chain.begin_adaptation(&mut random)?;
        Ok(chain)
    }

    /// Chain that continues from a state.
    ///
    /// # Errors
    /// Those of [`Chain::new`], and a state that does not belong to this density and these options.
    pub fn resume(target: T, options: &SamplingOptions, state: &ChainState) -> Result<Self> {
        let unknowns = state.position.len();
        check::at_least("resume.position", unknowns, 1)?;
        let mut chain = Chain::empty(target, options, state.chain, unknowns)?;
        state.validate(&chain.options, unknowns, chain.model_precision)?;
        chain.transitions = state.transitions;
        chain.set_precision()?;
        let mut nowhere = state.centre.clone();
        chain.whiten(&state.centre, &mut nowhere)?;
        chain.current.position.copy_from_slice(&state.position);
        chain.dynamics.variances.copy_from_slice(&state.variances);
        chain.step = state.step;
        chain.moments = state.moments.clone();
        chain.unmoved = state.unmoved;
        chain.evaluate_start()?;
        Ok(chain)
    }

    /// Chain without a position.
    fn empty(
        mut target: T,
        options: &SamplingOptions,
        number: usize,
        unknowns: usize,
    ) -> Result<Self> {
        options.validate()?;
        check::require(
            number < options.chains,
            "chain",
            number as f64,
            &format!("below the number of chains, {}", options.chains),
        )?;
        if let Some(posterior) = target.posterior() {
            let expected = posterior.layout().unknowns();
            check::length("centre", unknowns, expected, "one per unknown")?;
        }
        let bounds = target.bounds().map(|b| b.lower.len());
        check::length(
            "bounds.lower",
            bounds.unwrap_or(unknowns),
            unknowns,
            "one per unknown",
        )?;
        let model_precision = target.posterior().map(|p| p.model_precision());
        let has_metric = target.has_metric();
        let metric = options.metric.unwrap_or(match has_metric {
            true => Metric::Structured,
            false => Metric::Diagonal,
        });
        let needs_path = |path: &str, remedy: &str| Error::WrongShape {
            path: path.into(),
            message: format!(
                "needs the posterior of a path at a finite R_f, and this density is none; {remedy}"
            ),
        };
        if !has_metric && metric == Metric::Structured {
            return Err(needs_path("metric", "use \"diagonal\""));
        }
        if model_precision.is_none() && options.annealing.is_some() {
            return Err(needs_path("annealing", "leave it out"));
        }
        let method = match options.method {
            SamplingMethod::Nuts => {
                TransitionMethod::Nuts(Box::new(Nuts::new(unknowns, options.max_tree_depth)))
            }
            SamplingMethod::Hmc => TransitionMethod::Hmc(Hmc {
                time: options.integration_time,
                most_steps: 1 << options.max_tree_depth,
                end: SamplingPoint::new(unknowns),
            }),
            SamplingMethod::Metropolis => TransitionMethod::Metropolis(Metropolis {
                end: SamplingPoint::new(unknowns),
            }),
        };
        Ok(Chain {
            dynamics: Dynamics {
                space: SamplingSpace::new(target, options, unknowns),
                variances: vec![1.0; unknowns],
                integrator: options.integrator,
                work: StepWorkspace::new(unknowns),
                evaluations: 0,
            },
            number,
            method,
            metric,
            windows: AdaptationWindows::new(options.warmup),
            model_precision,
            transitions: 0,
            step: StepSize::new(1.0),
            moments: Moments::new(unknowns),
            unmoved: 0,
            current: SamplingPoint::new(unknowns),
            trial: SamplingPoint::new(unknowns),
            before: vec![0.0; unknowns],
            unknowns: vec![0.0; unknowns],
            last: Transition {
                log_density: 0.0,
                energy: 0.0,
                acceptance: 0.0,
                step_size: 0.0,
                tree_depth: 0,
                steps: 0,
                divergence: None,
            },
            failure: None,
            options: options.clone(),
        })
    }

    /// Makes one transition; none if all are done.
    ///
    /// # Errors
    /// Failure of the chain: it has stayed at one point for 500 transitions, or no step size
    /// conserves the energy. The chain is then done, and further calls return the same error.
    pub fn advance(&mut self) -> Result<Option<Advance<'_>>> {
        if let Some(error) = &self.failure {
            return Err(error.clone());
        }
        let phase = self.phase();
        if phase == ChainPhase::Done {
            return Ok(None);
        }
        if let Err(error) = self.make_transition(phase) {
            self.failure = Some(error.clone());
            return Err(error);
        }
        Ok(Some(Advance {
            phase,
            position: &self.unknowns,
            transition: &self.last,
        }))
    }

    /// Phase of the next transition.
    pub fn phase(&self) -> ChainPhase {
        let warmup = self.options.annealed();
        let draws = warmup + self.options.warmup;
        match self.transitions {
            n if n < warmup => ChainPhase::Annealing,
            n if n < draws => ChainPhase::Warmup,
            n if n < draws + self.options.draws => ChainPhase::Draws,
            _ => ChainPhase::Done,
        }
    }

    /// True if nothing is left to do: all draws are made, or the chain has failed.
    pub fn is_done(&self) -> bool {
        self.failure.is_some() || self.phase() == ChainPhase::Done
    }

    /// Error with which the chain has failed, if it has.
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// Number of the chain, from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Number of transitions that are done, and number of all transitions of all phases.
    pub fn progress(&self) -> (usize, usize) {
        let all = self.options.annealed() + self.options.warmup + self.options.draws;
        (self.transitions, all)
    }

    /// Current position in the caller's unknowns.
    pub fn position(&self) -> &[f64] {
        &self.unknowns
    }

    /// Statistics of the last transition; zeros before the first.
    pub fn last(&self) -> &Transition {
        &self.last
    }

    /// Model precision R_f of the next transition; none for a density without R_f.
    pub fn model_precision(&self) -> Option<f64> {
        let own = self.model_precision?;
        Some(match (self.options.annealing, self.phase()) {
            (Some(a), ChainPhase::Annealing) => own * a.share(self.transitions / a.transitions),
            _ => own,
        })
    }

    /// State from which the chain can continue by [`Chain::resume`].
    pub fn state(&self) -> ChainState {
        ChainState {
            chain: self.number,
            transitions: self.transitions,
            model_precision: self.model_precision,
            centre: self.dynamics.space.whitening.centre.clone(),
            position: self.current.position.clone(),
            variances: self.dynamics.variances.clone(),
            step: self.step,
            moments: self.moments.clone(),
            unmoved: self.unmoved,
        }
    }

    /// Random numbers of the next transition. They are a stream of their own, so that there is no
    /// generator whose state would have to be kept.
    fn random(&self) -> Random {
        let stream = ((self.number as u64) << 40) + self.transitions as u64;
        Random::new(self.options.seed, stream)
    }

    /// Makes one transition and adapts as its phase requires.
    fn make_transition(&mut self, phase: ChainPhase) -> Result<()> {
        let mut random = self.random();
        self.before.copy_from_slice(&self.current.position);
        self.dynamics.evaluations = 0;
        let (dynamics, current, size) = (&mut self.dynamics, &mut self.current, self.step.size);
        self.last = match &mut self.method {
            TransitionMethod::Nuts(nuts) => nuts.transition(dynamics, current, size, &mut random),
            TransitionMethod::Hmc(hmc) => hmc.transition(dynamics, current, size, &mut random),
            TransitionMethod::Metropolis(walk) => {
                walk.transition(dynamics, current, size, &mut random)
            }
        };
        self.last.steps = self.dynamics.evaluations;
        let place = self.dynamics.space.unknowns(&self.current.position);
        self.unknowns.copy_from_slice(place);
        self.check_moved()?;
        self.transitions += 1;
        match phase {
            ChainPhase::Annealing => self.after_annealing(&mut random),
            ChainPhase::Warmup => self.after_warmup(&mut random),
            _ => Ok(()),
        }
    }

    /// Counts transitions in a row that leave the chain where it is; too many are an error.
    fn check_moved(&mut self) -> Result<()> {
        if self.before != self.current.position {
            self.unmoved = 0;
            return Ok(());
        }
        self.unmoved += 1;
        if self.unmoved < MOST_UNMOVED {
            return Ok(());
        }
        let cause = match &self.last.divergence {
            Some(divergence) => match &divergence.cause {
                Some(cause) => format!(", the last one because {cause}"),
                None => format!(
                    ", the last one because its energy rose by {:.1e}",
                    divergence.energy_error
                ),
            },
            None => String::new(),
        };
        Err(Error::ChainFailed {
            path: format!("chains[{}]", self.number),
            message: format!(
                "stuck: {MOST_UNMOVED} transitions in a row went nowhere with steps of {}{cause}",
                self.last.step_size
            ),
            remedy: "leave stepSize out so that it is adapted, raise targetAcceptance, lengthen \
                warmup, or begin elsewhere"
                .into(),
        })
    }

    /// Sets R_f to that of the next transition.
    fn set_precision(&mut self) -> Result<()> {
        let at = self.model_precision();
        if let (Some(posterior), Some(at)) = (self.dynamics.space.target.posterior(), at) {
            posterior.set_model_precision(at)?;
        }
        Ok(())
    }
}
