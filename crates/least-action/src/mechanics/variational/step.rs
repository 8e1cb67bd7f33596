//! The discrete Euler-Lagrange equation, `D2 L_d(x_(k-1), x_k) + D1 L_d(x_k, x_(k+1)) = 0`, as a
//! map.

use super::discrete::{copy_block, Chord, ControlPointEquations, DiscreteLagrangian};
use crate::error::{check, Result};
use crate::mechanics::integrate::MapStep;
use crate::mechanics::newton::{newton, EquationNames};
use crate::mechanics::PhaseSpaceWorkspace;

const STEP: EquationNames = EquationNames {
    path: "timeStep",
    equations: "the discrete Euler-Lagrange equations",
    matrix: "D1 D2 L_d, which ties both ends of a step together,",
    remedy: "use another time step, or a Lagrangian whose L_vv is regular",
};

impl DiscreteLagrangian<'_> {
    /// Momentum at the beginning of a step, `p^- = -D1 L_d(x0, x1)`: the first discrete Legendre
    /// transform.
    ///
    /// # Errors
    /// Those of [`DiscreteLagrangian::gradient`].
    pub fn momentum_before(
        &self,
        work: &mut PhaseSpaceWorkspace,
        chord: Chord,
    ) -> Result<Vec<f64>> {
        let d = self.dimension();
        let (mut p, mut unused) = (vec![0.0; d], vec![0.0; d]);
        self.gradient(work, chord, &mut p, &mut unused)?;
        p.iter_mut().for_each(|p| *p = -*p);
        Ok(p)
    }

    /// Momentum at the end of a step, `p^+ = D2 L_d(x0, x1)`: the second discrete Legendre
    /// transform. On an orbit it is the momentum before the next step.
    ///
    /// # Errors
    /// Those of [`DiscreteLagrangian::gradient`].
    pub fn momentum_after(&self, work: &mut PhaseSpaceWorkspace, chord: Chord) -> Result<Vec<f64>> {
        let d = self.dimension();
        let (mut unused, mut p) = (vec![0.0; d], vec![0.0; d]);
        self.gradient(work, chord, &mut unused, &mut p)?;
        Ok(p)
    }

    /// Next point x2 of the discrete Euler-Lagrange equation,
    /// `D2 L_d(x0, x1) + D1 L_d(x1, x2) = 0`; `chord` is the step from x0 to x1.
    ///
    /// # Errors
    /// [`crate::Error::Singular`] if D1 D2 L_d is singular, [`crate::Error::NotConverged`], and
    /// those of [`DiscreteLagrangian::gradient`].
    pub fn next(&self, work: &mut PhaseSpaceWorkspace, chord: Chord) -> Result<Vec<f64>> {
        let d = self.dimension();
        let h = chord.time_step;
        let mut z = chord.x1.to_vec();
        z.extend(self.momentum_after(work, chord)?);
        let pairs = chord.x0.iter().zip(chord.x1);
        let velocity: Vec<f64> = pairs.map(|(a, b)| (b - a) / h).collect();
        let step = MapStep::new(work, (chord.time + h, h), &mut z, None);
        self.step(step, &velocity)?;
        z.truncate(d);
        Ok(z)
    }

    /// Computes the discrete action `sum_k L_d(x_k, x_(k+1))` of a path (points x D, row-major) in
    /// steps of h from `time` on. Its gradient is written to the last argument: at inner points it
    /// is the left side of the discrete Euler-Lagrange equation.
    ///
    /// # Errors
    /// Wrong lengths, and those of [`DiscreteLagrangian::gradient`].
    pub fn action(
        &self,
        work: &mut PhaseSpaceWorkspace,
        (time, time_step): (f64, f64),
        path: &[f64],
        gradient: &mut [f64],
    ) -> Result<f64> {
        let d = self.dimension();
        let points = (path.len() / d).max(2);
        check::length(
            "path",
            path.len(),
            points * d,
            "points x coordinates, at least two points",
        )?;
        let because = "one per value of the path";
        check::length("gradient", gradient.len(), path.len(), because)?;
        let (mut d1, mut d2) = (work.take(d), work.take(d));
        let mut sum = 0.0;
        gradient.fill(0.0);
        for (k, ends) in path.windows(2 * d).step_by(d).enumerate() {
            let chord = Chord {
                time: time + k as f64 * time_step,
                time_step,
                x0: &ends[..d],
                x1: &ends[d..],
            };
            sum += self.gradient(work, chord, &mut d1, &mut d2)?;
            let to = &mut gradient[k * d..][..2 * d];
            for (to, g) in to.iter_mut().zip(d1.iter().chain(&d2)) {
                *to += g;
            }
        }
        work.give(d2);
        work.give(d1);
        Ok(sum)
    }

    /// Moves `(x, p)` to the next point, where `p = -D1 L_d(x, x1)` and `p1 = D2 L_d(x, x1)`; x1 is
    /// looked for from `x + h velocity` on. Columns of `tangent` are multiplied by the derivative.
    /// Returns the number of Newton iterations.
    pub(in crate::mechanics) fn step(&self, step: MapStep, velocity: &[f64]) -> Result<usize> {
        let MapStep {
            work,
            time,
            h,
            z,
            tangent,
        } = step;
        let d = velocity.len();
        let order = self.basis.degree() * d;
        let mut unknowns = work.take(order);
        for (point, node) in unknowns.chunks_exact_mut(d).zip(&self.basis.nodes[1..]) {
            for (to, v) in point.iter_mut().zip(velocity) {
                *to = node * h * v;
            }
        }
        let (x, p) = z.split_at(d);
        let mut control = work.take(order + d);
        control[..d].copy_from_slice(x);
        let mut equations = ControlPointEquations {
            discrete: self,
            time,
            h,
            control: &control,
            momentum: Some(p),
        };
        let solved = newton(STEP, time, work, &mut unknowns, &mut equations);
        control[d..].copy_from_slice(&unknowns);
        work.give(unknowns);
        if let (Ok(_), Some(tangent)) = (&solved, tangent) {
            self.propagate(work, time, h, &control, tangent)?;
        }
        let mut gradient = work.take(order + d);
        self.sum(work, time, h, &control, &mut gradient)?;
        z.iter_mut()
            .zip(&control[order..])
            .for_each(|(x, c)| *x += c);
        z[d..].copy_from_slice(&gradient[order..]);
        work.give(gradient);
        work.give(control);
        solved
    }

    /// Multiplies columns (dx, dp) by the derivative of the step.
    fn propagate(
        &self,
        work: &mut PhaseSpaceWorkspace,
        time: f64,
        h: f64,
        control: &[f64],
        tangent: &mut [f64],
    ) -> Result<()> {
        let (d, size) = (self.dimension(), control.len());
        let order = size - d;
        let mut whole = work.take(size * size);
        self.second(work, time, h, control, &mut whole)?;
        let mut matrix = work.take(order * order);
        copy_block(&whole, (0, d), &mut matrix);
        let mut lu = work.take_factor();
        if !lu.factor(&matrix, order) {
            return Err(STEP.singular(time));
        }
        let mut moved = work.take(size);
        for column in tangent.chunks_exact_mut(2 * d) {
            // Rows of the beginning and of the inner points, differentiated: what follows from dx
            // and dp.
            let right = &mut moved[d..];
            for (i, right) in right.iter_mut().enumerate() {
                let of_x: f64 = (0..d).map(|j| whole[j * size + i] * column[j]).sum();
                *right = -of_x - if i < d { column[d + i] } else { 0.0 };
            }
            lu.solve(right);
            moved[..d].copy_from_slice(&column[..d]);
            column[..d].copy_from_slice(&moved[order..]);
            for i in 0..d {
                let row = moved.iter().enumerate();
                column[d + i] = row.map(|(j, v)| whole[j * size + order + i] * v).sum();
            }
        }
        work.give(moved);
        work.give_factor(lu);
        work.give(matrix);
        work.give(whole);
        Ok(())
    }
}
