//! Block Cholesky factorisation in time order, with the parameters last. It takes O(N D^3) time and
//! fills nothing outside of the blocks.

use std::ops::Range;

use super::kernels::{
    factor_panel, quad as read, solve_lower, solve_upper, strips_mut, subtract_backward,
    subtract_forward, subtract_product, Doubled, Quad, STRIP,
};
use super::{BlockMatrix, BlockQr, Geometry};
use crate::solve::Layout;

/// Error of a matrix that is not positive definite to rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not positive definite: the pivot of unknown {unknown} is not positive")]
pub struct NotPositiveDefinite {
    /// Number of the unknown whose pivot is not positive.
    pub unknown: usize,
}

/// Cholesky factor L of `M = L L^T`. Memory is allocated once; [`Cholesky::factor`] and
/// [`Cholesky::solve`] allocate none.
///
/// ```
/// use least_action::solve::{BlockMatrix, Cholesky, Layout};
///
/// let layout = Layout::new(1, 2, 0, vec![1, 0])?;
/// let mut matrix = BlockMatrix::new(&layout);
/// matrix.add(0, 0, 2.0);
/// matrix.add(1, 1, 2.0);
/// matrix.add(1, 0, 1.0);
/// let mut factor = Cholesky::new(&layout);
/// factor.factor(&matrix, &[], &[]).unwrap();
/// let mut x = [3.0, 3.0];
/// factor.solve(&mut x);
/// assert!((x[0] - 1.0).abs() < 1e-15 && (x[1] - 1.0).abs() < 1e-15);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cholesky {
    pub(super) geometry: Geometry,
    /// Panels of all points, then the corner of the parameters, in strips of four rows. The rows of
    /// every point, and those of the parameters, begin a strip of their own.
    pub(super) values: Vec<Quad>,
    /// Start of each panel; the last entry is the corner.
    start: Vec<usize>,
    /// Reciprocals of the diagonal elements of the factor.
    inverse: Vec<f64>,
    scratch: Vec<Doubled>,
}

impl Cholesky {
    /// Memory for the factor of a matrix with this layout.
    pub fn new(layout: &Layout) -> Self {
        let geometry = Geometry::new(layout);
        let (d, parameters) = (geometry.dimension, geometry.parameters);
        let mut start = vec![0];
        let mut end = 0;
        for &couples in &geometry.couples {
            let strips = (1 + couples as usize) * d.div_ceil(STRIP) + parameters.div_ceil(STRIP);
            end += strips * d;
            start.push(end);
        }
        end += parameters.div_ceil(STRIP) * parameters;
        Cholesky {
            values: vec![[0.0; STRIP]; end],
            start,
            inverse: vec![1.0; geometry.unknowns()],
            scratch: vec![[[0.0; 2]; STRIP]; d.max(parameters)],
            geometry,
        }
    }

    /// Factors `matrix + diag(shift)`, with the rows and columns of the `fixed` unknowns replaced
    /// by those of the identity. `shift` and `fixed` have one entry per unknown, or none.
    ///
    /// # Errors
    /// A pivot that is not positive. The factor is then of no use.
    pub fn factor(
        &mut self,
        matrix: &BlockMatrix,
        shift: &[f64],
        fixed: &[bool],
    ) -> Result<(), NotPositiveDefinite> {
        debug_assert_eq!(matrix.geometry, self.geometry);
        let points = self.geometry.points;
        self.load(points, matrix, shift, fixed);
        let mut loaded = 0;
        // The panels that a step changes are loaded just before it, so that they are still in the
        // cache.
        for point in 0..self.panels() {
            let needed = (point + 3).min(points);
            while loaded < needed {
                self.load(loaded, matrix, shift, fixed);
                loaded += 1;
            }
            self.eliminate(point)?;
        }
        Ok(())
    }

    /// Copies a panel, or the corner of the parameters, from the matrix.
    fn load(&mut self, point: usize, matrix: &BlockMatrix, shift: &[f64], fixed: &[bool]) {
        let geometry = &self.geometry;
        let (unknowns, range) = (geometry.own(point), self.range(point));
        let width = unknowns.len();
        let rows = geometry.rows(point);
        let from = &matrix.values[geometry.start[point]..];
        let panel = &mut self.values[range];
        let mut strips = strips_mut(panel, width);
        let mut row = 0;
        for segment in geometry.segments(point) {
            let (first, end) = (row, row + segment.len());
            while row < end {
                let Some(strip) = strips.next() else { return };
                // Above the diagonal nothing is ever read.
                let columns = width.min(row + STRIP);
                let height = STRIP.min(end - row);
                for (k, quad) in strip[..columns].iter_mut().enumerate() {
                    let start = k * rows + row;
                    *quad = read(&from[start..start + height]);
                }
                if row < width && !shift.is_empty() {
                    for lane in 0..height {
                        strip[row + lane][lane] += shift[unknowns.start + row + lane];
                    }
                }
                if !fixed.is_empty() {
                    let rows = &fixed[segment.start + row - first..][..height];
                    clear(&mut strip[..columns], rows, &fixed[unknowns.clone()]);
                    for lane in (0..height).filter(|&lane| row < width && rows[lane]) {
                        strip[row + lane][lane] = 1.0;
                    }
                }
                row += height;
            }
        }
    }

    /// Factors one panel, or the corner, and subtracts its products from those that follow.
    fn eliminate(&mut self, point: usize) -> Result<(), NotPositiveDefinite> {
        let (unknowns, range) = (self.geometry.own(point), self.range(point));
        let start = &self.start;
        let geometry = &self.geometry;
        let (before, later) = self.values.split_at_mut(range.end);
        let panel = &mut before[range.start..];
        factor_panel(
            panel,
            &mut self.inverse[unknowns.clone()],
            &mut self.scratch,
        )
        .map_err(|k| NotPositiveDefinite {
            unknown: unknowns.start + k,
        })?;
        if point == geometry.points {
            return Ok(());
        }
        let (d, parameters) = (geometry.dimension, geometry.parameters);
        let scratch = &mut self.scratch[..d];
        let states = d.div_ceil(STRIP) * d;
        let reach = geometry.couples[point] as usize;
        let border = &panel[(1 + reach) * states..];
        for ahead in 1..=reach {
            let target = &mut later[start[point + ahead] - range.end..];
            let (rows, target_border) =
                target.split_at_mut((1 + geometry.couples[point + ahead] as usize) * states);
            // The rows of this panel from that point on are neighbours there as well.
            let down = &panel[ahead * states..(1 + reach) * states];
            let own = &down[..states];
            subtract_product(rows, d, (down, own), scratch, true);
            subtract_product(target_border, d, (border, own), scratch, false);
        }
        if parameters > 0 {
            let corner = &mut later[start[geometry.points] - range.end..];
            subtract_product(corner, parameters, (border, border), scratch, true);
        }
        Ok(())
    }

    /// Solves `M x = b` in place: `b` goes in, `x` comes out.
    pub fn solve(&self, b: &mut [f64]) {
        self.solve_lower(b);
        self.solve_upper(b);
    }

    /// Solves `L y = b` in place.
    pub fn solve_lower(&self, b: &mut [f64]) {
        for point in 0..self.panels() {
            let (panel, unknowns) = (&self.values[self.range(point)], self.geometry.own(point));
            let (_, b) = b.split_at_mut(unknowns.start);
            let (own, later) = b.split_at_mut(unknowns.len());
            solve_lower(panel, &self.inverse[unknowns.clone()], own);
            let mut strip = own.len().div_ceil(STRIP) * own.len();
            for segment in self.geometry.segments(point).skip(1) {
                let x = &mut later[segment.start - unknowns.end..][..segment.len()];
                subtract_forward(&panel[strip..], own, x);
                strip += x.len().div_ceil(STRIP) * own.len();
            }
        }
    }

    /// Solves `L^T x = y` in place.
    pub fn solve_upper(&self, y: &mut [f64]) {
        for point in (0..self.panels()).rev() {
            let (panel, unknowns) = (&self.values[self.range(point)], self.geometry.own(point));
            let (_, y) = y.split_at_mut(unknowns.start);
            let (own, later) = y.split_at_mut(unknowns.len());
            let mut strip = own.len().div_ceil(STRIP) * own.len();
            for segment in self.geometry.segments(point).skip(1) {
                let x = &later[segment.start - unknowns.end..][..segment.len()];
                subtract_backward(&panel[strip..], x, own);
                strip += x.len().div_ceil(STRIP) * own.len();
            }
            solve_upper(panel, &self.inverse[unknowns], own);
        }
    }

    /// The natural logarithm of the determinant of M. Fixed unknowns count as one.
    pub fn log_determinant(&self) -> f64 {
        // The diagonal of a square-root form may be negative.
        -2.0 * self
            .inverse
            .iter()
            .map(|&v| libm::log(v.abs()))
            .sum::<f64>()
    }

    /// Takes over the factor R of a square-root form with the same layout, as `L = R^T`.
    pub(super) fn load_square_root(&mut self, form: &BlockQr) {
        form.each_panel(|point, rows, width| {
            let unknowns = self.geometry.own(point);
            if unknowns.is_empty() {
                return;
            }
            let range = self.range(point);
            let columns = unknowns.len();
            let mut strips = strips_mut(&mut self.values[range], columns);
            let mut row = 0;
            for segment in self.geometry.segments(point) {
                let end = row + segment.len();
                while row < end {
                    let Some(strip) = strips.next() else { return };
                    let height = STRIP.min(end - row);
                    for (k, quad) in strip.iter_mut().enumerate() {
                        for (lane, value) in quad.iter_mut().enumerate() {
                            let is_in = lane < height && row + lane >= k;
                            *value = match is_in {
                                true => rows[k * width + row + lane],
                                false => 0.0,
                            };
                        }
                    }
                    row += height;
                }
            }
            for (k, inverse) in self.inverse[unknowns].iter_mut().enumerate() {
                *inverse = 1.0 / rows[k * width + k];
            }
        });
    }

    /// Diagonal elements of the factor squared, one per unknown: the part of each diagonal element
    /// of M that the unknowns before it do not explain.
    pub(super) fn pivots(&self) -> impl Iterator<Item = f64> + '_ {
        self.inverse.iter().map(|inverse| 1.0 / (inverse * inverse))
    }

    /// Number of panels: one per point, and the corner if there are parameters.
    fn panels(&self) -> usize {
        self.geometry.points + usize::from(self.geometry.parameters > 0)
    }

    /// Position of the panel of a point or, after the last, of the corner.
    pub(super) fn range(&self, point: usize) -> Range<usize> {
        let end = self.start.get(point + 1).copied();
        self.start[point]..end.unwrap_or(self.values.len())
    }
}

/// Sets to zero the rows of a strip and the columns of a panel that are fixed.
fn clear(strip: &mut [Quad], rows: &[bool], columns: &[bool]) {
    for (quad, &column) in strip.iter_mut().zip(columns) {
        for (value, &row) in quad.iter_mut().zip(rows) {
            if row || column {
                *value = 0.0;
            }
        }
    }
}
