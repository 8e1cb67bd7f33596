//! Explicit Runge-Kutta methods, for contrast: they are not symplectic.

use super::one_step_map::MapStep;
use crate::error::Result;
use crate::mechanics::{Hamiltonian, PhasePoint};

/// Coefficients of an explicit method of s stages.
pub(super) struct ExplicitTableau {
    /// Coefficients of the stages: row i has i of them; the rows follow each other.
    a: &'static [f64],
    b: &'static [f64],
    c: &'static [f64],
    /// Weights `b` less those of the method of lower order that it is compared with; empty where
    /// there is none.
    error: &'static [f64],
}

pub(super) const RK4: ExplicitTableau = ExplicitTableau {
    a: &[0.5, 0.0, 0.5, 0.0, 0.0, 1.0],
    b: &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0],
    c: &[0.0, 0.5, 0.5, 1.0],
    error: &[],
};

#[rustfmt::skip]
pub(super) const DORMAND_PRINCE: ExplicitTableau = ExplicitTableau {
    a: &[
        1.0 / 5.0,
        3.0 / 40.0, 9.0 / 40.0,
        44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0,
        19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0,
        9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0,
        35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0,
    ],
    b: &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0, 0.0],
    c: &[0.0, 1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0],
    error: &[
        71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339200.0, 22.0 / 525.0,
        -1.0 / 40.0,
    ],
};

/// Makes one step. `error` (2 D, or empty) takes the estimate of the step's error.
pub(super) fn explicit_runge_kutta(
    hamiltonian: &dyn Hamiltonian,
    step: MapStep,
    tableau: &ExplicitTableau,
    error: &mut [f64],
) -> Result<()> {
    let MapStep {
        work,
        time,
        h,
        z,
        tangent,
    } = step;
    let n = z.len();
    let stages = tableau.c.len();
    let mut slopes = work.take(stages * n);
    let mut points = work.take(stages * n);
    for i in 0..stages {
        let (known, slope) = slopes.split_at_mut(i * n);
        let point = &mut points[i * n..][..n];
        point.copy_from_slice(z);
        add(point, h, row(tableau, i), known);
        let at = PhasePoint::joined(time + tableau.c[i] * h, point);
        hamiltonian.flow(work, at, &mut slope[..n])?;
    }
    if let Some(tangent) = tangent {
        let mut jacobians = work.take(stages * n * n);
        for (i, df) in jacobians.chunks_exact_mut(n * n).enumerate() {
            let at = PhasePoint::joined(time + tableau.c[i] * h, &points[i * n..][..n]);
            hamiltonian.jacobian(work, at, df)?;
        }
        let mut of_slopes = work.take(stages * n);
        let mut point = work.take(n);
        for column in tangent.chunks_exact_mut(n) {
            of_slopes.fill(0.0);
            for (i, df) in jacobians.chunks_exact(n * n).enumerate() {
                let (known, slope) = of_slopes.split_at_mut(i * n);
                point.copy_from_slice(column);
                add(&mut point, h, row(tableau, i), known);
                for (entries, v) in df.chunks_exact(n).zip(&point) {
                    for (to, entry) in slope[..n].iter_mut().zip(entries) {
                        *to += entry * v;
                    }
                }
            }
            add(column, h, tableau.b, &of_slopes);
        }
        work.give(point);
        work.give(of_slopes);
        work.give(jacobians);
    }
    add(z, h, tableau.b, &slopes);
    if !error.is_empty() {
        error.fill(0.0);
        add(error, h, tableau.error, &slopes);
    }
    work.give(points);
    work.give(slopes);
    Ok(())
}

fn row(tableau: &ExplicitTableau, i: usize) -> &'static [f64] {
    &tableau.a[i * i.saturating_sub(1) / 2..][..i]
}

/// Adds `h sum_j weights_j slopes_j` to `to`.
fn add(to: &mut [f64], h: f64, weights: &[f64], slopes: &[f64]) {
    let n = to.len();
    for (weight, slope) in weights.iter().zip(slopes.chunks_exact(n)) {
        let weight = h * weight;
        for (to, k) in to.iter_mut().zip(slope) {
            *to += weight * k;
        }
    }
}
