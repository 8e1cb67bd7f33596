//! Hessian of the parameters with the path minimised out.

use nalgebra::DMatrix;

use super::blocks::{BlockMatrix, Cholesky};
use super::least_squares::Layout;

/// Second derivatives of the smallest value at given parameters, of a function that is quadratic in
/// the path: `H_pp - H_px H_xx^-1 H_xp`, the Schur complement of the path's block. Its null space
/// is what the function leaves free.
///
/// ```
/// use least_action::solve::{BlockMatrix, Layout, SchurComplement};
///
/// // (x - 2 p)^2 with one point and one parameter: the path follows, and p is free.
/// let mut hessian = BlockMatrix::new(&Layout::new(1, 1, 1, vec![0])?);
/// for (a, b, value) in [(0, 0, 2.0), (0, 1, -4.0), (1, 1, 8.0)] {
///     hessian.add(a, b, value);
/// }
/// let layout = Layout::new(1, 1, 1, vec![0])?;
/// let schur = SchurComplement::new(&hessian, &layout, &[]).ok_or("singular in the path")?;
/// assert!(schur.matrix[(0, 0)].abs() < 1e-12);
/// assert!((schur.paths[0][0] - 2.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SchurComplement {
    /// Numbers of the parameters that no bound holds, ascending.
    pub parameters: Vec<usize>,
    /// Second derivatives in these parameters.
    pub matrix: DMatrix<f64>,
    /// Change of the minimising path per unit of each of these parameters.
    pub paths: Vec<Vec<f64>>,
    /// Factor of the path's block.
    factor: Cholesky,
    unknowns: usize,
}

impl SchurComplement {
    /// Schur complement of a Hessian. `fixed` marks unknowns at active bounds; it is empty if there
    /// are none. `None` if the function has no minimum in the path at known parameters.
    pub fn new(hessian: &BlockMatrix, layout: &Layout, fixed: &[bool]) -> Option<Self> {
        let (path, unknowns) = (layout.path_length(), layout.unknowns());
        let is_held = |k: usize| fixed.get(k) == Some(&true);
        let known: Vec<bool> = (0..unknowns).map(|k| k >= path || is_held(k)).collect();
        let mut factor = Cholesky::new(layout);
        factor.factor(hessian, &[], &known).ok()?;
        let parameters: Vec<usize> = (0..layout.parameters)
            .filter(|p| !is_held(path + p))
            .collect();
        let columns = parameters.iter().map(|p| {
            let mut unit = vec![0.0; unknowns];
            let mut column = vec![0.0; unknowns];
            unit[path + p] = 1.0;
            hessian.multiply(&unit, &mut column);
            column
        });
        let columns: Vec<Vec<f64>> = columns.collect();
        let paths = columns.iter().map(|column| {
            let free = |k: usize| if known[k] { 0.0 } else { -column[k] };
            let mut moved: Vec<f64> = (0..unknowns).map(free).collect();
            factor.solve(&mut moved);
            moved.truncate(path);
            moved
        });
        let paths: Vec<Vec<f64>> = paths.collect();
        let element = |i: usize, j: usize| {
            let along = columns[i].iter().zip(&paths[j]).map(|(h, x)| h * x);
            columns[i][path + parameters[j]] + along.sum::<f64>()
        };
        let count = parameters.len();
        let matrix = DMatrix::from_fn(count, count, |i, j| 0.5 * (element(i, j) + element(j, i)));
        Some(SchurComplement {
            parameters,
            matrix,
            paths,
            factor,
            unknowns,
        })
    }

    /// Inverse second derivative of one state at known parameters, with the rest of the path
    /// minimised out: its variance there, if the function is a negative log density.
    pub fn variance_at_known_parameters(&self, state: usize) -> f64 {
        let mut column = vec![0.0; self.unknowns];
        column[state] = 1.0;
        self.factor.solve(&mut column);
        column[state]
    }
}
