//! Accuracy of a step by the ratio of the weights of model and data: normal equations, normal
//! equations with refinement, and the square-root form.

use nalgebra::DMatrix;

use super::tests::{dense, noise};
use super::*;
use crate::solve::{Linearization, RowGroup};

/// Number in two parts, about 32 digits (T. J. Dekker, Numer. Math. 18, 1971).
#[derive(Clone, Copy)]
struct Double(f64, f64);

impl Double {
    fn of(value: f64) -> Self {
        Double(value, 0.0)
    }

    fn sum(a: f64, b: f64) -> Self {
        let sum = a + b;
        let part = sum - a;
        Double(sum, (a - (sum - part)) + (b - part))
    }

    fn add(self, other: Self) -> Self {
        let Double(high, low) = Self::sum(self.0, other.0);
        Self::sum(high, low + self.1 + other.1)
    }

    fn times(self, other: Self) -> Self {
        let product = self.0 * other.0;
        let error = self.0.mul_add(other.0, -product);
        Self::sum(product, error + self.0 * other.1 + self.1 * other.0)
    }

    fn over(self, other: Self) -> Self {
        let first = self.0 / other.0;
        let rest = self.add(other.times(Self::of(-first)));
        let second = rest.0 / other.0;
        let rest = rest.add(other.times(Self::of(-second)));
        Self::sum(first, second).add(Self::of(rest.0 / other.0))
    }
}

/// Step by normal equations, dense, L D L^T, in 32 digits.
fn reference(layout: &Layout, linearization: &Linearization, shift: &[f64]) -> Vec<f64> {
    let (jacobian, residuals, weights) = dense(layout, linearization);
    let n = layout.unknowns();
    let product = |a: &dyn Fn(usize) -> f64, b: &dyn Fn(usize) -> f64| {
        (0..residuals.len()).fold(Double::of(0.0), |sum, r| {
            let term = Double::of(a(r)).times(Double::of(b(r)));
            sum.add(term.times(Double::of(weights[r])))
        })
    };
    let mut matrix: Vec<Vec<Double>> = (0..n)
        .map(|i| {
            let row = (0..n).map(|j| product(&|r| jacobian[(r, i)], &|r| jacobian[(r, j)]));
            row.collect()
        })
        .collect();
    let mut x: Vec<Double> = (0..n)
        .map(|i| product(&|r| jacobian[(r, i)], &|r| -residuals[r]))
        .collect();
    for i in 0..n {
        matrix[i][i] = matrix[i][i].add(Double::of(shift[i]));
    }
    for k in 0..n {
        for i in k + 1..n {
            let factor = matrix[i][k].over(matrix[k][k]);
            let minus = factor.times(Double::of(-1.0));
            let (above, below) = matrix.split_at_mut(i);
            for (value, pivot) in below[0][k..].iter_mut().zip(&above[k][k..]) {
                *value = value.add(pivot.times(minus));
            }
            x[i] = x[i].add(x[k].times(minus));
        }
    }
    for k in (0..n).rev() {
        for j in k + 1..n {
            let minus = matrix[k][j].times(Double::of(-1.0));
            x[k] = x[k].add(x[j].times(minus));
        }
        x[k] = x[k].over(matrix[k][k]);
    }
    x.iter().map(|x| x.0 + x.1).collect()
}

/// Linear chain in which a part of the states is measured with weight one and the model has weight
/// `ratio`. Residuals are those near a minimum.
fn chain(ratio: f64, seed: u64) -> (Layout, Linearization) {
    let (d, points) = (5, 21);
    let mut random = noise(seed);
    let model: Vec<Vec<u32>> = (0..d).map(|_| (0..2 * d as u32 + 1).collect()).collect();
    let mut model = RowGroup::new(2, (0..points as u32 - 1).collect(), &model);
    let size = model.entries();
    for values in model.values.chunks_mut(size) {
        for i in 0..d {
            for j in 0..d {
                values[i * (2 * d + 1) + j] = 0.3 * random() + if i == j { -1.0 } else { 0.0 };
                values[i * (2 * d + 1) + d + j] = 0.1 * random() + if i == j { 1.0 } else { 0.0 };
            }
            values[i * (2 * d + 1) + 2 * d] = 0.1 * random();
        }
    }
    model.weights.fill(ratio);
    model
        .residuals
        .iter_mut()
        .for_each(|r| *r = random() / ratio.sqrt());
    let mut data = RowGroup::new(1, (0..points as u32).collect(), &[vec![0], vec![2]]);
    data.values.fill(1.0);
    data.residuals.iter_mut().for_each(|r| *r = random());
    let mut couples = vec![1; points];
    couples[points - 1] = 0;
    let groups = vec![data, model];
    (
        Layout::new(d, points, 1, couples).unwrap(),
        Linearization { groups },
    )
}

/// Largest relative errors over some chains: normal equations refined 0, 1, 2 and 3 times,
/// square-root form. Infinity where Cholesky fails.
fn errors(ratio: f64) -> [f64; 5] {
    let mut worst = [0.0f64; 5];
    for seed in 0..5 {
        let (layout, linearization) = chain(ratio, seed);
        linearization.validate(&layout).unwrap();
        let n = layout.unknowns();
        let shift = vec![1e-16; n];
        let expected = reference(&layout, &linearization, &shift);
        let size = expected.iter().map(|x| x * x).sum::<f64>().sqrt();
        let error = |x: &[f64]| {
            let squares = x.iter().zip(&expected).map(|(a, b)| (a - b) * (a - b));
            squares.sum::<f64>().sqrt() / size
        };
        let assembly = Assembly::new(&layout, &linearization);
        let (mut matrix, mut gradient) = (BlockMatrix::new(&layout), vec![0.0; n]);
        assembly.assemble(&linearization, &mut matrix, &mut gradient);
        let mut factor = Cholesky::new(&layout);
        if factor.factor(&matrix, &shift, &[]).is_ok() {
            let (mut step, mut rest) = (vec![0.0; n], vec![0.0; n]);
            for worst in &mut worst[..4] {
                assembly.gradient_after(&linearization, &step, &mut rest);
                rest.iter_mut()
                    .zip(step.iter().zip(&shift))
                    .for_each(|(g, (x, shift))| *g = -(*g + shift * x));
                factor.solve(&mut rest);
                step.iter_mut()
                    .zip(&rest)
                    .for_each(|(x, change)| *x += change);
                *worst = worst.max(error(&step));
            }
        } else {
            worst[..4].fill(f64::INFINITY);
        }
        let mut step = vec![0.0; n];
        let mut square_root = BlockQr::new(&layout, &linearization);
        square_root
            .step(&linearization, &shift, &[], &mut step)
            .unwrap();
        worst[4] = worst[4].max(error(&step));
    }
    worst
}

#[test]
fn double_arithmetic_is_exact_enough() {
    let third = Double::of(1.0).over(Double::of(3.0));
    let one = third.add(third).add(third);
    assert!((one.0 - 1.0 + one.1).abs() < 1e-30);
    let (layout, linearization) = chain(1.0, 1);
    let zero = vec![0.0; layout.unknowns()];
    let (jacobian, residuals, weights) = dense(&layout, &linearization);
    let hessian = jacobian.transpose() * DMatrix::from_diagonal(&weights) * &jacobian;
    let right = -(jacobian.transpose() * weights.component_mul(&residuals));
    let expected = hessian.cholesky().unwrap().solve(&right);
    for (a, b) in reference(&layout, &linearization, &zero)
        .iter()
        .zip(&expected)
    {
        assert!((a - b).abs() < 1e-10 * expected.norm());
    }
}

/// The relative error of normal equations grows with the ratio, that of the square-root form does
/// not:
///
/// | ratio | normal equations | refined once | twice | three times | square root |
/// |---|---|---|---|---|---|
/// | 1e0 | 8e-15 | 3e-16 | 3e-16 | 4e-16 | 1e-15 |
/// | 1e6 | 3e-9 | 8e-16 | 8e-16 | 5e-16 | 7e-15 |
/// | 1e10 | 2e-5 | 9e-10 | 3e-14 | 7e-16 | 6e-15 |
/// | 1e12 | 2e-3 | 5e-6 | 1e-8 | 3e-11 | 7e-15 |
/// | 1e14 | 1e-1 | 3e-2 | 6e-3 | 1e-3 | 7e-15 |
/// | 1e16 | fail | fail | fail | fail | 1e-14 |
///
/// A minimiser needs one digit of a step; the next step corrects the rest. So it takes normal
/// equations as long as they give a step that leads down, and the square-root form where they do
/// not.
#[test]
fn digits_of_a_step() {
    println!("ratio  normal equations  refined once  twice  three times  square root");
    for exponent in (0..=18).step_by(2) {
        let errors = errors(10f64.powi(exponent));
        println!(
            "1e{exponent:<4} {}",
            errors.map(|e| format!("{e:9.1e}")).join(" ")
        );
        let [normal, .., refined, square_root] = errors;
        assert!(square_root < 1e-12);
        if exponent <= 12 {
            assert!(normal < 1e-14 * 10f64.powi(exponent) + 1e-13);
            assert!(refined < 1e-9);
        }
        // If this ever holds, the square-root form is needed no longer.
        assert!(exponent < 16 || normal.is_infinite());
    }
}
