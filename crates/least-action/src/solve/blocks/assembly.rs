//! Assembly of gradient and Gauss-Newton Hessian from weighted residual rows, and other products
//! with the Jacobian.

use super::{BlockMatrix, Geometry};
use crate::solve::{Layout, Linearization, RowGroup};

/// Plan for the products of the entries of a [`Linearization`]. It is made once for its patterns
/// and used at every point.
///
/// ```
/// use least_action::solve::{Assembly, BlockMatrix, Layout, Linearization, RowGroup};
///
/// // One point with one state: the residual 2 x - 6 at x = 0, with the weight 1.
/// let layout = Layout::new(1, 1, 0, vec![0])?;
/// let mut group = RowGroup::new(1, vec![0], &[vec![0]]);
/// group.values[0] = 2.0;
/// group.residuals[0] = -6.0;
/// let linearization = Linearization { groups: vec![group] };
/// linearization.validate(&layout)?;
///
/// let (mut hessian, mut gradient) = (BlockMatrix::new(&layout), [0.0]);
/// Assembly::new(&layout, &linearization).assemble(&linearization, &mut hessian, &mut gradient);
/// assert_eq!((hessian.get(0, 0), gradient[0]), (4.0, -12.0));
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Assembly {
    geometry: Geometry,
    groups: Vec<Plan>,
}

/// Plan of one [`RowGroup`].
#[derive(Debug, Clone)]
struct Plan {
    /// Lists of places in memory, one for each kind of block. Blocks lie differently depending on
    /// the couples of the points that they touch, but there are few kinds.
    places: Vec<Vec<u32>>,
    /// Kind of each block, an index of its list of places.
    kind: Vec<u32>,
    /// Number of entries of every row that are in states. The others are in parameters.
    states: Vec<usize>,
    /// Number of columns that are states. They come first.
    width: usize,
}

impl Assembly {
    /// Plan for the patterns of a linearisation, which must have passed [`Linearization::validate`]
    /// with this layout.
    pub fn new(layout: &Layout, linearization: &Linearization) -> Self {
        let geometry = Geometry::new(layout);
        let groups = linearization.groups.iter();
        Assembly {
            groups: groups.map(|group| Plan::new(&geometry, group)).collect(),
            geometry,
        }
    }

    /// Writes the Gauss-Newton Hessian `J^T W J` and the gradient `J^T W r`.
    pub fn assemble(
        &self,
        linearization: &Linearization,
        hessian: &mut BlockMatrix,
        gradient: &mut [f64],
    ) {
        hessian.set_zero();
        gradient.fill(0.0);
        let (path, border) = gradient.split_at_mut(self.geometry.path_length());
        let (panels, corner) = hessian.values.split_at_mut(self.geometry.corner());
        for (group, plan) in linearization.groups.iter().zip(&self.groups) {
            for (b, block) in blocks(group).enumerate() {
                let first = group.first[b] as usize;
                let mut sums = Sums {
                    panels: &mut panels[self.geometry.start[first]..],
                    corner,
                    path: &mut path[first * self.geometry.dimension..],
                    border,
                };
                plan.add_block(group, &block, plan.kind[b], &mut sums);
            }
        }
    }

    /// Writes the gradient `J^T W (r + J step)` of the linearised sum of squares. It refines
    /// solutions that lost digits because the matrix squares the Jacobian.
    pub fn gradient_after(
        &self,
        linearization: &Linearization,
        step: &[f64],
        gradient: &mut [f64],
    ) {
        gradient.fill(0.0);
        self.each_row(linearization, step, |row, change| {
            let factor = row.weight * (row.residual + change);
            if factor != 0.0 {
                row.entries(|unknown, value| gradient[unknown] += value * factor);
            }
        });
    }

    /// Writes `J^T W (r' - r - J step)`, the share of the residuals' curvature in the gradient at
    /// the end of `step`. The residuals r' there are those of `there`, a linearisation with equal
    /// patterns.
    pub fn curvature_along(
        &self,
        linearization: &Linearization,
        there: &Linearization,
        step: &[f64],
        gradient: &mut [f64],
    ) {
        gradient.fill(0.0);
        let mut met = there.groups.iter().flat_map(|group| &group.residuals);
        self.each_row(linearization, step, |row, change| {
            let met = met.next().copied().unwrap_or(0.0);
            let factor = row.weight * (met - row.residual - change);
            if factor != 0.0 {
                row.entries(|unknown, value| gradient[unknown] += value * factor);
            }
        });
    }

    /// Decrease of the linearised sum of squares along `step`: `-sum w (r J step + (J step)^2 /
    /// 2)`.
    pub fn predicted_decrease(&self, linearization: &Linearization, step: &[f64]) -> f64 {
        let mut sum = 0.0;
        self.each_row(linearization, step, |row, change| {
            sum -= row.weight * change * (row.residual + 0.5 * change);
        });
        sum
    }

    /// Largest change of the value by rounding errors of the residuals, which are of the size of
    /// their terms.
    pub fn rounding(&self, linearization: &Linearization, x: &[f64]) -> f64 {
        let mut sum = 0.0;
        self.each_row(linearization, x, |row, _| {
            let mut size = 0.0;
            row.entries(|unknown, value| size += (value * x[unknown]).abs());
            sum += row.weight * row.residual.abs() * (size + row.residual.abs());
        });
        f64::EPSILON * sum
    }

    fn each_row(
        &self,
        linearization: &Linearization,
        step: &[f64],
        mut visit: impl FnMut(&AssembledRow, f64),
    ) {
        let path = self.geometry.path_length();
        for (group, plan) in linearization.groups.iter().zip(&self.groups) {
            for (b, block) in blocks(group).enumerate() {
                let base = group.first[b] as usize * self.geometry.dimension;
                // Columns of parameters begin behind those of the states of the block.
                let border = path - group.span * self.geometry.dimension;
                for r in 0..group.rows {
                    let range = group.row_start[r] as usize..group.row_start[r + 1] as usize;
                    let row = AssembledRow {
                        base,
                        border,
                        states: plan.states[r],
                        columns: &group.columns[range.clone()],
                        values: &block.values[range],
                        residual: block.residuals[r],
                        weight: block.weights[r],
                    };
                    let mut change = 0.0;
                    row.entries(|unknown, value| change += value * step[unknown]);
                    visit(&row, change);
                }
            }
        }
    }
}

struct AssembledRow<'a> {
    base: usize,
    border: usize,
    states: usize,
    columns: &'a [u32],
    values: &'a [f64],
    residual: f64,
    weight: f64,
}

impl AssembledRow<'_> {
    #[inline(always)]
    fn entries(&self, mut visit: impl FnMut(usize, f64)) {
        let entries = self.columns.iter().zip(self.values);
        for (&column, &value) in entries.clone().take(self.states) {
            visit(self.base + column as usize, value);
        }
        for (&column, &value) in entries.skip(self.states) {
            visit(self.border + column as usize, value);
        }
    }
}

/// Numbers of one block.
struct MatrixBlock<'a> {
    values: &'a [f64],
    residuals: &'a [f64],
    weights: &'a [f64],
}

fn blocks(group: &RowGroup) -> impl Iterator<Item = MatrixBlock<'_>> {
    let (entries, rows) = (group.entries(), group.rows);
    (0..group.blocks()).map(move |b| MatrixBlock {
        values: &group.values[b * entries..(b + 1) * entries],
        residuals: &group.residuals[b * rows..(b + 1) * rows],
        weights: &group.weights[b * rows..(b + 1) * rows],
    })
}

impl Plan {
    fn new(geometry: &Geometry, group: &RowGroup) -> Self {
        let width = group.span * geometry.dimension;
        let row =
            |r: usize| &group.columns[group.row_start[r] as usize..group.row_start[r + 1] as usize];
        let states = (0..group.rows)
            .map(|r| row(r).iter().filter(|&&c| (c as usize) < width).count())
            .collect();
        let mut kinds: Vec<&[u8]> = Vec::new();
        let mut plan = Plan {
            places: Vec::new(),
            kind: Vec::with_capacity(group.blocks()),
            states,
            width,
        };
        for &first in &group.first {
            let first = first as usize;
            let couples = &geometry.couples[first..first + group.span];
            let kind = kinds.iter().position(|&k| k == couples);
            plan.kind.push(kind.unwrap_or(kinds.len()) as u32);
            if kind.is_none() {
                kinds.push(couples);
                let rows = (0..group.rows).map(row);
                plan.places.push(places(geometry, first, width, rows));
            }
        }
        plan
    }

    fn add_block(&self, group: &RowGroup, block: &MatrixBlock, kind: u32, into: &mut Sums) {
        let mut places = self.places[kind as usize].as_slice();
        for r in 0..group.rows {
            let range = group.row_start[r] as usize..group.row_start[r + 1] as usize;
            let states = self.states[r];
            let (columns, border) = group.columns[range.clone()].split_at(states);
            let values = &block.values[range];
            let pairs = states * (2 * values.len() + 1 - states) / 2;
            let (mut own, rest) = places.split_at(pairs);
            places = rest;
            let weight = block.weights[r];
            if weight == 0.0 {
                continue;
            }
            let force = weight * block.residuals[r];
            for (k, &column) in columns.iter().enumerate() {
                let others = &values[k..];
                into.path[column as usize] += values[k] * force;
                let weighted = weight * values[k];
                let (now, later) = own.split_at(others.len());
                own = later;
                for (&place, &other) in now.iter().zip(others) {
                    into.panels[place as usize] += weighted * other;
                }
            }
            let values = &values[states..];
            for (k, &column) in border.iter().enumerate() {
                let column = column as usize - self.width;
                into.border[column] += values[k] * force;
                let weighted = weight * values[k];
                let corner = &mut into.corner[column * into.border.len()..];
                for (&row, &other) in border[k..].iter().zip(&values[k..]) {
                    corner[row as usize - self.width] += weighted * other;
                }
            }
        }
    }
}

/// Sums that the rows of a block add to, from its first point on.
struct Sums<'a> {
    panels: &'a mut [f64],
    corner: &'a mut [f64],
    path: &'a mut [f64],
    border: &'a mut [f64],
}

/// Places of the products of every row's state entries with themselves and with those that follow,
/// counted from the start of the panel of point `first`.
fn places<'a>(
    geometry: &Geometry,
    first: usize,
    width: usize,
    rows: impl Iterator<Item = &'a [u32]>,
) -> Vec<u32> {
    let d = geometry.dimension;
    let mut places = Vec::new();
    for row in rows {
        for (k, &column) in row.iter().enumerate() {
            let column = column as usize;
            if column >= width {
                break;
            }
            let point = first + column / d;
            let start = geometry.start[point] - geometry.start[first];
            let top = start + column % d * geometry.rows(point);
            for &row in &row[k..] {
                let row = row as usize;
                let local = match row < width {
                    true => row - column / d * d,
                    false => geometry.state_rows(point) + row - width,
                };
                places.push((top + local) as u32);
            }
        }
    }
    places
}
