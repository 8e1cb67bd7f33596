use super::basis::Basis;
use super::VariationalMethod;
use crate::error::{check, Result};
use crate::mechanics::newton::{newton, EquationNames, Equations};
use crate::mechanics::{Lagrangian, PhasePoint, PhaseSpaceWorkspace};
use crate::solve::dense::size;

/// The discrete Lagrangian `L_d(x0, x1)` of a Lagrangian: the action of the polynomial from x0 to
/// x1 in one step that makes the sum over the quadrature points stationary.
///
/// Its derivatives are exact: those of L at the quadrature points, with the inner points of the
/// polynomial eliminated.
#[derive(Clone)]
pub struct DiscreteLagrangian<'a> {
    pub(super) lagrangian: &'a dyn Lagrangian,
    pub(super) method: VariationalMethod,
    pub(super) basis: Basis,
}

/// Both ends of one step.
///
/// ```
/// use least_action::mechanics::{
///     Chord, ClassicalSystem, DiscreteLagrangian, VariationalMethod, PhaseSpaceWorkspace,
/// };
///
/// let oscillator = ClassicalSystem::HarmonicOscillator.definition().build(&Default::default())?;
/// let discrete = DiscreteLagrangian::new(&oscillator, VariationalMethod::Midpoint);
/// let chord = Chord { time: 0.0, time_step: 0.1, x0: &[1.0], x1: &[1.0] };
/// let p = discrete.momentum_before(&mut PhaseSpaceWorkspace::default(), chord)?;
/// assert!((p[0] - 0.05).abs() < 1e-12);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Chord<'a> {
    /// Time of the first end.
    pub time: f64,
    /// Length of the step, h.
    pub time_step: f64,
    /// Coordinates at the first end: D.
    pub x0: &'a [f64],
    /// Coordinates at the last end: D.
    pub x1: &'a [f64],
}

const INNER: EquationNames = EquationNames {
    path: "timeStep",
    equations: "the equations for the inner points of a discrete Lagrangian",
    matrix: "the second derivative of the step's action in its inner points",
    remedy: "use a shorter time step",
};

impl<'a> DiscreteLagrangian<'a> {
    /// Makes the discrete Lagrangian of a Lagrangian by one of the approximations.
    pub fn new(lagrangian: &'a dyn Lagrangian, method: VariationalMethod) -> Self {
        DiscreteLagrangian {
            lagrangian,
            method,
            basis: Basis::new(method),
        }
    }

    /// Number of coordinates, D.
    pub fn dimension(&self) -> usize {
        self.lagrangian.dimension()
    }

    /// Approximation of the action of a step.
    pub fn method(&self) -> VariationalMethod {
        self.method
    }

    /// Computes `L_d`, and its derivatives `D1 L_d` and `D2 L_d` (D each) in the last two
    /// arguments.
    ///
    /// # Errors
    /// Wrong lengths; inner points that are not found ([`crate::Error::NotConverged`],
    /// [`crate::Error::Singular`]); and those of the Lagrangian.
    pub fn gradient(
        &self,
        work: &mut PhaseSpaceWorkspace,
        chord: Chord,
        d1: &mut [f64],
        d2: &mut [f64],
    ) -> Result<f64> {
        let d = self.dimension();
        check::length("d1", d1.len(), d, "one per coordinate of the Lagrangian")?;
        check::length("d2", d2.len(), d, "one per coordinate of the Lagrangian")?;
        let control = self.control(work, chord)?;
        let (time, h) = (chord.time, chord.time_step);
        let mut gradient = work.take(control.len());
        let value = self.sum(work, time, h, &control, &mut gradient)?;
        d1.copy_from_slice(&gradient[..d]);
        d2.copy_from_slice(&gradient[control.len() - d..]);
        work.give(gradient);
        work.give(control);
        Ok(value)
    }

    /// Writes the second derivatives `((D1 D1 L_d, D1 D2 L_d), (D2 D1 L_d, D2 D2 L_d))`: 2 D x 2 D,
    /// column-major, symmetric.
    ///
    /// # Errors
    /// Those of [`DiscreteLagrangian::gradient`].
    pub fn hessian(
        &self,
        work: &mut PhaseSpaceWorkspace,
        chord: Chord,
        hessian: &mut [f64],
    ) -> Result<()> {
        let length = 4 * self.dimension() * self.dimension();
        check::length(
            "hessian",
            hessian.len(),
            length,
            "2 D x 2 D for D coordinates",
        )?;
        let control = self.control(work, chord)?;
        let (d, size) = (self.dimension(), control.len());
        let inner = size - 2 * d;
        let mut whole = work.take(size * size);
        self.second(work, chord.time, chord.time_step, &control, &mut whole)?;
        work.give(control);
        // The ends are the first and the last D places.
        let place = |k: usize| if k < d { k } else { k + inner };
        for j in 0..2 * d {
            for i in 0..2 * d {
                hessian[j * 2 * d + i] = whole[place(j) * size + place(i)];
            }
        }
        if inner > 0 {
            let mut block = work.take(inner * inner);
            let mut right = work.take(inner * 2 * d);
            copy_block(&whole, (d, d), &mut block);
            for (j, column) in right.chunks_exact_mut(inner).enumerate() {
                column.copy_from_slice(&whole[place(j) * size + d..][..inner]);
            }
            let mut lu = work.take_factor();
            if !lu.factor(&block, inner) {
                return Err(INNER.singular(chord.time));
            }
            lu.solve(&mut right);
            work.give_factor(lu);
            for (j, column) in right.chunks_exact(inner).enumerate() {
                for i in 0..2 * d {
                    let row = &whole[place(i) * size + d..][..inner];
                    let carried: f64 = row.iter().zip(column).map(|(a, b)| a * b).sum();
                    hessian[j * 2 * d + i] -= carried;
                }
            }
            work.give(right);
            work.give(block);
        }
        work.give(whole);
        Ok(())
    }

    /// Control points of the polynomial between two ends, to be given back: x0, then the other
    /// control points less x0. So their differences, divided by a short h, are free of the rounding
    /// of x.
    fn control(&self, work: &mut PhaseSpaceWorkspace, chord: Chord) -> Result<Vec<f64>> {
        let d = self.dimension();
        check::length(
            "x0",
            chord.x0.len(),
            d,
            "one per coordinate of the Lagrangian",
        )?;
        check::length(
            "x1",
            chord.x1.len(),
            d,
            "one per coordinate of the Lagrangian",
        )?;
        let mut control = work.take((self.basis.degree() + 1) * d);
        for (point, &node) in control.chunks_exact_mut(d).zip(self.basis.nodes) {
            for ((to, x0), x1) in point.iter_mut().zip(chord.x0).zip(chord.x1) {
                *to = node * (x1 - x0);
            }
        }
        control[..d].copy_from_slice(chord.x0);
        if self.basis.degree() > 1 {
            let inner = d..control.len() - d;
            let mut unknowns = work.take(inner.len());
            unknowns.copy_from_slice(&control[inner.clone()]);
            let mut equations = ControlPointEquations {
                discrete: self,
                time: chord.time,
                h: chord.time_step,
                control: &control,
                momentum: None,
            };
            newton(INNER, chord.time, work, &mut unknowns, &mut equations)?;
            control[inner].copy_from_slice(&unknowns);
            work.give(unknowns);
        }
        Ok(control)
    }

    /// Computes the action of a polynomial from its control points ((s + 1) x D: x0, then the
    /// others less x0), and its gradient in them: `h sum_i b_i L(t_i, X(c_i), X'(c_i) / h)`.
    pub(super) fn sum(
        &self,
        work: &mut PhaseSpaceWorkspace,
        time: f64,
        h: f64,
        control: &[f64],
        gradient: &mut [f64],
    ) -> Result<f64> {
        let d = self.dimension();
        let mut sum = 0.0;
        let mut slopes = work.take(2 * d);
        gradient.fill(0.0);
        self.at_places(work, time, h, control, |work, i, at| {
            let weight = h * self.basis.weights[i];
            sum += weight * self.lagrangian.value(work, at)?;
            self.lagrangian.gradient(work, at, &mut slopes)?;
            let (first, others) = gradient.split_at_mut(d);
            for (to, l_x) in first.iter_mut().zip(&slopes) {
                *to += weight * l_x;
            }
            for (to, (value, slope)) in others.chunks_exact_mut(d).zip(self.row(i).skip(1)) {
                let (of_x, of_v) = (weight * value, weight * slope / h);
                for ((to, l_x), l_v) in to.iter_mut().zip(&slopes[..d]).zip(&slopes[d..]) {
                    *to += of_x * l_x + of_v * l_v;
                }
            }
            Ok(())
        })?;
        // The polynomials sum to 1, so the derivatives in all control points sum to h sum_i b_i
        // L_x. The first one is what is left of it: rounded weights of its own would change momenta
        // of symmetries by as much at every step.
        let (first, others) = gradient.split_at_mut(d);
        for other in others.chunks_exact(d) {
            first.iter_mut().zip(other).for_each(|(to, g)| *to -= g);
        }
        work.give(slopes);
        Ok(sum)
    }

    /// Writes the second derivatives of [`DiscreteLagrangian::sum`], column-major.
    pub(super) fn second(
        &self,
        work: &mut PhaseSpaceWorkspace,
        time: f64,
        h: f64,
        control: &[f64],
        hessian: &mut [f64],
    ) -> Result<()> {
        let (d, size) = (self.dimension(), control.len());
        let mut of_l = work.take(4 * d * d);
        hessian.fill(0.0);
        self.at_places(work, time, h, control, |work, i, at| {
            let weight = h * self.basis.weights[i];
            self.lagrangian.hessian(work, at, &mut of_l)?;
            for (column, (vb, sb)) in self.row(i).enumerate() {
                for (row, (va, sa)) in self.row(i).enumerate() {
                    let xx = weight * (va * vb);
                    let xv = weight * (va * sb) / h;
                    let vx = weight * (sa * vb) / h;
                    let vv = weight * (sa * sb) / (h * h);
                    for l in 0..d {
                        let of_x = &of_l[l * 2 * d..][..2 * d];
                        let of_v = &of_l[(d + l) * 2 * d..][..2 * d];
                        let to = &mut hessian[(column * d + l) * size + row * d..][..d];
                        for (k, to) in to.iter_mut().enumerate() {
                            *to +=
                                xx * of_x[k] + xv * of_v[k] + vx * of_x[d + k] + vv * of_v[d + k];
                        }
                    }
                }
            }
            Ok(())
        })?;
        work.give(of_l);
        Ok(())
    }

    /// Values and slopes of the basis at a quadrature point, by control point.
    fn row(&self, i: usize) -> impl Iterator<Item = (f64, f64)> + '_ {
        let nodes = self.basis.nodes.len();
        let values = &self.basis.values[i * nodes..][..nodes];
        let slopes = &self.basis.slopes[i * nodes..][..nodes];
        values.iter().copied().zip(slopes.iter().copied())
    }

    /// Calls with time, state and velocity at every quadrature point.
    fn at_places(
        &self,
        work: &mut PhaseSpaceWorkspace,
        time: f64,
        h: f64,
        control: &[f64],
        mut each: impl FnMut(&mut PhaseSpaceWorkspace, usize, PhasePoint) -> Result<()>,
    ) -> Result<()> {
        let d = self.dimension();
        let (mut x, mut v) = (work.take(d), work.take(d));
        for (i, place) in self.basis.places.iter().enumerate() {
            x.copy_from_slice(&control[..d]);
            v.fill(0.0);
            for (point, (value, slope)) in control.chunks_exact(d).zip(self.row(i)).skip(1) {
                for ((x, v), point) in x.iter_mut().zip(v.iter_mut()).zip(point) {
                    *x += value * point;
                    *v += slope * point;
                }
            }
            v.iter_mut().for_each(|v| *v /= h);
            each(work, i, PhasePoint::new(time + place * h, &x, &v))?;
        }
        work.give(v);
        work.give(x);
        Ok(())
    }
}

/// Equations of the control points: the derivatives of the step's action in all control points but
/// the ends are 0; with a momentum, also `p + D1 = 0` at the first one, and the last one is
/// unknown.
pub(super) struct ControlPointEquations<'a> {
    pub discrete: &'a DiscreteLagrangian<'a>,
    pub time: f64,
    pub h: f64,
    /// Control points, of which the known ones are read.
    pub control: &'a [f64],
    pub momentum: Option<&'a [f64]>,
}

impl ControlPointEquations<'_> {
    /// Number of the first row: unknowns begin with the second control point.
    fn first_row(&self) -> usize {
        match self.momentum {
            Some(_) => 0,
            None => self.discrete.dimension(),
        }
    }
}

impl Equations for ControlPointEquations<'_> {
    fn evaluate(
        &mut self,
        work: &mut PhaseSpaceWorkspace,
        unknowns: &[f64],
        residual: &mut [f64],
        jacobian: Option<&mut [f64]>,
    ) -> Result<()> {
        let (d, first, order) = (self.discrete.dimension(), self.first_row(), unknowns.len());
        let size = self.control.len();
        let mut control = work.take(size);
        control.copy_from_slice(self.control);
        control[d..d + order].copy_from_slice(unknowns);
        let mut gradient = work.take(size);
        let discrete = self.discrete;
        discrete.sum(work, self.time, self.h, &control, &mut gradient)?;
        residual.copy_from_slice(&gradient[first..first + order]);
        for (r, p) in residual.iter_mut().zip(self.momentum.unwrap_or(&[])) {
            *r += p;
        }
        work.give(gradient);
        if let Some(jacobian) = jacobian {
            let mut whole = work.take(size * size);
            discrete.second(work, self.time, self.h, &control, &mut whole)?;
            copy_block(&whole, (first, d), jacobian);
            work.give(whole);
        }
        work.give(control);
        Ok(())
    }

    fn sizes(&self, unknowns: &[f64], sizes: &mut [f64]) {
        let x = size(&self.control[..self.discrete.dimension()]);
        for (to, u) in sizes.iter_mut().zip(unknowns) {
            *to = u.abs() + x;
        }
    }

    /// Size of a step relative to that of the movement, which counts at least as a small share of
    /// x: nothing moves at rest.
    fn relative(&self, unknowns: &[f64], step: &[f64]) -> f64 {
        let d = self.discrete.dimension();
        // Unknowns but for an end that is given.
        let known = &self.control[d + unknowns.len()..];
        let moved = size(unknowns).max(size(known));
        let x = size(&self.control[..d]);
        size(step) / moved.max(1e-4 * x).max(f64::MIN_POSITIVE)
    }
}

/// Copies a square block of a larger square matrix, from a row and a column on.
pub(super) fn copy_block(whole: &[f64], (row, column): (usize, usize), block: &mut [f64]) {
    let (size, order) = (whole.len().isqrt(), block.len().isqrt());
    for (j, to) in block.chunks_exact_mut(order).enumerate() {
        to.copy_from_slice(&whole[(column + j) * size + row..][..order]);
    }
}
