//! Residuals along a true path: as large as the reference figures say, and of the stated order of
//! each scheme.

use std::sync::Arc;

use least_action::model::Model;
use least_action::{
    models, Action, ActionOptions, Discretization, Observations, Problem, TwinExperiment,
};

/// The mean square over components of each row of residuals along a true Lorenz96 path.
fn residual_rows(scheme: Discretization, time_step: f64, points: usize) -> Vec<f64> {
    let model = models::lorenz96(20).unwrap();
    let twin = TwinExperiment {
        time_step,
        points,
        observed: vec![0],
        noise: 0.0,
        seed: 3,
        ..Default::default()
    };
    let truth = twin.run(&model).unwrap().truth;
    let data = Observations {
        start: 0.0,
        time_step,
        points,
        observed: vec![0],
        values: truth.iter().step_by(20).copied().collect(),
        ..Observations::default()
    };
    let options = ActionOptions {
        discretization: Some(scheme),
        ..ActionOptions::default()
    };
    let problem = Problem::new(Arc::new(model) as Arc<dyn Model>, data, &options).unwrap();
    let mut action = Action::new(&problem);
    let residuals = action.residuals(&truth, &[]).unwrap();
    let rows = residuals.chunks_exact(20);
    rows.map(|row| row.iter().map(|r| r * r).sum::<f64>() / 20.0)
        .collect()
}

/// Root mean squares of even and odd rows apart: of simpson-hermite, r1 and r2.
fn sizes(rows: &[f64]) -> [f64; 2] {
    [0, 1].map(|odd| {
        let chosen: Vec<f64> = rows.iter().skip(odd).step_by(2).copied().collect();
        (chosen.iter().sum::<f64>() / chosen.len() as f64).sqrt()
    })
}

#[test]
fn a_true_path_leaves_the_residuals_of_the_reference() {
    // Reference, for one stretch of 161 points (D = 20, forcing 8.17, step 0.025): simpson-hermite
    // r1 6.1e-5, r2 4.6e-4; trapezoid 2.3e-3. Stretches differ by a factor of two, all three
    // figures together; so those are compared in which the trapezoid's figure is the reference's.
    const ROWS: usize = 160;
    let points = 200 * ROWS + 1;
    let trapezoid = residual_rows(Discretization::Trapezoid, 0.025, points);
    let simpson = residual_rows(Discretization::SimpsonHermite, 0.025, points);
    let alike: Vec<[f64; 2]> = trapezoid
        .chunks_exact(ROWS)
        .zip(simpson.chunks_exact(ROWS))
        .filter(|(t, _)| (sizes(t)[0] / 2.3e-3 - 1.0).abs() < 0.03)
        .map(|(_, s)| sizes(s))
        .collect();
    assert!(alike.len() >= 3, "only {} stretches", alike.len());
    let mean = |k: usize| alike.iter().map(|s| s[k]).sum::<f64>() / alike.len() as f64;
    assert!((mean(0) / 6.1e-5 - 1.0).abs() < 0.1, "r1 {}", mean(0));
    assert!((mean(1) / 4.6e-4 - 1.0).abs() < 0.1, "r2 {}", mean(1));
}

#[test]
fn residuals_shrink_at_the_order_of_the_scheme() {
    // One step of a scheme of order p leaves a residual of order p + 1; the Hermite midpoint r2 is
    // of order 4.
    let orders = [
        (Discretization::Euler, [2.0, 2.0]),
        (Discretization::Trapezoid, [3.0, 3.0]),
        (Discretization::Midpoint, [3.0, 3.0]),
        (Discretization::Rk4, [5.0, 5.0]),
        (Discretization::SimpsonHermite, [5.0, 4.0]),
    ];
    for (scheme, expected) in orders {
        let coarse = sizes(&residual_rows(scheme, 0.005, 4001));
        let fine = sizes(&residual_rows(scheme, 0.0025, 8001));
        for k in 0..2 {
            let order = (coarse[k] / fine[k]).log2();
            assert!(
                (order - expected[k]).abs() < 0.2,
                "{} rows {k}: order {order}",
                scheme.name()
            );
        }
    }
}
