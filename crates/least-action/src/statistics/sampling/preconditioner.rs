//! Coordinates in which the posterior of a path is nearly a standard normal distribution.

use super::transform::Transform;
use crate::error::{Error, Result};
use crate::solve::{BlockMatrix, Cholesky, Hessian, Layout};
use crate::statistics::Posterior;

/// Map `u = centre + L^-T y`, where `L L^T` holds the second derivatives at the centre: distances
/// in y are those of that metric. Without a factor, `u = centre + y`.
///
/// Solving with L is O(N D^2), which is what a gradient costs.
#[derive(Debug, Clone)]
pub(super) struct Preconditioner {
    /// Centre of the metric, in u.
    pub centre: Vec<f64>,
    factor: Option<Factor>,
}

/// Factor of a metric.
#[derive(Debug, Clone)]
enum Factor {
    Structured(Box<Cholesky>),
    /// Lower triangle L of a full matrix, row by row.
    Dense(Vec<f64>),
}

/// Shifts of the diagonal, relative to it, that are tried until the matrix is positive: at first of
/// the size of rounding, then larger.
const SHIFTS: [f64; 8] = [0.0, 1e-14, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2];
/// Share of the largest element of the diagonal that every shift is relative to as well: unknowns
/// in no term of the action have no curvature at all.
const FLOOR: f64 = 1e-12;

impl Preconditioner {
    /// Map without a metric, `u = y`.
    pub fn identity(unknowns: usize) -> Self {
        Preconditioner {
            centre: vec![0.0; unknowns],
            factor: None,
        }
    }

    /// Metric at `centre`, in the coordinates of the transform if there is one. `position` is
    /// changed from u to y.
    ///
    /// # Errors
    /// Those of [`Posterior::hessian`]; second derivatives that no small shift makes positive.
    pub fn structured(
        posterior: &mut Posterior,
        mut transform: Option<&mut Transform>,
        form: Hessian,
        centre: &[f64],
        position: &mut [f64],
    ) -> Result<Self> {
        let layout = posterior.layout().clone();
        let mut matrix = BlockMatrix::new(&layout);
        let mut factor = Cholesky::new(&layout);
        let forms = match form {
            Hessian::Exact => &[Hessian::Exact, Hessian::GaussNewton][..],
            Hessian::GaussNewton => &[Hessian::GaussNewton],
        };
        for (tried, &form) in forms.iter().enumerate() {
            let transform = transform.as_deref_mut();
            second_derivatives(posterior, &layout, transform, form, centre, &mut matrix)?;
            // Indefinite second derivatives are not shifted but replaced.
            let shifts = match tried + 1 == forms.len() {
                true => &SHIFTS[..],
                false => &SHIFTS[..1],
            };
            if let Some(shift) = factor_shifted(&mut factor, &matrix, shifts) {
                whiten(&matrix, &shift, &factor, centre, position);
                return Ok(Preconditioner {
                    centre: centre.to_vec(),
                    factor: Some(Factor::Structured(Box::new(factor))),
                });
            }
        }
        Err(not_positive())
    }

    /// Metric of a full matrix of second derivatives in x, row by row, with the gradient in x, at
    /// `centre` in the coordinates of the transform if there is one. `position` is changed from u
    /// to y.
    ///
    /// # Errors
    /// Second derivatives that no small shift makes positive.
    pub fn dense(
        mut matrix: Vec<f64>,
        gradient: &[f64],
        transform: Option<&Transform>,
        centre: &[f64],
        position: &mut [f64],
    ) -> Result<Self> {
        let n = centre.len();
        if let Some(transform) = transform {
            let mut added = vec![0.0; n];
            transform.curvature(centre, gradient, &mut added);
            for i in 0..n {
                for j in 0..n {
                    matrix[i * n + j] *= transform.first[i] * transform.first[j];
                }
                matrix[i * n + i] += added[i];
            }
        }
        let diagonal: Vec<f64> = (0..n).map(|k| matrix[k * n + k].abs()).collect();
        let largest = diagonal.iter().fold(0.0f64, |most, v| most.max(*v));
        let found = SHIFTS.iter().find_map(|share| {
            let mut shifted = matrix.clone();
            for (k, v) in diagonal.iter().enumerate() {
                shifted[k * n + k] += share * (v + FLOOR * largest);
            }
            lower_triangle(shifted, n)
        });
        let Some(lower) = found else {
            return Err(not_positive());
        };
        position.iter_mut().zip(centre).for_each(|(u, c)| *u -= c);
        // y = L^T (u - centre).
        for k in 0..n {
            position[k] = (k..n).map(|i| lower[i * n + k] * position[i]).sum();
        }
        Ok(Preconditioner {
            centre: centre.to_vec(),
            factor: Some(Factor::Dense(lower)),
        })
    }

    /// Changes y into u in place.
    pub fn outward(&self, y: &mut [f64]) {
        self.direction(y);
        y.iter_mut().zip(&self.centre).for_each(|(y, c)| *y += c);
    }

    /// Changes a direction in y into one in u, `L^-T v`, in place.
    pub fn direction(&self, v: &mut [f64]) {
        match &self.factor {
            Some(Factor::Structured(factor)) => factor.solve_upper(v),
            Some(Factor::Dense(lower)) => solve_transposed(lower, v),
            None => {}
        }
    }

    /// Changes a gradient in u into one in y, `L^-1 g`, in place.
    pub fn gradient(&self, g: &mut [f64]) {
        match &self.factor {
            Some(Factor::Structured(factor)) => factor.solve_lower(g),
            Some(Factor::Dense(lower)) => solve_lower(lower, g),
            None => {}
        }
    }
}

/// Error about a metric that no shift makes positive.
fn not_positive() -> Error {
    Error::ChainFailed {
        path: "metric".into(),
        message:
            "the second derivatives of the action are not positive definite, also not after a \
            shift of their diagonal"
                .into(),
        remedy: "use the metric \"diagonal\", or begin nearer to a minimum of the action".into(),
    }
}

/// Lower triangle L of a symmetric matrix L L^T, row by row; none if it is not positive.
fn lower_triangle(mut matrix: Vec<f64>, n: usize) -> Option<Vec<f64>> {
    for k in 0..n {
        for j in 0..=k {
            let before = |row: usize| &matrix[row * n..row * n + j];
            let sum: f64 = before(k).iter().zip(before(j)).map(|(a, b)| a * b).sum();
            let rest = matrix[k * n + j] - sum;
            matrix[k * n + j] = match j < k {
                true => rest / matrix[j * n + j],
                // Also none for NaN.
                false if rest > 0.0 && rest.is_finite() => rest.sqrt(),
                false => return None,
            };
        }
    }
    Some(matrix)
}

/// Solves `L x = b` in place.
fn solve_lower(lower: &[f64], b: &mut [f64]) {
    let n = b.len();
    for k in 0..n {
        let sum: f64 = lower[k * n..].iter().zip(&b[..k]).map(|(l, x)| l * x).sum();
        b[k] = (b[k] - sum) / lower[k * n + k];
    }
}

/// Solves `L^T x = b` in place.
fn solve_transposed(lower: &[f64], b: &mut [f64]) {
    let n = b.len();
    for k in (0..n).rev() {
        b[k] /= lower[k * n + k];
        let x = b[k];
        let (before, _) = b.split_at_mut(k);
        let row = &lower[k * n..k * n + k];
        before.iter_mut().zip(row).for_each(|(b, l)| *b -= l * x);
    }
}

/// Writes the second derivatives of the posterior in the transform's coordinates at `centre`.
fn second_derivatives(
    posterior: &mut Posterior,
    layout: &Layout,
    transform: Option<&mut Transform>,
    form: Hessian,
    centre: &[f64],
    matrix: &mut BlockMatrix,
) -> Result<()> {
    let mut gradient = vec![0.0; centre.len()];
    let mut x = centre.to_vec();
    let Some(transform) = transform else {
        posterior.hessian(&x, form, matrix, &mut gradient)?;
        return Ok(());
    };
    transform.outward(&mut x);
    posterior.hessian(&x, form, matrix, &mut gradient)?;
    scale(layout, matrix, &transform.first);
    let mut added = vec![0.0; centre.len()];
    transform.curvature(centre, &gradient, &mut added);
    for (unknown, &value) in added.iter().enumerate() {
        matrix.add(unknown, unknown, value);
    }
    Ok(())
}

/// Multiplies row and column of every unknown by its scale.
fn scale(layout: &Layout, matrix: &mut BlockMatrix, scales: &[f64]) {
    let (d, path) = (layout.dimension, layout.path_length());
    for point in 0..layout.points {
        let (rows, border) = (matrix.panel_rows(point), matrix.panel_border(point));
        let columns = matrix.panel_mut(point).chunks_exact_mut(rows);
        for (k, column) in columns.enumerate() {
            let own = scales[point * d + k];
            let (states, parameters) = column.split_at_mut(border);
            let factors = scales[point * d..].iter();
            states
                .iter_mut()
                .zip(factors)
                .for_each(|(v, s)| *v *= own * s);
            let factors = scales[path..].iter();
            let each = parameters.iter_mut().zip(factors);
            each.for_each(|(v, s)| *v *= own * s);
        }
    }
    if layout.parameters > 0 {
        let columns = matrix.corner_mut().chunks_exact_mut(layout.parameters);
        for (column, own) in columns.zip(&scales[path..]) {
            let each = column.iter_mut().zip(&scales[path..]);
            each.for_each(|(v, s)| *v *= own * s);
        }
    }
}

/// First of the shifts with which the matrix can be factored, as one number per unknown.
fn factor_shifted(factor: &mut Cholesky, matrix: &BlockMatrix, shares: &[f64]) -> Option<Vec<f64>> {
    let mut diagonal = vec![0.0; matrix.unknowns()];
    matrix.diagonal(&mut diagonal);
    let largest = diagonal.iter().fold(0.0f64, |most, v| most.max(v.abs()));
    shares.iter().find_map(|share| {
        let each = diagonal.iter();
        let shift: Vec<f64> = each.map(|v| share * (v.abs() + FLOOR * largest)).collect();
        let positive = factor.factor(matrix, &shift, &[]).is_ok();
        positive.then_some(shift)
    })
}

/// Changes u into `y = L^T (u - centre)`, as `L^-1 (M + shift) (u - centre)`, in place.
fn whiten(matrix: &BlockMatrix, shift: &[f64], factor: &Cholesky, centre: &[f64], u: &mut [f64]) {
    let difference: Vec<f64> = u.iter().zip(centre).map(|(u, c)| u - c).collect();
    matrix.multiply(&difference, u);
    for ((u, s), v) in u.iter_mut().zip(shift).zip(&difference) {
        *u += s * v;
    }
    factor.solve_lower(u);
}
