//! The three products of a layer, for the activations of many pairs at once: `Z = X W^T`, `dX = dZ W`, `dW = dZ^T X`.
//!
//! Pairs are handled in strips of four: `strip[neuron]` holds one neuron of four pairs, so every loop runs over contiguous memory and is vectorised across pairs.
//! Weights are laid out for that once per evaluation. Products and sums are rounded one by one, in a fixed order: the bits are the same on every machine.
//!
//! Where pairs are no multiple of four, strips are filled up with zeros.

/// Pairs of a strip. Tiles of 4 x 4 sums fill half of the sixteen 128-bit registers.
pub(super) const STRIP: usize = 4;

/// One neuron of four pairs.
pub(super) type Quad = [f64; STRIP];

/// Four weights, each doubled to fill a register.
type Doubled = [[f64; 2]; STRIP];

/// A matrix of weights as the left factor of products: four rows side by side, every element doubled.
#[derive(Debug, Clone, Default)]
pub(super) struct Packed {
    rows: usize,
    columns: usize,
    groups: Vec<Doubled>,
}

impl Packed {
    /// Memory for matrices of up to this many elements in groups of four rows.
    pub fn with_room(groups: usize) -> Self {
        Packed {
            groups: vec![[[0.0; 2]; STRIP]; groups],
            ..Packed::default()
        }
    }

    /// What [`Packed::with_room`] needs for a matrix.
    pub fn room(rows: usize, columns: usize) -> usize {
        rows.div_ceil(STRIP) * columns
    }

    /// Lays out `matrix`, rows x columns.
    pub fn set(&mut self, matrix: &[f64], rows: usize, columns: usize) {
        (self.rows, self.columns) = (rows, columns);
        let groups = self.groups.chunks_exact_mut(columns.max(1));
        for (group, rows) in groups.zip(matrix.chunks(STRIP * columns.max(1))) {
            group.fill([[0.0; 2]; STRIP]);
            for (k, row) in rows.chunks_exact(columns).enumerate() {
                for (into, &value) in group.iter_mut().zip(row) {
                    into[k] = [value; 2];
                }
            }
        }
    }

    /// Lays out the transposed `matrix`, which is columns x rows.
    pub fn set_transposed(&mut self, matrix: &[f64], rows: usize, columns: usize) {
        (self.rows, self.columns) = (rows, columns);
        let groups = self.groups.chunks_exact_mut(columns.max(1));
        for (g, group) in groups.take(rows.div_ceil(STRIP)).enumerate() {
            let from = g * STRIP;
            let to = rows.min(from + STRIP);
            for (into, column) in group.iter_mut().zip(matrix.chunks_exact(rows)) {
                *into = [[0.0; 2]; STRIP];
                for (into, &value) in into.iter_mut().zip(&column[from..to]) {
                    *into = [value; 2];
                }
            }
        }
    }

    /// `z += M x` for every pair; strips of `x` have as many neurons as the matrix has columns, strips of `z` as it has rows.
    pub fn add_product(&self, x: &[Quad], z: &mut [Quad]) {
        if self.columns == 0 || self.rows == 0 {
            return;
        }
        let mut tile = [[0.0; STRIP]; STRIP];
        for (g, group) in self
            .groups
            .chunks_exact(self.columns)
            .take(self.rows.div_ceil(STRIP))
            .enumerate()
        {
            let from = g * STRIP;
            let to = self.rows.min(from + STRIP);
            let strips = z.chunks_exact_mut(self.rows);
            for (z, x) in strips.zip(x.chunks_exact(self.columns)) {
                rows_times_strip(x, group, &mut tile);
                for (z, tile) in z[from..to].iter_mut().zip(&tile) {
                    add(z, tile);
                }
            }
        }
    }
}

#[inline(always)]
fn add(to: &mut Quad, more: &Quad) {
    for (to, more) in to.iter_mut().zip(more) {
        *to += more;
    }
}

/// Four rows of weights times a strip.
#[inline(never)]
fn rows_times_strip(x: &[Quad], weights: &[Doubled], sums: &mut [Quad; STRIP]) {
    let mut tile = [[0.0; STRIP]; STRIP];
    for (x, weights) in x.iter().zip(weights) {
        for (sums, weight) in tile.iter_mut().zip(weights) {
            for pair in 0..STRIP {
                sums[pair] += x[pair] * weight[pair % 2];
            }
        }
    }
    *sums = tile;
}

/// `gradient += dZ^T X`, rows x columns: the derivatives in the weights, summed over all pairs.
pub(super) fn add_weight_gradient(
    adjoint: &[Quad],
    x: &[Quad],
    (rows, columns): (usize, usize),
    gradient: &mut [f64],
) {
    if rows == 0 || columns == 0 {
        return;
    }
    let mut sums = [[0.0; 2]; 2];
    // Columns outside: those of a tile, one cache line per strip, are read for all rows while they are near.
    for column in (0..columns).step_by(2) {
        for row in (0..rows).step_by(2) {
            weight_tile(adjoint, x, (rows, columns), (row, column), &mut sums);
            // At an odd edge the last row or column has been computed twice.
            for (row, sums) in (row..rows).zip(&sums) {
                for (column, sum) in (column..columns).zip(sums) {
                    gradient[row * columns + column] += sum;
                }
            }
        }
    }
}

/// Two by two elements of `dZ^T X`: each in four partial sums, one per pair of a strip.
#[inline(never)]
fn weight_tile(
    adjoint: &[Quad],
    x: &[Quad],
    (rows, columns): (usize, usize),
    (row, column): (usize, usize),
    sums: &mut [[f64; 2]; 2],
) {
    let mut tile = [[[0.0; STRIP]; 2]; 2];
    let (next_row, next_column) = ((row + 1).min(rows - 1), (column + 1).min(columns - 1));
    for (a, x) in adjoint.chunks_exact(rows).zip(x.chunks_exact(columns)) {
        let (a, x) = ([a[row], a[next_row]], [x[column], x[next_column]]);
        for (tile, a) in tile.iter_mut().zip(&a) {
            for (tile, x) in tile.iter_mut().zip(&x) {
                for pair in 0..STRIP {
                    tile[pair] += a[pair] * x[pair];
                }
            }
        }
    }
    *sums = tile.map(|row| row.map(|[a, b, c, d]| (a + b) + (c + d)));
}

/// Adds to `gradient` the sums of `adjoint` over all pairs: the derivatives in biases.
pub(super) fn add_bias_gradient(adjoint: &[Quad], gradient: &mut [f64]) {
    for strip in adjoint.chunks_exact(gradient.len().max(1)) {
        for (gradient, &[a, b, c, d]) in gradient.iter_mut().zip(strip) {
            *gradient += (a + b) + (c + d);
        }
    }
}

/// Strips of the pairs in `rows`, pairs x width.
pub(super) fn pack(rows: &[f64], width: usize, strips: &mut [Quad]) {
    let width = width.max(1);
    let groups = rows.chunks(STRIP * width);
    for (group, strip) in groups.zip(strips.chunks_exact_mut(width)) {
        let (a, rest) = group.split_at(width);
        if let (Some((b, rest)), true) = (rest.split_at_checked(width), rest.len() == 3 * width) {
            let (c, d) = rest.split_at(width);
            let columns = a.iter().zip(b).zip(c.iter().zip(d));
            for (into, ((&a, &b), (&c, &d))) in strip.iter_mut().zip(columns) {
                *into = [a, b, c, d];
            }
            continue;
        }
        strip.fill([0.0; STRIP]);
        for (pair, row) in group.chunks_exact(width).enumerate() {
            for (into, &value) in strip.iter_mut().zip(row) {
                into[pair] = value;
            }
        }
    }
}

/// Writes strips to the pairs in `rows`.
pub(super) fn unpack(strips: &[Quad], width: usize, rows: &mut [f64]) {
    let width = width.max(1);
    let groups = rows.chunks_mut(STRIP * width);
    for (group, strip) in groups.zip(strips.chunks_exact(width)) {
        for (pair, row) in group.chunks_exact_mut(width).enumerate() {
            for (to, from) in row.iter_mut().zip(strip) {
                *to = from[pair];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: u64) -> Vec<f64> {
        let mut random = crate::random::Random::new(seed, 0);
        (0..count).map(|_| random.normal()).collect()
    }

    fn close(a: &[f64], b: &[f64]) {
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() < 1e-12 * (1.0 + b.abs()), "{a} {b}");
        }
    }

    #[test]
    fn products_are_those_of_plain_loops() {
        for (pairs, rows, columns) in [
            (1, 1, 1),
            (2, 3, 5),
            (4, 4, 4),
            (7, 10, 9),
            (9, 2, 13),
            (13, 6, 1),
        ] {
            let (x, w) = (numbers(pairs * columns, 1), numbers(rows * columns, 2));
            let adjoint = numbers(pairs * rows, 3);
            let strips = pairs.div_ceil(STRIP);
            let mut xs = vec![[0.0; STRIP]; strips * columns];
            let mut zs = vec![[0.0; STRIP]; strips * rows];
            let mut adjoints = zs.clone();
            pack(&x, columns, &mut xs);
            pack(&adjoint, rows, &mut adjoints);

            let mut packed =
                Packed::with_room(Packed::room(rows, columns).max(Packed::room(columns, rows)));
            packed.set(&w, rows, columns);
            packed.add_product(&xs, &mut zs);
            let mut z = vec![0.0; pairs * rows];
            unpack(&zs, rows, &mut z);
            let plain: Vec<f64> = (0..pairs * rows)
                .map(|k| {
                    (0..columns)
                        .map(|i| x[k / rows * columns + i] * w[k % rows * columns + i])
                        .sum()
                })
                .collect();
            close(&z, &plain);

            packed.set_transposed(&w, columns, rows);
            let mut dxs = vec![[0.0; STRIP]; strips * columns];
            packed.add_product(&adjoints, &mut dxs);
            let mut dx = vec![1.0; pairs * columns];
            unpack(&dxs, columns, &mut dx);
            let plain: Vec<f64> = (0..pairs * columns)
                .map(|k| {
                    (0..rows)
                        .map(|o| adjoint[k / columns * rows + o] * w[o * columns + k % columns])
                        .sum::<f64>()
                })
                .collect();
            close(&dx, &plain);

            let mut dw = vec![1.0; rows * columns];
            add_weight_gradient(&adjoints, &xs, (rows, columns), &mut dw);
            let plain: Vec<f64> = (0..rows * columns)
                .map(|k| {
                    1.0 + (0..pairs)
                        .map(|m| adjoint[m * rows + k / columns] * x[m * columns + k % columns])
                        .sum::<f64>()
                })
                .collect();
            close(&dw, &plain);

            let mut db = vec![0.0; rows];
            add_bias_gradient(&adjoints, &mut db);
            let plain: Vec<f64> = (0..rows)
                .map(|o| (0..pairs).map(|m| adjoint[m * rows + o]).sum())
                .collect();
            close(&db, &plain);
        }
    }
}
