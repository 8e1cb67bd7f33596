//! Draws from the Gaussian under the strong constraint.

use super::StrongLaplace;
use crate::random::Random;
use crate::statistics::laplace::{random_width, widen};
use crate::statistics::{Expected, GaussianDraws};

impl StrongLaplace {
    /// Independent draws of path and parameters from the Gaussian. Draws of parameters and first
    /// states outside of their bounds are drawn again; those that are rejected again and again are
    /// moved inside. Draw k does not depend on `count`.
    pub fn draws(&self, count: usize, seed: u64) -> GaussianDraws {
        const ATTEMPTS: u64 = 64;
        let unknowns = self.mode().len();
        let mut draws = GaussianDraws {
            values: Vec::with_capacity(count * unknowns),
            moved: 0,
        };
        let mode = self.posterior.reduced(self.mode());
        let mut reduced = vec![0.0; mode.len()];
        let mut draw = vec![0.0; unknowns];
        for k in 0..count as u64 {
            let inside = (0..ATTEMPTS).any(|attempt| {
                let mut random = Random::new(seed, k * ATTEMPTS + attempt);
                self.deviate(&mut random, &mut reduced);
                self.move_within(&mut random, &mut reduced);
                self.posterior.bounds.as_ref().is_none_or(|bounds| {
                    let ends = bounds.lower.iter().zip(&bounds.upper);
                    let at = mode.iter().zip(&reduced).map(|(m, z)| m + z);
                    at.zip(ends)
                        .all(|(x, (low, high))| (low..=high).contains(&&x))
                })
            });
            if let (false, Some(bounds)) = (inside, &self.posterior.bounds) {
                let mut moved: Vec<f64> = mode.iter().zip(&reduced).map(|(m, z)| m + z).collect();
                bounds.project(&mut moved);
                for ((z, x), m) in reduced.iter_mut().zip(moved).zip(&mode) {
                    *z = x - m;
                }
                draws.moved += 1;
            }
            self.expand(&reduced, &mut draw);
            draws
                .values
                .extend(draw.iter().zip(self.mode()).map(|(c, m)| c + m));
        }
        draws
    }

    /// Expected value of `quantity`, as by [`Laplace::expected`](super::super::Laplace::expected).
    pub fn expected(
        &self,
        mut quantity: impl FnMut(&[f64]) -> f64,
        mean_shift: &[f64],
        pairs: usize,
        seed: u64,
    ) -> Expected {
        let mut reduced = vec![0.0; self.held.len()];
        let mut step = vec![0.0; self.mode().len()];
        let means = self.means();
        let mut x = step.clone();
        Expected::by_pairs(pairs, |k| {
            self.deviate(&mut Random::new(seed, k as u64), &mut reduced);
            self.expand(&reduced, &mut step);
            let mut both = 0.0;
            for sign in [1.0, -1.0] {
                for (i, x) in x.iter_mut().enumerate() {
                    *x = means[i] + mean_shift[i] + sign * step[i];
                }
                both += 0.5 * quantity(&x);
            }
            both
        })
    }

    /// Writes the deviation of a draw of first states and parameters from the mean.
    fn deviate(&self, random: &mut Random, into: &mut [f64]) {
        let (d, p) = (
            self.posterior.layout.dimension,
            self.posterior.layout.parameters,
        );
        let width = d + p;
        let normal: Vec<f64> = into.iter().map(|_| random.normal()).collect();
        let wider = random_width(self.problem(), random);
        let first = into.len() - p;
        for (set, root) in self.roots.iter().enumerate() {
            let own = normal[set * d..][..d].iter().chain(&normal[first..]);
            for (k, row) in root.chunks_exact(width).enumerate() {
                let sum = row.iter().zip(own.clone()).map(|(w, u)| w * u).sum();
                into[if k < d { set * d + k } else { first + k - d }] = sum;
            }
        }
        widen(self.problem(), wider, into);
    }

    /// Writes the change of path and parameters that follows from one of first states and
    /// parameters.
    pub(super) fn expand(&self, reduced: &[f64], into: &mut [f64]) {
        let layout = &self.posterior.layout;
        let d = layout.dimension;
        let sets = &self.posterior.elimination.sets;
        let (path, parameters) = into.split_at_mut(layout.path_length());
        for (set, points) in sets.iter().enumerate() {
            path[points.start * d..][..d].copy_from_slice(&reduced[set * d..][..d]);
        }
        parameters.copy_from_slice(&reduced[sets.len() * d..]);
        self.posterior.elimination.propagate(0.0, path, parameters);
    }
}
