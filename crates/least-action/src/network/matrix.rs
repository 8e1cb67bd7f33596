//! Products of row-major matrices, all pairs at once. Every element is a sum in ascending order, begun with what is there, one rounding per operation: tiles and
//! the width of SIMD only decide which elements are summed side by side, so the bits are the same on every machine.

/// Terms that are added to a tile before the next one: as many rows of a panel of eight columns fill half of the first-level cache.
const DEPTH: usize = 256;

/// Rows of the result that are done before the next ones: of wide matrices as many stay in the second-level cache.
const ROWS: usize = 128;

/// Columns of a panel, at most.
const WIDEST: usize = 8;

/// The memory of products: one panel of the right matrix.
#[derive(Debug, Clone)]
pub(super) struct Panel(Vec<f64>);

/// The left matrix, m x k: its rows as they are, or as columns (k x m in memory).
#[derive(Clone, Copy)]
enum Left<'a> {
    Rows(&'a [f64]),
    Columns(&'a [f64]),
}

/// The right matrix, k x n: its rows as they are, or as columns (n x k in memory).
#[derive(Clone, Copy)]
enum Right<'a> {
    Rows(&'a [f64]),
    Columns(&'a [f64]),
}

/// Rows and columns of the result, and terms of its sums.
#[derive(Clone, Copy)]
struct Size {
    m: usize,
    n: usize,
    k: usize,
}

impl Panel {
    pub fn new() -> Self {
        Panel(vec![0.0; DEPTH * WIDEST])
    }

    /// `z += x w^T`: z is rows x outputs, x is rows x inputs, w is outputs x inputs.
    pub fn forward(&mut self, z: &mut [f64], x: &[f64], w: &[f64], (outputs, inputs): Shape) {
        let size = Size {
            m: z.len() / outputs,
            n: outputs,
            k: inputs,
        };
        add_product(Left::Rows(x), Right::Columns(w), z, size, &mut self.0);
    }

    /// `dx += dz w`, the pull-back of [`Panel::forward`] in x.
    pub fn backward(&mut self, dx: &mut [f64], dz: &[f64], w: &[f64], (outputs, inputs): Shape) {
        let size = Size {
            m: dz.len() / outputs,
            n: inputs,
            k: outputs,
        };
        add_product(Left::Rows(dz), Right::Rows(w), dx, size, &mut self.0);
    }

    /// `dw += dz^T x`, the pull-back of [`Panel::forward`] in w.
    pub fn weights(&mut self, dw: &mut [f64], dz: &[f64], x: &[f64], (outputs, inputs): Shape) {
        let size = Size {
            m: outputs,
            n: inputs,
            k: dz.len() / outputs,
        };
        add_product(Left::Columns(dz), Right::Rows(x), dw, size, &mut self.0);
    }
}

/// Rows and columns of a weight matrix: outputs, inputs.
pub(super) type Shape = (usize, usize);

/// `c += left right`.
fn add_product(left: Left, right: Right, c: &mut [f64], size: Size, panel: &mut [f64]) {
    if let Left::Rows(a) = left {
        let Size { m, n, k } = size;
        if m > ROWS {
            for (a, c) in a.chunks(ROWS * k).zip(c.chunks_mut(ROWS * n)) {
                let m = c.len() / n;
                add_product(Left::Rows(a), right, c, Size { m, n, k }, panel);
            }
            return;
        }
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { with_avx2(left, right, c, size, panel) };
    }
    in_panels::<4>(left, right, c, size, panel);
}

/// The same code for registers of four numbers, without fused operations: twice as fast as what every x86-64 can do, and the same bits.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(left: Left, right: Right, c: &mut [f64], size: Size, panel: &mut [f64]) {
    in_panels::<8>(left, right, c, size, panel);
}

#[inline(always)]
fn in_panels<const N: usize>(
    left: Left,
    right: Right,
    c: &mut [f64],
    size: Size,
    panel: &mut [f64],
) {
    for from in (0..size.k).step_by(DEPTH) {
        let mut column = 0;
        while column + N <= size.n {
            in_tiles::<N>(left, right, c, size, (from, column), panel);
            column += N;
        }
        if N > 4 && column + 4 <= size.n {
            in_tiles::<4>(left, right, c, size, (from, column), panel);
            column += 4;
        }
        if column + 2 <= size.n {
            in_tiles::<2>(left, right, c, size, (from, column), panel);
            column += 2;
        }
        if column < size.n {
            in_tiles::<1>(left, right, c, size, (from, column), panel);
        }
    }
}

/// All rows of N columns of the result, terms from `from` on.
#[inline(always)]
fn in_tiles<const N: usize>(
    left: Left,
    right: Right,
    c: &mut [f64],
    size: Size,
    (from, column): (usize, usize),
    panel: &mut [f64],
) {
    let Size { m, n, k } = size;
    let panel = &mut panel.as_chunks_mut::<N>().0[..DEPTH.min(k - from)];
    match right {
        Right::Rows(b) => {
            for (to, row) in panel.iter_mut().zip(b[from * n..].chunks_exact(n)) {
                to.copy_from_slice(&row[column..column + N]);
            }
        }
        Right::Columns(b) => {
            for j in 0..N {
                let values = &b[(column + j) * k + from..][..panel.len()];
                for (to, &value) in panel.iter_mut().zip(values) {
                    to[j] = value;
                }
            }
        }
    }
    let panel = &*panel;
    let mut row = 0;
    while row + 4 <= m {
        tile::<4, N>(left, panel, &mut c[row * n + column..], size, from, row);
        row += 4;
    }
    if row + 2 <= m {
        tile::<2, N>(left, panel, &mut c[row * n + column..], size, from, row);
        row += 2;
    }
    if row < m {
        tile::<1, N>(left, panel, &mut c[row * n + column..], size, from, row);
    }
}

/// M rows of N columns; `c` begins at the first.
#[inline(always)]
fn tile<const M: usize, const N: usize>(
    left: Left,
    panel: &[[f64; N]],
    c: &mut [f64],
    Size { m, n, k }: Size,
    from: usize,
    row: usize,
) {
    match left {
        Left::Rows(a) => {
            let rows: [&[f64]; M] =
                std::array::from_fn(|i| &a[(row + i) * k + from..][..panel.len()]);
            let terms = (0..panel.len()).map(|t| (std::array::from_fn(|i| rows[i][t]), &panel[t]));
            add_terms::<M, N>(c, n, terms);
        }
        Left::Columns(a) => {
            let columns = a[from * m..].chunks_exact(m);
            let terms = columns.zip(panel).map(|(column, b)| {
                // There are M rows from `row` on.
                let a = column[row..].first_chunk::<M>();
                (*a.unwrap_or(&[0.0; M]), b)
            });
            add_terms::<M, N>(c, n, terms);
        }
    }
}

/// The tile stays in registers while all terms are added to it.
#[inline(always)]
fn add_terms<'p, const M: usize, const N: usize>(
    c: &mut [f64],
    stride: usize,
    terms: impl Iterator<Item = ([f64; M], &'p [f64; N])>,
) {
    let mut sums = [[0.0; N]; M];
    for (i, sums) in sums.iter_mut().enumerate() {
        sums.copy_from_slice(&c[i * stride..][..N]);
    }
    for (a, b) in terms {
        for (sums, a) in sums.iter_mut().zip(a) {
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum += a * b;
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        c[i * stride..][..N].copy_from_slice(sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f64> {
        let number = |k: usize| libm::sin(0.37 * k as f64 + seed as f64);
        (0..count).map(number).collect()
    }

    /// Sums in ascending order, one element after the other.
    fn plain(
        c: &mut [f64],
        (m, n, k): (usize, usize, usize),
        a: impl Fn(usize, usize) -> f64,
        b: impl Fn(usize, usize) -> f64,
    ) {
        for i in 0..m {
            for j in 0..n {
                for t in 0..k {
                    c[i * n + j] += a(i, t) * b(t, j);
                }
            }
        }
    }

    #[test]
    fn products_have_the_bits_of_plain_sums_at_every_size_and_width_of_registers() {
        let sizes = [1, 2, 3, 4, 5, 7, 8, 10, 13, 16, 30];
        for m in sizes.into_iter().chain([128, 131, 260]) {
            for n in sizes {
                for k in [1, 2, 10, 256, 257, 600]
                    .into_iter()
                    .filter(|k| m < 100 || *k < 20)
                {
                    let size = Size { m, n, k };
                    let (a, b, c) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
                    let lefts = [Left::Rows(&a), Left::Columns(&a)];
                    let rights = [Right::Rows(&b), Right::Columns(&b)];
                    for (l, left) in lefts.into_iter().enumerate() {
                        for (r, right) in rights.into_iter().enumerate() {
                            let mut expected = c.clone();
                            let left_at = |i: usize, t: usize| [a[i * k + t], a[t * m + i]][l];
                            let right_at = |t: usize, j: usize| [b[t * n + j], b[j * k + t]][r];
                            plain(&mut expected, (m, n, k), left_at, right_at);
                            let mut panel = Panel::new();
                            let mut dispatched = c.clone();
                            add_product(left, right, &mut dispatched, size, &mut panel.0);
                            assert_eq!(dispatched, expected, "{m} {n} {k}");
                            let mut narrow = c.clone();
                            in_panels::<4>(left, right, &mut narrow, size, &mut panel.0);
                            assert_eq!(narrow, expected, "{m} {n} {k}");
                        }
                    }
                }
            }
        }
    }
}
