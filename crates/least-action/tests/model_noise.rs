//! Noise of the model and of the measurements, estimated together, against the likelihood of Kalman
//! filters that are written here.

use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::Precision;
use least_action::anneal::{AnnealOptions, Annealer, Ladder, ModelNoiseEstimate};
use least_action::model::{EquationModel, ModelBuilder};
use least_action::{Normalization, Observations};

/// Linear model `x' = F x + noise` whose first state is measured.
struct Linear {
    states: usize,
    matrix: Vec<f64>,
    /// Precision of each equation's noise relative to R_f.
    weights: Vec<f64>,
}

impl Linear {
    fn model(&self) -> EquationModel {
        let names = (0..self.states).map(|k| format!("x{k}"));
        let (d, matrix) = (self.states, self.matrix.clone());
        ModelBuilder::new("linear")
            .states(names)
            .map(move |x, _| {
                let row = |i: usize| {
                    let mut sum = x[0] * matrix[i * d];
                    for j in 1..d {
                        sum = sum + x[j] * matrix[i * d + j];
                    }
                    sum
                };
                (0..d).map(row).collect::<Vec<_>>()
            })
            .unwrap()
    }

    /// Data with noise of variance `r` about states whose noise has the variance `q` over the
    /// weights.
    fn data(&self, points: usize, [q, r]: [f64; 2], seed: u64) -> Vec<f64> {
        let mut normal = Normal(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995);
        let mut x = vec![0.0; self.states];
        let mut values = Vec::new();
        for _ in 0..points {
            values.push(x[0] + r.sqrt() * normal.next());
            let next = (0..self.states).map(|i| {
                let row = (0..self.states).map(|j| self.matrix[i * self.states + j] * x[j]);
                row.sum::<f64>() + (q / self.weights[i]).sqrt() * normal.next()
            });
            x = next.collect();
        }
        values
    }

    /// Logarithm of the likelihood by a Kalman filter, with a first state of which nothing is
    /// known.
    fn log_likelihood(&self, data: &[f64], [q, r]: [f64; 2]) -> f64 {
        const UNKNOWN: f64 = 1e7;
        let d = self.states;
        let mut mean = vec![0.0; d];
        let mut covariance = vec![0.0; d * d];
        (0..d).for_each(|i| covariance[i * d + i] = UNKNOWN);
        let mut sum = 0.0;
        for y in data {
            let variance = covariance[0] + r;
            let error = y - mean[0];
            sum -= 0.5 * (variance.ln() + error * error / variance);
            let gain: Vec<f64> = (0..d).map(|i| covariance[i * d] / variance).collect();
            let first: Vec<f64> = covariance[..d].to_vec();
            for i in 0..d {
                mean[i] += gain[i] * error;
                for j in 0..d {
                    covariance[i * d + j] -= gain[i] * first[j];
                }
            }
            let product = |a: &dyn Fn(usize, usize) -> f64, b: &dyn Fn(usize, usize) -> f64| {
                let entry = |k: usize| (0..d).map(|l| a(k / d, l) * b(l, k % d)).sum::<f64>();
                (0..d * d).map(entry).collect::<Vec<f64>>()
            };
            let f = |i: usize, j: usize| self.matrix[i * d + j];
            let moved = product(&f, &|i, j| covariance[i * d + j]);
            covariance = product(&|i, j| moved[i * d + j], &|i, j| f(j, i));
            (0..d).for_each(|i| covariance[i * d + i] += q / self.weights[i]);
            mean = (0..d)
                .map(|i| (0..d).map(|j| f(i, j) * mean[j]).sum())
                .collect();
        }
        sum
    }

    /// Variances at the largest likelihood, by steps that halve.
    fn most_likely(&self, data: &[f64]) -> ([f64; 2], f64) {
        let value = |at: [f64; 2]| self.log_likelihood(data, at.map(f64::exp));
        let (mut at, mut step) = ([0.0, 0.0], 1.0);
        let mut best = value(at);
        while step > 1e-7 {
            let around = [
                [1.0, 0.0],
                [-1.0, 0.0],
                [0.0, 1.0],
                [0.0, -1.0],
                [1.0, -1.0],
                [-1.0, 1.0],
            ];
            let tries = around.map(|[a, b]| [at[0] + step * a, at[1] + step * b]);
            match tries.into_iter().find(|&other| value(other) > best) {
                Some(other) => (at, best) = (other, value(other)),
                None => step *= 0.5,
            }
        }
        (at.map(f64::exp), best)
    }

    fn annealer(&self, data: Vec<f64>, last: Option<f64>) -> Annealer {
        let options = AnnealOptions {
            noise: Some(Default::default()),
            // R_f is then one over the variance of a step.
            normalization: Normalization::Posterior,
            model_precision: Ladder {
                last,
                ..Ladder::default()
            },
            model_weights: Some(Precision::PerComponent(self.weights.clone())),
            ..AnnealOptions::default()
        };
        let data = Observations {
            time_step: 1.0,
            points: data.len(),
            observed: vec![0],
            values: data,
            ..Observations::default()
        };
        Annealer::new(Arc::new(self.model()), vec![data], options).unwrap()
    }

    fn estimate(&self, data: Vec<f64>) -> ModelNoiseEstimate {
        let annealer = self.annealer(data, None);
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        annealer.model_noise(run.best()).unwrap()
    }
}

/// Normal numbers from a generator of its own.
struct Normal(u64);

impl Normal {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn next(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

fn walk() -> Linear {
    Linear {
        states: 1,
        matrix: vec![1.0],
        weights: vec![1.0],
    }
}

fn check(linear: &Linear, data: Vec<f64>) {
    let ([q, r], top) = linear.most_likely(&data);
    let found = linear.estimate(data.clone());
    println!("{found:?}\nKalman q {q} r {r}");
    let room = 5e-3;
    assert!(
        (found.model_precision * q - 1.0).abs() < room,
        "{} {}",
        found.model_precision,
        1.0 / q
    );
    let deviation = found.noise[0].1;
    assert!(
        (deviation / r.sqrt() - 1.0).abs() < room,
        "{deviation} {}",
        r.sqrt()
    );
    // The profile is that of the filter's likelihood, maximised over r.
    for &(precision, value) in found.profile.iter().filter(|(_, value)| *value > -4.0) {
        let profile = |log: f64| linear.log_likelihood(&data, [1.0 / precision, log.exp()]);
        let (mut at, mut step) = (r.ln(), 1.0);
        while step > 1e-6 {
            let better = [at + step, at - step]
                .into_iter()
                .find(|&b| profile(b) > profile(at));
            match better {
                Some(other) => at = other,
                None => step *= 0.5,
            }
        }
        let expected = profile(at) - top;
        assert!(
            (value - expected).abs() < 0.1,
            "{precision}: {value} {expected}"
        );
    }
}

#[test]
fn random_walk_trend_and_autoregression_agree_with_kalman_filters() {
    check(&walk(), walk().data(120, [0.5, 1.0], 3));
    let autoregressive = Linear {
        matrix: vec![0.8],
        ..walk()
    };
    check(&autoregressive, autoregressive.data(200, [1.0, 0.5], 5));
    let trend = Linear {
        states: 2,
        matrix: vec![1.0, 1.0, 0.0, 1.0],
        weights: vec![1.0, 25.0],
    };
    check(&trend, trend.data(150, [0.3, 1.0], 2));
}

#[test]
fn noise_of_the_data_beside_a_stated_one_of_the_model_is_that_of_the_filter() {
    let linear = walk();
    let data = linear.data(120, [0.5, 1.0], 3);
    let mut best = (f64::MIN, 0.0);
    for k in 0..4000 {
        let r = 1e-3 * f64::from(k + 1);
        let value = linear.log_likelihood(&data, [0.5, r]);
        if value > best.0 {
            best = (value, r);
        }
    }
    let annealer = linear.annealer(data, Some(2.0));
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    let deviation = run.noise[0].deviation.unwrap().value;
    assert!(
        (deviation.powi(2) / best.1 - 1.0).abs() < 3e-3,
        "{deviation} {best:?}"
    );
}

#[test]
fn intervals_hold_the_noise_of_the_model_as_often_as_they_say() {
    const TWINS: u64 = 160;
    let (q, r) = (0.5, 1.0);
    let (mut held, mut determined, mut sum) = (0.0, 0.0, 0.0);
    for seed in 0..TWINS {
        let found = walk().estimate(walk().data(80, [q, r], 1000 + seed));
        let [low, high] = found.interval;
        held += f64::from(u8::from(low <= 1.0 / q && 1.0 / q <= high));
        determined += f64::from(u8::from(found.is_determined));
        sum += (found.model_precision * q).ln() / TWINS as f64;
    }
    let share = held / TWINS as f64;
    println!("interval of 95 %: {share}, determined {determined}, mean log ratio {sum}");
    // Three standard errors of a share of 95 %.
    assert!((share - 0.95).abs() < 0.052, "{share}");
    assert!(determined > 0.95 * TWINS as f64);
}

#[test]
fn where_the_data_cannot_tell_both_the_estimate_says_so() {
    // A state that is forgotten at every step: its noise and that of the data are one.
    let white = Linear {
        matrix: vec![0.0],
        ..walk()
    };
    let found = white.estimate(white.data(100, [0.5, 1.0], 4));
    println!("{found:?}");
    assert!(!found.is_determined);
    assert_eq!(found.interval[1], f64::INFINITY);
    assert!(found.message.contains("cannot tell"));
}
