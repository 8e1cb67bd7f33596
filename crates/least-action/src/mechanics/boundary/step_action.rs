//! Action of one step of a map.

use super::mesh::{advance, hermite};
use crate::error::Result;
use crate::mechanics::integrate::{gauss_points, StageEquations};
use crate::mechanics::{Hamiltonian, IntegrationMethod, PhasePoint, PhaseSpaceWorkspace, System};

/// Computes the action of the step from z0 (after its impulses) to z1. If the map has a discrete
/// Lagrangian, it is that one, `h sum_i b_i (P_i H_p - H)(X_i, P_i)` at its stages; it exists where
/// L does not, for R_f that are infinite. For other maps it is the integral of `p x' - H` along the
/// cubic with the flow's slopes at both ends, which is stationary in paths of the phase space, so
/// that its error is that of the cubic squared.
///
/// # Errors
/// Steps that cannot be made.
pub(super) fn step_action(
    system: &System,
    method: IntegrationMethod,
    work: &mut PhaseSpaceWorkspace,
    (time, h): (f64, f64),
    z: [&[f64]; 2],
) -> Result<f64> {
    let hamiltonian = system.hamiltonian();
    let d = z[0].len() / 2;
    let [(x0, p0), (x1, p1)] = z.map(|z| z.split_at(d));
    match method {
        IntegrationMethod::SymplecticEuler => {
            Ok(h * lagrangian_at(hamiltonian, work, PhasePoint::new(time, x0, p1))?)
        }
        IntegrationMethod::SymplecticEulerAdjoint => {
            Ok(h * lagrangian_at(hamiltonian, work, PhasePoint::new(time + h, x1, p0))?)
        }
        IntegrationMethod::StormerVerlet => {
            let half = 0.5 * h;
            let mut middle = z[0].to_vec();
            let first = IntegrationMethod::SymplecticEuler;
            advance(system, first, work, (time, half), &mut middle, None)?;
            let [begin, end] =
                [(time, x0), (time + h, x1)].map(|(t, x)| PhasePoint::new(t, x, &middle[d..]));
            let before = lagrangian_at(hamiltonian, work, begin)?;
            let after = lagrangian_at(hamiltonian, work, end)?;
            Ok(half * (before + after))
        }
        _ => match gauss_points(method) {
            Some(tableau) => {
                let mut stages = StageEquations::new(hamiltonian, tableau, (time, h), z[0]);
                let mut increments = work.take(tableau.c.len() * 2 * d);
                stages.solve(work, &mut increments)?;
                let mut sum = 0.0;
                let places = tableau.b().into_iter().zip(tableau.c);
                for (increment, (weight, c)) in increments.chunks_exact_mut(2 * d).zip(places) {
                    increment.iter_mut().zip(z[0]).for_each(|(w, z)| *w += z);
                    let at = PhasePoint::joined(time + c * h, increment);
                    sum += h * weight * lagrangian_at(hamiltonian, work, at)?;
                }
                work.give(increments);
                Ok(sum)
            }
            None => along_cubic(hamiltonian, work, (time, h), z),
        },
    }
}

/// Computes `p H_p - H`.
fn lagrangian_at(
    hamiltonian: &dyn Hamiltonian,
    work: &mut PhaseSpaceWorkspace,
    at: PhasePoint,
) -> Result<f64> {
    let d = at.x.len();
    let mut gradient = work.take(2 * d);
    hamiltonian.gradient(work, at, &mut gradient)?;
    let pairs = at.w.iter().zip(&gradient[d..]);
    let product: f64 = pairs.map(|(p, v)| p * v).sum();
    work.give(gradient);
    Ok(product - hamiltonian.value(work, at)?)
}

fn along_cubic(
    hamiltonian: &dyn Hamiltonian,
    work: &mut PhaseSpaceWorkspace,
    (time, h): (f64, f64),
    z: [&[f64]; 2],
) -> Result<f64> {
    let d = z[0].len() / 2;
    let mut slopes = [vec![0.0; 2 * d], vec![0.0; 2 * d]];
    for (slope, (z, time)) in slopes.iter_mut().zip(z.iter().zip([time, time + h])) {
        hamiltonian.flow(work, PhasePoint::joined(time, z), slope)?;
    }
    const ROOT: f64 = 0.387_298_334_620_741_7;
    let places = [0.5 - ROOT, 0.5, 0.5 + ROOT];
    let (mut at, mut rate) = (vec![0.0; 2 * d], vec![0.0; 2 * d]);
    let mut integral = 0.0;
    for (s, weight) in places.into_iter().zip([5.0 / 18.0, 4.0 / 9.0, 5.0 / 18.0]) {
        hermite(z, [&slopes[0], &slopes[1]], h, s, &mut at, &mut rate);
        let at = PhasePoint::joined(time + s * h, &at);
        let product: f64 = at.w.iter().zip(&rate).map(|(p, v)| p * v).sum();
        let energy = hamiltonian.value(work, at)?;
        integral += h * weight * (product - energy);
    }
    Ok(integral)
}
