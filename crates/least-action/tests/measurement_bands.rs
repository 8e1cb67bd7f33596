//! Bands of a new measurement hold new data as often as they say.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::{ChannelNoise, NoiseFamily};
use least_action::anneal::{AnnealOptions, Annealer, Estimate};
use least_action::model::{EquationModel, ModelBuilder};
use least_action::statistics::{predict_measurements, Member, Uncertainty, UncertaintyOptions};
use least_action::twin::Horizon;
use least_action::Observations;

const TWINS: u64 = 300;
const POINTS: usize = 15;
const NEW: usize = 6;
const MEMBERS: usize = 300;

fn decay() -> EquationModel {
    ModelBuilder::new("decay")
        .states(["x"])
        .parameter("k", 0.5, "")
        .flow(|x, p| vec![-p[0] * x[0]])
        .unwrap()
}

/// Uniform numbers of a generator of its own.
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.next()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.next()).cos()
    }

    /// Count with a mean, by products of uniform numbers (D. E. Knuth).
    fn count(&mut self, mean: f64) -> f64 {
        let (mut product, mut count) = (self.next(), 0.0);
        while product > (-mean).exp() {
            product *= self.next();
            count += 1.0;
        }
        count
    }
}

/// Shares of new data within the central bands of 50 % and 90 %; counts that are equal to members'
/// are placed among them at random.
fn coverage(family: NoiseFamily, datum: impl Fn(f64, &mut Uniform) -> f64) -> [f64; 2] {
    let mut inside = [0.0; 2];
    for twin in 0..TWINS {
        let mut random = Uniform(77 + 1_000_003 * twin);
        let x = |n: usize| 30.0 * (-0.05 * n as f64).exp();
        let all: Vec<f64> = (0..POINTS + NEW)
            .map(|n| datum(x(n), &mut random))
            .collect();
        let data = Observations {
            time_step: 0.1,
            points: POINTS,
            observed: vec![0],
            values: all[..POINTS].to_vec(),
            ..Observations::default()
        };
        let noise = ChannelNoise {
            family,
            ..ChannelNoise::default()
        };
        let estimate = Estimate {
            initial: Some([0.1, 1.0]),
            ..Estimate::default()
        };
        let options = AnnealOptions {
            noise: Some(BTreeMap::from([("x".to_string(), noise)])),
            estimate: BTreeMap::from([("k".to_string(), estimate)]),
            ..AnnealOptions::default()
        };
        let annealer = Annealer::new(Arc::new(decay()), vec![data], options).unwrap();
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        let found = Uncertainty::of_run(&annealer, &run, &UncertaintyOptions::default()).unwrap();
        let draws = found.draws(MEMBERS, twin).unwrap();
        let width = draws.values.len() / MEMBERS;
        let problem = annealer.problem();
        let members = draws.values.chunks_exact(width).map(|draw| {
            let (state, parameters) = draw.split_at(problem.path_length());
            Member { state, parameters }
        });
        let members: Vec<Member> = members.collect();
        let horizon = Horizon {
            until: 0.1 * (POINTS + NEW - 1) as f64,
            ..Horizon::default()
        };
        let forecast = predict_measurements(problem, &members, horizon, None, Some(twin)).unwrap();
        let times = forecast.times.len();
        for k in 0..NEW {
            let own = (0..MEMBERS).map(|m| forecast.measurements[m * times + 1 + k]);
            let (mut below, mut equal) = (0.0, 0.0);
            for y in own {
                below += f64::from(u8::from(y < all[POINTS + k]));
                equal += f64::from(u8::from(y == all[POINTS + k]));
            }
            let rank = (below + random.next() * (equal + 1.0)) / (MEMBERS as f64 + 1.0);
            for (sum, share) in inside.iter_mut().zip([0.5, 0.9]) {
                *sum += f64::from(u8::from((rank - 0.5).abs() < 0.5 * share));
            }
        }
    }
    inside.map(|sum| sum / (TWINS as f64 * NEW as f64))
}

fn check(what: &str, [half, most]: [f64; 2]) {
    println!(
        "{what}: {:.1} % in the band of 50 %, {:.1} % in that of 90 %",
        100.0 * half,
        100.0 * most
    );
    assert!((half - 0.5).abs() < 0.03, "{what} {half}");
    assert!((most - 0.9).abs() < 0.03, "{what} {most}");
}

#[test]
fn of_normal_noise() {
    check(
        "normal",
        coverage(NoiseFamily::Normal, |x, random| x + 0.8 * random.normal()),
    );
}

#[test]
fn of_log_normal_noise() {
    let datum = |x: f64, random: &mut Uniform| x * (0.1 * random.normal()).exp();
    check("log-normal", coverage(NoiseFamily::LogNormal, datum));
}

#[test]
fn of_counts() {
    check(
        "Poisson",
        coverage(NoiseFamily::Poisson, |x, random| random.count(x)),
    );
}
