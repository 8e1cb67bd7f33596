//! Block Cholesky factorisation in time order, with the parameters last: O(N D^3) time, no fill.

use super::kernels::{backward, factor_panel, forward, subtract_product, Rows};
use super::{BlockMatrix, Geometry};
use crate::action::Layout;

/// A matrix is not positive definite, as far as rounding lets one see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not positive definite: the pivot of unknown {unknown} is not positive")]
pub struct NotPositive {
    /// The unknown whose pivot is not positive.
    pub unknown: usize,
}

/// The factor L of `M = L L^T`. Memory is taken once; [`Cholesky::factor`] and [`Cholesky::solve`] take none.
#[derive(Debug, Clone)]
pub struct Cholesky {
    geometry: Geometry,
    values: Vec<f64>,
    /// One over each diagonal element of the factor.
    inverse: Vec<f64>,
}

impl Cholesky {
    pub fn new(layout: &Layout) -> Self {
        let geometry = Geometry::new(layout);
        Cholesky {
            values: vec![0.0; geometry.length()],
            inverse: vec![1.0; geometry.unknowns()],
            geometry,
        }
    }

    /// Factors `matrix + diag(shift)`, with the rows and columns of the `fixed` unknowns replaced by those of the identity.
    ///
    /// `shift` has one number per unknown, or none; `fixed` likewise.
    ///
    /// # Errors
    /// A pivot that is not positive; the factor is then of no use.
    pub fn factor(
        &mut self,
        matrix: &BlockMatrix,
        shift: &[f64],
        fixed: &[bool],
    ) -> Result<(), NotPositive> {
        debug_assert_eq!(matrix.geometry, self.geometry);
        let points = self.geometry.points;
        self.load(points, matrix, shift, fixed);
        let mut loaded = 0;
        // The panels that a step changes are loaded just before it, so that they are still in the cache.
        for point in 0..=points {
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
        let Panel {
            range,
            rows,
            unknown,
            columns,
        } = Panel::of(&self.geometry, point);
        let panel = &mut self.values[range.clone()];
        panel.copy_from_slice(&matrix.values[range]);
        if let Some(shift) = shift.get(unknown..unknown + columns) {
            for (value, &shift) in panel.iter_mut().step_by(rows + 1).zip(shift) {
                *value += shift;
            }
        }
        if !fixed.is_empty() && rows > 0 {
            let states =
                rows - self.geometry.parameters * usize::from(point < self.geometry.points);
            let border = &fixed[self.geometry.path_length()..];
            let row_fixed = &fixed[unknown..unknown + states];
            for (k, column) in panel.chunks_exact_mut(rows).enumerate() {
                if row_fixed[k] {
                    column.fill(0.0);
                    column[k] = 1.0;
                    continue;
                }
                let (own, rest) = column.split_at_mut(states);
                clear(own, row_fixed);
                clear(rest, border);
            }
        }
    }

    /// Factors one panel, or the corner, and subtracts its products from those that follow.
    fn eliminate(&mut self, point: usize) -> Result<(), NotPositive> {
        let geometry = &self.geometry;
        let (d, parameters) = (geometry.dimension, geometry.parameters);
        let Panel {
            range,
            rows,
            unknown,
            columns,
        } = Panel::of(geometry, point);
        let (before, later) = self.values.split_at_mut(range.end);
        let panel = &mut before[range.start..];
        let inverse = &mut self.inverse[unknown..unknown + columns];
        factor_panel(panel, rows, inverse).map_err(|k| NotPositive {
            unknown: unknown + k,
        })?;
        if point == geometry.points {
            return Ok(());
        }
        let states = geometry.state_rows(point);
        let border = Rows {
            from: states,
            count: parameters,
        };
        for ahead in 1..=geometry.couples[point] as usize {
            let target = &mut later[geometry.start[point + ahead] - range.end..];
            let stride = geometry.rows(point + ahead);
            let own = Rows {
                from: ahead * d,
                count: d,
            };
            // The rows of this panel from that point on: they are neighbours there as well.
            let down = Rows {
                from: ahead * d,
                count: states - ahead * d,
            };
            subtract_product(target, stride, panel, rows, d, (down, own), true);
            let target = &mut target[geometry.state_rows(point + ahead)..];
            subtract_product(target, stride, panel, rows, d, (border, own), false);
        }
        let corner = &mut later[geometry.corner() - range.end..];
        subtract_product(corner, parameters, panel, rows, d, (border, border), true);
        Ok(())
    }

    /// Solves `M x = b` in place: `b` goes in, `x` comes out.
    pub fn solve(&self, b: &mut [f64]) {
        self.solve_lower(b);
        self.solve_upper(b);
    }

    /// Solves `L y = b` in place.
    pub fn solve_lower(&self, b: &mut [f64]) {
        let geometry = &self.geometry;
        let (path, border) = b.split_at_mut(geometry.path_length());
        for point in 0..geometry.points {
            let panel = Panel::of(geometry, point);
            let states = &mut path[panel.unknown..panel.unknown + geometry.state_rows(point)];
            let inverse = &self.inverse[panel.unknown..panel.unknown + panel.columns];
            forward(
                &self.values[panel.range],
                panel.rows,
                inverse,
                states,
                border,
            );
        }
        let corner = Panel::of(geometry, geometry.points);
        let inverse = &self.inverse[corner.unknown..];
        forward(
            &self.values[corner.range],
            corner.rows,
            inverse,
            border,
            &mut [],
        );
    }

    /// Solves `L^T x = y` in place.
    pub fn solve_upper(&self, y: &mut [f64]) {
        let geometry = &self.geometry;
        let (path, border) = y.split_at_mut(geometry.path_length());
        let corner = Panel::of(geometry, geometry.points);
        let inverse = &self.inverse[corner.unknown..];
        backward(
            &self.values[corner.range],
            corner.rows,
            inverse,
            border,
            &[],
        );
        for point in (0..geometry.points).rev() {
            let panel = Panel::of(geometry, point);
            let states = &mut path[panel.unknown..panel.unknown + geometry.state_rows(point)];
            let inverse = &self.inverse[panel.unknown..panel.unknown + panel.columns];
            backward(
                &self.values[panel.range],
                panel.rows,
                inverse,
                states,
                border,
            );
        }
    }

    /// The natural logarithm of the determinant of M. Fixed unknowns count as one.
    pub fn log_determinant(&self) -> f64 {
        -2.0 * self.inverse.iter().map(|&v| libm::log(v)).sum::<f64>()
    }
}

fn clear(values: &mut [f64], fixed: &[bool]) {
    for (value, &fixed) in values.iter_mut().zip(fixed) {
        if fixed {
            *value = 0.0;
        }
    }
}

/// The columns of one point, or, after the last, the parameters among themselves.
struct Panel {
    range: std::ops::Range<usize>,
    rows: usize,
    /// The unknown of its first column.
    unknown: usize,
    columns: usize,
}

impl Panel {
    fn of(geometry: &Geometry, point: usize) -> Self {
        let start = geometry.start[point];
        if point < geometry.points {
            Panel {
                range: start..geometry.start[point + 1],
                rows: geometry.rows(point),
                unknown: point * geometry.dimension,
                columns: geometry.dimension,
            }
        } else {
            Panel {
                range: start..geometry.length(),
                rows: geometry.parameters,
                unknown: geometry.path_length(),
                columns: geometry.parameters,
            }
        }
    }
}
