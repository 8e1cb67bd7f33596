//! Linear models with Gaussian errors, for which the approximation is exact. Its values are known
//! from the smoother of H. E. Rauch, F. Tung and C. T. Striebel (AIAA J. 3, 1965), whose filter
//! gives the evidence.

use least_action::action::{Precision, Prior};
use least_action::model::{EquationModel, ModelBuilder};
use least_action::{ActionOptions, Discretization, Normalization};
use nalgebra::{DMatrix, DVector};

use super::*;

const D: usize = 3;
const POINTS: usize = 25;
const R_M: [f64; 2] = [3.0, 5.0];
const R_F: f64 = 40.0;
const WEIGHTS: [f64; D] = [1.0, 2.5, 0.5];

/// Linear model `x_(n+1) = A x_n + p c`, whose parameter p is like a state that stays.
struct Case {
    a: DMatrix<f64>,
    c: DVector<f64>,
    /// Measurements of two components, with gaps; points x 2.
    values: Vec<f64>,
    first: Vec<Prior>,
    parameter: Prior,
}

fn case() -> Case {
    let rotation = DMatrix::from_vec(D, D, numbers(D * D, 1, 0.5));
    let gaps = numbers(POINTS * 2, 3, 1.0);
    let values = numbers(POINTS * 2, 2, 2.0);
    let values = values.iter().zip(gaps);
    let prior = |mean: &f64| Prior {
        mean: *mean,
        deviation: 0.8 + 0.3 * mean,
    };
    Case {
        a: DMatrix::identity(D, D) * 0.6 + rotation,
        c: DVector::from_vec(numbers(D, 4, 1.0)),
        values: values
            .map(|(v, g)| if g > 0.4 { f64::NAN } else { *v })
            .collect(),
        first: numbers(D, 5, 1.0).iter().map(prior).collect(),
        parameter: Prior {
            mean: 0.4,
            deviation: 0.7,
        },
    }
}

fn names() -> [String; D] {
    std::array::from_fn(|i| format!("x{i}"))
}

impl Case {
    fn model(&self) -> EquationModel {
        let (a, c) = (self.a.clone(), self.c.clone());
        ModelBuilder::new("linear")
            .states(names())
            .parameter("p", 0.0, "")
            .map(move |x, p| {
                let row = |i: usize| (0..D).fold(p[0] * c[i], |sum, j| sum + x[j] * a[(i, j)]);
                (0..D).map(row).collect()
            })
            .unwrap()
    }

    fn posterior(&self, normalization: Normalization) -> Posterior {
        let measured = self.values.iter().filter(|y| !y.is_nan()).count() as f64;
        let options = ActionOptions {
            normalization,
            measurement_precision: Precision::PerComponent(R_M.to_vec()),
            model_weights: Precision::PerComponent(WEIGHTS.to_vec()),
            estimate: vec!["p".into()],
            priors: [("p".to_string(), self.parameter.into())].into(),
            first_state: names()
                .into_iter()
                .zip(self.first.iter().copied())
                .collect(),
            ..ActionOptions::default()
        };
        // In means, R_f counts per residual and R_m per measurement.
        let factor = match normalization {
            Normalization::Mean => ((POINTS - 1) * D) as f64 / measured,
            Normalization::Posterior => 1.0,
        };
        posterior(
            self.model(),
            observations(POINTS, 1.0, vec![2, 0], self.values.clone()),
            &options,
            R_F * factor,
        )
    }

    /// Smoothed means and covariances of state and parameter, and the log evidence.
    fn smoother(&self) -> (Vec<DVector<f64>>, Vec<DMatrix<f64>>, f64) {
        let size = D + 1;
        let mut m = DMatrix::identity(size, size);
        m.view_mut((0, 0), (D, D)).copy_from(&self.a);
        m.view_mut((0, D), (D, 1)).copy_from(&self.c);
        let noise = |i: usize| if i < D { 1.0 / (R_F * WEIGHTS[i]) } else { 0.0 };
        let q = DMatrix::from_fn(size, size, |i, j| if i == j { noise(i) } else { 0.0 });
        let prior = |i: usize| if i < D { self.first[i] } else { self.parameter };
        let mut mean = DVector::from_fn(size, |i, _| prior(i).mean);
        let mut covariance = DMatrix::from_fn(size, size, |i, j| {
            if i == j {
                prior(i).deviation.powi(2)
            } else {
                0.0
            }
        });
        let (mut filtered, mut predicted, mut evidence) = (Vec::new(), Vec::new(), 0.0);
        for n in 0..POINTS {
            if n > 0 {
                mean = &m * mean;
                covariance = &m * covariance * m.transpose() + &q;
            }
            predicted.push((mean.clone(), covariance.clone()));
            for (l, component) in [2, 0].into_iter().enumerate() {
                let y = self.values[n * 2 + l];
                if y.is_nan() {
                    continue;
                }
                let column = covariance.column(component).into_owned();
                let variance = column[component] + 1.0 / R_M[l];
                let error = y - mean[component];
                evidence -=
                    0.5 * (error * error / variance + (std::f64::consts::TAU * variance).ln());
                mean += &column * (error / variance);
                covariance -= &column * column.transpose() / variance;
            }
            filtered.push((mean.clone(), covariance.clone()));
        }
        let (mut means, mut covariances) = (vec![mean], vec![covariance]);
        for n in (0..POINTS - 1).rev() {
            let (mean, covariance) = &filtered[n];
            let (ahead, spread) = &predicted[n + 1];
            let gain = covariance * m.transpose() * spread.clone().try_inverse().unwrap();
            let smoothed = mean + &gain * (means.last().unwrap() - ahead);
            let narrowed =
                covariance + &gain * (covariances.last().unwrap() - spread) * gain.transpose();
            means.push(smoothed);
            covariances.push(narrowed);
        }
        means.reverse();
        covariances.reverse();
        (means, covariances, evidence)
    }
}

#[test]
fn mean_covariance_and_evidence_are_those_of_the_smoother() {
    let case = case();
    let (means, covariances, evidence) = case.smoother();
    for normalization in Normalization::ALL {
        let found = laplace(&case.posterior(normalization), &[0.5; POINTS * D + 1]);
        let blocks = found.state_covariances();
        let deviations = found.deviations();
        for n in 0..POINTS {
            for i in 0..D {
                let variance = covariances[n][(i, i)];
                let error = (found.mode()[n * D + i] - means[n][i]) / variance.sqrt();
                assert!(error.abs() < 1e-9, "mean {n} {i}: {error}");
                assert!((deviations[n * D + i].powi(2) / variance - 1.0).abs() < 1e-9);
                for j in 0..D {
                    let size = (variance * covariances[n][(j, j)]).sqrt();
                    let error = (blocks[(n * D + i) * D + j] - covariances[n][(i, j)]) / size;
                    assert!(error.abs() < 1e-9, "covariance {n} {i} {j}: {error}");
                }
            }
        }
        let variance = covariances[0][(D, D)];
        assert!((found.mode()[POINTS * D] - means[0][D]).abs() < 1e-9 * variance.sqrt());
        assert!((found.parameter_covariance()[0] / variance - 1.0).abs() < 1e-9);
        assert!(
            (found.log_evidence() - evidence).abs() < 1e-9 * evidence.abs(),
            "{} {evidence}",
            found.log_evidence()
        );
        // A Gaussian has nothing beyond the quadratic.
        let shift = found.mean_shift().unwrap();
        for (k, (shift, deviation)) in shift.iter().zip(&deviations).enumerate() {
            assert!(shift.abs() < 1e-7 * deviation, "{k}: {shift}");
        }
        assert!(found.decrease() < 1e-12);
    }
}

#[test]
fn draws_have_the_mean_and_the_covariances_of_the_smoother() {
    let case = case();
    let (means, covariances, _) = case.smoother();
    let found = laplace(
        &case.posterior(Normalization::Posterior),
        &[0.0; POINTS * D + 1],
    );
    const COUNT: usize = 20_000;
    let draws = found.draws(COUNT, 7);
    assert_eq!(draws.moved, 0);
    assert_eq!(draws.values[..100], found.draws(3, 7).values[..100]);
    let unknowns = POINTS * D + 1;
    // A state late in time, with the one before and with the parameter.
    let (n, p) = (20, POINTS * D);
    let of = |k: usize| draws.values.iter().skip(k).step_by(unknowns);
    for i in 0..D {
        let mean = of(n * D + i).sum::<f64>() / COUNT as f64;
        let deviation = covariances[n][(i, i)].sqrt();
        assert!((mean - means[n][i]).abs() < 4.5 * deviation / (COUNT as f64).sqrt());
        for (other, expected) in [
            (n * D + (i + 1) % D, covariances[n][(i, (i + 1) % D)]),
            (p, covariances[n][(i, D)]),
        ] {
            let product =
                |(a, b): (&f64, &f64)| (a - found.mode()[n * D + i]) * (b - found.mode()[other]);
            let sample = of(n * D + i).zip(of(other)).map(product).sum::<f64>() / COUNT as f64;
            let size = deviation * found.deviations()[other];
            assert!(
                (sample - expected).abs() < 4.5 * 1.5 * size / (COUNT as f64).sqrt(),
                "{i} {other}: {sample} {expected}"
            );
        }
    }
    // The expected value of a square: mean squared and variance.
    let k = n * D;
    let square = found.expected(|x| x[k] * x[k], &vec![0.0; unknowns], 4000, 3);
    let exact = means[n][0].powi(2) + covariances[n][(0, 0)];
    assert!((square.value - exact).abs() < 4.5 * square.error && square.error < 0.05 * exact);
    let linear = found.expected(|x| x[k], &vec![0.0; unknowns], 10, 3);
    assert!((linear.value - means[n][0]).abs() < 1e-9);
}

/// A step `x1 - x0 + h k (x0 + x1)/2` has the determinant 1 + h k / 2, so that exp(-A) alone tells
/// a wrong rate k. Evidence and corrected mean have the determinant.
#[test]
fn determinants_of_implicit_steps_move_means_as_sums_over_grids_say() {
    const POINTS: usize = 41;
    let model = || {
        ModelBuilder::new("decay")
            .states(["x"])
            .parameter("k", 1.0, "")
            .flow(|x, k| vec![-k[0] * x[0]])
            .unwrap()
    };
    let h = 0.1;
    let noise = numbers(POINTS, 9, 0.02);
    let values: Vec<f64> = (0..POINTS)
        .map(|n| 3.0 * (-0.7 * h * n as f64).exp() + noise[n])
        .collect();
    let options = |estimate: bool, k: f64| ActionOptions {
        discretization: Some(Discretization::Trapezoid),
        normalization: Normalization::Posterior,
        measurement_precision: 100.0.into(),
        parameters: [("k".to_string(), k)].into(),
        estimate: if estimate { vec!["k".into()] } else { vec![] },
        ..ActionOptions::default()
    };
    let data = observations(POINTS, h, vec![0], values);
    let found = laplace(
        &posterior(model(), data.clone(), &options(true, 1.0), 1000.0),
        &[1.0; POINTS + 1],
    );
    let deviation = found.deviations()[POINTS];
    // At a known k everything is Gaussian.
    let (mut sums, mut moments) = ([0.0; 2], [0.0; 2]);
    let reference = found.log_evidence();
    for step in -200..=200 {
        let k = found.mode()[POINTS] + deviation * step as f64 / 25.0;
        let at = laplace(
            &posterior(model(), data.clone(), &options(false, k), 1000.0),
            &[1.0; POINTS],
        );
        let with = (at.log_evidence() - reference).exp();
        let without = with / (1.0 + 0.5 * h * k).powi(POINTS as i32 - 1);
        for (i, weight) in [without, with].into_iter().enumerate() {
            sums[i] += weight;
            moments[i] += weight * k;
        }
    }
    let means = [moments[0] / sums[0], moments[1] / sums[1]];
    let shift = found.step_determinant_shift().unwrap();
    let exact = means[1] - means[0];
    assert!(
        exact > 0.05 * deviation && (shift[POINTS] / exact - 1.0).abs() < 0.05,
        "{shift:?} {exact} {deviation}"
    );
    // The correction leads from the mode to the mean with the determinants.
    let corrected = found.mean_shift().unwrap();
    let mean = found.mode()[POINTS] + corrected[POINTS];
    let off = (found.mode()[POINTS] - means[0]).abs();
    assert!(
        (mean - means[1]).abs() < 0.1 * off && off > 0.005 * deviation,
        "{mean} {means:?} {off} {deviation}"
    );
}
