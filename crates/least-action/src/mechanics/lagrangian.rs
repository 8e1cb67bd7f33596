use super::newton::{newton, Equations, Named};
use super::Workspace;
use crate::error::{check, Error, Result};

/// A Lagrangian L(t, x, v) with D coordinates x and velocities v; its parameters are fixed when it
/// is made.
///
/// Arrays of its derivatives list the coordinates first, then the velocities. The caller's
/// workspace holds what evaluations need, so that none takes memory from the second call on. Slices
/// must have the lengths that are stated; [`Lagrangian::check`] tells.
pub trait Lagrangian: Send + Sync {
    /// D.
    fn dimension(&self) -> usize;

    /// L.
    ///
    /// # Errors
    /// Where L itself is the solution of an equation that has none here; a value that is not finite
    /// is no error.
    fn value(&self, work: &mut Workspace, time: f64, x: &[f64], v: &[f64]) -> Result<f64>;

    /// `(L_x, L_v)`: 2 D.
    ///
    /// # Errors
    /// As [`Lagrangian::value`].
    fn gradient(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        v: &[f64],
        gradient: &mut [f64],
    ) -> Result<()>;

    /// `((L_xx, L_xv), (L_vx, L_vv))`: 2 D x 2 D, symmetric.
    ///
    /// # Errors
    /// As [`Lagrangian::value`].
    fn hessian(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        v: &[f64],
        hessian: &mut [f64],
    ) -> Result<()>;

    /// `L_vt`, the partial derivative of `L_v` in time: D.
    ///
    /// # Errors
    /// As [`Lagrangian::value`]; and where derivatives in time are not to be had.
    fn momentum_rate(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        v: &[f64],
        rate: &mut [f64],
    ) -> Result<()>;

    /// Checks the lengths of coordinates and velocities.
    ///
    /// # Errors
    /// [`Error::WrongLength`].
    fn check(&self, x: &[f64], v: &[f64]) -> Result<()> {
        let because = "one per coordinate of the Lagrangian";
        check::length("x", x.len(), self.dimension(), because)?;
        check::length("v", v.len(), self.dimension(), because)
    }
}

/// The Euler-Lagrange operator along x(t) with velocity v and acceleration a:
/// `d/dt L_v - L_x = L_vv a + L_vx v + L_vt - L_x`, one per coordinate; 0 where x(t) makes the
/// action stationary.
///
/// # Errors
/// Wrong lengths, and those of the Lagrangian.
pub fn euler_lagrange(
    lagrangian: &dyn Lagrangian,
    work: &mut Workspace,
    time: f64,
    x: &[f64],
    v: &[f64],
    a: &[f64],
) -> Result<Vec<f64>> {
    let d = lagrangian.dimension();
    lagrangian.check(x, v)?;
    check::length("a", a.len(), d, "one per coordinate of the Lagrangian")?;
    let mut hessian = work.take(4 * d * d);
    let mut residual = vec![0.0; d];
    forces(lagrangian, work, time, x, v, &mut residual, &mut hessian)?;
    for (i, force) in residual.iter_mut().enumerate() {
        let inertia: f64 = (0..d)
            .map(|j| hessian[(d + j) * 2 * d + d + i] * a[j])
            .sum();
        *force = inertia - *force;
    }
    work.give(hessian);
    Ok(residual)
}

/// The acceleration of the Euler-Lagrange equation: `L_vv a = L_x - L_vx v - L_vt`.
///
/// # Errors
/// [`Error::Singular`] where L_vv is, so that the equation states no acceleration (degenerate
/// Lagrangians, those linear in a velocity); wrong lengths, and those of the Lagrangian.
pub fn acceleration(
    lagrangian: &dyn Lagrangian,
    work: &mut Workspace,
    time: f64,
    x: &[f64],
    v: &[f64],
) -> Result<Vec<f64>> {
    let d = lagrangian.dimension();
    lagrangian.check(x, v)?;
    let mut hessian = work.take(4 * d * d);
    let mut a = vec![0.0; d];
    forces(lagrangian, work, time, x, v, &mut a, &mut hessian)?;
    let mut inertia = work.take(d * d);
    velocity_block(&hessian, d, &mut inertia);
    let mut lu = work.take_factor();
    let regular = lu.factor(&inertia, d);
    if regular {
        lu.solve(&mut a);
    }
    work.give_factor(lu);
    work.give(inertia);
    work.give(hessian);
    match regular {
        true => Ok(a),
        false => Err(Error::Singular {
            path: "lagrangian".into(),
            matrix: "L_vv".into(),
            time,
            remedy: "the Lagrangian must be curved in every velocity for an acceleration to follow"
                .into(),
        }),
    }
}

/// `L_x - L_vx v - L_vt`, and the second derivatives.
fn forces(
    lagrangian: &dyn Lagrangian,
    work: &mut Workspace,
    time: f64,
    x: &[f64],
    v: &[f64],
    force: &mut [f64],
    hessian: &mut [f64],
) -> Result<()> {
    let d = lagrangian.dimension();
    let mut gradient = work.take(2 * d);
    lagrangian.gradient(work, time, x, v, &mut gradient)?;
    lagrangian.hessian(work, time, x, v, hessian)?;
    lagrangian.momentum_rate(work, time, x, v, force)?;
    for (i, force) in force.iter_mut().enumerate() {
        let carried: f64 = (0..d).map(|j| hessian[j * 2 * d + d + i] * v[j]).sum();
        *force = gradient[i] - carried - *force;
    }
    work.give(gradient);
    Ok(())
}

/// The block of the velocities, D x D, of second derivatives 2 D x 2 D.
pub(super) fn velocity_block(hessian: &[f64], d: usize, block: &mut [f64]) {
    for (j, column) in block.chunks_exact_mut(d).enumerate() {
        column.copy_from_slice(&hessian[(d + j) * 2 * d + d..][..d]);
    }
}

/// The momentum of a velocity, `p = L_v`: the Legendre transform of points.
///
/// # Errors
/// Wrong lengths, and those of the Lagrangian.
pub fn momentum(
    lagrangian: &dyn Lagrangian,
    work: &mut Workspace,
    time: f64,
    x: &[f64],
    v: &[f64],
) -> Result<Vec<f64>> {
    let d = lagrangian.dimension();
    lagrangian.check(x, v)?;
    let mut gradient = work.take(2 * d);
    lagrangian.gradient(work, time, x, v, &mut gradient)?;
    let p = gradient[d..].to_vec();
    work.give(gradient);
    Ok(p)
}

/// The velocity of a momentum, from `L_v(t, x, v) = p` by Newton's method from `v` on: the inverse
/// of [`momentum`].
///
/// # Errors
/// [`Error::Singular`] where L_vv is, [`Error::NotConverged`], and those of the Lagrangian. `v`
/// then holds the best iterate.
pub fn velocity(
    lagrangian: &dyn Lagrangian,
    work: &mut Workspace,
    time: f64,
    x: &[f64],
    p: &[f64],
    v: &mut [f64],
) -> Result<()> {
    lagrangian.check(x, v)?;
    let because = "one per coordinate of the Lagrangian";
    check::length("p", p.len(), lagrangian.dimension(), because)?;
    let named = Named {
        path: "lagrangian",
        equations: "the equations L_v(x, v) = p for the velocity",
        matrix: "L_vv",
        remedy: "the Lagrangian must be curved in every velocity; begin nearer to the velocity",
    };
    let mut equations = Velocity {
        lagrangian,
        time,
        x,
        p,
    };
    newton(named, time, work, v, &mut equations).map(|_| ())
}

struct Velocity<'a> {
    lagrangian: &'a dyn Lagrangian,
    time: f64,
    x: &'a [f64],
    p: &'a [f64],
}

impl Equations for Velocity<'_> {
    fn evaluate(
        &mut self,
        work: &mut Workspace,
        v: &[f64],
        residual: &mut [f64],
        jacobian: Option<&mut [f64]>,
    ) -> Result<()> {
        let d = v.len();
        let mut gradient = work.take(2 * d);
        self.lagrangian
            .gradient(work, self.time, self.x, v, &mut gradient)?;
        for ((r, l), p) in residual.iter_mut().zip(&gradient[d..]).zip(self.p) {
            *r = l - p;
        }
        work.give(gradient);
        if let Some(jacobian) = jacobian {
            let mut hessian = work.take(4 * d * d);
            self.lagrangian
                .hessian(work, self.time, self.x, v, &mut hessian)?;
            velocity_block(&hessian, d, jacobian);
            work.give(hessian);
        }
        Ok(())
    }
}
