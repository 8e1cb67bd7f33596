//! Square-root form of a damped Gauss-Newton step: Householder reflections on the weighted residual
//! rows themselves, in time order, so that the Hessian is never formed and its condition number
//! never squared. It takes several times the work of [`super::Cholesky`], and is for problems where
//! that fails.

use super::{Geometry, NotPositiveDefinite};
use crate::solve::{Layout, Linearization};

/// Factor R of `Q R = [W^(1/2) J; shift^(1/2)]`, point by point. Memory is allocated once.
///
/// ```
/// use least_action::solve::{Layout, Linearization, RowGroup, BlockQr};
///
/// // One point with one state: the residual 2 x - 6 at x = 0, with the weight 1.
/// let layout = Layout::new(1, 1, 0, vec![0])?;
/// let mut group = RowGroup::new(1, vec![0], &[vec![0]]);
/// group.values[0] = 2.0;
/// group.residuals[0] = -6.0;
/// let linearization = Linearization { groups: vec![group] };
/// linearization.validate(&layout)?;
///
/// let mut step = [0.0];
/// let mut form = BlockQr::new(&layout, &linearization);
/// form.step(&linearization, &[0.0], &[], &mut step).unwrap();
/// assert!((step[0] - 3.0).abs() < 1e-12);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct BlockQr {
    geometry: Geometry,
    /// Group and block of all rows, in the order of their first point.
    blocks: Vec<(u32, u32)>,
    /// Start of the blocks of each point in `blocks`, with one entry more at the end.
    start: Vec<usize>,
    /// Finished rows: for every unknown from its diagonal element on to the last coupled one, the
    /// parameters, and the right-hand side. All rows of one point are as wide as its panel.
    factor: Vec<f64>,
    /// Rows in work, row-major: those that came from the point before, those of new blocks, those
    /// of the damping.
    work: Vec<f64>,
    /// Inner products of a reflection with all columns.
    products: Vec<f64>,
}

impl BlockQr {
    /// Memory for a linearisation, which must have passed [`Linearization::validate`] with this
    /// layout.
    pub fn new(layout: &Layout, linearization: &Linearization) -> Self {
        let geometry = Geometry::new(layout);
        let mut blocks: Vec<(u32, u32)> = Vec::new();
        for (g, group) in linearization.groups.iter().enumerate() {
            blocks.extend((0..group.blocks()).map(|b| (g as u32, b as u32)));
        }
        let first = |&(g, b): &(u32, u32)| linearization.groups[g as usize].first[b as usize];
        blocks.sort_by_key(first);
        let start: Vec<usize> = (0..=geometry.points)
            .map(|point| blocks.partition_point(|b| (first(b) as usize) < point))
            .collect();
        let (mut length, mut work, mut widest) = (0, 0, geometry.parameters + 1);
        let mut carried = 0;
        for point in 0..geometry.points {
            let width = geometry.rows(point) + 1;
            let new = blocks[start[point]..start[point + 1]].iter();
            let new: usize = new.map(|b| linearization.groups[b.0 as usize].rows).sum();
            length += geometry.dimension * width;
            work = work.max((carried + new + geometry.dimension) * width);
            widest = widest.max(width);
            carried = width - 1 - geometry.dimension;
        }
        let corner = geometry.parameters + 1;
        BlockQr {
            factor: vec![0.0; length + geometry.parameters * corner],
            work: vec![0.0; work.max((carried + geometry.parameters) * corner)],
            products: vec![0.0; widest],
            blocks,
            start,
            geometry,
        }
    }

    /// Writes the step that minimises `sum w/2 (r + J step)^2 + sum shift/2 step^2`. Unknowns that
    /// are marked in `fixed` do not move; an empty list fixes none.
    ///
    /// # Errors
    /// Columns that depend on each other to rounding.
    pub fn step(
        &mut self,
        linearization: &Linearization,
        shift: &[f64],
        fixed: &[bool],
        step: &mut [f64],
    ) -> Result<(), NotPositiveDefinite> {
        self.factor(linearization, shift, fixed, &[])?;
        self.substitute(step);
        Ok(())
    }

    /// Factors the rows. A diagonal element of the factor must be larger than the `least` one of
    /// its unknown; an empty list only excludes zeros.
    ///
    /// # Errors
    /// The first unknown whose column depends on those before it.
    pub(super) fn factor(
        &mut self,
        linearization: &Linearization,
        shift: &[f64],
        fixed: &[bool],
        least: &[f64],
    ) -> Result<(), NotPositiveDefinite> {
        let points = self.geometry.points;
        let (mut carried, mut before, mut place) = (0, 0, 0);
        for point in 0..=points {
            let own = self.geometry.own(point);
            let width = self.geometry.rows(point) + 1;
            self.widen(carried, before, width, own.len(), point);
            let rows = self.gather(point, carried, width, linearization, shift, fixed);
            let work = &mut self.work[..rows * width];
            for column in 0..(width - 1).min(rows) {
                let mut reflected = reflect(work, width, column, &mut self.products);
                let unknown = own.start + column;
                if let (true, Some(&least)) = (column < own.len(), least.get(unknown)) {
                    reflected &= work[column * width + column].abs() > least;
                }
                if !reflected && column < own.len() {
                    return Err(NotPositiveDefinite { unknown });
                }
            }
            let done = own.len() * width;
            self.factor[place..place + done].copy_from_slice(&work[..done]);
            place += done;
            carried = rows.min(width - 1) - own.len();
            work.copy_within(done..done + carried * width, 0);
            before = width;
        }
        Ok(())
    }

    /// Calls `to` with the number of each point, from the first on, and after them that of the
    /// corner of the parameters, with its finished rows and their width. The last column is the
    /// right-hand side.
    pub(super) fn each_panel(&self, mut to: impl FnMut(usize, &[f64], usize)) {
        let mut place = 0;
        for point in 0..=self.geometry.points {
            let width = self.geometry.rows(point) + 1;
            let length = self.geometry.own(point).len() * width;
            to(point, &self.factor[place..place + length], width);
            place += length;
        }
    }

    /// Gives the rows carried over from the point before the columns of this point: those of the
    /// former point's own unknowns are removed, those of points that this one adds are inserted.
    fn widen(&mut self, carried: usize, before: usize, width: usize, own: usize, point: usize) {
        if carried == 0 {
            return;
        }
        let border = self.geometry.parameters + 1;
        let removed = self.geometry.dimension;
        let kept = before - removed - border;
        debug_assert!(point == self.geometry.points || own == removed);
        // Rows become wider or narrower in place: in the order that overwrites nothing unread.
        let wider = width > before;
        for i in 0..carried {
            let row = if wider { carried - 1 - i } else { i };
            let (from, to) = (row * before, row * width);
            self.products[..kept + border]
                .copy_from_slice(&self.work[from + removed..from + before]);
            let row = &mut self.work[to..to + width];
            row.fill(0.0);
            row[..kept].copy_from_slice(&self.products[..kept]);
            row[width - border..].copy_from_slice(&self.products[kept..kept + border]);
        }
    }

    /// Appends the rows of the blocks that begin at a point, and of the damping. Returns the number
    /// of rows.
    fn gather(
        &mut self,
        point: usize,
        carried: usize,
        width: usize,
        linearization: &Linearization,
        shift: &[f64],
        fixed: &[bool],
    ) -> usize {
        let geometry = &self.geometry;
        let (own, path) = (geometry.own(point), geometry.path_length());
        let border = width - 1 - geometry.parameters;
        let mut rows = carried;
        let end = self.start.get(point + 1).copied();
        for &(g, b) in &self.blocks[self.start[point]..end.unwrap_or(self.start[point])] {
            let group = &linearization.groups[g as usize];
            let (b, span) = (b as usize, group.span * geometry.dimension);
            let values = &group.values[b * group.entries()..(b + 1) * group.entries()];
            for r in 0..group.rows {
                let root = group.weights[b * group.rows + r].sqrt();
                if root == 0.0 {
                    continue;
                }
                let row = &mut self.work[rows * width..(rows + 1) * width];
                row.fill(0.0);
                let range = group.row_start[r] as usize..group.row_start[r + 1] as usize;
                for (&column, value) in group.columns[range.clone()].iter().zip(&values[range]) {
                    let column = column as usize;
                    let (place, unknown) = match column < span {
                        true => (column, own.start + column),
                        false => (border + column - span, path + column - span),
                    };
                    if !fixed.get(unknown).copied().unwrap_or(false) {
                        row[place] = root * value;
                    }
                }
                row[width - 1] = -root * group.residuals[b * group.rows + r];
                rows += 1;
            }
        }
        for (k, unknown) in own.enumerate() {
            let row = &mut self.work[rows * width..(rows + 1) * width];
            row.fill(0.0);
            row[k] = match fixed.get(unknown) {
                Some(true) => 1.0,
                _ => shift.get(unknown).map_or(0.0, |shift| shift.sqrt()),
            };
            rows += 1;
        }
        rows
    }

    /// Solves by back substitution, the parameters first.
    fn substitute(&self, step: &mut [f64]) {
        let geometry = &self.geometry;
        let mut end = self.factor.len();
        for point in (0..=geometry.points).rev() {
            let own = geometry.own(point);
            let width = geometry.rows(point) + 1;
            let rows = &self.factor[end - own.len() * width..end];
            end -= rows.len();
            let states = width - 1 - geometry.parameters * usize::from(point < geometry.points);
            for (k, row) in rows.chunks_exact(width).enumerate().rev() {
                let unknown = own.start + k;
                let mut value = row[width - 1];
                for (element, x) in row[k + 1..states].iter().zip(&step[unknown + 1..]) {
                    value -= element * x;
                }
                let border = row[states..width - 1].iter();
                for (element, x) in border.zip(&step[geometry.path_length()..]) {
                    value -= element * x;
                }
                step[unknown] = value / row[k];
            }
        }
    }
}

/// Reflects the rows from `column` on so that below the diagonal this column is zero. The largest
/// element becomes the pivot, so that rows of very different weights keep their accuracy (M. J. D.
/// Powell and J. K. Reid, Information Processing 68, 1969). Returns false if the column is zero
/// already.
fn reflect(work: &mut [f64], width: usize, column: usize, products: &mut [f64]) -> bool {
    let rows = work.len() / width;
    let mut largest = (column, 0.0);
    for row in column..rows {
        let size = work[row * width + column].abs();
        if size > largest.1 {
            largest = (row, size);
        }
    }
    let (pivot, size) = largest;
    if !(size > 0.0 && size < f64::INFINITY) {
        return false;
    }
    if pivot != column {
        let (above, below) = work.split_at_mut(pivot * width);
        above[column * width..(column + 1) * width].swap_with_slice(&mut below[..width]);
    }
    let mut squares = 0.0;
    for row in column..rows {
        let share = work[row * width + column] / size;
        squares += share * share;
    }
    let head = work[column * width + column];
    let length = -(size * squares.sqrt()).copysign(head);
    let first = head - length;
    // The reflection is I - v v^T / (-length first), with v the column and `first` on top.
    let factor = -1.0 / (length * first);
    work[column * width + column] = first;
    let products = &mut products[..width - column - 1];
    products.fill(0.0);
    for row in work.chunks_exact(width).skip(column) {
        let v = row[column];
        if v != 0.0 {
            for (product, value) in products.iter_mut().zip(&row[column + 1..]) {
                *product += v * value;
            }
        }
    }
    for row in work.chunks_exact_mut(width).skip(column) {
        let v = factor * row[column];
        if v != 0.0 {
            for (product, value) in products.iter().zip(&mut row[column + 1..]) {
                *value -= v * product;
            }
        }
        row[column] = 0.0;
    }
    work[column * width + column] = length;
    true
}
