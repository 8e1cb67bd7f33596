//! First correction beyond the quadratic: the mean, as the posterior is not symmetric about its
//! mode.

use super::Laplace;
use crate::error::Result;
use crate::solve::{BlockMatrix, Cholesky, Hessian};

use super::super::Posterior;

/// Step of differences, relative to the size of the unknown. Differences of four points are exact
/// if second derivatives are polynomials of the third degree, as in models with squares. Elsewhere
/// their error is of the fourth order.
const STEP: f64 = 2e-3;

impl Laplace {
    /// Mean of the posterior less that of the Gaussian, to first order beyond the quadratic:
    /// `S (g - c / 2)`, where S is the covariance and
    /// `c_k = sum over i, j of S_ij d3A/dx_i dx_j dx_k` (L. Tierney and J. B. Kadane, J. Amer.
    /// Statist. Assoc. 81, 1986). It has one number per unknown, 0 for those that are held. The
    /// mean of the Gaussian is the minimum of the action, but for what bounds cut off.
    ///
    /// The gradient g of the logarithm of the steps' determinants is zero for explicit steps. For
    /// implicit ones c has a part that grows with the points and the states, and that g takes back
    /// (see [`Laplace::step_determinant_shift`]): the means are those of the model, whatever the
    /// discretisation.
    ///
    /// Third derivatives are differences of exact second ones, computed at many points at once.
    /// They take 4 (3 D + 2 P) Hessians for one-step schemes, 4 (5 D + 2 P) if three points are
    /// coupled.
    ///
    /// # Errors
    /// Second derivatives near the mode that are not finite.
    pub fn mean_shift(&self) -> Result<Vec<f64>> {
        let mut differences = HessianDifferences::new(self)?;
        let mut contracted = vec![0.0; self.mode.len()];
        differences.along_parameters(self, &mut contracted)?;
        differences.at_known_parameters(&mut contracted)?;
        let determinants = self.step_determinant_gradient()?;
        for (c, g) in contracted.iter_mut().zip(determinants) {
            *c = -0.5 * *c + g;
        }
        super::clear(&mut contracted, &self.fixed);
        self.factor.solve(&mut contracted);
        Ok(contracted)
    }

    /// Columns of the covariance that belong to the estimated parameters, one after the other.
    pub(super) fn parameter_columns(&self) -> Vec<Vec<f64>> {
        let path = self.posterior.layout().path_length();
        let columns = path..self.mode.len();
        columns
            .map(|unknown| {
                let mut column = vec![0.0; self.mode.len()];
                if !self.is_fixed(unknown) {
                    column[unknown] = 1.0;
                    self.factor.solve(&mut column);
                }
                column
            })
            .collect()
    }
}

/// Differences of the Hessian. The covariance is that at known parameters, which is local in time,
/// and a part that the parameters add.
struct HessianDifferences {
    posterior: Posterior,
    mode: Vec<f64>,
    /// Size of each unknown, relative to which it is changed.
    sizes: Vec<f64>,
    /// Covariance at known parameters.
    covariance: BlockMatrix,
    hessian: BlockMatrix,
    gradient: Vec<f64>,
    moved: Vec<f64>,
}

impl HessianDifferences {
    fn new(laplace: &Laplace) -> Result<Self> {
        let mut posterior = laplace.posterior.clone();
        let layout = posterior.layout().clone();
        let mode = laplace.mode.clone();
        let mut hessian = BlockMatrix::new(&layout);
        let mut gradient = vec![0.0; mode.len()];
        posterior.hessian(&mode, laplace.options.hessian, &mut hessian, &mut gradient)?;
        let fixed: Vec<bool> = (0..mode.len())
            .map(|k| k >= layout.path_length() || laplace.is_fixed(k))
            .collect();
        let mut factor = Cholesky::new(&layout);
        // Cannot fail, as a part of a positive matrix is positive.
        let covariance = match factor.factor(&hessian, &laplace.added, &fixed) {
            Ok(()) => factor.inverse(),
            Err(_) => BlockMatrix::new(&layout),
        };
        let mut covariance = covariance;
        for unknown in (0..layout.path_length()).filter(|&k| fixed[k]) {
            covariance.add(unknown, unknown, -1.0);
        }
        Ok(HessianDifferences {
            sizes: sizes(
                &mode,
                layout.dimension,
                layout.path_length(),
                &laplace.variances,
            ),
            posterior,
            mode,
            covariance,
            hessian,
            gradient,
            moved: Vec::new(),
        })
    }

    /// Calls `add` with the Hessians at four points along `direction`, `step` apart, and with their
    /// weights in the derivative.
    fn each(
        &mut self,
        direction: &dyn Fn(usize) -> f64,
        step: f64,
        add: &mut dyn FnMut(&BlockMatrix, f64),
    ) -> Result<()> {
        for (place, weight) in [(-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)] {
            self.moved.clone_from(&self.mode);
            for (k, x) in self.moved.iter_mut().enumerate() {
                *x += place * step * direction(k);
            }
            let (hessian, gradient) = (&mut self.hessian, &mut self.gradient);
            self.posterior
                .hessian(&self.moved, Hessian::Exact, hessian, gradient)?;
            add(hessian, weight / (12.0 * step));
        }
        Ok(())
    }

    /// Adds the part of the parameters, `sum over q of d/du_q (H u_q)`. The squares of the
    /// directions u_q sum to the parameters' part of the covariance.
    fn along_parameters(&mut self, laplace: &Laplace, into: &mut [f64]) -> Result<()> {
        let columns = laplace.parameter_columns();
        let count = columns.len();
        let mut product = vec![0.0; into.len()];
        for direction in square_root(&columns, &laplace.parameter_covariance, count) {
            let longest = direction
                .iter()
                .zip(&self.sizes)
                .map(|(u, s)| (u / s).abs());
            let longest = longest.fold(0.0, f64::max);
            if longest == 0.0 {
                continue;
            }
            let along = |k: usize| direction[k];
            self.each(&along, STEP / longest, &mut |hessian, weight| {
                hessian.multiply(&direction, &mut product);
                into.iter_mut()
                    .zip(&product)
                    .for_each(|(to, p)| *to += weight * p);
            })?;
        }
        Ok(())
    }

    /// Adds `d/dx_k` of the product, element by element, of the Hessian with the covariance at
    /// known parameters.
    fn at_known_parameters(&mut self, into: &mut [f64]) -> Result<()> {
        let layout = self.posterior.layout();
        let (d, points, path) = (layout.dimension, layout.points, layout.path_length());
        let covariance = self.covariance.clone();
        // A panel depends on points so far ahead, and on points that reach it from so far before.
        // Points that are changed together share no panel.
        let far = layout.couples.iter().copied().max().unwrap_or(0) as usize;
        let apart = 2 * far + 1;
        for (component, color) in (0..d).flat_map(|i| (0..apart).map(move |c| (i, c))) {
            let size = self.sizes[component];
            let is_moved = |k: usize| k < path && k % d == component && k / d % apart == color;
            let along = |k: usize| if is_moved(k) { 1.0 } else { 0.0 };
            self.each(&along, STEP * size, &mut |hessian, weight| {
                for point in 0..points {
                    // The one changed point that this panel depends on.
                    let ahead = (color + apart + far - point % apart) % apart;
                    let moved = (point + ahead).checked_sub(far).filter(|&m| m < points);
                    if let Some(moved) = moved {
                        into[moved * d + component] +=
                            weight * product(hessian, &covariance, point);
                    }
                }
            })?;
        }
        for (unknown, into) in into.iter_mut().enumerate().skip(path) {
            let along = |k: usize| if k == unknown { 1.0 } else { 0.0 };
            self.each(
                &along,
                STEP * self.sizes[unknown],
                &mut |hessian, weight| {
                    let all = (0..points).map(|point| product(hessian, &covariance, point));
                    *into += weight * all.sum::<f64>();
                },
            )?;
        }
        Ok(())
    }
}

/// Sum over a panel of the products of the elements of two matrices that belong to states.
fn product(a: &BlockMatrix, b: &BlockMatrix, point: usize) -> f64 {
    let (rows, states) = (a.panel_rows(point), a.panel_border(point));
    let pairs = a
        .panel(point)
        .chunks_exact(rows)
        .zip(b.panel(point).chunks_exact(rows));
    let columns = pairs.enumerate().map(|(k, (a, b))| {
        let below = a[k + 1..states].iter().zip(&b[k + 1..states]);
        a[k] * b[k] + 2.0 * below.map(|(a, b)| a * b).sum::<f64>()
    });
    columns.sum()
}

/// Size of each unknown: the root mean square of a state along the path, the value of a parameter;
/// if these vanish, the standard deviation.
pub(super) fn sizes(mode: &[f64], d: usize, path: usize, variances: &[f64]) -> Vec<f64> {
    let of = |square: f64, variance: f64| match square > 0.0 {
        true => square.sqrt(),
        false if variance > 0.0 => variance.sqrt(),
        false => 1.0,
    };
    let points = (path / d) as f64;
    let mut squares = vec![0.0; d];
    let mut mean_variances = vec![0.0; d];
    for (k, (x, v)) in mode[..path].iter().zip(variances).enumerate() {
        squares[k % d] += x * x / points;
        mean_variances[k % d] += v / points;
    }
    (0..mode.len())
        .map(|k| match k < path {
            true => of(squares[k % d], mean_variances[k % d]),
            false => of(mode[k] * mode[k], variances[k]),
        })
        .collect()
}

/// Directions `u_q` for which `sum of u_q u_q^T` is `columns C^-1 columns^T`, where C is the
/// covariance of the parameters: `columns L^-T`.
fn square_root(columns: &[Vec<f64>], covariance: &[f64], count: usize) -> Vec<Vec<f64>> {
    let free: Vec<usize> = (0..count)
        .filter(|&p| covariance[p * count + p] > 0.0)
        .collect();
    let matrix = nalgebra::DMatrix::from_fn(free.len(), free.len(), |i, j| {
        covariance[free[i] * count + free[j]]
    });
    let Some(factor) = nalgebra::Cholesky::new(matrix) else {
        return Vec::new();
    };
    let lower = factor.unpack();
    // Solves `L U^T = columns^T` row by row.
    let mut directions: Vec<Vec<f64>> = Vec::new();
    for (i, &p) in free.iter().enumerate() {
        let mut direction = columns[p].clone();
        for (j, done) in directions.iter().enumerate() {
            let factor = lower[(i, j)];
            direction
                .iter_mut()
                .zip(done)
                .for_each(|(u, v)| *u -= factor * v);
        }
        direction.iter_mut().for_each(|u| *u /= lower[(i, i)]);
        directions.push(direction);
    }
    directions
}
