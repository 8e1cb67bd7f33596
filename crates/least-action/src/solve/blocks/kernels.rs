//! Small dense kernels on panels that are stored in strips of four rows: `strip[column]` holds the
//! four elements of one column, so every loop runs over contiguous memory and is vectorised across
//! rows. Products and sums are rounded one by one, in a fixed order, so the bits are equal on every
//! machine.
//!
//! Heights that are no multiple of four are filled up with zeros, which stay zeros.

use super::pair::{add_products, all_four, pairs, zeros, Pair};

/// Number of rows of a strip. Tiles of 4 x 4 sums fill half of the sixteen 128-bit registers.
pub(super) const STRIP: usize = 4;

/// Four elements of a column, one below the other.
pub(super) type Quad = [f64; STRIP];

/// Four columns of a strip.
type Tile = [Quad; STRIP];

/// Column of a strip with every element doubled, so that each fills a register.
pub(super) type Doubled = [[f64; 2]; STRIP];

#[inline(always)]
fn double<'a>(strip: &[Quad], into: &'a mut [Doubled]) -> &'a [Doubled] {
    let into = &mut into[..strip.len()];
    for (into, column) in into.iter_mut().zip(strip) {
        *into = column.map(|value| [value; 2]);
    }
    into
}

/// Product A B^T of two strips: element (row, column) is the sum over all columns of `a[row]
/// b[column]`. It is written by columns.
#[inline(never)]
fn outer(a: &[Quad], b: &[Doubled], sums: &mut Tile) {
    let mut tile = [zeros(); STRIP];
    for (a, b) in a.iter().zip(b) {
        let a = pairs(*a);
        for (column, &[b, same]) in tile.iter_mut().zip(b) {
            add_products(column, a, [Pair::new(b, same); 2]);
        }
    }
    *sums = tile.map(all_four);
}

/// Strips of a panel, one after the other.
#[inline(always)]
pub(super) fn strips(mut panel: &[Quad], width: usize) -> impl Iterator<Item = &[Quad]> {
    std::iter::from_fn(move || {
        let (strip, rest) = panel.split_at_checked(width)?;
        panel = rest;
        Some(strip)
    })
}

/// Strips of a panel, one after the other, to be written.
#[inline(always)]
pub(super) fn strips_mut(
    mut panel: &mut [Quad],
    width: usize,
) -> impl Iterator<Item = &mut [Quad]> {
    std::iter::from_fn(move || {
        let (strip, rest) = std::mem::take(&mut panel).split_at_mut_checked(width)?;
        panel = rest;
        Some(strip)
    })
}

/// First columns of a strip, as many as there are, with zeros for the rest of the tile.
#[inline(always)]
fn load(strip: &[Quad]) -> Tile {
    let zero = [0.0; STRIP];
    match *strip {
        [a, b, c, d, ..] => [a, b, c, d],
        [a, b, c] => [a, b, c, zero],
        [a, b] => [a, b, zero, zero],
        [a] => [a, zero, zero, zero],
        [] => [zero; STRIP],
    }
}

#[inline(always)]
fn store(tile: &Tile, strip: &mut [Quad]) {
    match strip {
        [a, b, c, d, ..] => [*a, *b, *c, *d] = *tile,
        [a, b, c] => [*a, *b, *c, _] = *tile,
        [a, b] => [*a, *b, ..] = *tile,
        [a] => [*a, ..] = *tile,
        [] => {}
    }
}

/// First four elements of a list, filled up with zeros.
#[inline(always)]
pub(super) fn quad(x: &[f64]) -> Quad {
    match *x {
        [a, b, c, d, ..] => [a, b, c, d],
        [a, b, c] => [a, b, c, 0.0],
        [a, b] => [a, b, 0.0, 0.0],
        [a] => [a, 0.0, 0.0, 0.0],
        [] => [0.0; STRIP],
    }
}

#[inline(always)]
fn store_quad(values: &Quad, x: &mut [f64]) {
    match x {
        [a, b, c, d, ..] => [*a, *b, *c, *d] = *values,
        [a, b, c] => [*a, *b, *c, _] = *values,
        [a, b] => [*a, *b, ..] = *values,
        [a] => [*a, ..] = *values,
        [] => {}
    }
}

#[inline(always)]
fn subtract(tile: &mut Tile, from: &Tile) {
    for (tile, from) in tile.iter_mut().zip(from) {
        for (value, from) in tile.iter_mut().zip(from) {
            *value = from - *value;
        }
    }
}

/// Subtracts a product: `target -= A B^T`, for the strips of A below one another and B, all as wide
/// as `scratch`. The strips of the target have `target_width` columns, one per row of B. If
/// `lower`, elements above the diagonal do not matter and tiles wholly there are left out.
pub(super) fn subtract_product(
    target: &mut [Quad],
    target_width: usize,
    (a, b): (&[Quad], &[Quad]),
    scratch: &mut [Doubled],
    lower: bool,
) {
    let width = scratch.len();
    let mut tile = [[0.0; STRIP]; STRIP];
    for (group, b) in strips(b, width).enumerate() {
        let b = double(b, scratch);
        let from = group * STRIP;
        let to = target_width.min(from + STRIP);
        let first = if lower { group } else { 0 };
        let targets = strips_mut(&mut target[first * target_width..], target_width);
        for (strip, a) in targets.zip(strips(&a[first * width..], width)) {
            outer(a, b, &mut tile);
            let strip = &mut strip[from..to];
            subtract(&mut tile, &load(strip));
            store(&tile, strip);
        }
    }
}

/// Factors the square that `panel` begins with, in its place, and multiplies the rest of the panel
/// below it by the inverse transposed factor. The reciprocal of each pivot is written to `inverse`,
/// one per column.
///
/// # Errors
/// The column whose pivot is not positive.
pub(super) fn factor_panel(
    panel: &mut [Quad],
    inverse: &mut [f64],
    scratch: &mut [Doubled],
) -> Result<(), usize> {
    let width = inverse.len();
    for (group, inverse) in inverse.chunks_mut(STRIP).enumerate() {
        let from = group * STRIP;
        let to = from + inverse.len();
        let (head, below) = panel.split_at_mut((group + 1) * width);
        let (above, own) = head[group * width..].split_at_mut(from);
        let own = &mut own[..inverse.len()];
        let mut rows = [[0.0; STRIP]; STRIP];
        let doubled = double(above, scratch);
        let mut tile = [[0.0; STRIP]; STRIP];
        outer(above, doubled, &mut tile);
        subtract(&mut tile, &load(own));
        for (k, column) in tile.iter_mut().enumerate().skip(own.len()) {
            column[k] = 1.0;
        }
        let reciprocal = factor_tile(&mut tile).map_err(|k| from + k)?;
        store(&tile, own);
        inverse.copy_from_slice(&reciprocal[..inverse.len()]);
        for strip in strips_mut(below, width) {
            let (done, rest) = strip.split_at_mut(from);
            outer(done, doubled, &mut rows);
            let rest = &mut rest[..to - from];
            subtract(&mut rows, &load(rest));
            solve_tile(&mut rows, &tile, &reciprocal);
            store(&rows, rest);
        }
    }
    Ok(())
}

/// Factors a tile in place by Cholesky, with zeros above its diagonal. Returns the reciprocal of
/// each pivot, or the number of one that is not positive.
#[inline(always)]
fn factor_tile(tile: &mut Tile) -> Result<Quad, usize> {
    let mut reciprocal = [0.0; STRIP];
    for k in 0..STRIP {
        let mut column = tile[k];
        for before in &tile[..k] {
            let factor = before[k];
            for (value, before) in column.iter_mut().zip(before) {
                *value -= before * factor;
            }
        }
        let pivot = column[k];
        // Also false for NaN.
        if !(pivot > 0.0 && pivot < f64::INFINITY) {
            return Err(k);
        }
        let root = pivot.sqrt();
        reciprocal[k] = 1.0 / root;
        for value in &mut column {
            *value *= reciprocal[k];
        }
        column[..k].fill(0.0);
        column[k] = root;
        tile[k] = column;
    }
    Ok(reciprocal)
}

/// Multiplies rows by the inverse transposed factor L of a tile: `rows = rows L^-T`.
#[inline(always)]
fn solve_tile(rows: &mut Tile, factor: &Tile, reciprocal: &Quad) {
    for k in 0..STRIP {
        let mut column = rows[k];
        for (before, factor) in rows[..k].iter().zip(factor) {
            for (value, before) in column.iter_mut().zip(before) {
                *value -= before * factor[k];
            }
        }
        for value in &mut column {
            *value *= reciprocal[k];
        }
        rows[k] = column;
    }
}

/// Solves with the triangle that a panel begins with: `own = L^-1 own`.
pub(super) fn solve_lower(panel: &[Quad], inverse: &[f64], own: &mut [f64]) {
    let width = inverse.len();
    for (group, strip) in strips(panel, width).enumerate() {
        let from = group * STRIP;
        if from >= width {
            break;
        }
        let (done, rest) = own.split_at_mut(from);
        let count = STRIP.min(rest.len());
        let mut values = difference(rest, strip, done);
        for k in 0..count {
            values[k] *= inverse[from + k];
            for row in k + 1..count {
                values[row] -= strip[from + k][row] * values[k];
            }
        }
        store_quad(&values, rest);
    }
}

/// Subtracts a product: `x -= A own`, for the strips of A, as many as `x` needs.
pub(super) fn subtract_forward(panel: &[Quad], own: &[f64], x: &mut [f64]) {
    for (x, strip) in x.chunks_mut(STRIP).zip(strips(panel, own.len())) {
        let values = difference(x, strip, own);
        store_quad(&values, x);
    }
}

/// First four elements of x, as many as there are, less a strip times `factors`.
#[inline(always)]
fn difference(x: &[f64], strip: &[Quad], factors: &[f64]) -> Quad {
    let mut sums = zeros();
    for (column, &factor) in strip.iter().zip(factors) {
        add_products(&mut sums, pairs(*column), [Pair::new(factor, factor); 2]);
    }
    let mut values = quad(x);
    for (value, sum) in values.iter_mut().zip(all_four(sums)) {
        *value -= sum;
    }
    values
}

/// Solves with the transposed triangle that a panel begins with: `own = L^-T own`.
pub(super) fn solve_upper(panel: &[Quad], inverse: &[f64], own: &mut [f64]) {
    let width = inverse.len();
    for group in (0..width.div_ceil(STRIP)).rev() {
        let from = group * STRIP;
        let (own, later) = own[from..].split_at_mut(STRIP.min(width - from));
        let below = &panel[(group + 1) * width..];
        let sums = transposed_product(below, width, from, later);
        let strip = &panel[group * width + from..];
        for k in (0..own.len()).rev() {
            let mut value = own[k] - sums[k];
            for row in k + 1..own.len() {
                value -= strip[k][row] * own[row];
            }
            own[k] = value * inverse[from + k];
        }
    }
}

/// Subtracts a transposed product: `own -= A^T x`, for the strips of A, as many as `x` needs.
pub(super) fn subtract_backward(panel: &[Quad], x: &[f64], own: &mut [f64]) {
    let width = own.len();
    for (group, own) in own.chunks_mut(STRIP).enumerate() {
        let sums = transposed_product(panel, width, group * STRIP, x);
        for (value, sum) in own.iter_mut().zip(&sums) {
            *value -= sum;
        }
    }
}

/// Inner products of x with four columns from `from` on, each in four partial sums, one per row of
/// a strip.
#[inline(always)]
fn transposed_product(panel: &[Quad], width: usize, from: usize, x: &[f64]) -> Quad {
    let mut sums = [zeros(); STRIP];
    for (x, strip) in x.chunks(STRIP).zip(strips(panel, width)) {
        let x = pairs(quad(x));
        for (sums, column) in sums.iter_mut().zip(load(&strip[from..])) {
            add_products(sums, pairs(column), x);
        }
    }
    sums.map(|sums| {
        let [a, b, c, d] = all_four(sums);
        (a + b) + (c + d)
    })
}
