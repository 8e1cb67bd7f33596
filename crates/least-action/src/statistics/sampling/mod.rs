//! Draws from a posterior by Markov chains: Hamiltonian Monte Carlo over the whole path and the
//! parameters.
//!
//! A chain has three sets of coordinates. From the outside in they are the caller's unknowns x;
//! unbounded ones u, if bounds are transformed; and y, in which the second derivatives at a minimum
//! of the action are the identity. Trajectories run in y.
//!
//! Chains may first be annealed up the ladder of R_f (after Fang et al., Phys. Rev. Research 2,
//! 013050, 2020), each rung with its own metric. Draws are only those after that, at the
//! posterior's own R_f and with step size and metric fixed. So no draw is from another
//! distribution, and none has to be weighted.

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
mod preconditioner;
mod sampling_point;
mod space;
mod state;
mod step_size;
mod transform;
mod transition;
mod variances;
mod walls;

pub use chain::{Advance, Chain};
pub use density::Density;
pub use options::{
    BoundsMethod, ChainAnnealing, Integrator, Metric, SamplingMethod, SamplingOptions,
};
pub use state::{ChainPhase, ChainState};
pub use step_size::StepSize;
pub use transition::{Divergence, Transition};
pub use variances::Moments;
