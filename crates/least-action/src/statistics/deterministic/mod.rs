//! The deterministic limit, R_f to infinity: the path obeys the discretised model exactly, and its
//! first states and the estimated parameters are the only unknowns (the strong constraint of Y.
//! Sasaki, Mon. Weather Rev. 98, 1970).

mod bounds;
mod correction;
#[cfg(test)]
mod decay_tests;
mod direction;
mod draws;
mod elimination;
mod findings;
mod gaussian;
mod in_logarithms;
mod information;
mod minimum;
mod posterior;
mod refit;
mod rows;
#[cfg(test)]
mod tests;

pub use gaussian::StrongLaplace;
pub use minimum::StrongMinimum;
pub use posterior::StrongPosterior;
