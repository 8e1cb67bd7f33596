//! Simulation-based calibration of draws, for every law of noise, with the scale known and
//! estimated, and for implicit steps of models that err (S. Talts et al., arXiv 1804.06788, 2018):
//! `cargo run --release -p least-action --example calibration -- [truths] [word of a name]`.
//!
//! Parameters, first state and scale are drawn from their priors, data from the law. Among draws
//! from the posterior of these data the truth is one like the others, so that all of its ranks are
//! as likely.

mod bound;
mod laws;
mod random;
mod steps;
mod uniformity;

use std::sync::Arc;

use least_action::action::Prior;
use least_action::anneal::{AnnealOptions, Annealer, Estimate};
use least_action::model::ModelBuilder;
use least_action::statistics::{Chain, Density, SamplingOptions, StrongPosterior};
use least_action::{Discretization, Observations};

use laws::Law;
use random::Random;
use uniformity::Uniformity;

/// Number of draws that a truth is ranked among, and of transitions between them.
const MEMBERS: usize = 99;
const THINNING: usize = 3;
const WARMUP: usize = 300;

const RATE: Prior = Prior {
    mean: 0.4,
    deviation: 0.08,
};
const FIRST: Prior = Prior {
    mean: 20.0,
    deviation: 3.0,
};
const TIME_STEP: f64 = 0.25;
const POINTS: usize = 17;

/// A truth with the posterior of its data.
struct Twin<T> {
    /// Density to be sampled.
    posterior: T,
    /// Unknowns of the posterior at the truth.
    truth: Vec<f64>,
    /// Start of the chain, which knows nothing of the truth.
    start: Vec<f64>,
    /// Places of the unknowns that are ranked.
    ranked: Vec<usize>,
}

/// Ranks of the truth among thinned draws: of the ranked unknowns, and of the density, which tells
/// whether the data were looked at (M. Modrák et al., Bayesian Analysis 2023).
fn ranks<T: Density + Clone>(twin: Twin<T>, seed: u64) -> Vec<usize> {
    let Twin {
        posterior,
        truth,
        start,
        ranked,
    } = twin;
    let mut density = posterior.clone();
    let mut gradient = vec![0.0; truth.len()];
    let mut quantities = |unknowns: &[f64]| -> Vec<f64> {
        let own = ranked.iter().map(|&k| unknowns[k]);
        let value = density.evaluate(unknowns, &mut gradient);
        own.chain([value.expect("a density")]).collect()
    };
    let truths = quantities(&truth);
    let options = SamplingOptions {
        seed,
        chains: 1,
        draws: MEMBERS * THINNING,
        warmup: WARMUP,
        ..SamplingOptions::default()
    };
    let mut chain = Chain::new(posterior, &options, 0, &start, None).expect("a chain");
    let (mut below, mut draws) = (vec![0; truths.len()], 0);
    while let Some(advance) = chain.advance().expect("a transition") {
        if !advance.is_draw() {
            continue;
        }
        draws += 1;
        if draws % THINNING == 0 {
            let values = quantities(advance.position);
            for (rank, (value, truth)) in below.iter_mut().zip(values.iter().zip(&truths)) {
                *rank += usize::from(value < truth);
            }
        }
    }
    below
}

fn twin_of(law: &Law, is_estimated: bool, random: &mut Random) -> Twin<StrongPosterior> {
    let prior = |prior: Prior, random: &mut Random| prior.mean + prior.deviation * random.normal();
    let (rate, first) = (prior(RATE, random), prior(FIRST, random));
    let scale = law.true_scale(random, is_estimated);
    // The solution in closed form.
    let path = (0..POINTS).map(|n| first * libm::exp(-rate * TIME_STEP * n as f64));
    let values = path.map(|h| (law.draw)(random, h, scale)).collect();
    let model = ModelBuilder::new("decay")
        .states(["x"])
        .parameter("k", RATE.mean, "")
        .initial_state([FIRST.mean])
        .flow(|x, p| vec![-(p[0] * x[0])])
        .expect("a model");
    let data = Observations {
        time_step: TIME_STEP,
        points: POINTS,
        observed: vec![0],
        values,
        ..Observations::default()
    };
    let estimate = Estimate {
        prior: Some(RATE.into()),
        ..Estimate::default()
    };
    let options = AnnealOptions {
        noise: Some([("x".to_string(), law.noise(is_estimated))].into()),
        estimate: [("k".to_string(), estimate)].into(),
        first_state: [("x".to_string(), FIRST)].into(),
        discretization: Some(Discretization::Rk4),
        ..AnnealOptions::default()
    };
    let annealer = Annealer::new(Arc::new(model), data, options).expect("a problem");
    let posterior = StrongPosterior::new(annealer.problem()).expect("a posterior");
    let scales = |log: f64| is_estimated.then_some(log).into_iter();
    let log = libm::log(scale);
    let truth = [first, rate].into_iter().chain(scales(log)).collect();
    let start = [FIRST.mean, RATE.mean].into_iter();
    let start = start.chain(scales(law.middle())).collect();
    Twin {
        posterior,
        truth,
        start,
        ranked: (0..2 + usize::from(is_estimated)).collect(),
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let truths: usize = arguments
        .next()
        .and_then(|count| count.parse().ok())
        .unwrap_or(200);
    let word = arguments.next().unwrap_or_default();
    let test = Uniformity::new(truths, MEMBERS + 1);
    println!(
        "| noise | unknown | ranks | chi-square | envelope |\n| --- | --- | --- | --- | --- |"
    );
    let (mut least, mut tests) = (1.0f64, 0);
    let mut report = |name: &str, unknowns: &[&str], all: Vec<Vec<usize>>| {
        for (k, unknown) in unknowns.iter().chain(&["density"]).enumerate() {
            let ranks: Vec<usize> = all.iter().map(|of| of[k]).collect();
            let (p_value, counts) = test.chi_square(&ranks);
            let envelope = test.envelope(&ranks);
            let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
            let counts = counts.join(" ");
            println!("| {name} | {unknown} | {counts} | {p_value:.3} | {envelope:.3} |");
            least = least.min(p_value).min(envelope);
            tests += 2;
        }
    };
    for law in laws::all() {
        for is_estimated in [false, true] {
            let name = match is_estimated {
                true => format!("{}, scale estimated", law.name),
                false => law.name.to_string(),
            };
            if (is_estimated && !law.has_scale()) || !name.contains(&word) {
                continue;
            }
            let of = |number: u64| {
                let mut random = Random::new(1, number);
                ranks(twin_of(&law, is_estimated, &mut random), number)
            };
            let all = (0..truths as u64).map(of).collect();
            let unknowns = ["x(0)", "k", "log of the scale"];
            report(&name, &unknowns[..2 + usize::from(is_estimated)], all);
        }
    }
    for discretization in steps::SCHEMES {
        let name = format!("{} steps with errors", discretization.name());
        if !name.contains(&word) {
            continue;
        }
        let of = |number: u64| {
            let mut random = Random::new(2, number);
            ranks(steps::twin_of(discretization, &mut random), number)
        };
        let all = (0..truths as u64).map(of).collect();
        report(&name, &["x(0)", "last x", "k"], all);
    }
    println!(
        "\nLeast of {tests} probabilities: {least:.4}; by Bonferroni's bound {:.3}",
        (least * tests as f64).min(1.0)
    );
    bound::print();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number of truths of each case, few enough for every run of the tests.
    const TRUTHS: usize = 60;

    #[test]
    fn ranks_of_few_truths_are_flat() {
        let test = Uniformity::new(TRUTHS, MEMBERS + 1);
        for name in ["normal", "Poisson"] {
            let laws = laws::all();
            let law = laws.iter().find(|law| law.name == name).expect("a law");
            let of = |number: u64| {
                let mut random = Random::new(4, number);
                ranks(twin_of(law, law.has_scale(), &mut random), number)
            };
            let all: Vec<Vec<usize>> = (0..TRUTHS as u64).map(of).collect();
            for k in 0..all[0].len() {
                let ranks: Vec<usize> = all.iter().map(|of| of[k]).collect();
                let (p_value, counts) = test.chi_square(&ranks);
                let envelope = test.envelope(&ranks);
                // Seven quantities with two tests each: one of a hundred right codes fails.
                assert!(
                    p_value.min(envelope) > 0.01 / 14.0,
                    "{name} {k}: {counts:?} {p_value} {envelope}"
                );
            }
        }
    }

    #[test]
    fn ranks_that_are_not_uniform_are_told() {
        let mut random = Random::new(5, 0);
        let test = Uniformity::new(200, MEMBERS + 1);
        let mut ranks = |power: f64| -> Vec<usize> {
            let rank = |_| (libm::pow(random.unit(), power) * (MEMBERS + 1) as f64) as usize;
            (0..200).map(rank).collect()
        };
        let (right, wrong) = (ranks(1.0), ranks(1.4));
        assert!(test.envelope(&right) > 0.01 && test.chi_square(&right).0 > 0.01);
        assert!(test.envelope(&wrong) < 0.01);
        // By integration of the density of chi-square with nine degrees of freedom.
        let mut counts: Vec<usize> = (0..200).map(|k| k / 2).collect();
        counts[..18].fill(99);
        let (p_value, counts) = test.chi_square(&counts);
        let sum: f64 = counts
            .iter()
            .map(|&c| (c as f64 - 20.0).powi(2) / 20.0)
            .sum();
        assert!(
            (sum - 32.4).abs() < 1e-9 && (p_value - 1.698e-4).abs() < 1e-7,
            "{sum} {p_value}"
        );
    }
}
