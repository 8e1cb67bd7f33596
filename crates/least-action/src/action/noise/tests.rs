use std::sync::Arc;

use super::whitening::factor;
use super::*;
use crate::action::{ActionOptions, Discretization, Observations, Problem};
use crate::model::ModelBuilder;
use crate::random::Random;
use crate::solve::{BlockMatrix, Hessian};
use crate::statistics::Posterior;

fn close(a: f64, b: f64, tolerance: f64) {
    assert!(
        (a - b).abs() <= tolerance * (1.0 + b.abs()),
        "{a} against {b}"
    );
}

/// Checks the contract of [`Loss`] for a law: derivatives of the loss, moments of draws.
fn satisfies_the_contract(loss: impl Loss) {
    let row = |prediction: f64, datum: f64, precision: f64| {
        ResidualRow::new(loss.residual(prediction, datum), datum, precision)
    };
    let value = |prediction: f64, datum: f64, precision: f64| {
        let row = row(prediction, datum, precision);
        loss.value(precision * row.residual * row.residual, row)
    };
    let slope = |prediction: f64, datum: f64, precision: f64| {
        let (residual, weight) = loss.linearize(row(prediction, datum, precision));
        assert!(weight > 0.0);
        residual * weight
    };
    let step = 1e-5;
    for (prediction, datum) in [(2.0, 2.5), (4.0, 3.0), (1.5, 9.0), (7.0, 1.0)] {
        for precision in [0.3, 1.0, 4.0] {
            close(value(datum, datum, precision), 0.0, 1e-15);
            let [ahead, behind] = [prediction + step, prediction - step];
            let rise = value(ahead, datum, precision) - value(behind, datum, precision);
            close(
                slope(prediction, datum, precision),
                rise / (4.0 * step),
                1e-8,
            );
            let rise = slope(ahead, datum, precision) - slope(behind, datum, precision);
            let here = row(prediction, datum, precision);
            let second = loss.linearize(here).1 + loss.curvature(here);
            close(second, rise / (2.0 * step), 1e-8);
        }
    }
    let (prediction, precision, count) = (20.0, 4.0, 200_000);
    let mut random = Random::new(5, 0);
    let draws = (0..count).map(|_| loss.draw(prediction, 0.5, &mut random));
    let draws: Vec<f64> = draws.collect();
    let values = draws.iter().map(|y| value(prediction, *y, precision));
    let found = [sample(&draws), sample(&values.collect::<Vec<_>>())];
    let expected = [loss.moments(prediction, precision), loss.misfit(prediction)];
    for (found, expected) in found.iter().zip(expected) {
        close(found.mean, expected.mean, 0.02);
        close(found.variance, expected.variance, 0.05);
    }
}

fn sample(values: &[f64]) -> LossMoments {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square = values.iter().map(|v| (v - mean) * (v - mean));
    LossMoments {
        mean,
        variance: square.sum::<f64>() / count,
    }
}

/// Checks that [`Loss::log_peak`] makes a density whose integral is one, for laws whose loss leaves
/// out no term of the datum.
fn is_normalised(loss: impl Loss) {
    for precision in [0.25, 9.0] {
        let step = 0.01;
        let density = (-100_000..100_000).map(|k| {
            let residual = step * k as f64;
            let square = precision * residual * residual;
            let row = ResidualRow::new(residual, 0.0, precision);
            step * (0.5 * (loss.log_peak(precision) - loss.value(square, row))).exp()
        });
        close(density.sum(), 1.0, 1e-5);
    }
}

/// Checks the gradient, the gradient of the rows of least squares and the exact Hessian of an
/// action under a law against differences of its value.
fn is_differentiated_in_an_action(law: Law) {
    let model = ModelBuilder::new("circle")
        .states(["x", "y"])
        .parameter("a", 1.2, "")
        .observables(["square"])
        .build(crate::model::ModelKind::Flow, |s| {
            let ([x, y], a) = ([s.states[0], s.states[1]], s.parameters[0]);
            Ok(vec![y * a, -x * a, x * x * a])
        })
        .unwrap();
    let model: Arc<dyn crate::model::Model> = Arc::new(model);
    let wave = |k: usize| (1.3 * k as f64 + 0.2).sin();
    let mut values: Vec<f64> = (0..14).map(|k| 3.0 * wave(k)).collect();
    values[3] = f64::NAN;
    let data = Observations {
        time_step: 0.2,
        points: 7,
        observed: vec![2, 0],
        values,
        ..Observations::default()
    };
    let matrix = Precision::Matrix(vec![vec![2.0, 0.5], vec![0.5, 1.0]]);
    for precision in [2.5.into(), Precision::PerComponent(vec![0.5, 3.0]), matrix] {
        let options = ActionOptions {
            measurement_precision: precision,
            estimate: vec!["a".into()],
            // The density of implicit steps has their determinants too, which are no rows.
            discretization: Some(Discretization::Rk4),
            ..ActionOptions::default()
        };
        let mut problem = Problem::new(model.clone(), data.clone(), &options).unwrap();
        problem.measurement.noise.law = law;
        let mut posterior = Posterior::new(&problem, 3.0).unwrap();
        let unknowns: Vec<f64> = (0..15).map(|k| 1.0 + 0.8 * wave(7 * k)).collect();
        let mut hessian = BlockMatrix::new(posterior.layout());
        let mut gradient = |x: &[f64], hessian: &mut BlockMatrix| {
            let (mut own, mut of_rows) = (vec![0.0; 15], vec![0.0; 15]);
            crate::solve::Objective::evaluate(&mut posterior, x, &mut own).unwrap();
            posterior
                .hessian(x, Hessian::Exact, hessian, &mut of_rows)
                .unwrap();
            own.iter()
                .zip(&of_rows)
                .for_each(|(a, b)| close(*a, *b, 1e-12));
            (posterior.value(x).unwrap(), own)
        };
        let (_, exact) = gradient(&unknowns, &mut hessian);
        let mut other = hessian.clone();
        for k in 0..15 {
            let step = 1e-5;
            let mut at = |sign: f64| {
                let mut x = unknowns.clone();
                x[k] += sign * step;
                gradient(&x, &mut other)
            };
            let ((ahead, slopes), (behind, slopes_behind)) = (at(1.0), at(-1.0));
            close(exact[k], (ahead - behind) / (2.0 * step), 1e-6);
            let (mut unit, mut column) = (vec![0.0; 15], vec![0.0; 15]);
            unit[k] = 1.0;
            hessian.multiply(&unit, &mut column);
            for (h, (a, b)) in column.iter().zip(slopes.iter().zip(&slopes_behind)) {
                close(*h, (a - b) / (2.0 * step), 1e-6);
            }
        }
    }
}

#[test]
fn laws_satisfy_the_contract_of_losses() {
    satisfies_the_contract(Gaussian);
    is_normalised(Gaussian);
    is_differentiated_in_an_action(Law::Gaussian);
}

#[test]
fn absent_components_are_integrated_out() {
    // Covariance [[2, 1], [1, 3]]; its precision is [[3, -1], [-1, 2]] / 5.
    let rows = vec![vec![0.6, -0.2], vec![-0.2, 0.4]];
    let alone = factor(&rows, &[true, false]);
    assert!((alone[0] * alone[0] - 0.5).abs() < 1e-12, "{alone:?}");
    assert_eq!(alone[1..], [0.0; 3]);
    let both = factor(&rows, &[true, true]);
    let product = |i: usize, j: usize| both[i] * both[j] + both[2 + i] * both[2 + j];
    for (i, j, expected) in [(0, 0, 0.6), (0, 1, -0.2), (1, 1, 0.4)] {
        assert!((product(i, j) - expected).abs() < 1e-12);
    }
}

#[test]
fn a_matrix_weighs_as_its_quadratic_form() {
    let rows = vec![vec![2.0, 0.5], vec![0.5, 1.0]];
    let noise = Noise {
        law: Law::Gaussian,
        whitening: Whitening::from_matrix(&rows, [vec![true; 2]].into_iter()),
    };
    let scale = |factor| Scale {
        factor,
        precision: 1.0,
    };
    let differences = [3.0, -2.0];
    let value = noise.value(scale(1.0), &differences, &[]);
    assert!((value - (18.0 - 6.0 + 4.0)).abs() < 1e-12);
    let mut product = differences;
    noise.differentiate(scale(5.0), &mut product, &[]);
    assert!((product[0] - 50.0).abs() < 1e-12 && (product[1] + 5.0).abs() < 1e-12);
    let (logarithm, count) = noise.whitening.log_determinant(2);
    assert!((logarithm - 1.75f64.ln()).abs() < 1e-12 && count == 2);
    // A difference that is absent leaves the precision of the other one by itself: 2 - 0.5^2.
    let part = Whitening::from_matrix(&rows, [vec![true, false]].into_iter());
    let (logarithm, count) = part.log_determinant(2);
    assert!((logarithm - 1.75f64.ln()).abs() < 1e-12 && count == 1);
}
