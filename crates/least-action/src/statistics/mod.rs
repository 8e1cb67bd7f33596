//! How certain the path of least action is: expected values `<G> = integral of G exp(-A) / integral of exp(-A)` over all paths and parameters, from the quadratic
//! approximation about a minimum to Monte Carlo.

mod laplace;
mod posterior;
mod sampling;
mod uncertainty;

pub use laplace::{
    Expected, GaussianDraws, Identifiability, Laplace, LaplaceFinding, LaplaceFindingCode,
    LaplaceOptions, ParameterDirection,
};
pub use posterior::Posterior;
pub use sampling::{
    Advance, BoundsMethod, Chain, ChainAnnealing, ChainPhase, ChainState, Density, Divergence,
    Integrator, Metric, Moments, SamplingMethod, SamplingOptions, StepSize, Transition,
};
pub use uncertainty::{
    level_weights, LevelUncertainty, Uncertainty, UncertaintyDraws, UncertaintyOptions,
};
