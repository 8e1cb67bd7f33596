//! Densities whose moments are known, and helpers to sample them.

use least_action::solve::{Bounds, Objective};
use least_action::statistics::{ess_mean, r_hat, Chain, Density, SamplingOptions, Transition};
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

/// Draws of several chains.
pub struct Draws {
    /// Draws of each chain, draws x unknowns.
    pub chains: Vec<Vec<f64>>,
    pub transitions: Vec<Vec<Transition>>,
    pub unknowns: usize,
}

/// Samples all chains, each with its own density.
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

/// Mean of a quantity, its standard error and R-hat.
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
        let rows = |chain: &Vec<f64>| chain.chunks_exact(self.unknowns).map(&of).collect();
        let values: Vec<Vec<f64>> = self.chains.iter().map(rows).collect();
        let chains: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
        let effective = ess_mean(&chains).unwrap();
        let count = values.iter().flatten().count() as f64;
        let mean = values.iter().flatten().sum::<f64>() / count;
        let squares = values.iter().flatten().map(|x| (x - mean) * (x - mean));
        Estimate {
            mean,
            error: (squares.sum::<f64>() / count / effective).sqrt(),
            r_hat: r_hat(&chains).unwrap(),
            effective,
        }
    }
}
