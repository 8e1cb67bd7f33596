//! Fit of first state and parameters by dense least squares along paths of an integrator of its
//! own, with derivatives by central differences.

use super::problems::truth;
use least_action::Observations;

/// Right side of the equations, of parameters and state.
type RightSide = dyn Fn(&[f64], &[f64]) -> Vec<f64>;

/// Parameters of the fit: the minimum of the summed squared errors over first state and parameters,
/// by damped steps of Gauss and Newton from near the truth.
pub fn fit(
    f: &RightSide,
    data: &Observations,
    noise: f64,
    first: &[f64],
    parameters: &[f64],
    step: f64,
) -> Vec<f64> {
    let d = first.len();
    let times: Vec<f64> = (0..data.points).map(|n| data.time(n)).collect();
    let residuals = |u: &[f64]| -> Vec<f64> {
        let rows = truth(&|_, x| f(&u[d..], x), &u[..d], &times, step);
        let predicted = rows
            .iter()
            .flat_map(|row| data.observed.iter().map(|&i| row[i]));
        predicted
            .zip(&data.values)
            .map(|(x, y)| (x - y) / noise)
            .collect()
    };
    let value = |r: &[f64]| r.iter().map(|r| r * r).sum::<f64>();
    let mut u = [first, parameters].concat();
    let mut damping = 1e-3;
    let mut r = residuals(&u);
    for _ in 0..100 {
        let columns: Vec<Vec<f64>> = (0..u.len())
            .map(|k| {
                let h = 1e-5 * (1.0 + u[k].abs());
                let at = |side: f64| {
                    let mut moved = u.clone();
                    moved[k] += side * h;
                    residuals(&moved)
                };
                let ends = at(1.0).into_iter().zip(at(-1.0));
                ends.map(|(a, b)| (a - b) / (2.0 * h)).collect()
            })
            .collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut matrix: Vec<Vec<f64>> = columns
            .iter()
            .map(|a| {
                columns
                    .iter()
                    .map(|b| dot(a, b))
                    .chain([-dot(a, &r)])
                    .collect()
            })
            .collect();
        for (k, row) in matrix.iter_mut().enumerate() {
            row[k] *= 1.0 + damping;
        }
        let step = solved(matrix);
        let trial: Vec<f64> = u.iter().zip(&step).map(|(u, s)| u + s).collect();
        let there = residuals(&trial);
        if value(&there) < value(&r) {
            let settled = value(&r) - value(&there) < 1e-10 * value(&r);
            (u, r) = (trial, there);
            damping *= 0.2;
            if settled {
                break;
            }
        } else {
            damping *= 10.0;
        }
    }
    u.split_off(d)
}

/// Solution of linear equations, the right side as the last column, by elimination with pivots.
fn solved(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let n = rows.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|&a, &b| rows[a][k].abs().total_cmp(&rows[b][k].abs()));
        rows.swap(k, pivot.unwrap());
        let row = rows[k].clone();
        for other in rows.iter_mut().skip(k + 1) {
            let factor = other[k] / row[k];
            other
                .iter_mut()
                .zip(&row)
                .for_each(|(o, r)| *o -= factor * r);
        }
    }
    let mut x = vec![0.0; n];
    for k in (0..n).rev() {
        let later: f64 = (k + 1..n).map(|j| rows[k][j] * x[j]).sum();
        x[k] = (rows[k][n] - later) / rows[k][k];
    }
    x
}
