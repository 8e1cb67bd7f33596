//! Profile of a parameter: the fit at given values of it, all other unknowns refitted, and the
//! interval within which chi-square has not risen by the quantile of a confidence.

mod ends;
mod interval;
mod options;
mod refit;
mod remarks;
mod search;
#[cfg(test)]
mod tests;

pub use options::ProfileOptions;
pub use refit::{Refit, Refitted};
pub use search::{ProfileProgress, ProfileSearch};

/// Profile of a parameter with the interval that its likelihood ratio gives (S. S. Wilks, Ann.
/// Math. Statist. 9, 1938; D. J. Venzon, S. H. Moolgavkar, Appl. Statist. 37, 1988). Priors count,
/// as they do in the action.
///
/// In the deterministic limit it is the profile likelihood: everything else is refitted at each
/// value. At a finite R_f the path is not a parameter but a random quantity, so it is integrated
/// out by Laplace's method, together with the other parameters: the values are those of the
/// marginal posterior density of the parameter (L. Tierney, J. B. Kadane, J. Amer. Statist. Assoc.
/// 81, 1986), which is also the adjusted profile likelihood of D. R. Cox and N. Reid (J. R.
/// Statist. Soc. B 49, 1987).
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Name of the parameter.
    pub parameter: String,
    /// Model precision R_f of the posterior; infinite where the path obeys the model exactly.
    pub model_precision: f64,
    /// Value with the lowest chi-square, in the parameter's unit.
    pub estimate: f64,
    /// Values of the parameter at which all else was refitted, ascending.
    pub values: Vec<f64>,
    /// Rise of chi-square over its minimum at each value: twice the fall of the log posterior.
    pub chi_square: Vec<f64>,
    /// Confidence of the interval.
    pub confidence: f64,
    /// Ends of the interval: where chi-square has risen by the quantile of the confidence. An open
    /// end is the bound of the parameter, or infinite without one.
    pub interval: [f64; 2],
    /// True for the ends that are open: chi-square stays below that rise as far as the parameter
    /// can go, or rises only because the time step is too coarse there, or no fit beyond a value
    /// has a minimum. What the last means is said in the remarks.
    pub open: [bool; 2],
    /// Words for the ends that were not found: the last value with a fit, the unknown that runs
    /// away there, and what fails beyond. Empty where both ends were found, or are open by
    /// chi-square.
    pub remarks: Vec<String>,
}
