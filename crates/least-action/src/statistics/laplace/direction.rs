//! The direction in which a symmetric matrix over a path has the least curvature, and its
//! description.

use crate::action::Problem;
use crate::random::Random;
use crate::report::{shortest, Direction, DirectionPart};
use crate::solve::{BlockMatrix, Cholesky};

use super::super::Posterior;

/// A direction in all unknowns.
pub(super) struct FlattestDirection {
    /// Part of each unknown.
    pub vector: Vec<f64>,
    /// Curvature `v^T H v / v^T D v` along the direction.
    pub curvature: f64,
}

/// Number of inverse iterations at one shift.
const ITERATIONS: usize = 30;
/// Number of shifts, each nearer than the one before.
const SHIFTS: usize = 3;

/// Direction with the least curvature relative to the positive diagonal `scale`, by inverse
/// iteration. None if no shift makes the matrix positive, which is so if some of its values are not
/// finite.
pub(super) fn flattest(
    posterior: &Posterior,
    hessian: &BlockMatrix,
    scale: &[f64],
    fixed: &[bool],
) -> Option<FlattestDirection> {
    let mut factor = Cholesky::new(posterior.layout());
    let mut shift = vec![0.0; scale.len()];
    let mut random = Random::new(1, 0);
    let mut vector: Vec<f64> = scale.iter().map(|s| random.normal() / s.sqrt()).collect();
    let mut product = vec![0.0; scale.len()];
    let mut curvature = 0.0;
    let mut size = 1e-14;
    for attempt in 0..SHIFTS {
        loop {
            shift
                .iter_mut()
                .zip(scale)
                .for_each(|(to, s)| *to = size * s);
            if factor.factor(hessian, &shift, fixed).is_ok() {
                break;
            }
            size *= 4.0;
            if size > 1e6 {
                return None;
            }
        }
        for _ in 0..ITERATIONS {
            for (k, v) in vector.iter_mut().enumerate() {
                *v = if fixed.get(k) == Some(&true) {
                    0.0
                } else {
                    *v * scale[k]
                };
            }
            factor.solve(&mut vector);
            let norm: f64 = vector.iter().zip(scale).map(|(v, s)| v * v * s).sum();
            vector.iter_mut().for_each(|v| *v /= norm.sqrt());
        }
        hessian.multiply(&vector, &mut product);
        curvature = vector.iter().zip(&product).map(|(v, p)| v * p).sum();
        if attempt + 1 < SHIFTS {
            size = (1.02 * -curvature).max(1e-14);
        }
    }
    Some(FlattestDirection { vector, curvature })
}

/// Words for a direction in states alone: the largest movement of each state, with its time.
/// Movements are compared in units of `sizes`.
pub(super) fn describe_states(problem: &Problem, vector: &[f64], sizes: &[f64]) -> Direction {
    let (d, path) = (problem.model().dimension(), problem.path_length());
    let relative = |k: &usize| (vector[*k] / sizes[*k]).abs();
    let parts = (0..d).filter_map(|i| {
        let places = (i..path).step_by(d);
        let most = places.max_by(|a, b| relative(a).total_cmp(&relative(b)))?;
        let (name, time) = (&problem.model().states()[i], problem.time(most / d));
        Some(DirectionPart {
            name: format!("{name} at time {}", shortest(time)),
            value: vector[most],
            size: sizes[most],
            stiffness: 0.0,
        })
    });
    Direction::new(parts.collect(), f64::INFINITY)
}
