//! Options of sampling.

use crate::error::{check, Result};
use crate::solve::Hessian;

/// Method by which a chain goes from one draw to the next.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum SamplingMethod {
    /// No-U-turn sampler: Hamiltonian trajectories that end when they would turn back; the draw is
    /// one of their points (M. D. Hoffman, A. Gelman, J. Mach. Learn. Res. 15, 2014; multinomial
    /// and with the criterion of M. Betancourt, arXiv 1701.02434, 2017).
    #[default]
    Nuts,
    /// Hamiltonian Monte Carlo: trajectories of a given length, accepted or rejected at their end
    /// (S. Duane et al., Phys. Lett. B 195, 1987).
    Hmc,
    /// Random walk (N. Metropolis et al., J. Chem. Phys. 21, 1953). It uses no gradients, so it is
    /// slow; for comparison.
    Metropolis,
}

/// One-step map by which trajectories are integrated.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Integrator {
    /// Half a step of the momentum, a step of the position, half a step of the momentum: one
    /// gradient per step.
    #[default]
    Leapfrog,
    /// Implicit midpoint rule: stable at any step, and exact in the energy if the density is
    /// Gaussian; several gradients per step. A step whose equations are not solved ends the
    /// trajectory as a divergence.
    ImplicitMidpoint,
}

/// Metric of the kinetic energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Metric {
    /// Second derivatives of the action, factored over time. A path whose points hang together has
    /// few narrow and many wide directions, and this metric makes them all alike.
    Structured,
    /// Variances of the unknowns, estimated in the warm-up.
    Diagonal,
    /// Identity: no unknown is scaled.
    Identity,
}

/// Method by which draws stay within the bounds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum BoundsMethod {
    /// Coordinates without bounds: the logarithm of the distance to one bound, the logit between
    /// two, with the density's change of volume. Smooth, and bounds are far away.
    #[default]
    Transform,
    /// Reflection: trajectories bounce off the bounds as off walls (H. Mohasel Afshar, J. Domke,
    /// NeurIPS 2015). Needs the leapfrog or a random walk. Better if much of the density is at a
    /// bound.
    Reflect,
}

/// Options of annealing a chain in R_f before its warm-up. None of these transitions is a draw.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ChainAnnealing {
    /// Number of values of R_f below the posterior's, in a geometric sequence. Default: 10.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub rungs: usize,
    /// First R_f, as a share of the posterior's. Default: 1e-3.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub from: f64,
    /// Number of transitions at each R_f. Default: 20.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub transitions: usize,
}

impl Default for ChainAnnealing {
    fn default() -> Self {
        ChainAnnealing {
            rungs: 10,
            from: 1e-3,
            transitions: 20,
        }
    }
}

impl ChainAnnealing {
    /// Model precision R_f of a rung, as a share of the posterior's.
    pub(super) fn share(&self, rung: usize) -> f64 {
        libm::pow(self.from, 1.0 - rung as f64 / self.rungs as f64)
    }
}

/// Options of the sampling of a posterior.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct SamplingOptions {
    /// Number of independent chains. Their disagreement shows what a single chain cannot know.
    /// Default: 4.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub chains: usize,
    /// Number of draws per chain. Default: 1000.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub draws: usize,
    /// Number of transitions per chain that adapt step size and metric; they are no draws. Default:
    /// 1000.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub warmup: usize,
    /// Seed of all random numbers. Default: 0.
    #[cfg_attr(feature = "typescript", ts(as = "Option<u64>"))]
    pub seed: u64,
    /// Method of the transitions. Default: `nuts`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<SamplingMethod>"))]
    pub method: SamplingMethod,
    /// One-step map of the trajectories of `nuts` and `hmc`. Default: `leapfrog`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Integrator>"))]
    pub integrator: Integrator,
    /// Mean acceptance that the step size is adapted to, between 0 and 1. A higher one takes
    /// shorter steps, which divergences may call for. Default: 0.8; for `metropolis` 0.234; for
    /// `implicit-midpoint` 0.98, as its energy hardly changes, so that it rejects only steps that
    /// are not solved.
    pub target_acceptance: Option<f64>,
    /// Logarithm to base 2 of the most steps of a trajectory, of `nuts` and of `hmc`; for `nuts` it
    /// is the largest depth of the tree of a trajectory. Default: 10, so at most 1024 steps.
    #[cfg_attr(feature = "typescript", ts(as = "Option<u32>"))]
    pub max_tree_depth: u32,
    /// Mean length of the trajectories of `hmc`, in the time of the metric, in which a Gaussian
    /// with that metric turns once in 2 pi. Each trajectory is longer or shorter by up to a fifth,
    /// at random, so that no direction returns to its start every time. Default: pi/2.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub integration_time: f64,
    /// Step size, in the time of the metric; for `metropolis` the standard deviation of a step in
    /// every direction. A given one is not adapted. Default: adapted in the warm-up by dual
    /// averaging.
    pub step_size: Option<f64>,
    /// Metric of the kinetic energy. Default: `structured` for paths, `diagonal` for other
    /// densities.
    pub metric: Option<Metric>,
    /// Second derivatives of the structured metric. If the exact ones are not positive, those of
    /// Gauss and Newton take their place. Default: `gauss-newton`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Hessian>"))]
    pub hessian: Hessian,
    /// True to scale the structured metric by the variances that the warm-up finds in its
    /// coordinates. Default: true.
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub adapt_diagonal: bool,
    /// Method by which draws stay within the bounds. Default: `transform`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<BoundsMethod>"))]
    pub bounds: BoundsMethod,
    /// Annealing of the chains in R_f before the warm-up. Default: none.
    pub annealing: Option<ChainAnnealing>,
}

impl Default for SamplingOptions {
    fn default() -> Self {
        SamplingOptions {
            chains: 4,
            draws: 1000,
            warmup: 1000,
            seed: 0,
            method: SamplingMethod::default(),
            integrator: Integrator::default(),
            target_acceptance: None,
            max_tree_depth: 10,
            integration_time: std::f64::consts::FRAC_PI_2,
            step_size: None,
            metric: None,
            hessian: Hessian::default(),
            adapt_diagonal: true,
            bounds: BoundsMethod::default(),
            annealing: None,
        }
    }
}

/// Most chains. The number of a chain and that of a transition must fit into the number of a stream
/// of random numbers.
const MOST_CHAINS: usize = 1 << 20;
/// Most transitions of one phase.
const MOST_TRANSITIONS: usize = 1 << 31;
/// Largest tree depth. More steps in a trajectory than two to this power are never worth it.
const DEEPEST: u32 = 20;

impl SamplingOptions {
    /// Checks the options.
    ///
    /// ```
    /// use least_action::statistics::{ChainAnnealing, Integrator, SamplingOptions};
    ///
    /// let options = SamplingOptions {
    ///     integrator: Integrator::ImplicitMidpoint,
    ///     annealing: Some(ChainAnnealing { rungs: 5, ..ChainAnnealing::default() }),
    ///     ..SamplingOptions::default()
    /// };
    /// options.validate()?;
    /// let wrong = SamplingOptions { target_acceptance: Some(1.5), ..options };
    /// assert_eq!(wrong.validate().unwrap_err().path(), "targetAcceptance");
    /// # Ok::<(), least_action::Error>(())
    /// ```
    ///
    /// # Errors
    /// Numbers out of range, and combinations that are not defined.
    pub fn validate(&self) -> Result<()> {
        check::at_least("chains", self.chains, 1)?;
        check::at_most("chains", self.chains, MOST_CHAINS)?;
        check::at_least("draws", self.draws, 1)?;
        check::at_most("draws", self.draws, MOST_TRANSITIONS)?;
        check::at_most("warmup", self.warmup, MOST_TRANSITIONS)?;
        if let Some(target) = self.target_acceptance {
            let between = target > 0.0 && target < 1.0;
            check::require(between, "targetAcceptance", target, "above 0 and below 1")?;
        }
        check::at_least("maxTreeDepth", self.max_tree_depth as usize, 1)?;
        check::at_most(
            "maxTreeDepth",
            self.max_tree_depth as usize,
            DEEPEST as usize,
        )?;
        check::positive("integrationTime", self.integration_time)?;
        if let Some(size) = self.step_size {
            check::positive("stepSize", size)?;
        }
        let implicit = self.integrator == Integrator::ImplicitMidpoint;
        let reflects = self.bounds == BoundsMethod::Reflect;
        if implicit && reflects && self.method != SamplingMethod::Metropolis {
            return Err(crate::Error::WrongShape {
                path: "bounds".into(),
                message: "\"reflect\" needs to know when within a step a wall is met, which an \
                    implicit-midpoint step does not say; use \"transform\", or the integrator \
                    \"leapfrog\""
                    .into(),
            });
        }
        if let Some(annealing) = self.annealing {
            check::at_least("annealing.rungs", annealing.rungs, 1)?;
            check::at_least("annealing.transitions", annealing.transitions, 1)?;
            let all = annealing.rungs.saturating_mul(annealing.transitions);
            check::require(
                all <= MOST_TRANSITIONS,
                "annealing.rungs",
                annealing.rungs as f64,
                "so few that the chain comes to an end",
            )?;
            let below = annealing.from > 0.0 && annealing.from < 1.0;
            check::require(
                below,
                "annealing.from",
                annealing.from,
                "above 0 and below 1",
            )?;
        }
        Ok(())
    }

    /// Acceptance that the step size is adapted to.
    pub(super) fn acceptance(&self) -> f64 {
        self.target_acceptance.unwrap_or(match self.method {
            SamplingMethod::Metropolis => 0.234,
            _ if self.integrator == Integrator::ImplicitMidpoint => 0.98,
            _ => 0.8,
        })
    }

    /// Number of transitions before the warm-up.
    pub(super) fn annealed(&self) -> usize {
        self.annealing.map_or(0, |a| a.rungs * a.transitions)
    }
}
