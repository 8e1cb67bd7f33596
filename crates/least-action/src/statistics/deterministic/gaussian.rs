//! Gaussian approximation of the posterior under the strong constraint.

use super::information::Information;
use super::minimum::StrongMinimum;
use super::posterior::StrongPosterior;
use crate::action::Problem;
use crate::error::{Error, Result};
use crate::random::Random;
use crate::statistics::laplace::{describe, Expected, GaussianDraws};
use crate::statistics::LaplaceOptions;

/// Gaussian approximation of a [`StrongPosterior`] about one of its modes. Its covariance of first
/// states and parameters is the inverse of the Gauss-Newton matrix, which is the expected (Fisher)
/// information of the measurements together with the priors: that of nonlinear least squares. That
/// of the path follows by the derivatives of the model's steps.
///
/// ```
/// use least_action::statistics::{LaplaceOptions, StrongLaplace, StrongPosterior};
/// # use std::sync::Arc;
/// # use least_action::{models, ActionOptions, Discretization, Observations, Problem};
/// # let (values, inputs) = (vec![0.9, 1.1, 1.0, 0.8, 1.0], vec![]);
/// # let (start, time_step, points, observed) = (0.0, 0.1, 5, vec![0]);
/// # let data = Observations { start, time_step, points, observed, values, inputs };
/// # let options = ActionOptions {
/// #     measurement_precision: 25.0.into(),
/// #     discretization: Some(Discretization::Rk4),
/// #     ..ActionOptions::default()
/// # };
/// # let problem = Problem::new(Arc::new(models::double_well()?), data, &options)?;
///
/// let posterior = StrongPosterior::new(&problem)?;
/// let laplace = StrongLaplace::new(&posterior, &[1.0; 5], LaplaceOptions::default())?;
/// // Each point was measured with a standard deviation of 0.2. The model tells more.
/// assert!(laplace.deviations().iter().all(|s| *s < 0.2));
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct StrongLaplace {
    posterior: StrongPosterior,
    minimum: StrongMinimum,
    /// True for unknowns at active bounds: first states, then parameters.
    held: Vec<bool>,
    /// For each data set the matrix W of its first state and the parameters, (D + P) x (D + P):
    /// their covariance is W W^T.
    roots: Vec<Vec<f64>>,
    /// Variance of every value of the path, then of the parameters.
    variances: Vec<f64>,
    /// Covariance of the estimated parameters, row by row.
    parameter_covariance: Vec<f64>,
    log_determinant: f64,
    log_evidence: f64,
    growth: f64,
}

impl StrongLaplace {
    /// Expands about the minimum that is reached from `start`: a path, which need not obey the
    /// model, then the estimated parameters.
    ///
    /// # Errors
    /// A start of the wrong length or where the action is not finite; [`Error::Undetermined`] where
    /// data and priors leave first states or parameters undetermined.
    pub fn new(
        posterior: &StrongPosterior,
        start: &[f64],
        options: LaplaceOptions,
    ) -> Result<Self> {
        options.validate()?;
        let mut posterior = posterior.clone();
        let steps = if options.minimize { options.max_iterations } else { 0 };
        let minimum = posterior.minimize(start, &[], steps)?;
        let information = posterior.eliminate()?;
        let unknowns = posterior.reduced(&minimum.unknowns);
        let mut held = vec![false; unknowns.len()];
        if let Some(bounds) = &posterior.bounds {
            bounds.mark_active(&unknowns, &information.gradient(), &mut held);
        }
        let fixed: Vec<Option<f64>> = held.iter().map(|held| held.then_some(0.0)).collect();
        let sizes = information.sizes();
        let triangle = information.triangle(&fixed, 0.0, &sizes);
        if let Some(unknown) = triangle.undetermined(&fixed, &sizes) {
            let direction = triangle.direction(unknown);
            return Err(undetermined(&posterior, &minimum.unknowns, &direction));
        }
        let sets = posterior.elimination.sets.len();
        let roots: Vec<Vec<f64>> = (0..sets).map(|set| triangle.inverse(set)).collect();
        let free = held.iter().filter(|held| !**held).count() as f64;
        let log_determinant = triangle.log_determinant();
        let log_evidence = 0.5 * (free * libm::log(std::f64::consts::TAU) - log_determinant)
            - minimum.value
            + posterior.action.log_data_constant(posterior.factor);
        let mut laplace = StrongLaplace {
            variances: Vec::new(),
            parameter_covariance: Vec::new(),
            posterior,
            minimum,
            held,
            roots,
            log_determinant,
            log_evidence,
            growth: 0.0,
        };
        laplace.fill_variances(&information);
        Ok(laplace)
    }

    fn fill_variances(&mut self, information: &Information) {
        let layout = &self.posterior.layout;
        let (d, p, path) = (layout.dimension, layout.parameters, layout.path_length());
        let width = d + p;
        let mut variances = vec![0.0; layout.unknowns()];
        let mut growth = 0.0f64;
        let sizes = information.sizes();
        for (set, root) in self.roots.iter().enumerate() {
            let (states, parameters) = root.split_at(d * width);
            let elimination = &self.posterior.elimination;
            elimination.carry(set, states, parameters, |point, matrix| {
                for (i, row) in matrix.chunks_exact(width).enumerate() {
                    variances[point * d + i] = row.iter().map(|x| x * x).sum();
                }
            });
            // Rounding of the first state, as the measurements see it: how well the path follows
            // from its first state in these numbers.
            for i in 0..d {
                let unknown = information.unknown(set, i);
                let value = self.minimum.unknowns[elimination.sets[set].start * d + i];
                growth = growth.max(sizes[unknown] * value.abs() * f64::EPSILON);
            }
        }
        let root = &self.roots[0][d * width..];
        let mut covariance = vec![0.0; p * p];
        for i in 0..p {
            for j in 0..p {
                let (a, b) = (&root[i * width..][..width], &root[j * width..][..width]);
                covariance[i * p + j] = a.iter().zip(b).map(|(a, b)| a * b).sum();
            }
            variances[path + i] = covariance[i * p + i];
        }
        self.variances = variances;
        self.parameter_covariance = covariance;
        self.growth = growth;
    }

    /// Problem of the posterior.
    pub fn problem(&self) -> &Problem {
        self.posterior.problem()
    }

    /// The posterior that is approximated.
    pub fn posterior(&self) -> &StrongPosterior {
        &self.posterior
    }

    /// Most probable path, then the estimated parameters.
    pub fn mode(&self) -> &[f64] {
        &self.minimum.unknowns
    }

    /// Negative log posterior at the mode, up to a constant.
    pub fn value(&self) -> f64 {
        self.minimum.value
    }

    /// Standard deviations: the path, points x dimension, then the estimated parameters. 0 for
    /// active bounds.
    pub fn deviations(&self) -> Vec<f64> {
        self.variances.iter().map(|v| v.sqrt()).collect()
    }

    /// Covariance of the estimated parameters, P x P.
    pub fn parameter_covariance(&self) -> &[f64] {
        &self.parameter_covariance
    }

    /// Covariance of the state at each point, points x dimension x dimension.
    pub fn state_covariances(&self) -> Vec<f64> {
        let layout = &self.posterior.layout;
        let d = layout.dimension;
        let width = d + layout.parameters;
        let mut all = vec![0.0; layout.points * d * d];
        for (set, root) in self.roots.iter().enumerate() {
            let (states, parameters) = root.split_at(d * width);
            let elimination = &self.posterior.elimination;
            elimination.carry(set, states, parameters, |point, matrix| {
                for i in 0..d {
                    for j in 0..d {
                        let (a, b) = (&matrix[i * width..][..width], &matrix[j * width..][..width]);
                        let sum = a.iter().zip(b).map(|(a, b)| a * b).sum();
                        all[(point * d + i) * d + j] = sum;
                    }
                }
            });
        }
        all
    }

    /// Natural logarithm of the determinant of the Gauss-Newton matrix of first states and
    /// parameters, without those at active bounds.
    pub fn log_determinant(&self) -> f64 {
        self.log_determinant
    }

    /// Natural logarithm of the evidence of the neighbourhood of this minimum, with measurements and
    /// priors as normalised Gaussian densities. Unknowns without a prior count as uniform with the
    /// density 1 in their own units, so that only differences of the same unknowns mean anything.
    pub fn log_evidence(&self) -> f64 {
        self.log_evidence
    }

    /// Fall of the negative log posterior to the minimum of its quadratic model. Beyond 0.005, a
    /// tenth of a standard deviation, the mode has not been reached.
    pub fn decrease(&self) -> f64 {
        self.minimum.decrease
    }

    /// Minimum that the approximation is about.
    pub fn minimum(&self) -> &StrongMinimum {
        &self.minimum
    }

    /// Change of the measurements by the rounding of the first state, in standard deviations of
    /// their noise. Where it is not small, a path does not follow from its first state in numbers
    /// of this precision, as in chaos over long times.
    pub fn sensitivity_to_rounding(&self) -> f64 {
        self.growth
    }

    /// Numbers of the unknowns at active bounds, among path and parameters.
    pub fn active_bounds(&self) -> impl Iterator<Item = usize> + '_ {
        let layout = &self.posterior.layout;
        let d = layout.dimension;
        let sets = &self.posterior.elimination.sets;
        let place = move |k: usize| match k.checked_sub(sets.len() * d) {
            None => sets[k / d].start * d + k % d,
            Some(p) => layout.path_length() + p,
        };
        let held = self.held.iter().enumerate();
        held.filter(|(_, held)| **held).map(move |(k, _)| place(k))
    }

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
                self.deviate(&mut Random::new(seed, k * ATTEMPTS + attempt), &mut reduced);
                self.posterior.bounds.as_ref().is_none_or(|bounds| {
                    let ends = bounds.lower.iter().zip(&bounds.upper);
                    let at = mode.iter().zip(&reduced).map(|(m, z)| m + z);
                    at.zip(ends).all(|(x, (low, high))| (low..=high).contains(&&x))
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
            draws.values.extend(draw.iter().zip(self.mode()).map(|(c, m)| c + m));
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
        let mut x = step.clone();
        Expected::by_pairs(pairs, |k| {
            self.deviate(&mut Random::new(seed, k as u64), &mut reduced);
            self.expand(&reduced, &mut step);
            let mut both = 0.0;
            for sign in [1.0, -1.0] {
                for (i, x) in x.iter_mut().enumerate() {
                    *x = self.mode()[i] + mean_shift[i] + sign * step[i];
                }
                both += 0.5 * quantity(&x);
            }
            both
        })
    }

    /// Writes the deviation of a draw of first states and parameters from the mode.
    fn deviate(&self, random: &mut Random, into: &mut [f64]) {
        let (d, p) = (self.posterior.layout.dimension, self.posterior.layout.parameters);
        let width = d + p;
        let normal: Vec<f64> = into.iter().map(|_| random.normal()).collect();
        let first = into.len() - p;
        for (set, root) in self.roots.iter().enumerate() {
            let own = normal[set * d..][..d].iter().chain(&normal[first..]);
            for (k, row) in root.chunks_exact(width).enumerate() {
                let sum = row.iter().zip(own.clone()).map(|(w, u)| w * u).sum();
                into[if k < d { set * d + k } else { first + k - d }] = sum;
            }
        }
    }

    /// Writes the change of path and parameters that follows from one of first states and
    /// parameters.
    fn expand(&self, reduced: &[f64], into: &mut [f64]) {
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

/// Error about a direction of first states and parameters that is not determined.
fn undetermined(posterior: &StrongPosterior, mode: &[f64], direction: &[f64]) -> Error {
    let layout = &posterior.layout;
    let d = layout.dimension;
    let sets = &posterior.elimination.sets;
    let mut all = vec![0.0; layout.unknowns()];
    for (set, points) in sets.iter().enumerate() {
        all[points.start * d..][..d].copy_from_slice(&direction[set * d..][..d]);
    }
    all[layout.path_length()..].copy_from_slice(&direction[sets.len() * d..]);
    let size = |x: &f64| 1.0 / (x * x).max(1e-6);
    let sizes: Vec<f64> = mode.iter().map(size).collect();
    Error::Undetermined {
        path: "hessian".into(),
        direction: describe(posterior.problem(), &all, &sizes),
        remedy: "measure more, estimate less, or give these a prior: firstState for first states, \
            estimate.prior for parameters"
            .into(),
    }
}
