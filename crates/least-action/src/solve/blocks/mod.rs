//! Symmetric matrices over a path: blocks in time order, coupled with the next one or two points,
//! and a border for the parameters.

mod assembly;
mod cholesky;
#[cfg(test)]
mod digits;
mod kernels;
mod pair;
mod qr;
mod rank;
mod selected_inverse;
#[cfg(test)]
pub(super) mod tests;

pub use assembly::Assembly;
pub use cholesky::{Cholesky, NotPositiveDefinite};
pub use qr::BlockQr;
pub(crate) use rank::RankFactor;

use std::ops::Range;

use crate::solve::Layout;

/// Positions in memory of the elements of a [`BlockMatrix`] or of its factor.
///
/// Every point has a panel: the columns of its own unknowns, from the diagonal block down. It is
/// column-major; its rows are the point itself, the one or two points that it is coupled with, and
/// the parameters. The panels lie one after the other, and after them the corner: the parameters
/// among themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Geometry {
    pub dimension: usize,
    pub points: usize,
    pub parameters: usize,
    /// Number of following points in the panel of each point, given by [`Layout::reach`].
    /// Elimination in time order fills nothing else.
    pub couples: Vec<u8>,
    /// Start of each panel; the last entry is the start of the corner of the parameters.
    pub start: Vec<usize>,
}

impl Geometry {
    pub fn new(layout: &Layout) -> Self {
        let (dimension, parameters) = (layout.dimension, layout.parameters);
        let couples: Vec<u8> = (0..layout.points)
            .map(|point| layout.reach(point) as u8)
            .collect();
        let mut start = Vec::with_capacity(layout.points + 1);
        let mut end = 0;
        for &count in &couples {
            start.push(end);
            end += dimension * (dimension * (1 + count as usize) + parameters);
        }
        start.push(end);
        Geometry {
            dimension,
            points: layout.points,
            parameters,
            couples,
            start,
        }
    }

    /// Number of rows of the panel of `point`, which is also the distance between its columns. The
    /// panel after the last is the corner of the parameters.
    pub fn rows(&self, point: usize) -> usize {
        match point < self.points {
            true => self.state_rows(point) + self.parameters,
            false => self.parameters,
        }
    }

    /// Unknowns of a point or, after the last, the parameters.
    pub fn own(&self, point: usize) -> Range<usize> {
        match point < self.points {
            true => point * self.dimension..(point + 1) * self.dimension,
            false => self.path_length()..self.unknowns(),
        }
    }

    /// Unknowns in the rows of a panel: those of the point itself, of each point that it is coupled
    /// with, and the parameters.
    pub fn segments(&self, point: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        let reach = self.couples.get(point).map_or(0, |&c| c as usize);
        let border = (point < self.points).then(|| self.own(self.points));
        (point..=point + reach).map(|p| self.own(p)).chain(border)
    }

    /// Number of rows of the panel that belong to states. Those of the parameters follow them.
    pub fn state_rows(&self, point: usize) -> usize {
        self.dimension * (1 + self.couples[point] as usize)
    }

    /// Start of the corner of the parameters.
    pub fn corner(&self) -> usize {
        self.start[self.points]
    }

    /// Number of all elements.
    pub fn length(&self) -> usize {
        self.corner() + self.parameters * self.parameters
    }

    pub fn path_length(&self) -> usize {
        self.points * self.dimension
    }

    pub fn unknowns(&self) -> usize {
        self.path_length() + self.parameters
    }
}

/// Symmetric matrix in the unknowns of a [`Layout`]. Only the elements on and below the diagonal
/// are kept, in O(N D^2 + N D P) memory that is allocated once.
///
/// ```
/// use least_action::solve::{BlockMatrix, Layout};
///
/// let layout = Layout::new(1, 2, 0, vec![1, 0])?;
/// let mut matrix = BlockMatrix::new(&layout);
/// assert!(matrix.add(0, 1, 3.0));
/// let mut product = [0.0; 2];
/// matrix.multiply(&[1.0, 2.0], &mut product);
/// assert_eq!(product, [6.0, 3.0]);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BlockMatrix {
    geometry: Geometry,
    values: Vec<f64>,
}

impl BlockMatrix {
    /// Zero matrix of a layout.
    pub fn new(layout: &Layout) -> Self {
        let geometry = Geometry::new(layout);
        BlockMatrix {
            values: vec![0.0; geometry.length()],
            geometry,
        }
    }

    /// Sets all elements to zero.
    pub fn set_zero(&mut self) {
        self.values.fill(0.0);
    }

    /// Multiplies every element by a factor.
    pub fn scale(&mut self, factor: f64) {
        self.values.iter_mut().for_each(|v| *v *= factor);
    }

    /// Number of unknowns, which is that of rows and of columns.
    pub fn unknowns(&self) -> usize {
        self.geometry.unknowns()
    }

    /// Columns of one point, from its diagonal block down, to be written. They are column-major,
    /// with [`BlockMatrix::panel_rows`] rows: D states of the point itself, D of every later point
    /// that it is coupled with, then the parameters. Elements above the diagonal of the first D
    /// rows are never read.
    pub fn panel_mut(&mut self, point: usize) -> &mut [f64] {
        &mut self.values[self.geometry.start[point]..self.geometry.start[point + 1]]
    }

    /// Columns of one point, in the order of [`BlockMatrix::panel_mut`], to be read.
    pub fn panel(&self, point: usize) -> &[f64] {
        &self.values[self.geometry.start[point]..self.geometry.start[point + 1]]
    }

    /// Number of rows of a point's panel.
    pub fn panel_rows(&self, point: usize) -> usize {
        self.geometry.rows(point)
    }

    /// Number of the first row of a point's panel that belongs to a parameter.
    pub fn panel_border(&self, point: usize) -> usize {
        self.geometry.state_rows(point)
    }

    /// Elements of the parameters among themselves, P x P, column-major, to be written. They are
    /// read on and below the diagonal only.
    pub fn corner_mut(&mut self) -> &mut [f64] {
        let corner = self.geometry.corner();
        &mut self.values[corner..]
    }

    /// Element of two unknowns, in any order; zero for points that are not coupled.
    pub fn get(&self, a: usize, b: usize) -> f64 {
        self.place(a, b).map_or(0.0, |place| self.values[place])
    }

    /// Adds to the element of two unknowns, in any order. Returns false, and does nothing, if their
    /// points are not coupled. In hot code use [`BlockMatrix::panel_mut`].
    pub fn add(&mut self, a: usize, b: usize, value: f64) -> bool {
        let place = self.place(a, b);
        if let Some(place) = place {
            self.values[place] += value;
        }
        place.is_some()
    }

    fn place(&self, a: usize, b: usize) -> Option<usize> {
        let geometry = &self.geometry;
        let (row, column) = (a.max(b), a.min(b));
        let (path, d) = (geometry.path_length(), geometry.dimension);
        if column >= path {
            return Some(geometry.corner() + (column - path) * geometry.parameters + row - path);
        }
        let point = column / d;
        let local = if row >= path {
            geometry.state_rows(point) + row - path
        } else {
            row - point * d
        };
        if row < path && local >= geometry.state_rows(point) {
            return None;
        }
        Some(geometry.start[point] + column % d * geometry.rows(point) + local)
    }

    /// Writes the diagonal, one element per unknown.
    pub fn diagonal(&self, into: &mut [f64]) {
        let geometry = &self.geometry;
        let (path, parameters) = into.split_at_mut(geometry.path_length());
        for (point, into) in path.chunks_exact_mut(geometry.dimension).enumerate() {
            let panel = &self.values[geometry.start[point]..];
            let step = geometry.rows(point) + 1;
            for (into, &value) in into.iter_mut().zip(panel.iter().step_by(step)) {
                *into = value;
            }
        }
        let corner = &self.values[geometry.corner()..];
        let step = geometry.parameters + 1;
        for (into, &value) in parameters.iter_mut().zip(corner.iter().step_by(step)) {
            *into = value;
        }
    }

    /// Multiplies by a vector: `into = self * x`.
    pub fn multiply(&self, x: &[f64], into: &mut [f64]) {
        let geometry = &self.geometry;
        let (d, path) = (geometry.dimension, geometry.path_length());
        into.fill(0.0);
        for point in 0..geometry.points {
            let (rows, states) = (geometry.rows(point), geometry.state_rows(point));
            let panel = &self.values[geometry.start[point]..geometry.start[point + 1]];
            for (k, column) in panel.chunks_exact(rows).enumerate() {
                let at = point * d + k;
                add_column(&column[k..states], at, at, x, into);
                add_column(&column[states..], at, path, x, into);
            }
        }
        let corner = &self.values[geometry.corner()..];
        for k in 0..geometry.parameters {
            let column = &corner[k * geometry.parameters..][k..geometry.parameters];
            add_column(column, path + k, path + k, x, into);
        }
    }
}

/// Adds the products with a part of the column of unknown `column`, whose rows begin at `row`, and
/// with its mirror image.
fn add_column(values: &[f64], column: usize, row: usize, x: &[f64], into: &mut [f64]) {
    let factor = x[column];
    let mut sum = 0.0;
    for (offset, &value) in values.iter().enumerate() {
        into[row + offset] += value * factor;
        if row + offset != column {
            sum += value * x[row + offset];
        }
    }
    into[column] += sum;
}
