//! The direction in which a symmetric matrix over a path has the least curvature, and its
//! description.

use crate::action::Problem;
use crate::random::Random;
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

/// Most parts of a direction that are named.
const NAMED: usize = 3;
/// Least size of a named part, as a share of the largest.
const SHARE: f64 = 0.1;

/// Description of a direction by its largest parts: parameters, and states with the time at which
/// they are largest. Parts are multiplied with the roots of `scale` to be compared.
pub(super) fn describe(problem: &Problem, vector: &[f64], scale: &[f64]) -> String {
    let (d, path) = (problem.model().dimension(), problem.path_length());
    let size = |k: usize| vector[k] * scale[k].sqrt();
    let mut parts: Vec<(f64, String)> = (0..d)
        .filter_map(|i| {
            let places = (i..path).step_by(d);
            let most = places.max_by(|&a, &b| size(a).abs().total_cmp(&size(b).abs()))?;
            let (name, time) = (&problem.model().states()[i], problem.time(most / d));
            Some((size(most), format!("{name} at time {time}")))
        })
        .collect();
    let parameters = problem.estimated().enumerate();
    parts.extend(parameters.map(|(p, name)| (size(path + p), name.to_string())));
    parts.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let largest = parts.first().map_or(0.0, |part| part.0);
    let named = parts
        .iter()
        .take(NAMED)
        .filter(|part| part.0.abs() >= SHARE * largest.abs());
    let named: Vec<String> = named
        .map(|(size, name)| format!("{:+.2} {name}", size / largest))
        .collect();
    match named.len() {
        1 => parts[0].1.clone(),
        _ => format!("({})", named.join(" ")),
    }
}
