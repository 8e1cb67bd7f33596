//! Diagnostics of the draws of Markov chains: can their averages be trusted, and to how many
//! digits.

mod chains;
mod effective_size;
mod energy;
mod quantile;
mod r_hat;
mod ranks;
mod standard_error;
#[cfg(test)]
mod tests;

pub use effective_size::{ess_bulk, ess_mean, ess_quantile, ess_sd, ess_tail};
pub use energy::energy_fraction;
pub use quantile::quantiles;
pub use r_hat::r_hat;
pub use standard_error::{mcse_mean, mcse_quantile, mcse_sd};

pub(super) use chains::{mean, variance, Chains};
pub(super) use energy::energy_fraction_of;
pub(super) use quantile::{check_probability, quantile_of_sorted, sorted};

/// Diagnostics in [`crate::statistics::summarize`] of one quantity, each part computed once.
pub(super) struct ConvergenceDiagnostics {
    /// Monte Carlo standard error of the mean.
    pub mean_error: f64,
    /// Effective sample size for the bulk.
    pub ess_bulk: f64,
    /// Effective sample size in the tails.
    pub ess_tail: f64,
    /// Rank-normalised split R-hat.
    pub r_hat: f64,
}

impl ConvergenceDiagnostics {
    /// Diagnostics of chains, with all their draws in ascending order.
    pub fn of(chains: &Chains, sorted: &[f64]) -> Self {
        let halves = chains.split();
        let scores = ranks::rank_normalised(&halves);
        ConvergenceDiagnostics {
            mean_error: standard_error::mcse_of_mean(chains),
            ess_bulk: effective_size::ess_of_split(&scores),
            ess_tail: effective_size::ess_of_tails(chains, sorted),
            r_hat: r_hat::r_hat_of_halves(&halves, &scores),
        }
    }
}
