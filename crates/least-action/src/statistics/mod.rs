//! How certain the path of least action is: expected values `<G> = integral of G exp(-A) / integral of exp(-A)` over all paths and parameters, from the quadratic
//! approximation about a minimum to Monte Carlo.

mod laplace;
mod posterior;
mod uncertainty;

pub use laplace::{
    Expected, GaussianDraws, Identifiability, Laplace, LaplaceFinding, LaplaceFindingCode,
    LaplaceOptions, ParameterDirection,
};
pub use posterior::Posterior;
pub use uncertainty::{
    level_weights, LevelUncertainty, Uncertainty, UncertaintyDraws, UncertaintyOptions,
};
