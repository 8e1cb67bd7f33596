//! Energy fraction of missing information, which tells whether a Hamiltonian sampler can reach all
//! energies.

use super::chains::{sum, variance, Chains};
use crate::error::Result;

/// Energy fraction of missing information of each chain (E-BFMI): the share of the energy's
/// variance that is renewed when a momentum is drawn. It is the mean square of the change from one
/// draw to the next over the variance. `energies` has a slice per chain, with H at the start of
/// each draw's trajectory. About 1 or more is good; below 0.3 the momenta lead too slowly into the
/// tails (M. Betancourt, arXiv 1604.00695). NaN for energies that are all the same.
///
/// ```
/// use least_action::statistics::energy_fraction;
///
/// let fractions = energy_fraction(&[&[1.0, 2.0, 1.0, 2.0]])?;
/// assert!((fractions[0] - 3.0).abs() < 1e-12);
/// # Ok::<(), least_action::Error>(())
/// ```
///
/// # Errors
/// No chain, fewer than 4 draws, chains of different lengths, an energy that is not finite
/// (`energies[chain][draw]`).
pub fn energy_fraction(energies: &[&[f64]]) -> Result<Vec<f64>> {
    let chains = Chains::new("energies", energies)?;
    Ok(chains.each().map(energy_fraction_of).collect())
}

/// Energy fraction of one chain.
pub(in crate::statistics) fn energy_fraction_of(energies: &[f64]) -> f64 {
    let changes: Vec<f64> = energies.windows(2).map(|pair| pair[1] - pair[0]).collect();
    sum(&changes, |change| change * change) / changes.len() as f64 / variance(energies)
}
