//! Products of row-major matrices, all pairs at once. Every element is a sum in ascending order
//! that begins with the value that is there, with one rounding per operation. Tiles and the width
//! of SIMD only decide which elements are summed side by side, so the bits are the same on every
//! machine.

use super::lanes::{Lanes, TwoLanes};

/// Number of terms that are added to a tile before the next tile. With it, a panel of eight columns
/// fills half of the first-level cache.
const DEPTH: usize = 256;

/// Number of rows of the result that are done before the next rows. With it, the rows of wide
/// matrices stay in the second-level cache.
const ROWS: usize = 128;

/// Largest number of columns of a panel, also in registers of two numbers, where tiles have two
/// rows. A step along a row costs an instruction for every term, and processors start five or six
/// per clock.
const WIDEST: usize = 8;

/// Memory for products: one panel of the right matrix.
#[derive(Debug, Clone)]
pub(super) struct Panel(Vec<f64>);

/// Left matrix of a product, m x k.
#[derive(Clone, Copy)]
enum LeftMatrix<'a> {
    /// Its rows as they are: m x k in memory.
    Rows(&'a [f64]),
    /// Its columns as rows: k x m in memory.
    Columns(&'a [f64]),
}

/// Right matrix of a product, k x n.
#[derive(Clone, Copy)]
enum RightMatrix<'a> {
    /// Its rows as they are: k x n in memory.
    Rows(&'a [f64]),
    /// Its columns as rows: n x k in memory.
    Columns(&'a [f64]),
}

/// Size of a product.
#[derive(Clone, Copy)]
struct ProductSize {
    /// Rows of the result.
    m: usize,
    /// Columns of the result.
    n: usize,
    /// Terms of each sum.
    k: usize,
}

impl Panel {
    /// Memory for any product.
    pub fn new() -> Self {
        Panel(vec![0.0; DEPTH * WIDEST])
    }

    /// Adds the product `x w^T` to z: z is rows x outputs, x is rows x inputs, w is outputs x
    /// inputs.
    pub fn forward(&mut self, z: &mut [f64], x: &[f64], w: &[f64], (outputs, inputs): WeightShape) {
        let size = ProductSize {
            m: z.len() / outputs,
            n: outputs,
            k: inputs,
        };
        add_product(
            LeftMatrix::Rows(x),
            RightMatrix::Columns(w),
            z,
            size,
            &mut self.0,
        );
    }

    /// Adds `dz w` to `dx`: the pull-back of [`Panel::forward`] in x.
    pub fn backward(
        &mut self,
        dx: &mut [f64],
        dz: &[f64],
        w: &[f64],
        (outputs, inputs): WeightShape,
    ) {
        let size = ProductSize {
            m: dz.len() / outputs,
            n: inputs,
            k: outputs,
        };
        add_product(
            LeftMatrix::Rows(dz),
            RightMatrix::Rows(w),
            dx,
            size,
            &mut self.0,
        );
    }

    /// Adds `dz^T x` to `dw`: the pull-back of [`Panel::forward`] in w.
    pub fn weights(
        &mut self,
        dw: &mut [f64],
        dz: &[f64],
        x: &[f64],
        (outputs, inputs): WeightShape,
    ) {
        let size = ProductSize {
            m: outputs,
            n: inputs,
            k: dz.len() / outputs,
        };
        add_product(
            LeftMatrix::Columns(dz),
            RightMatrix::Rows(x),
            dw,
            size,
            &mut self.0,
        );
    }
}

/// Rows and columns of a weight matrix: outputs and inputs.
pub(super) type WeightShape = (usize, usize);

/// Adds the product of `left` and `right` to `c`.
fn add_product(
    left: LeftMatrix,
    right: RightMatrix,
    c: &mut [f64],
    size: ProductSize,
    panel: &mut [f64],
) {
    if let LeftMatrix::Rows(a) = left {
        let ProductSize { m, n, k } = size;
        if m > ROWS {
            for (a, c) in a.chunks(ROWS * k).zip(c.chunks_mut(ROWS * n)) {
                let m = c.len() / n;
                add_product(
                    LeftMatrix::Rows(a),
                    right,
                    c,
                    ProductSize { m, n, k },
                    panel,
                );
            }
            return;
        }
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { with_avx2(left, right, c, size, panel) };
    }
    in_panels::<TwoLanes>(left, right, c, size, panel);
}

/// [`in_panels`] compiled for registers of four numbers, without fused operations. It is twice as
/// fast as on registers of two, which every x86-64 has, with the same bits.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(
    left: LeftMatrix,
    right: RightMatrix,
    c: &mut [f64],
    size: ProductSize,
    panel: &mut [f64],
) {
    in_panels::<super::lanes::FourLanes>(left, right, c, size, panel);
}

/// Adds a product panel by panel, with registers of type `L`.
#[inline(always)]
fn in_panels<L: Lanes>(
    left: LeftMatrix,
    right: RightMatrix,
    c: &mut [f64],
    size: ProductSize,
    panel: &mut [f64],
) {
    for from in (0..size.k).step_by(DEPTH) {
        let mut column = 0;
        // Eight sums, six factors and a product at once: V8 leaves 15 of the 16 registers.
        while column + WIDEST <= size.n {
            match L::COUNT {
                4 => in_tiles::<L, 4, 2>(left, right, c, size, (from, column), panel),
                _ => in_tiles::<L, 2, 4>(left, right, c, size, (from, column), panel),
            }
            column += WIDEST;
        }
        if column + 4 <= size.n {
            match L::COUNT {
                4 => in_tiles::<L, 8, 1>(left, right, c, size, (from, column), panel),
                _ => in_tiles::<L, 4, 2>(left, right, c, size, (from, column), panel),
            }
            column += 4;
        }
        if column + 2 <= size.n {
            in_tiles::<TwoLanes, 8, 1>(left, right, c, size, (from, column), panel);
            column += 2;
        }
        if column < size.n {
            in_tiles::<f64, 8, 1>(left, right, c, size, (from, column), panel);
        }
    }
}

/// Adds the terms from `from` on to all rows of N registers of columns of the result, M rows at
/// once.
#[inline(always)]
fn in_tiles<L: Lanes, const M: usize, const N: usize>(
    left: LeftMatrix,
    right: RightMatrix,
    c: &mut [f64],
    size: ProductSize,
    (from, column): (usize, usize),
    panel: &mut [f64],
) {
    let ProductSize { m, n, k } = size;
    let width = N * L::COUNT;
    let panel = &mut panel[..width * DEPTH.min(k - from)];
    match right {
        RightMatrix::Rows(b) => {
            let rows = b[from * n..].chunks_exact(n);
            for (to, row) in panel.chunks_exact_mut(width).zip(rows) {
                to.copy_from_slice(&row[column..column + width]);
            }
        }
        RightMatrix::Columns(b) => {
            for j in 0..width {
                let values = &b[(column + j) * k + from..][..panel.len() / width];
                for (to, &value) in panel.chunks_exact_mut(width).zip(values) {
                    to[j] = value;
                }
            }
        }
    }
    let panel = &*panel;
    let mut row = 0;
    while row + M <= m {
        tile::<L, M, N>(left, panel, &mut c[row * n + column..], size, from, row);
        row += M;
    }
    while M > 2 && row + 2 <= m {
        tile::<L, 2, N>(left, panel, &mut c[row * n + column..], size, from, row);
        row += 2;
    }
    if row < m {
        tile::<L, 1, N>(left, panel, &mut c[row * n + column..], size, from, row);
    }
}

/// Adds terms to M rows of N registers; `c` begins at the first of them. The tile stays in
/// registers until all terms are added.
#[inline(always)]
fn tile<L: Lanes, const M: usize, const N: usize>(
    left: LeftMatrix,
    panel: &[f64],
    c: &mut [f64],
    ProductSize { m, n, k }: ProductSize,
    from: usize,
    row: usize,
) {
    let width = N * L::COUNT;
    let mut sums: [[L; N]; M] = std::array::from_fn(|i| {
        let c = &c[i * n..][..width];
        std::array::from_fn(|j| L::read(&c[j * L::COUNT..]))
    });
    match left {
        LeftMatrix::Rows(a) => add_terms(&mut sums, &a[row * k + from..], (k, 1), panel),
        LeftMatrix::Columns(a) => add_terms(&mut sums, &a[from * m + row..], (1, m), panel),
    }
    for (i, sums) in sums.iter().enumerate() {
        let c = &mut c[i * n..][..width];
        for (j, sum) in sums.iter().enumerate() {
            sum.write(&mut c[j * L::COUNT..]);
        }
    }
}

/// Adds `a[i, t] panel[t, j]` to `sums[i][j]`, term by term. The strides lead to the next row of
/// the left matrix and to the next term.
#[inline(always)]
fn add_terms<L: Lanes, const M: usize, const N: usize>(
    sums: &mut [[L; N]; M],
    a: &[f64],
    (next_row, next_term): (usize, usize),
    panel: &[f64],
) {
    let width = N * L::COUNT;
    let depth = panel.len() / width;
    assert!(depth > 0 && (M - 1) * next_row + (depth - 1) * next_term < a.len());
    let (mut a, mut b) = (a.as_ptr(), panel.as_ptr());
    for _ in 0..depth {
        // SAFETY: the last number that is read is in the lists, as was just checked.
        unsafe {
            let factors: [L; N] = std::array::from_fn(|j| L::read_at(b.add(j * L::COUNT)));
            for (i, sums) in sums.iter_mut().enumerate() {
                let factor = L::splat(*a.add(i * next_row));
                for (sum, other) in sums.iter_mut().zip(factors) {
                    *sum = sum.plus_product(factor, other);
                }
            }
            a = a.wrapping_add(next_term);
            b = b.add(width);
        }
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
                    let size = ProductSize { m, n, k };
                    let (a, b, c) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
                    let lefts = [LeftMatrix::Rows(&a), LeftMatrix::Columns(&a)];
                    let rights = [RightMatrix::Rows(&b), RightMatrix::Columns(&b)];
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
                            in_panels::<TwoLanes>(left, right, &mut narrow, size, &mut panel.0);
                            assert_eq!(narrow, expected, "{m} {n} {k}");
                        }
                    }
                }
            }
        }
    }
}
