//! Point of phase space, and sums over the unknowns.

use super::space::NegativeLogDensity;

/// Position and momentum, with the potential and its gradient at the position.
#[derive(Debug, Clone, Default)]
pub(super) struct SamplingPoint {
    /// Position y.
    pub position: Vec<f64>,
    /// Momentum p.
    pub momentum: Vec<f64>,
    /// Gradient of the potential in y.
    pub gradient: Vec<f64>,
    /// Negative log density.
    pub density: NegativeLogDensity,
}

impl SamplingPoint {
    /// Point at zero, not evaluated.
    pub fn new(unknowns: usize) -> Self {
        SamplingPoint {
            position: vec![0.0; unknowns],
            momentum: vec![0.0; unknowns],
            gradient: vec![0.0; unknowns],
            density: NegativeLogDensity::default(),
        }
    }

    /// Copies another point.
    pub fn copy_from(&mut self, other: &SamplingPoint) {
        self.position.copy_from_slice(&other.position);
        self.momentum.copy_from_slice(&other.momentum);
        self.gradient.copy_from_slice(&other.gradient);
        self.density = other.density;
    }
}

/// Sum of `term(k)` over the unknowns, in four partial sums. The order is the same on every
/// machine, with room for SIMD.
pub(super) fn sum(unknowns: usize, term: impl Fn(usize) -> f64) -> f64 {
    let mut partial = [0.0; 4];
    let groups = unknowns / 4;
    for group in 0..groups {
        for (lane, sum) in partial.iter_mut().enumerate() {
            *sum += term(4 * group + lane);
        }
    }
    let tail: f64 = (4 * groups..unknowns).map(term).sum();
    (partial[0] + partial[1]) + (partial[2] + partial[3]) + tail
}
