//! Small dense kernels on column-major panels. Tiles of 4 x 4 are held in registers and vectorised across rows; products and sums are rounded one by one, in
//! a fixed order, so the bits are the same on every machine.

/// Rows and columns of a full tile: 4 x 4 sums fill half of the sixteen 128-bit registers.
pub(super) const TILE: usize = 4;

/// The sums over the first `depth` columns of `a[row] b[column]`, for M rows that `a` begins with and N that `b` begins with.
#[inline(always)]
fn products<const M: usize, const N: usize>(
    a: &[f64],
    b: &[f64],
    stride: usize,
    depth: usize,
) -> [[f64; M]; N] {
    let mut sums = [[0.0; M]; N];
    for (a, b) in a.chunks(stride).zip(b.chunks(stride)).take(depth) {
        let (Some(a), Some(b)) = (a.first_chunk::<M>(), b.first_chunk::<N>()) else {
            break;
        };
        for (sums, &b) in sums.iter_mut().zip(b) {
            for (sum, &a) in sums.iter_mut().zip(a) {
                *sum += a * b;
            }
        }
    }
    sums
}

/// Calls a tile kernel that is generic in its size with numbers known only now.
macro_rules! by_size {
    ($kernel:ident, $rows:expr, $columns:expr, $arguments:tt) => {
        match ($rows, $columns) {
            (4, 4) => $kernel::<4, 4> $arguments,
            (3, 4) => $kernel::<3, 4> $arguments,
            (2, 4) => $kernel::<2, 4> $arguments,
            (1, 4) => $kernel::<1, 4> $arguments,
            (4, 3) => $kernel::<4, 3> $arguments,
            (3, 3) => $kernel::<3, 3> $arguments,
            (2, 3) => $kernel::<2, 3> $arguments,
            (1, 3) => $kernel::<1, 3> $arguments,
            (4, 2) => $kernel::<4, 2> $arguments,
            (3, 2) => $kernel::<3, 2> $arguments,
            (2, 2) => $kernel::<2, 2> $arguments,
            (1, 2) => $kernel::<1, 2> $arguments,
            (4, 1) => $kernel::<4, 1> $arguments,
            (3, 1) => $kernel::<3, 1> $arguments,
            (2, 1) => $kernel::<2, 1> $arguments,
            _ => $kernel::<1, 1> $arguments,
        }
    };
}

/// A rectangle of rows of a panel: where they begin and how many there are.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    pub from: usize,
    pub count: usize,
}

/// `target -= A B^T`, where A and B are rows of one panel with `depth` columns. If `lower`, only what is on or below the diagonal matters:
/// tiles wholly above it are left out.
pub(super) fn subtract_product(
    target: &mut [f64],
    target_stride: usize,
    panel: &[f64],
    stride: usize,
    depth: usize,
    (a, b): (Rows, Rows),
    lower: bool,
) {
    for column in (0..b.count).step_by(TILE) {
        let columns = TILE.min(b.count - column);
        let first = if lower { column } else { 0 };
        for row in (first..a.count).step_by(TILE) {
            let rows = TILE.min(a.count - row);
            let into = &mut target[column * target_stride + row..];
            let (a, b) = (&panel[a.from + row..], &panel[b.from + column..]);
            by_size!(
                subtract_tile,
                rows,
                columns,
                (into, target_stride, a, b, stride, depth)
            );
        }
    }
}

#[inline(never)]
fn subtract_tile<const M: usize, const N: usize>(
    target: &mut [f64],
    target_stride: usize,
    a: &[f64],
    b: &[f64],
    stride: usize,
    depth: usize,
) {
    let sums = products::<M, N>(a, b, stride, depth);
    for (target, sums) in target.chunks_mut(target_stride).zip(&sums) {
        for (target, sum) in target.iter_mut().zip(sums) {
            *target -= sum;
        }
    }
}

/// The Cholesky factor of the square that `panel` (column-major, `stride` rows) begins with, in its place, and below it the rest of the panel times the
/// inverse transposed factor. One over each pivot is written to `inverse`, one per column.
///
/// # Errors
/// The column whose pivot is not positive.
pub(super) fn factor_panel(
    panel: &mut [f64],
    stride: usize,
    inverse: &mut [f64],
) -> Result<(), usize> {
    let size = inverse.len();
    for column in (0..size).step_by(TILE) {
        let columns = TILE.min(size - column);
        let (done, rest) = panel.split_at_mut(column * stride);
        let inverse = &mut inverse[column..column + columns];
        let diagonal = match columns {
            4 => factor_columns::<4>(done, rest, stride, column, inverse),
            3 => factor_columns::<3>(done, rest, stride, column, inverse),
            2 => factor_columns::<2>(done, rest, stride, column, inverse),
            _ => factor_columns::<1>(done, rest, stride, column, inverse),
        };
        diagonal.map_err(|k| column + k)?;
    }
    Ok(())
}

/// N columns of a panel: `done` are those before, `rest` begins with these.
#[inline(always)]
fn factor_columns<const N: usize>(
    done: &[f64],
    rest: &mut [f64],
    stride: usize,
    column: usize,
    inverse: &mut [f64],
) -> Result<(), usize> {
    let above = done.get(column..).unwrap_or_default();
    let mut tile = difference::<N, N>(rest, above, above, stride, column);
    let mut reciprocal = [0.0; N];
    for k in 0..N {
        for j in 0..k {
            let factor = tile[j][k];
            for row in k..N {
                tile[k][row] -= tile[j][row] * factor;
            }
        }
        let pivot = tile[k][k];
        // Also false for NaN.
        if !(pivot > 0.0 && pivot < f64::INFINITY) {
            return Err(k);
        }
        let root = pivot.sqrt();
        reciprocal[k] = 1.0 / root;
        tile[k][k] = root;
        for row in k + 1..N {
            tile[k][row] *= reciprocal[k];
        }
    }
    store(rest, stride, column, &tile);
    inverse.copy_from_slice(&reciprocal);
    let mut row = column + N;
    while row < stride {
        let rows = TILE.min(stride - row);
        match rows {
            4 => solve_tile::<4, N>(done, rest, stride, column, row, &tile, &reciprocal),
            3 => solve_tile::<3, N>(done, rest, stride, column, row, &tile, &reciprocal),
            2 => solve_tile::<2, N>(done, rest, stride, column, row, &tile, &reciprocal),
            _ => solve_tile::<1, N>(done, rest, stride, column, row, &tile, &reciprocal),
        }
        row += rows;
    }
    Ok(())
}

/// The tile of `rest` at rows `row..` after the columns before it are eliminated.
#[inline(always)]
fn difference<const M: usize, const N: usize>(
    rest: &[f64],
    a: &[f64],
    b: &[f64],
    stride: usize,
    row: usize,
) -> [[f64; M]; N] {
    let mut tile = products::<M, N>(a, b, stride, usize::MAX);
    for (tile, column) in tile.iter_mut().zip(rest.chunks(stride)) {
        if let Some(column) = column.get(row..).and_then(|c| c.first_chunk::<M>()) {
            for (value, given) in tile.iter_mut().zip(column) {
                *value = given - *value;
            }
        }
    }
    tile
}

#[inline(always)]
fn store<const M: usize, const N: usize>(
    rest: &mut [f64],
    stride: usize,
    row: usize,
    tile: &[[f64; M]; N],
) {
    for (column, tile) in rest.chunks_mut(stride).zip(tile) {
        column[row..row + M].copy_from_slice(tile);
    }
}

#[inline(always)]
fn solve_tile<const M: usize, const N: usize>(
    done: &[f64],
    rest: &mut [f64],
    stride: usize,
    column: usize,
    row: usize,
    factor: &[[f64; N]; N],
    reciprocal: &[f64; N],
) {
    let a = done.get(row..).unwrap_or_default();
    let b = done.get(column..).unwrap_or_default();
    let mut tile = difference::<M, N>(rest, a, b, stride, row);
    for k in 0..N {
        for j in 0..k {
            let above = tile[j];
            for (value, solved) in tile[k].iter_mut().zip(&above) {
                *value -= solved * factor[j][k];
            }
        }
        for value in &mut tile[k] {
            *value *= reciprocal[k];
        }
    }
    store(rest, stride, row, &tile);
}

/// `x = L^-1 x` for a panel: its own unknowns are solved for, the later ones (`below`, then `border`) reduced.
pub(super) fn forward(
    panel: &[f64],
    stride: usize,
    inverse: &[f64],
    states: &mut [f64],
    border: &mut [f64],
) {
    let size = inverse.len();
    for column in (0..size).step_by(TILE) {
        let columns = TILE.min(size - column);
        let panel = &panel[column * stride..];
        let inverse = &inverse[column..];
        match columns {
            4 => forward_columns::<4>(panel, stride, column, inverse, states, border),
            3 => forward_columns::<3>(panel, stride, column, inverse, states, border),
            2 => forward_columns::<2>(panel, stride, column, inverse, states, border),
            _ => forward_columns::<1>(panel, stride, column, inverse, states, border),
        }
    }
}

#[inline(always)]
fn forward_columns<const N: usize>(
    panel: &[f64],
    stride: usize,
    column: usize,
    inverse: &[f64],
    states: &mut [f64],
    border: &mut [f64],
) {
    let columns: [&[f64]; N] = std::array::from_fn(|k| &panel[k * stride..(k + 1) * stride]);
    let (own, below) = states[column..].split_at_mut(N);
    let mut solved = [0.0; N];
    for k in 0..N {
        let mut value = own[k];
        for j in 0..k {
            value -= columns[j][column + k] * solved[j];
        }
        solved[k] = value * inverse[k];
        own[k] = solved[k];
    }
    let from = column + N;
    let border_from = from + below.len();
    subtract_columns(&columns.map(|c| &c[from..border_from]), &solved, below);
    subtract_columns(&columns.map(|c| &c[border_from..]), &solved, border);
}

#[inline(always)]
fn subtract_columns<const N: usize>(columns: &[&[f64]; N], factors: &[f64; N], from: &mut [f64]) {
    let length = from.len();
    let columns = columns.map(|c| &c[..length]);
    for row in 0..length {
        let mut value = from[row];
        for k in 0..N {
            value -= columns[k][row] * factors[k];
        }
        from[row] = value;
    }
}

/// `x = L^-T x` for a panel, where the later unknowns are solved for already.
pub(super) fn backward(
    panel: &[f64],
    stride: usize,
    inverse: &[f64],
    states: &mut [f64],
    border: &[f64],
) {
    let size = inverse.len();
    let mut end = size;
    while end > 0 {
        let columns = match end % TILE {
            0 => TILE,
            rest => rest,
        };
        let column = end - columns;
        let panel = &panel[column * stride..];
        let inverse = &inverse[column..];
        match columns {
            4 => backward_columns::<4>(panel, stride, column, inverse, states, border),
            3 => backward_columns::<3>(panel, stride, column, inverse, states, border),
            2 => backward_columns::<2>(panel, stride, column, inverse, states, border),
            _ => backward_columns::<1>(panel, stride, column, inverse, states, border),
        }
        end = column;
    }
}

#[inline(always)]
fn backward_columns<const N: usize>(
    panel: &[f64],
    stride: usize,
    column: usize,
    inverse: &[f64],
    states: &mut [f64],
    border: &[f64],
) {
    let columns: [&[f64]; N] = std::array::from_fn(|k| &panel[k * stride..(k + 1) * stride]);
    let (own, below) = states[column..].split_at_mut(N);
    let from = column + N;
    let border_from = from + below.len();
    let states = dots(&columns.map(|c| &c[from..border_from]), below);
    let border = dots(&columns.map(|c| &c[border_from..]), border);
    for k in (0..N).rev() {
        let mut value = own[k] - states[k] - border[k];
        for j in k + 1..N {
            value -= columns[k][column + j] * own[j];
        }
        own[k] = value * inverse[k];
    }
}

/// Inner products of N columns with one vector, each in four partial sums.
#[inline(always)]
fn dots<const N: usize>(columns: &[&[f64]; N], x: &[f64]) -> [f64; N] {
    let length = x.len();
    let whole = length - length % 4;
    let columns = columns.map(|c| &c[..length]);
    let mut partial = [[0.0; 4]; N];
    for row in (0..whole).step_by(4) {
        for k in 0..N {
            for lane in 0..4 {
                partial[k][lane] += columns[k][row + lane] * x[row + lane];
            }
        }
    }
    std::array::from_fn(|k| {
        let [a, b, c, d] = partial[k];
        let mut sum = (a + b) + (c + d);
        for row in whole..length {
            sum += columns[k][row] * x[row];
        }
        sum
    })
}
