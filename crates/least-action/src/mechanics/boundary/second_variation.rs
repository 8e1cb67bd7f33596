use super::discrete_action::DiscreteAction;
use super::elimination::{eigenvalues, Elimination};
use super::problem::BoundaryProblem;
use crate::error::{check, Error, Result};
use crate::mechanics::integrate::MapStep;
use crate::mechanics::{Chord, DiscreteLagrangian, VariationalMethod};
use crate::solve::dense::size;
use crate::solve::BlockMatrix;

/// Kind of a stationary path, by its second variation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Stationary {
    /// The second variation is positive: no path near it has a lower action.
    Minimum,
    /// The second variation is negative in some directions.
    Saddle,
    /// The second variation is 0 in some direction, to rounding.
    Degenerate,
}

/// The second variation of the discrete action at a stationary path.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SecondVariation {
    /// Kind of the stationary path.
    pub kind: Stationary,
    /// Morse index: the number of directions in which the action falls.
    pub negative_directions: usize,
    /// Times of points conjugate to the first end (focal points, where that end is free), one entry
    /// per multiplicity, ascending. A free last end adds its own time for every direction in which
    /// only moving it lets the action fall. If L_vv is negative in a direction, every node of the
    /// mesh is one.
    pub conjugate_points: Vec<f64>,
    /// Covariance of each state, if the action is a negative log posterior: the blocks of the
    /// inverse of the second variation, points x D x D, and 0 for fixed states; empty if it was not
    /// asked for, or if the path is no minimum.
    pub covariance: Vec<f64>,
}

/// Computes the second variation at a stationary path: its points (points x D), or all nodes of the
/// mesh.
///
/// The pivot S_n of an inner node, in time order, is the second variation of the path that begins
/// like the whole path and is fixed at the next node. Each of its negative eigenvalues is one more
/// conjugate point: the one that lies between these two nodes (the discrete form of Morse's
/// theorem; for focal points where the first end is free).
///
/// # Errors
/// Those of the system at this path.
pub(super) fn second_variation(
    problem: &BoundaryProblem,
    method: VariationalMethod,
    steps_per_point: usize,
    path: &[f64],
    covariance: bool,
) -> Result<SecondVariation> {
    let d = problem.dimension();
    let mut action = DiscreteAction::new(problem, method, steps_per_point);
    let layout = action.layout()?;
    let mut hessian = BlockMatrix::new(&layout);
    let mut nodes = path.to_vec();
    if path.len() != action.unknowns() {
        check::length("path", path.len(), problem.grid.points * d, "points x D")?;
        nodes = between_points(&mut action, path, &mut hessian)?;
    }
    action.hessian(&nodes, &mut hessian)?;
    let last = action.nodes() - 1;
    let first_free = usize::from(action.is_fixed(0));
    let last_free = last - usize::from(action.is_fixed(last));
    let mut found = SecondVariation {
        kind: Stationary::Minimum,
        negative_directions: 0,
        conjugate_points: Vec::new(),
        covariance: Vec::new(),
    };
    let mut zero = 0;
    if first_free <= last_free {
        let whole = Elimination::new(&hessian, d, first_free, last_free)?;
        for (n, pivot) in (first_free..).zip(&whole.pivots) {
            found.negative_directions += pivot.negative;
            zero += pivot.zero;
            let mut times: Vec<f64> = (0..pivot.negative)
                .map(|k| match n == last {
                    true => Ok(action.time(last)),
                    false => crossing(&mut action, &nodes, n, &pivot.s, k),
                })
                .collect::<Result<_>>()?;
            times.sort_by(f64::total_cmp);
            found.conjugate_points.extend(times);
        }
        if covariance && zero + found.negative_directions == 0 {
            found.covariance = vec![0.0; problem.grid.points * d * d];
            let blocks = whole.inverse_blocks();
            for (point, into) in found.covariance.chunks_exact_mut(d * d).enumerate() {
                let node = action.node(point);
                if !action.is_fixed(node) {
                    into.copy_from_slice(&blocks[node - first_free]);
                }
            }
        }
    } else if covariance {
        found.covariance = vec![0.0; problem.grid.points * d * d];
    }
    found.kind = match (found.negative_directions, zero) {
        (0, 0) => Stationary::Minimum,
        (0, _) => Stationary::Degenerate,
        _ => Stationary::Saddle,
    };
    Ok(found)
}

/// Maximum number of Newton iterations for nodes between points: from straight lines on few are
/// enough.
const ITERATIONS: usize = 20;

/// Computes the nodes of a path whose points are known: the action of each interval is stationary.
fn between_points(
    action: &mut DiscreteAction,
    path: &[f64],
    hessian: &mut BlockMatrix,
) -> Result<Vec<f64>> {
    let d = action.dimension();
    let mut nodes = action.spread(path);
    let mut gradient = vec![0.0; nodes.len()];
    let mut smallest = f64::INFINITY;
    for _ in 0..ITERATIONS {
        action.gradient(&nodes, &mut gradient)?;
        action.hessian(&nodes, hessian)?;
        let mut change = 0.0f64;
        for point in 1..action.problem.grid.points {
            let (first, last) = (action.node(point - 1) + 1, action.node(point) - 1);
            let step = &mut gradient[first * d..(last + 1) * d];
            Elimination::new(hessian, d, first, last)?.solve(step);
            for (x, step) in nodes[first * d..].iter_mut().zip(&*step) {
                *x -= step;
            }
            change = change.max(size(step));
        }
        let change = change / size(&nodes).max(f64::MIN_POSITIVE);
        // Steps that no longer shrink are rounding.
        if change <= 1e-13 || change <= 1e-6 && change > 0.25 * smallest {
            return Ok(nodes);
        }
        smallest = smallest.min(change);
    }
    Err(Error::NotConverged {
        path: "stepsPerPoint".into(),
        equations: "the equations for the steps between points of a path that begins".into(),
        time: action.problem.grid.start,
        iterations: ITERATIONS,
        change: smallest,
        remedy: "let points be nearer to each other, with fewer steps between them".into(),
    })
}

/// Number of halvings of a step after which only L_vv matters.
const HALVINGS: usize = 20;

/// Maximum number of evaluations that locate a conjugate point, most often about five.
const EVALUATIONS: usize = 60;

/// Time within the step from node n on at which the k-th eigenvalue of its pivot becomes negative:
/// that step, made shorter, ends at the conjugate point.
fn crossing(
    action: &mut DiscreteAction,
    nodes: &[f64],
    n: usize,
    pivot: &[f64],
    k: usize,
) -> Result<f64> {
    let d = action.dimension();
    let (time, h) = (action.time(n), action.step());
    let (x0, x1) = nodes[n * d..][..2 * d].split_at(d);
    action.slopes(nodes, n)?;
    let mut start = x0.to_vec();
    start.extend(action.ends().0.iter().map(|g| -g));
    let velocity: Vec<f64> = x0.iter().zip(x1).map(|(a, b)| (b - a) / h).collect();
    let mut own = vec![0.0; d * d];
    corner(action, (time, h), (x0, x1), &mut own)?;
    let before: Vec<f64> = pivot.iter().zip(&own).map(|(s, h)| s - h).collect();
    let mut value = |pace: f64| -> Result<f64> {
        let step = h / pace;
        let mut z = start.clone();
        let l = DiscreteLagrangian::new(action.problem.system.lagrangian(), action.method);
        let shorter = MapStep::new(&mut action.work, (time, step), &mut z, None);
        if l.step(shorter, &velocity).is_err() {
            for (z, (x, v)) in z.iter_mut().zip(x0.iter().zip(&velocity)) {
                *z = x + step * v;
            }
        }
        corner(action, (time, step), (x0, &z[..d]), &mut own)?;
        for (own, before) in own.iter_mut().zip(&before) {
            *own += before;
        }
        Ok(eigenvalues(&own, d)[k])
    };
    // In one over the length of the step the value is nearly a straight line.
    let (mut low, mut below) = (1.0, value(1.0)?);
    if below >= 0.0 {
        return Ok(time + h);
    }
    let mut high = 2.0;
    let mut above = value(high)?;
    for _ in 0..HALVINGS {
        if above > 0.0 {
            break;
        }
        (low, below) = (high, above);
        high *= 2.0;
        above = value(high)?;
    }
    if above <= 0.0 {
        // However short the step: it is the kinetic energy that is negative.
        return Ok(time);
    }
    // Regula falsi in the Illinois form (M. Dowell, P. Jarratt, BIT 11, 1971).
    let (mut pace, mut was) = (low, below);
    for _ in 0..EVALUATIONS {
        let next = high - above * (high - low) / (above - below);
        if !(next.is_finite() && (next - pace).abs() > 1e-12 * pace) {
            break;
        }
        let here = value(next)?;
        let same_side = (was > 0.0) == (here > 0.0);
        if here > 0.0 {
            (high, above) = (next, here);
            below *= if same_side { 0.5 } else { 1.0 };
        } else {
            (low, below) = (next, here);
            above *= if same_side { 0.5 } else { 1.0 };
        }
        (pace, was) = (next, here);
    }
    Ok(time + h / pace)
}

/// Computes `D1 D1 L_d` of a step.
fn corner(
    action: &mut DiscreteAction,
    (time, time_step): (f64, f64),
    (x0, x1): (&[f64], &[f64]),
    into: &mut [f64],
) -> Result<()> {
    let d = x0.len();
    let block = action.block(Chord {
        time,
        time_step,
        x0,
        x1,
    })?;
    for (into, column) in into.chunks_exact_mut(d).zip(block.chunks_exact(2 * d)) {
        into.copy_from_slice(&column[..d]);
    }
    Ok(())
}
