//! Targets whose moments are known.

use least_action::statistics::{Integrator, SamplingMethod, SamplingOptions};

use crate::densities::{density, sample};

/// Correlated, with deviations from 0.1 to 10: precision matrix A^T A by rows of a lower triangular A.
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
        let acceptance = draws.all_transitions().map(|t| t.acceptance).sum::<f64>()
            / draws.all_transitions().count() as f64;
        println!("{what}: {acceptance} {:?}", draws.mean(|x| x[2] * x[2]));
    }
}
