use super::Workspace;
use crate::error::{check, Result};

/// A Hamiltonian H(t, x, p) with D coordinates x and momenta p.
///
/// Arrays of its derivatives list the coordinates first, then the momenta. The caller's workspace
/// holds what evaluations need, so that none takes memory from the second call on. Slices must have
/// the lengths that are stated.
pub trait Hamiltonian: Send + Sync {
    /// D.
    fn dimension(&self) -> usize;

    /// H.
    ///
    /// # Errors
    /// Where H itself is the solution of an equation that has none here; a value that is not finite
    /// is no error.
    fn energy(&self, work: &mut Workspace, time: f64, x: &[f64], p: &[f64]) -> Result<f64>;

    /// `(H_x, H_p)`: 2 D.
    ///
    /// # Errors
    /// As [`Hamiltonian::energy`].
    fn gradient(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        p: &[f64],
        gradient: &mut [f64],
    ) -> Result<()>;

    /// `((H_xx, H_xp), (H_px, H_pp))`: 2 D x 2 D, symmetric.
    ///
    /// # Errors
    /// As [`Hamiltonian::energy`].
    fn hessian(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        p: &[f64],
        hessian: &mut [f64],
    ) -> Result<()>;

    /// `H_pt`, the partial derivative of the velocity `H_p` in time: D.
    ///
    /// # Errors
    /// As [`Hamiltonian::energy`]; and where derivatives in time are not to be had.
    fn velocity_rate(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        p: &[f64],
        rate: &mut [f64],
    ) -> Result<()>;

    /// Whether H is a function of x plus a function of p: then `H_xp = 0`, and methods that are
    /// implicit otherwise need no iteration. Default: no.
    fn is_separable(&self) -> bool {
        false
    }

    /// The canonical equations, `x' = H_p` and `p' = -H_x`: 2 D.
    ///
    /// # Errors
    /// As [`Hamiltonian::energy`].
    fn flow(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        p: &[f64],
        flow: &mut [f64],
    ) -> Result<()> {
        let d = self.dimension();
        self.gradient(work, time, x, p, flow)?;
        let (first, second) = flow.split_at_mut(d);
        first.swap_with_slice(second);
        second.iter_mut().for_each(|f| *f = -*f);
        Ok(())
    }

    /// The derivative of the canonical equations, `((H_px, H_pp), (-H_xx, -H_xp))`: 2 D x 2 D,
    /// column-major.
    ///
    /// # Errors
    /// As [`Hamiltonian::energy`].
    fn jacobian(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        p: &[f64],
        jacobian: &mut [f64],
    ) -> Result<()> {
        let d = self.dimension();
        self.hessian(work, time, x, p, jacobian)?;
        for column in jacobian.chunks_exact_mut(2 * d) {
            let (first, second) = column.split_at_mut(d);
            first.swap_with_slice(second);
            second.iter_mut().for_each(|f| *f = -*f);
        }
        Ok(())
    }

    /// Checks the lengths of coordinates and momenta.
    ///
    /// # Errors
    /// [`crate::Error::WrongLength`].
    fn check(&self, x: &[f64], p: &[f64]) -> Result<()> {
        let because = "one per coordinate of the Hamiltonian";
        check::length("x", x.len(), self.dimension(), because)?;
        check::length("p", p.len(), self.dimension(), because)
    }
}
