//! Tests of block matrices against dense ones of nalgebra.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

use super::*;
use crate::solve::{Linearization, RowGroup};

/// Pseudo-random numbers in -1..1.
pub(crate) fn noise(mut state: u64) -> impl FnMut() -> f64 {
    state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    move || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// Random problem: chains of points, cut where `wanted` has a zero, and rows of random sparsity.
/// With the rows on the diagonal there are enough for full rank.
pub(crate) fn random_problem(
    dimension: usize,
    parameters: usize,
    wanted: &[u8],
    seed: u64,
) -> (Layout, Linearization) {
    let points = wanted.len();
    let couples = wanted.iter().enumerate();
    let couples: Vec<u8> = couples
        .map(|(point, &c)| c.min((points - 1 - point) as u8))
        .collect();
    let mut random = noise(seed);
    let mut groups = Vec::new();
    for span in 1..=3 {
        let first: Vec<u32> = (0..points)
            .filter(|&p| couples[p] as usize + 1 >= span)
            .map(|p| p as u32)
            .collect();
        let width = (span * dimension + parameters) as u32;
        let mut pattern: Vec<Vec<u32>> = (0..dimension)
            .map(|_| (0..width).filter(|_| random() < 0.3).collect())
            .collect();
        pattern.push(Vec::new());
        if span == 1 {
            pattern.extend((0..width).map(|c| vec![c]));
        }
        let mut group = RowGroup::new(span, first, &pattern);
        group.values.iter_mut().for_each(|v| *v = random());
        group.residuals.iter_mut().for_each(|v| *v = random());
        group.weights.iter_mut().for_each(|w| *w = 1.0 + random());
        // Rows without weight count for nothing.
        group.weights.iter_mut().step_by(7).for_each(|w| *w = 0.0);
        groups.push(group);
    }
    let layout = Layout::new(dimension, points, parameters, couples).unwrap();
    let linearization = Linearization { groups };
    linearization.validate(&layout).unwrap();
    (layout, linearization)
}

/// Jacobian, residuals and weights of all rows, dense.
pub(crate) fn dense(
    layout: &Layout,
    linearization: &Linearization,
) -> (DMatrix<f64>, DVector<f64>, DVector<f64>) {
    let rows = linearization.groups.iter().map(|g| g.residuals.len()).sum();
    let mut jacobian = DMatrix::zeros(rows, layout.unknowns());
    let (mut residuals, mut weights) = (DVector::zeros(rows), DVector::zeros(rows));
    let mut row = 0;
    for group in &linearization.groups {
        let width = group.span * layout.dimension;
        for (b, &first) in group.first.iter().enumerate() {
            for r in 0..group.rows {
                residuals[row] = group.residuals[b * group.rows + r];
                weights[row] = group.weights[b * group.rows + r];
                for e in group.row_start[r] as usize..group.row_start[r + 1] as usize {
                    let column = group.columns[e] as usize;
                    let unknown = match column < width {
                        true => first as usize * layout.dimension + column,
                        false => layout.path_length() + column - width,
                    };
                    jacobian[(row, unknown)] = group.values[b * group.entries() + e];
                }
                row += 1;
            }
        }
    }
    (jacobian, residuals, weights)
}

/// Block matrix and gradient of a problem, then both dense.
fn assembled(
    layout: &Layout,
    linearization: &Linearization,
) -> (BlockMatrix, Vec<f64>, DMatrix<f64>, DVector<f64>) {
    let mut matrix = BlockMatrix::new(layout);
    let mut gradient = vec![0.0; layout.unknowns()];
    Assembly::new(layout, linearization).assemble(linearization, &mut matrix, &mut gradient);
    let (jacobian, residuals, weights) = dense(layout, linearization);
    let weighted = DMatrix::from_diagonal(&weights) * &jacobian;
    let dense_gradient = weighted.transpose() * residuals;
    (
        matrix,
        gradient,
        jacobian.transpose() * weighted,
        dense_gradient,
    )
}

fn close(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    let size = b.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= tolerance * size, "{i}: {a} and {b}");
    }
}

fn layouts() -> impl Strategy<Value = (usize, usize, Vec<u8>, u64)> {
    (
        prop_oneof![1..7usize, Just(9), Just(13)],
        0..6usize,
        proptest::collection::vec(0..3u8, 1..9),
        any::<u64>(),
    )
}

proptest! {
    #[test]
    fn blocks_equal_dense((d, parameters, couples, seed) in layouts()) {
        let (layout, linearization) = random_problem(d, parameters, &couples, seed);
        let (matrix, gradient, dense, dense_gradient) = assembled(&layout, &linearization);
        let n = layout.unknowns();
        for a in 0..n {
            for b in 0..n {
                let (value, expected) = (matrix.get(a, b), dense[(a, b)]);
                let error = (value - expected).abs();
                prop_assert!(
                    error <= 1e-12 * (1.0 + expected.abs()),
                    "{} {}: {} {}", a, b, value, expected
                );
            }
        }
        close(&gradient, dense_gradient.as_slice(), 1e-12);

        let mut random = noise(seed);
        let x = DVector::from_fn(n, |_, _| random());
        let mut product = vec![0.0; n];
        matrix.multiply(&x.clone().data.as_vec()[..], &mut product);
        close(&product, (&dense * &x).as_slice(), 1e-12);
        let mut diagonal = vec![0.0; n];
        matrix.diagonal(&mut diagonal);
        close(&diagonal, dense.diagonal().as_slice(), 1e-12);

        // With a shift, and some unknowns fixed.
        let shift: Vec<f64> = (0..n).map(|_| 0.5 + 0.4 * random()).collect();
        for some in [false, true] {
            let fixed: Vec<bool> = (0..n).map(|_| some && random() < -0.4).collect();
            let diagonal = DVector::from_column_slice(&shift);
            let mut shifted = dense.clone() + DMatrix::from_diagonal(&diagonal);
            for i in (0..n).filter(|&i| fixed[i]) {
                shifted.row_mut(i).fill(0.0);
                shifted.column_mut(i).fill(0.0);
                shifted[(i, i)] = 1.0;
            }
            let mut factor = Cholesky::new(&layout);
            let none = if some { &fixed[..] } else { &[] };
            factor.factor(&matrix, &shift, none).unwrap();
            let mut solution = gradient.clone();
            factor.solve(&mut solution);
            let mut square_root = BlockQr::new(&layout, &linearization);
            let mut step = vec![0.0; n];
            square_root.step(&linearization, &shift, none, &mut step).unwrap();
            let mut descent = gradient.clone();
            let signs = fixed.iter().map(|&fixed| if fixed { 0.0 } else { -1.0 });
            descent.iter_mut().zip(signs).for_each(|(g, sign)| *g *= sign);
            factor.solve(&mut descent);
            close(&step, &descent, 1e-9);
            let reference = nalgebra::Cholesky::new(shifted.clone()).unwrap();
            close(&solution, reference.solve(&dense_gradient).as_slice(), 1e-9);
            let logarithm = 2.0 * reference.l_dirty().diagonal().map(f64::ln).sum();
            let error = (factor.log_determinant() - logarithm).abs();
            prop_assert!(error < 1e-9 * (1.0 + logarithm.abs()));
            let (inverse, expected) = (factor.inverse(), reference.inverse());
            let coupled = |a: usize, b: usize| matrix.place(a, b).is_some();
            let pairs = (0..n).flat_map(|a| (0..=a).map(move |b| (a, b)));
            for (a, b) in pairs.filter(|&(a, b)| coupled(a, b)) {
                let size = (expected[(a, a)] * expected[(b, b)]).sqrt();
                let error = (inverse.get(a, b) - expected[(a, b)]).abs();
                prop_assert!(error <= 1e-9 * size, "{} {}", a, b);
                prop_assert_eq!(inverse.get(a, b), inverse.get(b, a));
            }
        }
    }

    #[test]
    fn products_with_the_jacobian_equal_dense((d, parameters, couples, seed) in layouts()) {
        let (layout, linearization) = random_problem(d, parameters, &couples, seed);
        let (jacobian, residuals, weights) = dense(&layout, &linearization);
        let mut random = noise(!seed);
        let step = DVector::from_fn(layout.unknowns(), |_, _| random());
        let assembly = Assembly::new(&layout, &linearization);
        let change = &jacobian * &step;
        let after = (&residuals + &change).component_mul(&weights);
        let mut gradient = vec![0.0; layout.unknowns()];
        assembly.gradient_after(&linearization, step.as_slice(), &mut gradient);
        close(&gradient, (jacobian.transpose() * after).as_slice(), 1e-12);
        let value = |r: &DVector<f64>| 0.5 * r.component_mul(r).dot(&weights);
        let decrease = value(&residuals) - value(&(&residuals + change));
        let predicted = assembly.predicted_decrease(&linearization, step.as_slice());
        prop_assert!((predicted - decrease).abs() < 1e-10 * (1.0 + decrease.abs()));
        let error = (linearization.value() - value(&residuals)).abs();
        prop_assert!(error < 1e-12 * (1.0 + linearization.value()));
    }

    #[test]
    fn indefinite_matrices_are_told((d, parameters, couples, seed) in layouts()) {
        let (layout, linearization) = random_problem(d, parameters, &couples, seed);
        let (mut matrix, ..) = assembled(&layout, &linearization);
        let unknown = seed as usize % layout.unknowns();
        let mut factor = Cholesky::new(&layout);
        let least = matrix.get(unknown, unknown);
        prop_assert!(matrix.add(unknown, unknown, -1.001 * least - 1e-3));
        let failed = factor.factor(&matrix, &[], &[]);
        prop_assert!(failed.is_err_and(|e| e.unknown <= unknown));
        // NaN is not positive either, and the next matrix is not spoilt by this one.
        matrix.add(unknown, unknown, f64::NAN);
        prop_assert!(factor.factor(&matrix, &[], &[]).is_err());
        let (matrix, gradient, ..) = assembled(&layout, &linearization);
        let shift = vec![0.1; layout.unknowns()];
        prop_assert!(factor.factor(&matrix, &shift, &[]).is_ok());
        let mut solution = gradient;
        factor.solve(&mut solution);
        prop_assert!(solution.iter().all(|v| v.is_finite()));
    }
}

#[test]
fn points_that_are_not_coupled_have_no_element() {
    let layout = Layout::new(2, 3, 1, vec![1, 0, 0]).unwrap();
    let mut matrix = BlockMatrix::new(&layout);
    assert!(matrix.add(3, 0, 1.0) && matrix.add(6, 4, 2.0) && matrix.add(6, 6, 3.0));
    assert!(!matrix.add(4, 0, 1.0) && !matrix.add(2, 4, 1.0));
    assert_eq!(matrix.get(0, 3), 1.0);
    assert_eq!(matrix.get(4, 6), 2.0);
    assert_eq!(matrix.get(4, 0), 0.0);
    assert_eq!(matrix.corner_mut(), [3.0]);
    let rows = matrix.panel_rows(0);
    assert_eq!((rows, matrix.panel_border(0)), (5, 4));
    assert_eq!(matrix.panel_mut(0)[3], 1.0);
    assert_eq!(matrix.panel_mut(2), [0.0, 0.0, 2.0, 0.0, 0.0, 0.0]);
}

/// Leverages of all rows by the factor, and by the pseudo-inverse of the dense matrix.
fn leverages(
    layout: &Layout,
    linearization: &Linearization,
    fixed: &[bool],
) -> (RankFactor, usize, Vec<f64>, Vec<f64>) {
    let found = RankFactor::new(layout, linearization, fixed).unwrap();
    let inverse = found.factor.inverse();
    let (mut jacobian, _, weights) = dense(layout, linearization);
    for (unknown, _) in fixed.iter().enumerate().filter(|(_, &fixed)| fixed) {
        jacobian.column_mut(unknown).fill(0.0);
    }
    let roots = DMatrix::from_diagonal(&weights.map(f64::sqrt)) * jacobian;
    let mut ours = Vec::new();
    for row in roots.row_iter() {
        let mut sum = 0.0;
        let free: Vec<usize> = (0..row.len())
            .filter(|&k| row[k] != 0.0 && !found.held[k])
            .collect();
        for &a in &free {
            for &b in &free {
                sum += row[a] * row[b] * inverse.get(a, b);
            }
        }
        ours.push(sum);
    }
    let svd = roots.clone().svd(true, false);
    let largest = svd.singular_values.max();
    let u = svd.u.unwrap();
    let theirs = (0..roots.nrows()).map(|row| {
        let kept = (0..u.ncols()).filter(|&k| svd.singular_values[k] > 1e-10 * largest);
        kept.map(|k| u[(row, k)] * u[(row, k)]).sum()
    });
    let values = svd.singular_values.iter();
    let rank = values.filter(|&&value| value > 1e-10 * largest).count();
    (found, rank, ours, theirs.collect())
}

#[test]
fn leverages_of_singular_problems_are_those_of_the_pseudo_inverse() {
    let mut random = noise(5);
    for seed in 0..20 {
        let (layout, mut linearization) = random_problem(2, 3, &[1, 2, 1, 0, 2, 1, 0], seed);
        let unknowns = layout.unknowns();
        // One unknown in no row, and two parameters that only act together.
        let lost = (seed as usize * 5) % layout.path_length();
        for group in &mut linearization.groups {
            let (width, entries) = (group.span * 2, group.entries());
            for block in 0..group.blocks() {
                for row in 0..group.rows {
                    let range = group.row_start[row] as usize..group.row_start[row + 1] as usize;
                    let of = |column: u32| range.clone().find(|&e| group.columns[e] == column);
                    let first = group.first[block] as usize * 2;
                    let column = lost.checked_sub(first).filter(|&c| c < width);
                    if let Some(e) = column.and_then(|c| of(c as u32)) {
                        group.values[block * entries + e] = 0.0;
                    }
                    let pair = [of(width as u32), of(width as u32 + 1)];
                    match pair {
                        [Some(a), Some(b)] => {
                            group.values[block * entries + b] =
                                -3.0 * group.values[block * entries + a];
                        }
                        [Some(e), None] | [None, Some(e)] => {
                            group.values[block * entries + e] = 0.0;
                        }
                        [None, None] => {}
                    }
                }
            }
        }
        let fixed: Vec<bool> = (0..unknowns)
            .map(|k| k != lost && k < layout.path_length() && random() > 0.8)
            .collect();
        let (found, rank, ours, theirs) = leverages(&layout, &linearization, &fixed);
        let free = fixed.iter().filter(|&&fixed| !fixed).count();
        assert!(found.dependent.len() >= 2, "seed {seed}");
        assert_eq!(found.dependent.len(), free - rank, "seed {seed}");
        for (a, b) in ours.iter().zip(&theirs) {
            assert!((a - b).abs() < 1e-8, "seed {seed}: {a} {b}");
        }
        let path = layout.path_length();
        for &dependent in &found.dependent {
            let direction = found.null_direction(dependent);
            let mut product = vec![0.0; unknowns];
            found.hessian.multiply(&direction, &mut product);
            let free = product.iter().zip(&fixed).filter(|(_, &fixed)| !fixed);
            assert!(free.into_iter().all(|(p, _)| p.abs() < 1e-9), "{product:?}");
            if found.dependent.len() == 2 && dependent >= path {
                assert!((direction[path] - 3.0 * direction[path + 1]).abs() < 1e-9);
            }
        }
    }
}

#[test]
fn leverages_hold_where_the_model_binds_beyond_the_digits_of_the_hessian() {
    // A constant, measured at every point; a second one that nothing measures.
    let points = 40;
    let couples = (0..points).map(|n| u8::from(n + 1 < points)).collect();
    let layout = Layout::new(2, points, 0, couples).unwrap();
    let first = |count: usize| (0..count as u32).collect::<Vec<u32>>();
    let mut model = RowGroup::new(2, first(points - 1), &[vec![0, 2], vec![1, 3]]);
    for values in model.values.chunks_exact_mut(2) {
        values.copy_from_slice(&[-1.0, 1.0]);
    }
    let mut measured = RowGroup::new(1, first(points), &[vec![0]]);
    measured.values.fill(1.0);
    measured.weights.fill(1.0);
    for weight in [1e4, 1e10, 1e16] {
        model.weights.fill(weight);
        let linearization = Linearization {
            groups: vec![model.clone(), measured.clone()],
        };
        let found = RankFactor::new(&layout, &linearization, &[]).unwrap();
        assert_eq!(found.dependent.len(), 1, "{weight}");
        let inverse = found.factor.inverse();
        let sum: f64 = (0..points).map(|n| inverse.get(2 * n, 2 * n)).sum();
        // All leverages of the measurements together: 1, and what the model leaves free.
        let free = (points as f64).powi(3) / weight;
        assert!(
            (1.0 - 1e-6..1.0 + 1e-6 + free).contains(&sum),
            "{weight}: {sum}"
        );
    }
}
