//! Linear flows: the least path and the covariance of its states are those of the smoother of H. E.
//! Rauch, F. Tung and C. T. Striebel (AIAA J. 3, 1965).

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::super::second_variation::second_variation;
use super::super::Stationary;
use super::*;
use crate::action::{Observations, Precision};
use crate::mechanics::tests::numbers;
use crate::mechanics::{ContinuousAction, ContinuousActionOptions, VariationalMethod};
use crate::model::{ModelBuilder, ModelKind};

/// Linear flow `x' = A x + b`, with an R_f per state, and R_m = 3 for all measurements.
struct Linear {
    a: DMatrix<f64>,
    b: DVector<f64>,
    model_precision: Vec<f64>,
    data: Observations,
}

const R_M: f64 = 3.0;

/// Makes a case. Everything is measured at the first point, about half of it at others.
fn case(d: usize, points: usize, time_step: f64) -> Linear {
    let seed = d as u64;
    let a = DMatrix::from_vec(d, d, numbers(d * d, seed, 1.2)) - DMatrix::identity(d, d) * 0.4;
    let mut values = numbers(points * d, 10 + seed, 1.0);
    let gaps = numbers(points * d, 20 + seed, 1.0);
    for (k, gap) in gaps.iter().enumerate().skip(d) {
        if *gap > 0.0 {
            values[k] = f64::NAN;
        }
    }
    Linear {
        a,
        b: DVector::from_vec(numbers(d, 30 + seed, 0.5)),
        model_precision: numbers(d, 40 + seed, 0.9).iter().map(|n| 2.0 + n).collect(),
        data: Observations {
            start: 0.5,
            time_step,
            points,
            observed: (0..d).collect(),
            values,
            ..Observations::default()
        },
    }
}

impl Linear {
    fn system(&self) -> System {
        let d = self.b.len();
        let names: Vec<String> = (0..d).map(|i| format!("x{i}")).collect();
        let (a, b) = (self.a.clone(), self.b.clone());
        let model = ModelBuilder::new("linear")
            .states(names.iter().map(String::as_str))
            .build(ModelKind::Flow, move |s| {
                Ok((0..d)
                    .map(|i| {
                        let first = s.states[0] * a[(i, 0)] + b[i];
                        (1..d).fold(first, |sum, j| sum + s.states[j] * a[(i, j)])
                    })
                    .collect())
            });
        let options = ContinuousActionOptions {
            measurement_precision: R_M.into(),
            model_precision: Precision::PerComponent(self.model_precision.clone()),
            ..ContinuousActionOptions::default()
        };
        let action = ContinuousAction::new(Arc::new(model.unwrap()), &self.data, &options);
        System::of_action(action.unwrap())
    }

    /// Transition `x1 = M x0 + c + N(0, Q)` of the implicit midpoint rule.
    fn midpoint(&self, h: f64) -> (DMatrix<f64>, DVector<f64>, DMatrix<f64>) {
        let one = DMatrix::identity(self.b.len(), self.b.len());
        let back = (&one - &self.a * (0.5 * h)).try_inverse().unwrap();
        let noise = self.noise() * h;
        (
            &back * (&one + &self.a * (0.5 * h)),
            &back * &self.b * h,
            &back * noise * back.transpose(),
        )
    }

    /// Transition `x1 = M x0 + c + N(0, Q)` of continuous time (C. F. Van Loan, IEEE Trans.
    /// Automat. Control 23, 1978).
    fn exact(&self, h: f64) -> (DMatrix<f64>, DVector<f64>, DMatrix<f64>) {
        let d = self.b.len();
        let mut whole = DMatrix::zeros(2 * d, 2 * d);
        whole.view_mut((0, 0), (d, d)).copy_from(&-&self.a);
        whole.view_mut((0, d), (d, d)).copy_from(&self.noise());
        whole
            .view_mut((d, d), (d, d))
            .copy_from(&self.a.transpose());
        let whole = (whole * h).exp();
        let m = whole.view((d, d), (d, d)).transpose();
        let q = &m * whole.view((0, d), (d, d));
        let mut forced = DMatrix::zeros(d + 1, d + 1);
        forced.view_mut((0, 0), (d, d)).copy_from(&self.a);
        forced.view_mut((0, d), (d, 1)).copy_from(&self.b);
        let c = (forced * h)
            .exp()
            .view((0, d), (d, 1))
            .column(0)
            .into_owned();
        (m, c, q)
    }

    fn noise(&self) -> DMatrix<f64> {
        let r = DVector::from_vec(self.model_precision.clone());
        DMatrix::from_diagonal(&r.map(|r| 1.0 / r))
    }

    /// Means and covariances at the points; the model makes `steps` steps between them.
    fn smooth(
        &self,
        (m, c, q): (DMatrix<f64>, DVector<f64>, DMatrix<f64>),
        steps: usize,
    ) -> (Vec<f64>, Vec<f64>) {
        let d = c.len();
        let mut mean = DVector::from_column_slice(&self.data.values[..d]);
        let mut covariance = DMatrix::identity(d, d) / R_M;
        let mut filtered = vec![(mean.clone(), covariance.clone())];
        let mut predicted = Vec::new();
        for n in 1..self.data.points {
            for step in 1..=steps {
                mean = &m * mean + &c;
                covariance = &m * covariance * m.transpose() + &q;
                predicted.push((mean.clone(), covariance.clone()));
                for l in (0..d).filter(|_| step == steps) {
                    let y = self.data.values[n * d + l];
                    if y.is_nan() {
                        continue;
                    }
                    let column = covariance.column(l).into_owned();
                    let gain = &column / (column[l] + 1.0 / R_M);
                    mean += &gain * (y - mean[l]);
                    covariance -= &gain * column.transpose();
                }
                filtered.push((mean.clone(), covariance.clone()));
            }
        }
        let mut smooth = filtered.clone();
        for n in (0..filtered.len() - 1).rev() {
            let (mean, covariance) = &filtered[n];
            let (ahead, spread) = &predicted[n];
            let gain = covariance * m.transpose() * spread.clone().try_inverse().unwrap();
            smooth[n] = (
                mean + &gain * (&smooth[n + 1].0 - ahead),
                covariance + &gain * (&smooth[n + 1].1 - spread) * gain.transpose(),
            );
        }
        let at_points: Vec<_> = smooth.into_iter().step_by(steps).collect();
        (
            at_points
                .iter()
                .flat_map(|(m, _)| m.as_slice().to_vec())
                .collect(),
            at_points
                .iter()
                .flat_map(|(_, c)| c.as_slice().to_vec())
                .collect(),
        )
    }

    /// Path and covariance by least action.
    fn least(&self, integrator: IntegrationMethod, steps: usize) -> (Vec<f64>, Vec<f64>, usize) {
        let options = BoundaryOptions {
            start: self.data.start,
            steps_per_point: steps,
            ..options(Boundary::Free, integrator, self.data.time_step)
        };
        let system = self.system();
        let start = vec![0.0; self.data.points * self.b.len()];
        let (found, solver) = minimise(&system, &start, &options);
        let iterations = solver.unwrap().work().iterations;
        assert!(
            found.residual < 1e-12 && found.boundary_error < 1e-12,
            "{found:?}"
        );
        let problem = problem(&system, &start, &options);
        let method = VariationalMethod::of_integrator(integrator).unwrap();
        let second = second_variation(&problem, method, steps, &found.path, true).unwrap();
        assert_eq!(second.kind, Stationary::Minimum);
        assert_eq!(
            (second.negative_directions, second.conjugate_points.len()),
            (0, 0)
        );
        (found.path, second.covariance, iterations)
    }
}

#[test]
fn paths_and_covariances_are_those_of_a_smoother() {
    for d in [2, 3, 4] {
        let case = case(d, 25, 0.2);
        assert!(case.data.values.iter().any(|y| y.is_nan()));
        for steps in [1, 2] {
            let (path, covariance, iterations) =
                case.least(IntegrationMethod::ImplicitMidpoint, steps);
            let (mean, spread) = case.smooth(case.midpoint(0.2 / steps as f64), steps);
            let (error, of_spread) = (distance(&path, &mean), distance(&covariance, &spread));
            println!(
                "D {d} steps {steps}: path {error:.1e} covariance {of_spread:.1e}, \
            {iterations} iterations"
            );
            assert!(
                error < 1e-12 && of_spread < 1e-12,
                "{d}: {error} {of_spread}"
            );
        }
    }
}

#[test]
fn with_shorter_steps_they_become_those_of_the_smoother_in_continuous_time() {
    let case = case(3, 12, 0.5);
    let (mean, spread) = case.smooth(case.exact(0.5), 1);
    for (integrator, order) in [
        (IntegrationMethod::ImplicitMidpoint, 2.0),
        (IntegrationMethod::GaussLegendre4, 4.0),
        (IntegrationMethod::GaussLegendre6, 6.0),
    ] {
        let mut errors = (Vec::new(), Vec::new());
        for steps in [1, 2, 4] {
            let (path, covariance, _) = case.least(integrator, steps);
            errors.0.push(distance(&path, &mean));
            errors.1.push(distance(&covariance, &spread));
        }
        for errors in [errors.0, errors.1] {
            println!("{} {errors:?} {:.2?}", integrator.name(), slopes(&errors));
            let last = slopes(&errors)[1];
            assert!(
                (last - order).abs() < 0.3,
                "{}: {errors:?}",
                integrator.name()
            );
        }
    }
}
