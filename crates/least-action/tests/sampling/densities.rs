//! Densities whose moments are known, and helpers to sample them.

use least_action::solve::{Bounds, Objective};
use least_action::statistics::{Chain, Density, SamplingOptions, Transition};
use least_action::{Error, Result};

/// A density by its negative logarithm, which writes the gradient too.
pub struct Potential<F> {
    pub potential: F,
    pub bounds: Option<Bounds>,
}

pub fn density<F: FnMut(&[f64], &mut [f64]) -> f64>(potential: F) -> Potential<F> {
    Potential {
        potential,
        bounds: None,
    }
}

impl<F: FnMut(&[f64], &mut [f64]) -> f64> Objective for Potential<F> {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let value = (self.potential)(x, gradient);
        match value.is_finite() {
            true => Ok(value),
            false => Err(Error::OutOfRange {
                path: "x".into(),
                value,
                expected: "where the density is".into(),
            }),
        }
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }
}

impl<F: FnMut(&[f64], &mut [f64]) -> f64> Density for Potential<F> {}

/// Draws of many chains.
pub struct Draws {
    /// By chain: draws x unknowns.
    pub chains: Vec<Vec<f64>>,
    pub transitions: Vec<Vec<Transition>>,
    pub unknowns: usize,
}

/// Samples all chains, each with a density of its own.
pub fn sample<T: Density>(
    make: impl Fn() -> T,
    options: &SamplingOptions,
    centre: &[f64],
) -> Draws {
    let mut draws = Draws {
        chains: Vec::new(),
        transitions: Vec::new(),
        unknowns: centre.len(),
    };
    for number in 0..options.chains {
        let mut chain = Chain::new(make(), options, number, centre, None).unwrap();
        let (mut positions, mut transitions) = (Vec::new(), Vec::new());
        while let Some(advance) = chain.advance().unwrap() {
            if advance.is_draw() {
                positions.extend_from_slice(advance.position);
                transitions.push(advance.transition.clone());
            }
        }
        draws.chains.push(positions);
        draws.transitions.push(transitions);
    }
    draws
}

/// Mean of a quantity, its standard error and split R-hat.
#[derive(Debug, Clone, Copy)]
pub struct Estimate {
    pub mean: f64,
    pub error: f64,
    pub r_hat: f64,
    pub effective: f64,
}

impl Estimate {
    /// Panics unless the mean is within five standard errors and the chains agree.
    #[track_caller]
    pub fn is(self, expected: f64, what: &str) {
        assert!(
            (self.mean - expected).abs() < 5.0 * self.error,
            "{what}: {expected} expected, {self:?}"
        );
        assert!(self.r_hat < 1.01, "{what}: {self:?}");
        assert!(self.effective > 100.0, "{what}: {self:?}");
    }
}

impl Draws {
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> + '_ {
        let chains = self.chains.iter();
        chains.flat_map(|chain| chain.chunks_exact(self.unknowns))
    }

    pub fn all_transitions(&self) -> impl Iterator<Item = &Transition> + '_ {
        self.transitions.iter().flatten()
    }

    pub fn divergences(&self) -> usize {
        let diverged = self.all_transitions().filter(|t| t.divergence.is_some());
        diverged.count()
    }

    pub fn mean(&self, of: impl Fn(&[f64]) -> f64) -> Estimate {
        let halves: Vec<Vec<f64>> = self
            .chains
            .iter()
            .flat_map(|chain| {
                let values: Vec<f64> = chain.chunks_exact(self.unknowns).map(&of).collect();
                let half = values.len() / 2;
                [
                    values[..half].to_vec(),
                    values[values.len() - half..].to_vec(),
                ]
            })
            .collect();
        estimate(&halves)
    }
}

/// Gelman and Rubin's R-hat and Geyer's effective sample size, as in A. Gelman et al., Bayesian Data Analysis, 3rd edition, 11.4-5.
pub fn estimate(chains: &[Vec<f64>]) -> Estimate {
    let (m, n) = (chains.len() as f64, chains[0].len());
    let average = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let means: Vec<f64> = chains.iter().map(|c| average(c)).collect();
    let mean = average(&means);
    let spread = |v: &[f64], mean: f64| {
        v.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (v.len() as f64 - 1.0)
    };
    let variances: Vec<f64> = chains
        .iter()
        .zip(&means)
        .map(|(c, &mean)| spread(c, mean))
        .collect();
    let within = average(&variances);
    let between = spread(&means, mean);
    let total = within * (n as f64 - 1.0) / n as f64 + between;
    let variogram = |lag: usize| {
        let each = chains.iter().map(|c| {
            let pairs = c.iter().zip(&c[lag..]);
            pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / (n - lag) as f64
        });
        1.0 - each.sum::<f64>() / m / (2.0 * total)
    };
    let mut sum = 0.0;
    let mut lag = 0;
    while lag + 1 < n {
        let pair = variogram(lag) + variogram(lag + 1);
        if pair < 0.0 {
            break;
        }
        sum += pair;
        lag += 2;
    }
    let effective = m * n as f64 / (2.0 * sum - 1.0);
    Estimate {
        mean,
        error: (total / effective).sqrt(),
        r_hat: (total / within).sqrt(),
        effective,
    }
}
