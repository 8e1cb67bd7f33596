//! How certain the path of least action is: expected values `<G> = integral of G exp(-A) / integral of exp(-A)` over all paths and parameters, from the quadratic
//! approximation about a minimum to Monte Carlo.

mod posterior;
mod sampling;

pub use posterior::Posterior;
pub use sampling::{
    Advance, BoundsMethod, Chain, ChainAnnealing, ChainPhase, ChainState, Density, Divergence,
    Integrator, Metric, Moments, SamplingMethod, SamplingOptions, StepSize, Transition,
};
