//! Minima of the action beside each other.

/// The probability that the path belongs to each of several minima, from the logarithms of their evidence: `exp(e_i) / sum of exp(e_k)`.
///
/// It is right as far as the minima do not overlap: give each once.
pub fn level_weights(log_evidence: &[f64]) -> Vec<f64> {
    let most = log_evidence
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = log_evidence.iter().map(|e| libm::exp(e - most)).collect();
    let sum: f64 = shares.iter().sum();
    shares.iter().map(|share| share / sum).collect()
}
