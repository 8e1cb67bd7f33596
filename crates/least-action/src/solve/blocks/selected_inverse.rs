//! Selected inverse: the elements of the inverse that lie where the matrix has its blocks, computed
//! from the factor (K. Takahashi, J. Fagan and M. Chen, Proc. 8th PICA Conference, 1973).

use std::ops::Range;

use super::kernels::STRIP;
use super::{BlockMatrix, Cholesky};

/// Part of the inverse that belongs to the points after the present one, symmetric and
/// column-major. Elimination fills nothing, so no more of the inverse is needed.
struct InverseWindow {
    /// Number of unknowns of the points in the window, in time order. Parameters follow them.
    states: usize,
    size: usize,
    values: Vec<f64>,
}

impl Cholesky {
    /// Computes the columns of `M^-1` that belong to each point and passes them to `visit`, from
    /// the last point back to the first. Their form is that of [`BlockMatrix::panel_mut`], except
    /// that the block of the point itself is full. If there are parameters, their block comes
    /// before all points, as the panel after the last.
    ///
    /// Unknowns that were fixed are unrelated to all others and have the variance 1. It takes O(N
    /// D^3) time, and memory for two points and the parameters.
    pub fn selected_inverse(&self, mut visit: impl FnMut(usize, &[f64])) {
        let geometry = &self.geometry;
        let (d, parameters) = (geometry.dimension, geometry.parameters);
        let mut window = InverseWindow {
            states: 0,
            size: 0,
            values: Vec::new(),
        };
        let (mut gain, mut panel) = (Vec::new(), Vec::new());
        if parameters > 0 {
            self.columns(geometry.points, &window, &mut gain, &mut panel);
            visit(geometry.points, &panel);
            window.size = parameters;
            window.values.clone_from(&panel);
        }
        for point in (0..geometry.points).rev() {
            window.keep(geometry.state_rows(point) - d, parameters);
            self.columns(point, &window, &mut gain, &mut panel);
            visit(point, &panel);
            window.prepend(&panel, d);
        }
    }

    /// Block of the inverse that belongs to the parameters, column-major; empty where there are
    /// none. It takes O(P^3) time.
    pub fn parameter_inverse(&self) -> Vec<f64> {
        let (mut gain, mut panel) = (Vec::new(), Vec::new());
        if self.geometry.parameters > 0 {
            let none = InverseWindow {
                states: 0,
                size: 0,
                values: Vec::new(),
            };
            self.columns(self.geometry.points, &none, &mut gain, &mut panel);
        }
        panel
    }

    /// Selected elements of the inverse as a matrix.
    pub fn inverse(&self) -> BlockMatrix {
        let mut inverse = BlockMatrix {
            geometry: self.geometry.clone(),
            values: vec![0.0; self.geometry.length()],
        };
        let start = &self.geometry.start;
        self.selected_inverse(|point, panel| {
            inverse.values[start[point]..][..panel.len()].copy_from_slice(panel);
        });
        inverse
    }

    /// Computes the columns of the inverse that belong to `point`. With the factor's panel `[L; B]`
    /// and the window Z, these are `-Z W` below the point's own block, where `W = B L^-1`, and `(L
    /// L^T)^-1 + W^T Z W` in it.
    fn columns(
        &self,
        point: usize,
        window: &InverseWindow,
        gain: &mut Vec<f64>,
        panel: &mut Vec<f64>,
    ) {
        let geometry = &self.geometry;
        let width = geometry.own(point).len();
        let rows = width + window.size;
        let own = self.rows(point, 0, width);
        gain.clear();
        gain.resize(width * window.size, 0.0);
        let (mut strip, mut row) = (width.div_ceil(STRIP), 0);
        for segment in geometry.segments(point).skip(1) {
            let block = self.rows(point, strip, segment.len());
            for k in 0..width {
                let column = &mut gain[k * window.size + row..][..segment.len()];
                column.copy_from_slice(&block[k * segment.len()..][..segment.len()]);
            }
            strip += segment.len().div_ceil(STRIP);
            row += segment.len();
        }
        // W L = B, from the last column back.
        for k in (0..width).rev() {
            let (before, after) = gain.split_at_mut((k + 1) * window.size);
            let column = &mut before[k * window.size..];
            let factors = &own[k * width + k + 1..][..width - k - 1];
            subtract(column, after, factors);
            let inverse = 1.0 / own[k * width + k];
            column.iter_mut().for_each(|c| *c *= inverse);
        }
        panel.clear();
        panel.resize(width * rows, 0.0);
        let mut along = vec![0.0; width];
        for k in 0..width {
            let column = &mut panel[k * rows..(k + 1) * rows];
            let (own_rows, others) = column.split_at_mut(width);
            let gains = &gain[k * window.size..][..window.size];
            subtract(others, &window.values, gains);
            along.fill(0.0);
            along[k] = 1.0;
            solve_from(&own, width, k, &mut along);
            for (j, to) in own_rows.iter_mut().enumerate().skip(k) {
                let w = &gain[j * window.size..][..window.size];
                *to = along[j] - dot(w, others);
            }
        }
        // Its readers take either half.
        for k in 0..width {
            for j in 0..k {
                panel[k * rows + j] = panel[j * rows + k];
            }
        }
    }

    /// Rows of a panel, `count` of them from a strip on, as a column-major matrix.
    fn rows(&self, point: usize, strip: usize, count: usize) -> Vec<f64> {
        let width = self.geometry.own(point).len();
        let panel = &self.values[self.range(point)][strip * width..];
        let mut block = vec![0.0; count * width];
        for (s, strip) in panel
            .chunks_exact(width)
            .take(count.div_ceil(STRIP))
            .enumerate()
        {
            let Range { start, end } = s * STRIP..count.min((s + 1) * STRIP);
            for (k, quad) in strip.iter().enumerate() {
                block[k * count..][start..end].copy_from_slice(&quad[..end - start]);
            }
        }
        block
    }
}

impl InverseWindow {
    fn columns(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.size.max(1))
    }

    /// Keeps the first `states` unknowns of points, and the parameters.
    fn keep(&mut self, states: usize, parameters: usize) {
        if states == self.states {
            return;
        }
        let kept = (0..states).chain(self.states..self.states + parameters);
        let places = kept.clone().flat_map(|k| kept.clone().map(move |j| (k, j)));
        let size = self.size;
        self.values = places.map(|(k, j)| self.values[k * size + j]).collect();
        (self.states, self.size) = (states, states + parameters);
    }

    /// Inserts a point before those in the window.
    fn prepend(&mut self, panel: &[f64], d: usize) {
        let size = d + self.size;
        let mut values = vec![0.0; size * size];
        values[..panel.len()].copy_from_slice(panel);
        for (k, column) in self.columns().enumerate() {
            let to = &mut values[(d + k) * size..][..size];
            to[d..].copy_from_slice(column);
            for (j, to) in to[..d].iter_mut().enumerate() {
                *to = panel[j * size + d + k];
            }
        }
        self.values = values;
        (self.states, self.size) = (self.states + d, size);
    }
}

/// Solves `L L^T x = b` in place, where b vanishes before the element `first`, and gives x from
/// there on. L is column-major and read on and below the diagonal only.
fn solve_from(l: &[f64], size: usize, first: usize, b: &mut [f64]) {
    for k in first..size {
        let (column, rest) = (&l[k * size..(k + 1) * size], b.split_at_mut(k + 1));
        let x = rest.0[k] / column[k];
        rest.0[k] = x;
        rest.1
            .iter_mut()
            .zip(&column[k + 1..])
            .for_each(|(b, l)| *b -= l * x);
    }
    for k in (first..size).rev() {
        let column = &l[k * size..(k + 1) * size];
        let sum = dot(&column[k + 1..], &b[k + 1..]);
        b[k] = (b[k] - sum) / column[k];
    }
}

/// Subtracts columns, one after the other and as long as `from`, times their factors. Four at a
/// time pass over `from` once, with the bits of single ones.
fn subtract(from: &mut [f64], columns: &[f64], factors: &[f64]) {
    let size = from.len();
    let (fours, rest) = factors.as_chunks::<4>();
    let (of_fours, of_rest) = columns.split_at(4 * fours.len() * size);
    if size == 0 {
        return;
    }
    for (columns, f) in of_fours.chunks_exact(4 * size).zip(fours) {
        let (a, others) = columns.split_at(size);
        let (b, others) = others.split_at(size);
        let (c, d) = others.split_at(size);
        let pairs = from.iter_mut().zip(a).zip(b).zip(c).zip(d);
        for ((((to, a), b), c), d) in pairs {
            *to = (((*to - f[0] * a) - f[1] * b) - f[2] * c) - f[3] * d;
        }
    }
    for (column, f) in of_rest.chunks_exact(size).zip(rest) {
        let pairs = from.iter_mut().zip(column);
        pairs.for_each(|(to, v)| *to -= f * v);
    }
}

/// Inner product in four partial sums. With a single sum every addition would wait for the one
/// before.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut partial = [0.0; 4];
    let (a, last_a) = a.as_chunks::<4>();
    let (b, last_b) = b.as_chunks::<4>();
    for (a, b) in a.iter().zip(b) {
        for k in 0..4 {
            partial[k] += a[k] * b[k];
        }
    }
    for (k, (a, b)) in last_a.iter().zip(last_b).enumerate() {
        partial[k] += a * b;
    }
    (partial[0] + partial[1]) + (partial[2] + partial[3])
}
