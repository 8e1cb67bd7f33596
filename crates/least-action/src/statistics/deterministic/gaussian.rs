//! Gaussian approximation of the posterior under the strong constraint.

use super::direction::undetermined;
use super::information::{Information, Triangle};
use super::minimum::StrongMinimum;
use super::posterior::StrongPosterior;
use crate::action::Problem;
use crate::error::Result;
use crate::statistics::laplace::Described;
use crate::statistics::truncation::{IntervalDensity, Truncation};
use crate::statistics::{Identifiability, LaplaceOptions};

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
/// # let none = Observations::default();
/// # let data = Observations { start, time_step, points, observed, values, inputs, ..none };
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
    pub(super) posterior: StrongPosterior,
    minimum: StrongMinimum,
    /// True for unknowns at active bounds: first states, then parameters.
    pub(super) held: Vec<bool>,
    /// For each data set the matrix W of its first state and the parameters, (D + P) x (D + P):
    /// their covariance is W W^T.
    pub(super) roots: Vec<Vec<f64>>,
    /// Variance of every value of the path, then of the parameters.
    variances: Vec<f64>,
    /// Covariance of the estimated parameters, row by row.
    parameter_covariance: Vec<f64>,
    log_determinant: f64,
    log_evidence: f64,
    growth: f64,
    /// Bounds that cut off the Gaussian of first states and parameters, if some do.
    pub(super) truncation: Option<Truncation>,
    /// Mean less mode of path and parameters that these bounds make; zeros if none does.
    pub(super) offset: Vec<f64>,
}

/// Largest change of the measurements by rounding of first states, in standard deviations of their
/// noise, that is none.
const ROUNDING: f64 = 1e-3;

impl StrongLaplace {
    /// Expands about the minimum that is reached from `start`: a path, which need not obey the
    /// model, then the estimated parameters.
    ///
    /// # Errors
    /// A start of the wrong length or where the action is not finite; [`Error::Undetermined`] where
    /// data and priors leave first states or parameters undetermined.
    ///
    /// [`Error::Undetermined`]: crate::Error::Undetermined
    pub fn new(
        posterior: &StrongPosterior,
        start: &[f64],
        options: LaplaceOptions,
    ) -> Result<Self> {
        options.validate()?;
        let mut posterior = posterior.clone();
        let steps = if options.minimize {
            options.max_iterations
        } else {
            0
        };
        let minimum = posterior.minimize(start, &[], steps)?;
        let information = posterior.eliminate()?;
        let unknowns = posterior.reduced(&minimum.unknowns);
        let gradient = information.gradient();
        let mut held = vec![false; unknowns.len()];
        let mut known = vec![None; unknowns.len()];
        if let Some(bounds) = &posterior.bounds {
            bounds.mark_active(&unknowns, &gradient, &mut held);
            for (known, (low, high)) in known.iter_mut().zip(bounds.lower.iter().zip(&bounds.upper))
            {
                *known = (low == high).then_some(0.0);
            }
        }
        // A bound that is active is no knowledge: what the data say beyond it counts as well, and
        // the Gaussian is cut off there.
        let sizes = information.sizes();
        let mut added = vec![0.0; unknowns.len()];
        let mut slope = vec![0.0; unknowns.len()];
        let ends = posterior.ends_from(&unknowns);
        for k in (0..held.len()).filter(|&k| held[k] && known[k].is_none()) {
            added[k] = ends[k].first_precision(gradient[k]);
            slope[k] = -gradient[k];
        }
        let roots: Vec<f64> = added.iter().map(|a| a.sqrt()).collect();
        let triangle = information.triangle(&known, &roots);
        let all: Vec<f64> = sizes.iter().zip(&roots).map(|(s, r)| s.hypot(*r)).collect();
        if let Some(unknown) = triangle.undetermined(&known, &all) {
            let direction = triangle.direction(unknown);
            let mode = &minimum.unknowns;
            return Err(undetermined(&posterior, mode, &direction, &sizes));
        }
        let free = known.iter().filter(|known| known.is_none()).count() as f64;
        let mut laplace = StrongLaplace {
            variances: Vec::new(),
            parameter_covariance: Vec::new(),
            log_evidence: 0.0,
            posterior,
            minimum,
            held,
            roots: Vec::new(),
            log_determinant: 0.0,
            growth: 0.0,
            truncation: None,
            offset: Vec::new(),
        };
        laplace.take(&triangle);
        let log_ratio = laplace.cut(&information, &known, &ends, &mut added, &mut slope);
        laplace.fill_variances(&information);
        let StrongPosterior { action, factor, .. } = &mut laplace.posterior;
        laplace.log_evidence = 0.5
            * (free * libm::log(std::f64::consts::TAU) - laplace.log_determinant)
            - laplace.minimum.value
            + action.log_data_constant(*factor)
            + log_ratio;
        Ok(laplace)
    }

    /// Takes covariance and determinant from a triangle.
    pub(super) fn take(&mut self, triangle: &Triangle) {
        let sets = self.posterior.elimination.sets.len();
        self.roots = (0..sets).map(|set| triangle.inverse(set)).collect();
        self.log_determinant = triangle.log_determinant();
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

    /// Place of every unknown among path and parameters.
    pub(super) fn places(&self) -> Vec<usize> {
        let layout = &self.posterior.layout;
        let d = layout.dimension;
        let sets = self.posterior.elimination.sets.iter();
        let first = sets.flat_map(|set| set.start * d..(set.start + 1) * d);
        first
            .chain(layout.path_length()..layout.unknowns())
            .collect()
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

    /// Means: the path, points x dimension, then the estimated parameters. They are the mode but
    /// for unknowns whose Gaussian is cut off by bounds, and those that depend on them.
    pub fn means(&self) -> Vec<f64> {
        let mode = self.minimum.unknowns.iter();
        mode.zip(&self.offset).map(|(m, o)| m + o).collect()
    }

    /// Standard deviations: the path, points x dimension, then the estimated parameters. Where
    /// bounds cut off the Gaussian they are those of the part within, exact for one bound and by
    /// expectation propagation for several.
    pub fn deviations(&self) -> Vec<f64> {
        self.variances.iter().map(|v| v.sqrt()).collect()
    }

    /// First states and parameters whose Gaussian bounds cut off, among path and parameters.
    pub(super) fn cut_unknowns(&self) -> Vec<usize> {
        let places = self.places();
        let cut = self.truncation.iter();
        cut.flat_map(|cut| cut.unknowns().map(|k| places[k]))
            .collect()
    }

    /// Density of the change of an unknown from its mode, where bounds cut off its Gaussian.
    pub(in crate::statistics) fn cut_density(&self, unknown: usize) -> Option<IntervalDensity> {
        let cut = self.truncation.as_ref()?;
        let place = self.places().iter().position(|&place| place == unknown)?;
        let at = cut.unknowns().position(|k| k == place)?;
        Some(cut.marginals[at])
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
    /// parameters.
    pub fn log_determinant(&self) -> f64 {
        self.log_determinant
    }

    /// Natural logarithm of the evidence of the neighbourhood of this minimum, with measurements
    /// and priors as normalised Gaussian densities. Unknowns without a prior count as uniform with
    /// the density 1 in their own units, so that only differences of the same unknowns mean
    /// anything.
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

    /// True if the minimum was reached and its path follows from its first state in the precision
    /// of numbers, so that the approximation can be trusted.
    pub fn is_well_posed(&self) -> bool {
        self.minimum.is_reached() && self.follows_from_its_start()
    }

    /// True if rounding of the first state moves no measurement by a part of its noise that
    /// matters.
    pub fn follows_from_its_start(&self) -> bool {
        self.growth < ROUNDING
    }

    /// Numbers of the first states and parameters at active bounds, among path and parameters.
    pub fn active_bounds(&self) -> impl Iterator<Item = usize> + '_ {
        let places = self.places().into_iter().zip(&self.held);
        places.filter(|(_, held)| **held).map(|(place, _)| place)
    }

    /// Principal axes of the estimated parameters' covariance; none if no parameter is estimated.
    pub fn identifiability(&self) -> Identifiability {
        self.described().identifiability()
    }

    pub(super) fn described(&self) -> Described<'_> {
        Described {
            problem: self.problem(),
            mode: self.mode(),
            variances: &self.variances,
            covariance: &self.parameter_covariance,
            decrease: self.minimum.decrease,
            active: Vec::new(),
            cut: self.cut_unknowns(),
            draws_need_determinants: false,
        }
    }
}
