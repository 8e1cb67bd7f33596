//! The action to second order about a minimum, and an account of minima that are none.

use super::direction::{describe_states, flattest};
use super::free::ParameterAxes;
use super::{LaplaceOptions, FLAT};
use crate::error::{check, Error, Result};
use crate::report::Direction;
use crate::solve::{
    BlockMatrix, Cholesky, Hessian, Objective, RankFactor, SchurComplement, Structured,
};
use crate::statistics::Posterior;

/// Value, gradient and Hessian of a negative log posterior at the point that is taken for its
/// minimum.
pub(super) struct Expansion {
    pub posterior: Posterior,
    pub mode: Vec<f64>,
    pub value: f64,
    pub hessian: BlockMatrix,
    pub gradient: Vec<f64>,
    /// True for unknowns at active bounds; empty if none is bounded.
    pub fixed: Vec<bool>,
}

/// Directions in which there is no minimum.
pub(super) enum NoMinimum {
    /// Directions in which the action does not change, or falls on both sides, in words, with the
    /// movement along them, and with the least second derivative.
    Along {
        directions: Vec<Direction>,
        curvature: f64,
        in_states: bool,
    },
    /// The elements of the Hessian differ too much in size for numbers.
    Unknown,
}

impl Expansion {
    /// Expands about the minimum that is reached from `start`.
    ///
    /// # Errors
    /// Options out of range, a start of the wrong length or where the action is not finite.
    pub fn new(posterior: &Posterior, start: &[f64], options: LaplaceOptions) -> Result<Self> {
        options.validate()?;
        let mut posterior = posterior.clone();
        let unknowns = posterior.layout().unknowns();
        check::length(
            "start",
            start.len(),
            unknowns,
            "points x states, then the estimated parameters",
        )?;
        let mut mode = start.to_vec();
        if options.minimize {
            descend(&mut posterior, &options, &mut mode)?;
        }
        let mut hessian = BlockMatrix::new(posterior.layout());
        let mut gradient = vec![0.0; unknowns];
        let value = posterior.hessian(&mode, options.hessian, &mut hessian, &mut gradient)?;
        let mut fixed = Vec::new();
        if let Some(bounds) = posterior.bounds() {
            fixed = vec![false; unknowns];
            bounds.mark_active(&mode, &gradient, &mut fixed);
        }
        Ok(Expansion {
            posterior,
            mode,
            value,
            hessian,
            gradient,
            fixed,
        })
    }

    /// Second derivatives in each unknown at known others, without those of the residuals; 1 where
    /// they vanish.
    pub fn scale(&self) -> Result<Vec<f64>> {
        let mut posterior = self.posterior.clone();
        let mut first_part = BlockMatrix::new(posterior.layout());
        let mut gradient = vec![0.0; self.mode.len()];
        let form = Hessian::GaussNewton;
        posterior.hessian(&self.mode, form, &mut first_part, &mut gradient)?;
        let mut scale = vec![0.0; self.mode.len()];
        first_part.diagonal(&mut scale);
        for s in &mut scale {
            *s = if *s > 0.0 { *s } else { 1.0 };
        }
        Ok(scale)
    }

    /// Second derivatives in the parameters with the path minimised out; `None` if the path has no
    /// minimum at known parameters.
    pub fn schur_complement(&self) -> Option<SchurComplement> {
        SchurComplement::new(&self.hessian, self.posterior.layout(), &self.fixed)
    }

    /// Factor of the Gauss-Newton Hessian by its square-root form, whose condition number is not
    /// squared: what is wide is then told from what is not determined at all. None if some unknowns
    /// depend on others, or if the Hessian is no minimum's.
    pub fn by_square_root(&self) -> Option<Cholesky> {
        if matches!(self.not_positive(), Error::Saddle { .. }) {
            return None;
        }
        let rows = self.posterior.clone().weighted_rows(&self.mode).ok()?;
        let rank = RankFactor::new(self.posterior.layout(), &rows, &self.fixed)?;
        rank.dependent.is_empty().then_some(rank.factor)
    }

    /// Error about the kind of point at which the Hessian is not positive.
    pub fn not_positive(&self) -> Error {
        let path = "hessian".to_string();
        match self.without_minimum() {
            Err(error) => error,
            Ok(NoMinimum::Unknown) => Error::Undetermined {
                path,
                direction: "what rounding hides".into(),
                remedy: "its elements differ too much in size for numbers; lower modelPrecision"
                    .into(),
            },
            Ok(NoMinimum::Along {
                directions,
                curvature,
                ..
            }) if curvature < -FLAT => Error::Saddle {
                path,
                direction: listed(&directions, Direction::combination),
                curvature,
                remedy: "minimise further or from other starting paths; where the noise is large, \
                    hessian: \"gauss-newton\" leaves out what makes it indefinite"
                    .into(),
            },
            Ok(NoMinimum::Along {
                directions,
                in_states,
                ..
            }) => Error::Undetermined {
                path,
                direction: listed(&directions, Direction::combination),
                remedy: format!(
                    "{} fits as well; {}",
                    listed(&directions, Direction::movement),
                    match in_states {
                        true =>
                            "measure it, give its first value a prior, or tie it to the others by \
                             a larger modelPrecision",
                        false if directions.iter().all(Direction::is_single) =>
                            "measure what depends on it, do not estimate it, or give it a prior",
                        false =>
                            "measure what tells these apart, estimate fewer of them, or give one \
                             a prior; run.identifiability() lists what is known",
                    }
                ),
            },
        }
    }

    /// Directions in which this point is no minimum.
    fn without_minimum(&self) -> Result<NoMinimum> {
        let problem = self.posterior.problem();
        let (path, scale) = (problem.path_length(), self.scale()?);
        if let Some(schur) = self.schur_complement() {
            let axes = ParameterAxes::new(problem, &schur, &scale);
            let sizes = self.sizes();
            let describe =
                |vector: &[f64]| axes.describe(vector, &self.mode, &sizes[path..], f64::INFINITY);
            let curvature = axes.curvatures.first().copied().unwrap_or(1.0);
            if curvature < -FLAT {
                return Ok(NoMinimum::Along {
                    directions: vec![describe(axes.least())],
                    curvature,
                    in_states: false,
                });
            }
            let free = axes.free(&sizes[path..]);
            if !free.is_empty() {
                return Ok(NoMinimum::Along {
                    directions: free.iter().map(|vector| describe(vector)).collect(),
                    curvature,
                    in_states: false,
                });
            }
        }
        // The path itself has no minimum at known parameters.
        let is_held = |k: usize| k >= path || self.fixed.get(k) == Some(&true);
        let held: Vec<bool> = (0..self.mode.len()).map(is_held).collect();
        let found = flattest(&self.posterior, &self.hessian, &scale, &held);
        Ok(match found {
            None => NoMinimum::Unknown,
            Some(found) => NoMinimum::Along {
                directions: vec![describe_states(problem, &found.vector, &self.sizes())],
                curvature: found.curvature,
                in_states: true,
            },
        })
    }

    /// Size of each unknown, beside which its movements are long or short.
    fn sizes(&self) -> Vec<f64> {
        let path = self.posterior.layout().path_length();
        let size = |(k, x): (usize, &f64)| match x.abs() {
            _ if k >= path => super::identifiability::unit(self.posterior.problem(), k, *x),
            0.0 => 1e-3,
            size => size.max(1e-3),
        };
        self.mode.iter().enumerate().map(size).collect()
    }
}

/// Words for all directions.
fn listed(directions: &[Direction], words: impl Fn(&Direction) -> String) -> String {
    let all: Vec<String> = directions.iter().map(words).collect();
    all.join(", or ")
}

/// Tolerance of the minimisation. The mode must be known to a small part of a standard deviation,
/// even if a hundred thousand measurements make the action large.
const TOLERANCE: f64 = 1e-12;

/// Minimises by Gauss-Newton steps and then, if they are wanted, by exact ones.
pub(super) fn descend(
    posterior: &mut Posterior,
    options: &LaplaceOptions,
    x: &mut [f64],
) -> Result<()> {
    let mut by = |hessian| {
        let minimizer = Structured {
            hessian,
            max_iterations: options.max_iterations,
            tolerance: TOLERANCE,
        };
        posterior.minimize(&minimizer, x)
    };
    by(Hessian::GaussNewton)?;
    if options.hessian == Hessian::Exact {
        by(Hessian::Exact)?;
    }
    Ok(())
}
