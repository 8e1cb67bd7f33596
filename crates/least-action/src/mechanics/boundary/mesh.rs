//! Mesh of steps between points, with the error of single steps.

use super::problem::BoundaryProblem;
use crate::error::Result;
use crate::mechanics::integrate::{CanonicalMap, MapStep, OneStepMap, StepCounts};
use crate::mechanics::{Impulse, IntegrationMethod, PhaseSpaceWorkspace, System};
use crate::solve::dense::size;

/// Mesh: times of nodes, and the nodes that are points.
#[derive(Debug, Clone, Default)]
pub(super) struct Mesh {
    pub times: Vec<f64>,
    pub points: Vec<Option<usize>>,
}

impl Mesh {
    /// Mesh in which every interval between two points has equal parts.
    pub fn of_points(problem: &BoundaryProblem) -> Mesh {
        let parts = problem.grid.steps_per_point;
        let (mut times, mut points) = (Vec::new(), Vec::new());
        for point in 0..problem.grid.points - 1 {
            for part in 0..parts {
                let share = part as f64 / parts as f64;
                times.push(problem.grid.time(point) + share * problem.grid.time_step);
                points.push((part == 0).then_some(point));
            }
        }
        times.push(problem.grid.time(problem.grid.points - 1));
        points.push(Some(problem.grid.points - 1));
        Mesh { times, points }
    }

    /// Impulses of a node; none where refinement added it.
    pub fn impulses<'a>(&self, problem: &'a BoundaryProblem, node: usize) -> &'a [Impulse] {
        self.points[node].map_or(&[], |point| problem.impulses.at(point))
    }

    /// Moves the momentum by the impulses of a node.
    pub fn apply_impulses(
        &self,
        problem: &BoundaryProblem,
        node: usize,
        z: &mut [f64],
        tangent: Option<&mut [f64]>,
    ) {
        if let Some(point) = self.points[node] {
            problem.impulses.apply(point, 1.0, z, tangent);
        }
    }

    /// Number of steps.
    pub fn steps(&self) -> usize {
        self.times.len() - 1
    }

    /// Time at the beginning of a step, and its length.
    pub fn step(&self, step: usize) -> (f64, f64) {
        let begin = self.times[step];
        (begin, self.times[step + 1] - begin)
    }
}

/// Makes one step of a map from `z` on.
///
/// # Errors
/// Implicit equations that are not solved.
pub(super) fn advance(
    system: &System,
    method: IntegrationMethod,
    work: &mut PhaseSpaceWorkspace,
    step: (f64, f64),
    z: &mut [f64],
    tangent: Option<&mut [f64]>,
) -> Result<()> {
    let mut map = CanonicalMap::new(system.hamiltonian(), method, step.1);
    let step = MapStep::new(work, step, z, tangent);
    map.advance(step, &mut StepCounts::default())
}

/// Error of a step of the map from `z` on: the largest difference to two steps of half its length,
/// in x and in p.
///
/// # Errors
/// Steps that cannot be made.
pub(super) fn step_error(
    system: &System,
    method: IntegrationMethod,
    work: &mut PhaseSpaceWorkspace,
    (time, h): (f64, f64),
    z: &[f64],
) -> Result<[f64; 2]> {
    let d = z.len() / 2;
    let mut whole = z.to_vec();
    advance(system, method, work, (time, h), &mut whole, None)?;
    let mut halves = z.to_vec();
    for part in 0..2 {
        let begin = time + 0.5 * h * part as f64;
        advance(system, method, work, (begin, 0.5 * h), &mut halves, None)?;
    }
    for (whole, half) in whole.iter_mut().zip(&halves) {
        *whole -= half;
    }
    Ok([size(&whole[..d]), size(&whole[d..])])
}

/// Value and slope of the cubic with given values and slopes at both ends of a step, at the
/// fraction s of it.
pub(super) fn hermite(
    z: [&[f64]; 2],
    slopes: [&[f64]; 2],
    h: f64,
    s: f64,
    at: &mut [f64],
    rate: &mut [f64],
) {
    let r = 1.0 - s;
    for i in 0..at.len() {
        let rise = z[1][i] - z[0][i];
        let (a, b) = (h * slopes[0][i] - rise, rise - h * slopes[1][i]);
        at[i] = r * z[0][i] + s * z[1][i] + s * r * (a * r + b * s);
        rate[i] = (rise + (r - s) * (a * r + b * s) + s * r * (b - a)) / h;
    }
}
