//! Draws from the Gaussian approximation.

use super::Laplace;
use crate::action::Problem;
use crate::distribution::chi_square_quantile;
use crate::random::Random;
use crate::solve::Objective;

/// Number of attempts to draw within the bounds.
const ATTEMPTS: u64 = 64;

/// Draws from a Gaussian approximation, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianDraws {
    /// Draws, count x unknowns: the path, then the estimated parameters.
    pub values: Vec<f64>,
    /// Number of draws for which every attempt was outside of the bounds. They were moved to the
    /// nearest point inside.
    pub moved: usize,
}

impl Laplace {
    /// Independent draws, `mode + L^-T z`: exact, and O(N D^2) each. Within bounds the distribution
    /// is the truncated Gaussian: unknowns that bounds cut off are drawn within them, exactly for
    /// one and by a short chain for several, and draws in which others are outside are drawn again.
    /// Those that are rejected again and again are moved inside.
    ///
    /// Draw k does not depend on `count`.
    pub fn draws(&self, count: usize, seed: u64) -> GaussianDraws {
        let unknowns = self.mode.len();
        let mut draws = GaussianDraws {
            values: Vec::with_capacity(count * unknowns),
            moved: 0,
        };
        let mut draw = vec![0.0; unknowns];
        for k in 0..count {
            let inside = (0..ATTEMPTS).any(|attempt| {
                let mut random = Random::new(seed, k as u64 * ATTEMPTS + attempt);
                self.deviate(&mut random, &mut draw);
                self.move_within(&mut random, &mut draw);
                draw.iter_mut().zip(&self.mode).for_each(|(x, m)| *x += m);
                self.is_inside(&draw)
            });
            if let (false, Some(bounds)) = (inside, self.posterior.bounds()) {
                bounds.project(&mut draw);
                draws.moved += 1;
            }
            draws.values.extend_from_slice(&draw);
        }
        draws
    }

    /// Expected value of `quantity` to first order beyond the quadratic: the mean over the Gaussian
    /// about the corrected mean, by pairs of draws on either side of it. Odd parts of `quantity`
    /// are exact in this way. Its quadratic part has the noise of the draws, which is returned.
    ///
    /// `mean_shift` is the result of [`Laplace::mean_shift`], or zeros for the Gaussian itself.
    pub fn expected(
        &self,
        mut quantity: impl FnMut(&[f64]) -> f64,
        mean_shift: &[f64],
        pairs: usize,
        seed: u64,
    ) -> Expected {
        let mut step = vec![0.0; self.mode.len()];
        let means = self.means();
        let mut x = step.clone();
        Expected::by_pairs(pairs, |k| {
            self.deviate(&mut Random::new(seed, k as u64), &mut step);
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

    /// Moves a draw, a deviation from the mean, to one from the mode within the bounds that cut off
    /// the Gaussian.
    fn move_within(&self, random: &mut Random, draw: &mut [f64]) {
        let Some(cut) = &self.truncation else { return };
        draw.iter_mut().zip(&self.offset).for_each(|(x, o)| *x += o);
        let from: Vec<f64> = cut.unknowns().map(|k| draw[k]).collect();
        let mut change = vec![0.0; draw.len()];
        cut.spread(&cut.moves(&from, random), &mut change);
        self.factor.solve(&mut change);
        draw.iter_mut().zip(&change).for_each(|(x, c)| *x += c);
        // Rounding is no violation.
        for one in &cut.bounded {
            let x = &mut draw[one.unknown];
            *x = x.clamp(one.low, one.high);
        }
    }

    /// Writes the deviation `L^-T z` of a draw from the mean, with 0 for unknowns that are held.
    fn deviate(&self, random: &mut Random, into: &mut [f64]) {
        into.iter_mut().for_each(|z| *z = random.normal());
        let wider = random_width(self.problem(), random);
        super::clear(into, &self.fixed);
        self.factor.solve_upper(into);
        widen(self.problem(), wider, into);
    }

    /// Tells whether all unknowns are within their bounds.
    fn is_inside(&self, x: &[f64]) -> bool {
        self.posterior.bounds().is_none_or(|bounds| {
            let ends = bounds.lower.iter().zip(&bounds.upper);
            x.iter()
                .zip(ends)
                .all(|(x, (low, high))| (low..=high).contains(&x))
        })
    }
}

/// Random factor of the deviations of a draw where noise was estimated, so that it has Student's
/// law: the root of the degrees of freedom over a chi-square variable. 1 where the noise is known.
pub(in crate::statistics) fn random_width(problem: &Problem, random: &mut Random) -> f64 {
    let degrees = problem.noise_degrees();
    match degrees.is_finite() {
        true => (degrees / chi_square_quantile(random.uniform([0.0, 1.0]), degrees)).sqrt(),
        false => 1.0,
    }
}

/// Multiplies deviations of path and parameters, but not of the logarithms of noise.
pub(in crate::statistics) fn widen(problem: &Problem, by: f64, deviations: &mut [f64]) {
    if by != 1.0 {
        let own = deviations.len() - problem.noise_parameters();
        deviations[..own].iter_mut().for_each(|x| *x *= by);
    }
}

/// Expected value of a quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Estimate of the expected value.
    pub value: f64,
    /// Standard error of the estimate, as the number of draws is finite; NaN for a single pair.
    pub error: f64,
}

impl Expected {
    /// Mean of the means of pairs of draws, by number, with its standard error (B. P. Welford,
    /// Technometrics 4, 1962).
    pub(in crate::statistics) fn by_pairs(
        pairs: usize,
        mut mean_of_pair: impl FnMut(usize) -> f64,
    ) -> Self {
        let (mut mean, mut squares) = (0.0, 0.0);
        for k in 0..pairs {
            let both = mean_of_pair(k);
            let before = both - mean;
            mean += before / (k + 1) as f64;
            squares += before * (both - mean);
        }
        let n = pairs as f64;
        Expected {
            value: mean,
            error: (squares / (n * (n - 1.0))).sqrt(),
        }
    }
}
