//! Targets whose moments are known.

use least_action::solve::Bounds;
use least_action::statistics::{
    BoundsMethod, Chain, Integrator, Metric, SamplingMethod, SamplingOptions,
};

use crate::densities::{density, sample, Potential};

/// Correlated Gaussian with deviations from 0.1 to 10. Its precision matrix is A^T A, by rows of a
/// lower triangular A.
fn gaussian(x: &[f64], gradient: &mut [f64]) -> f64 {
    // x_0 ~ N(1, 0.1^2), x_1 ~ N(10 (x_0 - 1), 1), x_2 ~ N(3 x_1, 10^2).
    let a = (x[0] - 1.0) / 0.1;
    let b = x[1] - 10.0 * (x[0] - 1.0);
    let c = (x[2] - 3.0 * x[1]) / 10.0;
    gradient[0] = a / 0.1 - 10.0 * b;
    gradient[1] = b - 0.3 * c;
    gradient[2] = c / 10.0;
    0.5 * (a * a + b * b + c * c)
}

fn all() -> [SamplingOptions; 5] {
    let options = SamplingOptions {
        draws: 1000,
        warmup: 500,
        seed: 3,
        ..SamplingOptions::default()
    };
    [
        options.clone(),
        SamplingOptions {
            method: SamplingMethod::Hmc,
            ..options.clone()
        },
        SamplingOptions {
            integrator: Integrator::ImplicitMidpoint,
            ..options.clone()
        },
        SamplingOptions {
            method: SamplingMethod::Hmc,
            integrator: Integrator::ImplicitMidpoint,
            ..options.clone()
        },
        SamplingOptions {
            method: SamplingMethod::Metropolis,
            draws: 40_000,
            warmup: 4000,
            ..options
        },
    ]
}

#[test]
fn means_and_covariances_of_a_gaussian() {
    for options in all() {
        let draws = sample(|| density(gaussian), &options, &[0.0; 3]);
        let what = format!("{:?}, {:?}", options.method, options.integrator);
        draws.mean(|x| x[0]).is(1.0, &what);
        draws.mean(|x| x[1]).is(0.0, &what);
        draws.mean(|x| x[2]).is(0.0, &what);
        draws.mean(|x| (x[0] - 1.0) * (x[0] - 1.0)).is(0.01, &what);
        draws.mean(|x| (x[0] - 1.0) * x[1]).is(0.1, &what);
        draws.mean(|x| x[1] * x[1]).is(2.0, &what);
        draws.mean(|x| x[1] * x[2]).is(6.0, &what);
        draws.mean(|x| x[2] * x[2]).is(118.0, &what);
    }
}

#[test]
fn a_banana() {
    // x_0 ~ N(0, 1), x_1 ~ N(x_0^2 - 1, 1/4).
    let banana = |x: &[f64], gradient: &mut [f64]| {
        let error = x[1] - (x[0] * x[0] - 1.0);
        gradient[1] = 4.0 * error;
        gradient[0] = x[0] - 8.0 * error * x[0];
        0.5 * x[0] * x[0] + 2.0 * error * error
    };
    for integrator in [Integrator::Leapfrog, Integrator::ImplicitMidpoint] {
        let options = SamplingOptions {
            draws: 4000,
            seed: 1,
            integrator,
            // Far out in the arms the curvature is ten times what it is in the middle, and the arms
            // are a part of the second moments.
            target_acceptance: Some(0.98),
            ..SamplingOptions::default()
        };
        let draws = sample(|| density(banana), &options, &[0.0; 2]);
        let what = format!("{integrator:?}");
        draws.mean(|x| x[0]).is(0.0, &what);
        draws.mean(|x| x[0] * x[0]).is(1.0, &what);
        draws.mean(|x| x[1]).is(0.0, &what);
        // E[(x_0^2 - 1)^2] = 2.
        draws.mean(|x| x[1] * x[1]).is(2.25, &what);
    }
}

#[test]
fn a_funnel() {
    // v ~ N(0, 1), x_1, x_2 ~ N(0, exp(v)): narrow at one end, wide at the other.
    let options = SamplingOptions {
        draws: 4000,
        seed: 2,
        target_acceptance: Some(0.95),
        ..SamplingOptions::default()
    };
    let draws = sample(|| density(funnel), &options, &[0.0; 3]);
    draws.mean(|x| x[0]).is(0.0, "v");
    draws.mean(|x| x[0] * x[0]).is(1.0, "v^2");
    draws.mean(|x| x[1]).is(0.0, "x");
    draws.mean(|x| x[2] * x[2]).is(libm::exp(0.5), "x^2");
    assert_eq!(draws.divergences(), 0);
}

fn funnel(x: &[f64], gradient: &mut [f64]) -> f64 {
    let precision = libm::exp(-x[0]);
    let squares = x[1] * x[1] + x[2] * x[2];
    gradient[0] = x[0] + 1.0 - 0.5 * precision * squares;
    gradient[1] = precision * x[1];
    gradient[2] = precision * x[2];
    0.5 * x[0] * x[0] + x[0] + 0.5 * precision * squares
}

#[test]
fn steps_that_are_too_long_for_the_neck_of_a_funnel_are_kept_as_divergences() {
    // v ~ N(0, 3^2), as R. M. Neal has it, with two others of his nine: the neck is far too narrow
    // for steps that suit the rest.
    let neal = |x: &[f64], gradient: &mut [f64]| {
        let precision = libm::exp(-x[0]);
        let squares = x[1] * x[1] + x[2] * x[2];
        gradient[0] = x[0] / 9.0 + 1.0 - 0.5 * precision * squares;
        gradient[1] = precision * x[1];
        gradient[2] = precision * x[2];
        x[0] * x[0] / 18.0 + x[0] + 0.5 * precision * squares
    };
    let options = SamplingOptions {
        draws: 500,
        warmup: 100,
        seed: 4,
        step_size: Some(0.5),
        metric: Some(Metric::Identity),
        ..SamplingOptions::default()
    };
    let draws = sample(|| density(neal), &options, &[0.0; 3]);
    let divergences: Vec<_> = draws
        .all_transitions()
        .filter_map(|t| t.divergence.as_ref())
        .collect();
    assert!(divergences.len() > 10, "{}", divergences.len());
    let mut in_the_neck = 0;
    for divergence in &divergences {
        assert!(divergence.energy_error > 1000.0);
        assert!(divergence.position.iter().all(|x| x.is_finite()));
        in_the_neck += usize::from(divergence.position[0] < 0.0);
    }
    assert!(
        2 * in_the_neck > divergences.len(),
        "{in_the_neck} of {}",
        divergences.len()
    );
}

#[test]
fn a_chain_that_goes_nowhere_is_given_up_and_says_what_to_do() {
    // All but the start is beyond any energy that a step of this length keeps.
    let narrow = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = 1e6 * x[0];
        0.5e6 * x[0] * x[0]
    };
    let options = SamplingOptions {
        step_size: Some(0.1),
        metric: Some(Metric::Identity),
        ..SamplingOptions::default()
    };
    let mut chain = Chain::new(density(narrow), &options, 0, &[0.0], Some(&[0.0])).unwrap();
    let failure = loop {
        match chain.advance() {
            Ok(advance) => assert!(advance.is_some(), "all draws were made"),
            Err(failure) => break failure.to_string(),
        }
    };
    let parts = [
        "chains[0]",
        "stuck: 500 transitions",
        "its energy rose",
        "leave stepSize out",
    ];
    for part in parts {
        assert!(failure.contains(part), "{failure}");
    }
    assert!(chain.is_done() && chain.advance().is_err());
}

#[test]
fn a_random_start_where_the_density_is_not_finite_is_drawn_to_the_centre() {
    // A density that falls to zero at the edge of a disc of radius 0.2, outside of which there is
    // none; chains begin about 1.5 away.
    let disc = |x: &[f64], gradient: &mut [f64]| {
        let rest = 0.04 - x[0] * x[0] - x[1] * x[1];
        gradient[0] = 2.0 * x[0] / rest;
        gradient[1] = 2.0 * x[1] / rest;
        match rest > 0.0 {
            true => -libm::log(rest),
            false => f64::NAN,
        }
    };
    let options = SamplingOptions {
        chains: 20,
        ..SamplingOptions::default()
    };
    for number in 0..options.chains {
        let chain = Chain::new(density(disc), &options, number, &[0.0; 2], None).unwrap();
        let x = chain.position();
        assert!(x[0] * x[0] + x[1] * x[1] < 0.04 && x[0] != 0.0);
    }
    let outside = Chain::new(density(disc), &options, 0, &[0.0; 2], Some(&[1.0, 0.0]));
    assert!(outside.is_err());
}

const SCHOOLS: [(f64, f64); 8] = [
    (28.0, 15.0),
    (8.0, 10.0),
    (-3.0, 16.0),
    (7.0, 11.0),
    (-1.0, 9.0),
    (1.0, 11.0),
    (18.0, 10.0),
    (12.0, 18.0),
];

/// D. B. Rubin's eight schools (J. Educ. Stat. 6, 1981), non-centred: mu ~ N(0, 5^2), tau ~ half
/// Cauchy(5), theta_j = mu + tau eta_j. Unknowns: mu, tau, eta.
fn schools(x: &[f64], gradient: &mut [f64]) -> f64 {
    let (mu, tau) = (x[0], x[1]);
    let mut value = mu * mu / 50.0 + libm::log1p(tau * tau / 25.0);
    gradient[0] = mu / 25.0;
    gradient[1] = 2.0 * tau / (25.0 + tau * tau);
    for (j, (y, sigma)) in SCHOOLS.into_iter().enumerate() {
        let eta = x[2 + j];
        let error = (mu + tau * eta - y) / sigma;
        value += 0.5 * (eta * eta + error * error);
        gradient[0] += error / sigma;
        gradient[1] += error / sigma * eta;
        gradient[2 + j] = eta + error / sigma * tau;
    }
    value
}

/// Means of mu and tau, by quadrature over tau: given tau, all other unknowns are normal.
fn schools_by_quadrature() -> (f64, f64) {
    let (mut norm, mut of_mu, mut of_tau) = (0.0, 0.0, 0.0);
    let step = 0.005;
    for k in 0..400_000 {
        let tau = (k as f64 + 0.5) * step;
        let (mut precision, mut sum, mut log) = (1.0 / 25.0, 0.0, -(tau * tau / 25.0).ln_1p());
        let mut squares = 0.0;
        for (y, sigma) in SCHOOLS {
            let weight = 1.0 / (sigma * sigma + tau * tau);
            precision += weight;
            sum += weight * y;
            squares += weight * y * y;
            log += 0.5 * weight.ln();
        }
        let weight = (log - 0.5 * precision.ln() - 0.5 * (squares - sum * sum / precision)).exp();
        norm += weight;
        of_mu += weight * sum / precision;
        of_tau += weight * tau;
    }
    (of_mu / norm, of_tau / norm)
}

#[test]
fn eight_schools() {
    let (mu, tau) = schools_by_quadrature();
    let options = SamplingOptions {
        draws: 4000,
        seed: 5,
        target_acceptance: Some(0.9),
        ..SamplingOptions::default()
    };
    let bounds = || {
        let mut lower = vec![f64::NEG_INFINITY; 10];
        lower[1] = 0.0;
        Bounds::new(lower, vec![f64::INFINITY; 10]).unwrap()
    };
    let mut centre = [0.0; 10];
    centre[1] = 3.0;
    for method in [BoundsMethod::Transform, BoundsMethod::Reflect] {
        let make = || Potential {
            potential: schools,
            bounds: Some(bounds()),
        };
        let options = SamplingOptions {
            bounds: method,
            ..options.clone()
        };
        let draws = sample(make, &options, &centre);
        let what = format!("{method:?}");
        draws.mean(|x| x[0]).is(mu, &what);
        draws.mean(|x| x[1]).is(tau, &what);
        assert!(draws.rows().all(|x| x[1] >= 0.0));
    }
}

/// Two normal numbers with correlation 0.8, of which the first is cut off by a bound.
fn correlated(x: &[f64], gradient: &mut [f64]) -> f64 {
    let (a, b) = (x[0], (x[1] - 0.8 * x[0]) / 0.6);
    gradient[0] = a - 0.8 / 0.6 * b;
    gradient[1] = b / 0.6;
    0.5 * (a * a + b * b)
}

#[test]
fn a_normal_distribution_between_bounds() {
    let normal = |x: f64| libm::exp(-0.5 * x * x) / (2.0 * std::f64::consts::PI).sqrt();
    let below = |x: f64| 0.5 * (1.0 + libm::erf(x / 2.0f64.sqrt()));
    for (low, high) in [
        (-0.5, f64::INFINITY),
        (f64::NEG_INFINITY, -1.0),
        (-0.3, 0.9),
    ] {
        let share = below(high) - below(low);
        let end = |x: f64| if x.is_finite() { x * normal(x) } else { 0.0 };
        let mean = (normal(low) - normal(high)) / share;
        let square = 1.0 + (end(low) - end(high)) / share;
        for options in all() {
            for method in [BoundsMethod::Transform, BoundsMethod::Reflect] {
                let options = SamplingOptions {
                    bounds: method,
                    ..options.clone()
                };
                if options.validate().is_err() {
                    continue;
                }
                let make = || Potential {
                    potential: correlated,
                    bounds: Some(
                        Bounds::new(vec![low, f64::NEG_INFINITY], vec![high, f64::INFINITY])
                            .unwrap(),
                    ),
                };
                let centre = [0.0f64.max(low + 0.1).min(high - 0.1), 0.0];
                let draws = sample(make, &options, &centre);
                let what = format!(
                    "[{low}, {high}], {:?}, {:?}, {method:?}",
                    options.method, options.integrator
                );
                assert!(draws.rows().all(|x| (low..=high).contains(&x[0])), "{what}");
                draws.mean(|x| x[0]).is(mean, &what);
                draws.mean(|x| x[0] * x[0]).is(square, &what);
                draws.mean(|x| x[1]).is(0.8 * mean, &what);
                let second = 0.36 + 0.64 * square;
                draws.mean(|x| x[1] * x[1]).is(second, &what);
            }
        }
    }
}
