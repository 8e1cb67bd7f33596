//! A point of phase space.

use super::space::Height;

/// Position and momentum, and the potential there with its gradient.
#[derive(Debug, Clone, Default)]
pub(super) struct Point {
    pub position: Vec<f64>,
    pub momentum: Vec<f64>,
    pub gradient: Vec<f64>,
    pub height: Height,
}

impl Point {
    pub fn new(unknowns: usize) -> Self {
        Point {
            position: vec![0.0; unknowns],
            momentum: vec![0.0; unknowns],
            gradient: vec![0.0; unknowns],
            height: Height::default(),
        }
    }

    pub fn copy_from(&mut self, other: &Point) {
        self.position.copy_from_slice(&other.position);
        self.momentum.copy_from_slice(&other.momentum);
        self.gradient.copy_from_slice(&other.gradient);
        self.height = other.height;
    }
}

/// The sum of `term(k)` over the unknowns, in four partial sums: in that order on every machine,
/// and with room for SIMD.
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
