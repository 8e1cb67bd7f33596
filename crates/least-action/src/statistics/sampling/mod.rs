//! Draws from a posterior by Markov chains: Hamiltonian Monte Carlo over the whole path and the
//! parameters.
//!
//! A chain's coordinates are, from the outside in: the caller's unknowns x; unbounded ones u where
//! bounds are transformed; and y, in which the second derivatives at a minimum of the action are
//! the identity. Trajectories run in y.
//!
//! Chains may be led up the ladder of R_f first (after Fang et al., Phys. Rev. Research 2, 013050,
//! 2020), each rung with its own metric. Only what is drawn after that, at the posterior's own R_f
//! and with step size and metric fixed, is given out as draws: nothing tempered enters, and nothing
//! has to be weighted.

mod chain;
mod density;
mod dynamics;
mod hmc;
mod implicit_midpoint;
mod integrator;
mod leapfrog;
mod metropolis;
mod nuts;
mod options;
mod point;
mod space;
mod state;
mod step_size;
mod transform;
mod transition;
mod variances;
mod walls;
mod whitening;

pub use chain::{Advance, Chain};
pub use density::Density;
pub use options::{
    BoundsMethod, ChainAnnealing, Integrator, Metric, SamplingMethod, SamplingOptions,
};
pub use state::{ChainPhase, ChainState};
pub use step_size::StepSize;
pub use transition::{Divergence, Transition};
pub use variances::Moments;
