//! Laplace's method: the posterior about a minimum of the action as a Gaussian. Its precision
//! matrix is the Hessian there.

mod bounds;
mod correction;
mod direction;
mod draws;
mod expansion;
mod findings;
mod free;
mod identifiability;
mod one_sided;
mod options;
mod refit;
mod step_determinant;

pub(super) use draws::{random_width, widen};
pub use draws::{Expected, GaussianDraws};
pub(super) use findings::Described;
pub use findings::{LaplaceFinding, LaplaceFindingCode};
pub use identifiability::{Identifiability, ParameterDirection};
pub(super) use one_sided::one_sided;
pub use options::LaplaceOptions;

use super::Posterior;
use crate::action::Problem;
use crate::error::Result;
use crate::solve::Cholesky;
use crate::statistics::truncation::{IntervalDensity, Truncation};
use expansion::Expansion;

/// The Gaussian approximation of a [`Posterior`] about one of its modes (P. S. Laplace 1774; L.
/// Tierney and J. B. Kadane, J. Amer. Statist. Assoc. 81, 1986).
///
/// Covariances are elements of the inverse of the structured factor: O(N D^3) time and O(N D^2)
/// memory, never dense.
///
/// ```
/// use least_action::statistics::{Laplace, LaplaceOptions, Posterior};
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
/// let posterior = Posterior::new(&problem, 100.0)?;
/// let laplace = Laplace::new(&posterior, &[1.0; 5], LaplaceOptions::default())?;
/// // Each point was measured with a standard deviation of 0.2. The model tells more.
/// assert!(laplace.deviations().iter().all(|s| *s < 0.2));
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct Laplace {
    posterior: Posterior,
    options: LaplaceOptions,
    /// Minimum: the path, then the estimated parameters.
    mode: Vec<f64>,
    /// Negative log posterior at the mode.
    value: f64,
    factor: Cholesky,
    /// True for unknowns that are held, at known values or at active bounds; empty if none is
    /// bounded.
    fixed: Vec<bool>,
    /// True for unknowns at active bounds or held; empty if none is bounded.
    active: Vec<bool>,
    /// Bounds that cut off the Gaussian, if some do.
    truncation: Option<Truncation>,
    /// Precision that stands for these bounds in each unknown; empty if none does.
    added: Vec<f64>,
    /// Mean less mode of every unknown that these bounds make; zeros if none does.
    offset: Vec<f64>,
    /// Variance of each unknown.
    variances: Vec<f64>,
    /// Covariance of the estimated parameters, row by row.
    parameter_covariance: Vec<f64>,
    log_evidence: f64,
    /// Fall of the negative log posterior to the minimum of its quadratic model.
    decrease: f64,
}

/// Least second derivative that is more than rounding, in units in which the diagonal of the
/// Hessian is 1.
const FLAT: f64 = 1e-13;

impl Laplace {
    /// Expands about the minimum that is reached from `start`: the path, then the estimated
    /// parameters. The start may have been found with another R_f.
    ///
    /// # Errors
    /// A start of the wrong length or where the action is not finite;
    /// [`Error::Saddle`](crate::Error::Saddle) and
    /// [`Error::Undetermined`](crate::Error::Undetermined) where the action has no quadratic
    /// minimum.
    pub fn new(posterior: &Posterior, start: &[f64], options: LaplaceOptions) -> Result<Self> {
        let expansion = Expansion::new(posterior, start, options)?;
        let mut factor = Cholesky::new(expansion.posterior.layout());
        let unknowns = expansion.mode.len();
        let (truncation, added, fixed, offset) = match expansion.cut(&mut factor) {
            Some(cut) => (Some(cut.truncation), cut.added, cut.fixed, cut.offset),
            None => {
                let fixed = expansion.fixed.clone();
                if factor.factor(&expansion.hessian, &[], &fixed).is_err() {
                    let accurate = expansion.by_square_root();
                    factor = accurate.ok_or_else(|| expansion.not_positive())?;
                }
                (None, Vec::new(), fixed, vec![0.0; unknowns])
            }
        };
        let (mut variances, mut parameter_covariance) =
            marginals(&expansion.posterior, &factor, &fixed);
        // Rounding may leave a pivot of a singular matrix positive.
        let mut diagonal = vec![0.0; variances.len()];
        expansion.hessian.diagonal(&mut diagonal);
        let is_known = |(v, h): (&f64, &f64)| v * h < 1.0 / FLAT;
        if !variances.iter().zip(&diagonal).all(is_known) {
            let accurate = expansion.by_square_root().filter(|_| truncation.is_none());
            factor = accurate.ok_or_else(|| expansion.not_positive())?;
            (variances, parameter_covariance) = marginals(&expansion.posterior, &factor, &fixed);
        }
        let Expansion {
            mut posterior,
            mode,
            value,
            gradient,
            fixed: active,
            ..
        } = expansion;
        let mut step = gradient.clone();
        clear(&mut step, &active);
        factor.solve_lower(&mut step);
        let decrease = 0.5 * step.iter().map(|s| s * s).sum::<f64>();
        let held = fixed.iter().filter(|&&fixed| fixed).count();
        let free = (mode.len() - held) as f64;
        let log_determinants = posterior.log_step_determinants(&mode)?;
        let log_evidence =
            0.5 * (free * libm::log(std::f64::consts::TAU) - factor.log_determinant()) - value
                + posterior.log_constant()
                + truncation.as_ref().map_or(0.0, |cut| cut.log_ratio)
                + log_determinants.iter().map(|(_, log)| log).sum::<f64>();
        Ok(Laplace {
            posterior,
            options,
            mode,
            value,
            factor,
            fixed,
            active,
            truncation,
            added,
            offset,
            variances,
            parameter_covariance,
            log_evidence,
            decrease,
        })
    }

    /// Problem of the posterior.
    pub fn problem(&self) -> &Problem {
        self.posterior.problem()
    }

    /// The posterior that is approximated.
    pub fn posterior(&self) -> &Posterior {
        &self.posterior
    }

    /// Options of the expansion.
    pub fn options(&self) -> &LaplaceOptions {
        &self.options
    }

    /// Most probable path, then the estimated parameters.
    pub fn mode(&self) -> &[f64] {
        &self.mode
    }

    /// Negative log posterior at the mode, up to a constant.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Factor of the Hessian, with the precision that stands for bounds. Rows and columns of
    /// unknowns that are held are those of the identity.
    pub fn factor(&self) -> &Cholesky {
        &self.factor
    }

    /// Means: the path, points x dimension, then the estimated parameters. They are the mode but
    /// for unknowns whose Gaussian is cut off by bounds, and those that depend on them.
    pub fn means(&self) -> Vec<f64> {
        self.mode
            .iter()
            .zip(&self.offset)
            .map(|(m, o)| m + o)
            .collect()
    }

    /// Unknowns whose Gaussian bounds cut off.
    pub(super) fn cut_unknowns(&self) -> Vec<usize> {
        let cut = self.truncation.iter();
        cut.flat_map(|cut| cut.unknowns()).collect()
    }

    /// Density of the change of an unknown from its mode, where bounds cut off its Gaussian.
    pub(in crate::statistics) fn cut_density(&self, unknown: usize) -> Option<IntervalDensity> {
        let cut = self.truncation.as_ref()?;
        let at = cut.unknowns().position(|k| k == unknown)?;
        Some(cut.marginals[at])
    }

    /// Standard deviations: the path, points x dimension, then the estimated parameters. Where
    /// bounds cut off the Gaussian they are those of the part within, exact for one bound and by
    /// expectation propagation for several. 0 for unknowns that had to be held at active bounds.
    pub fn deviations(&self) -> Vec<f64> {
        self.variances.iter().map(|v| v.sqrt()).collect()
    }

    /// Covariance of the estimated parameters, P x P.
    pub fn parameter_covariance(&self) -> &[f64] {
        &self.parameter_covariance
    }

    /// Covariance of the state at each point, points x dimension x dimension. Takes O(N D^3) time.
    pub fn state_covariances(&self) -> Vec<f64> {
        let layout = self.posterior.layout();
        let d = layout.dimension;
        let mut all = vec![0.0; layout.points * d * d];
        self.factor.selected_inverse(|point, panel| {
            if point == layout.points {
                return;
            }
            let rows = panel.len() / d;
            let fixed = |i: usize| self.fixed.get(point * d + i) == Some(&true);
            for k in 0..d {
                for i in (0..d).filter(|&i| !fixed(i) && !fixed(k)) {
                    all[(point * d + k) * d + i] = panel[k * rows + i];
                }
            }
        });
        all
    }

    /// Natural logarithm of the determinant of the Hessian, without the unknowns at active bounds.
    pub fn log_determinant(&self) -> f64 {
        self.factor.log_determinant()
    }

    /// Natural logarithm of the evidence, `log integral of p(data | X) p(X) dX` over the
    /// neighbourhood of this minimum. Measurements, residuals of the model and priors are
    /// normalised Gaussian densities in it, and implicit steps have their determinant. Unknowns
    /// without a prior count as uniform with the density 1 in their own units. So only differences
    /// between levels, and between values of R_f, of the same unknowns mean anything.
    pub fn log_evidence(&self) -> f64 {
        self.log_evidence
    }

    /// Fall of the negative log posterior to the minimum of its quadratic model. Beyond 0.005, a
    /// tenth of a standard deviation, the mode has not been reached.
    pub fn decrease(&self) -> f64 {
        self.decrease
    }

    /// Numbers of the unknowns at active bounds, without those that are held at a known value.
    pub fn active_bounds(&self) -> impl Iterator<Item = usize> + '_ {
        let active = self.active.iter().enumerate();
        let active = active.filter(|(_, &active)| active).map(|(k, _)| k);
        active.filter(|&k| !self.posterior.is_held(k))
    }

    /// True for an unknown that is held.
    fn is_fixed(&self, unknown: usize) -> bool {
        self.fixed.get(unknown) == Some(&true)
    }
}

/// Variances of all unknowns, and the covariance of the parameters.
fn marginals(posterior: &Posterior, factor: &Cholesky, fixed: &[bool]) -> (Vec<f64>, Vec<f64>) {
    let layout = posterior.layout();
    let (d, parameters) = (layout.dimension, layout.parameters);
    let mut variances = vec![0.0; layout.unknowns()];
    let mut covariance = vec![0.0; parameters * parameters];
    factor.selected_inverse(|point, panel| {
        let (first, width) = match point < layout.points {
            true => (point * d, d),
            false => (layout.path_length(), parameters),
        };
        let rows = panel.len() / width;
        for k in 0..width {
            variances[first + k] = panel[k * rows + k];
        }
        if point == layout.points {
            covariance.copy_from_slice(panel);
        }
    });
    clear(&mut variances, fixed);
    for (k, fixed) in fixed.iter().skip(layout.path_length()).enumerate() {
        for other in (0..parameters).filter(|_| *fixed) {
            covariance[k * parameters + other] = 0.0;
            covariance[other * parameters + k] = 0.0;
        }
    }
    (variances, covariance)
}

/// Sets the numbers of unknowns at active bounds to zero.
fn clear(values: &mut [f64], fixed: &[bool]) {
    let held = values.iter_mut().zip(fixed).filter(|(_, &fixed)| fixed);
    held.for_each(|(value, _)| *value = 0.0);
}
