//! Functions of the phase space: Lagrangians L(t, x, v) and Hamiltonians H(t, x, p), which differ
//! in what stands beside the coordinates.

use super::newton::EquationNames;
use super::PhaseSpaceWorkspace;
use crate::error::{check, Result};

/// A point of the phase space at a time.
#[derive(Debug, Clone, Copy)]
pub struct PhasePoint<'a> {
    /// Time t.
    pub time: f64,
    /// Coordinates x, D of them.
    pub x: &'a [f64],
    /// Velocities v for a Lagrangian, momenta p for a Hamiltonian, D of them.
    pub w: &'a [f64],
}

impl<'a> PhasePoint<'a> {
    /// A point made of coordinates, and velocities or momenta.
    pub fn new(time: f64, x: &'a [f64], w: &'a [f64]) -> Self {
        PhasePoint { time, x, w }
    }

    /// A point made of 2 D numbers, coordinates first.
    pub(super) fn joined(time: f64, z: &'a [f64]) -> Self {
        let (x, w) = z.split_at(z.len() / 2);
        PhasePoint { time, x, w }
    }
}

/// The variable beside the coordinates: [`Velocity`] or [`Momentum`]. Each is the derivative of
/// the other's function in the other: `p = L_v`, `v = H_p`.
pub trait SecondVariable: std::fmt::Debug + Clone + Copy + Send + Sync + 'static {
    /// The variable on the other side of the Legendre transform.
    type Conjugate: SecondVariable<Conjugate = Self>;
    /// Symbol of the variable, v or p.
    const SYMBOL: &'static str;
    /// Name of the variable in the singular.
    const NAME: &'static str;
    /// Name in the plural, under which definitions list the variables.
    const PLURAL: &'static str;
    /// Reason for a length, in errors.
    #[doc(hidden)]
    const PER_COORDINATE: &'static str;
    /// Equations that state the variable by its conjugate, as errors name them.
    #[doc(hidden)]
    const LEGENDRE: EquationNames;
}

/// The second variable of a Lagrangian.
#[derive(Debug, Clone, Copy)]
pub struct Velocity;

/// The second variable of a Hamiltonian.
#[derive(Debug, Clone, Copy)]
pub struct Momentum;

impl SecondVariable for Velocity {
    type Conjugate = Momentum;
    const SYMBOL: &'static str = "v";
    const NAME: &'static str = "velocity";
    const PLURAL: &'static str = "velocities";
    const PER_COORDINATE: &'static str = "one per coordinate of the Lagrangian";
    const LEGENDRE: EquationNames = EquationNames {
        path: "lagrangian",
        equations: "the equations L_v(x, v) = p for the velocity",
        matrix: "L_vv",
        remedy: "the Lagrangian must be curved in every velocity; begin nearer to the velocity",
    };
}

impl SecondVariable for Momentum {
    type Conjugate = Velocity;
    const SYMBOL: &'static str = "p";
    const NAME: &'static str = "momentum";
    const PLURAL: &'static str = "momenta";
    const PER_COORDINATE: &'static str = "one per coordinate of the Hamiltonian";
    const LEGENDRE: EquationNames = EquationNames {
        path: "hamiltonian",
        equations: "the equations H_p(x, p) = v for the momentum",
        matrix: "H_pp",
        remedy: "the Hamiltonian must be curved in every momentum",
    };
}

/// A function f(t, x, w) of D coordinates x and D velocities or momenta w; its parameters are fixed
/// when it is made.
///
/// Arrays of its derivatives list the coordinates first. The caller's workspace holds the memory of
/// evaluations, so that none is taken from the second call on. Slices must have the stated lengths;
/// [`PhaseSpaceFunction::check`] tests them.
pub trait PhaseSpaceFunction: Send + Sync {
    /// Second variable of the function: [`Velocity`] makes it a [`Lagrangian`], [`Momentum`] a
    /// [`Hamiltonian`].
    type Variable: SecondVariable;

    /// Number of coordinates, D.
    fn dimension(&self) -> usize;

    /// Value of f: L, or the energy H.
    ///
    /// # Errors
    /// An equation without solution, if f itself is defined by one; a value that is not finite is
    /// no error.
    fn value(&self, work: &mut PhaseSpaceWorkspace, at: PhasePoint) -> Result<f64>;

    /// Writes the gradient `(f_x, f_w)`: 2 D.
    ///
    /// # Errors
    /// Those of [`PhaseSpaceFunction::value`].
    fn gradient(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        gradient: &mut [f64],
    ) -> Result<()>;

    /// Writes the second derivatives `((f_xx, f_xw), (f_wx, f_ww))`: 2 D x 2 D, symmetric.
    ///
    /// # Errors
    /// Those of [`PhaseSpaceFunction::value`].
    fn hessian(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        hessian: &mut [f64],
    ) -> Result<()>;

    /// Writes `f_wt`, the partial derivative in time of the conjugate variable `f_w`: D.
    ///
    /// # Errors
    /// Those of [`PhaseSpaceFunction::value`]; and derivatives in time that are not available.
    fn conjugate_rate(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        rate: &mut [f64],
    ) -> Result<()>;

    /// True if f is a function of x plus a function of w: then `f_xw = 0`, and methods that are
    /// implicit otherwise need no iteration. Default: false.
    fn is_separable(&self) -> bool {
        false
    }

    /// Checks the lengths of coordinates, and of velocities or momenta.
    ///
    /// # Errors
    /// [`crate::Error::WrongLength`] if one is not D.
    fn check(&self, x: &[f64], w: &[f64]) -> Result<()> {
        let (d, because) = (self.dimension(), Self::Variable::PER_COORDINATE);
        check::length("x", x.len(), d, because)?;
        check::length(Self::Variable::SYMBOL, w.len(), d, because)
    }
}

/// A Lagrangian L(t, x, v): every [`PhaseSpaceFunction`] of velocities is one. The action of
/// annealing has [`super::ActionLagrangian`].
pub trait Lagrangian: PhaseSpaceFunction<Variable = Velocity> {}

impl<L: PhaseSpaceFunction<Variable = Velocity>> Lagrangian for L {}

/// A Hamiltonian H(t, x, p) with its canonical equations: every [`PhaseSpaceFunction`] of momenta
/// is one. The action of annealing has [`super::ActionHamiltonian`].
pub trait Hamiltonian: PhaseSpaceFunction<Variable = Momentum> {
    /// Writes the right side of the canonical equations, `x' = H_p` and `p' = -H_x`: 2 D.
    ///
    /// # Errors
    /// Those of [`PhaseSpaceFunction::value`].
    fn flow(&self, work: &mut PhaseSpaceWorkspace, at: PhasePoint, flow: &mut [f64]) -> Result<()> {
        self.gradient(work, at, flow)?;
        apply_symplectic_matrix(flow);
        Ok(())
    }

    /// Writes the derivative of the canonical equations, `((H_px, H_pp), (-H_xx, -H_xp))`: 2 D x 2
    /// D, column-major.
    ///
    /// # Errors
    /// Those of [`PhaseSpaceFunction::value`].
    fn jacobian(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        jacobian: &mut [f64],
    ) -> Result<()> {
        self.hessian(work, at, jacobian)?;
        let n = 2 * self.dimension();
        jacobian
            .chunks_exact_mut(n)
            .for_each(apply_symplectic_matrix);
        Ok(())
    }
}

impl<H: PhaseSpaceFunction<Variable = Momentum>> Hamiltonian for H {}

/// Replaces `(a, b)` by `J (a, b) = (b, -a)`.
fn apply_symplectic_matrix(numbers: &mut [f64]) {
    let (first, second) = numbers.split_at_mut(numbers.len() / 2);
    first.swap_with_slice(second);
    second.iter_mut().for_each(|f| *f = -*f);
}
