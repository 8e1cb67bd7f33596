//! How certain the path of least action is: expected values `<G> = integral of G exp(-A) / integral of exp(-A)` over all paths and parameters, from the quadratic
//! approximation about a minimum to Monte Carlo.

mod laplace;
mod mixture;
mod posterior;

pub use laplace::{
    level_weights, Expected, GaussianDraws, Identifiability, Laplace, LaplaceFinding,
    LaplaceFindingCode, LaplaceOptions, ParameterDirection,
};
pub use mixture::{mixture_moments, mixture_quantiles};
pub use posterior::Posterior;
