//! The density in the coordinates of trajectories.

use super::density::Density;
use super::options::{BoundsMethod, SamplingOptions};
use super::preconditioner::Preconditioner;
use super::transform::Transform;
use crate::error::Result;
use crate::solve::{Bounds, Hessian};

/// Failure to evaluate the potential at a point: an error of the density, or none if a value is not
/// finite.
pub(super) type EvaluationFailure = Option<crate::Error>;

/// Negative logarithms of the density at a point.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct NegativeLogDensity {
    /// Value of the objective: the negative log density in the caller's unknowns.
    pub value: f64,
    /// Negative log density in the coordinates y: the potential energy.
    pub potential: f64,
}

/// Coordinates of a chain: the caller's unknowns x, unbounded ones u if bounds are transformed,
/// whitened ones y: `x = x(u)`, `u = centre + L^-T y`.
pub(super) struct SamplingSpace<T> {
    /// The density.
    pub target: T,
    /// Map from u to x, if bounds are transformed.
    pub transform: Option<Transform>,
    /// Bounds at which trajectories are reflected, if any.
    pub walls: Option<Bounds>,
    /// Map from y to u.
    pub whitening: Preconditioner,
    unknowns: Vec<f64>,
}

impl<T: Density> SamplingSpace<T> {
    /// Coordinates of a density, not whitened yet.
    pub fn new(target: T, options: &SamplingOptions, unknowns: usize) -> Self {
        let bounds = target.bounds().cloned();
        let (transform, walls) = match (&bounds, options.bounds) {
            (None, _) => (None, None),
            (Some(bounds), BoundsMethod::Transform) => (Some(Transform::new(bounds)), None),
            (Some(bounds), BoundsMethod::Reflect) => {
                let (held, walls) = Transform::held(bounds);
                (held, Some(walls))
            }
        };
        SamplingSpace {
            target,
            transform,
            walls,
            whitening: Preconditioner::identity(unknowns),
            unknowns: vec![0.0; unknowns],
        }
    }

    /// Evaluates the density and the gradient of the potential at y.
    pub fn evaluate(
        &mut self,
        y: &[f64],
        gradient: &mut [f64],
    ) -> std::result::Result<NegativeLogDensity, EvaluationFailure> {
        let log_volume = self.place(y);
        let value = self
            .target
            .evaluate(&self.unknowns, gradient)
            .map_err(Some)?;
        if let Some(transform) = &self.transform {
            transform.gradient(gradient);
        }
        self.whitening.gradient(gradient);
        let potential = value - log_volume;
        let zeros: f64 = gradient.iter().map(|g| g * 0.0).sum();
        match potential.is_finite() && zeros == 0.0 {
            true => Ok(NegativeLogDensity { value, potential }),
            false => Err(None),
        }
    }

    /// Caller's unknowns at y.
    pub fn unknowns(&mut self, y: &[f64]) -> &[f64] {
        self.place(y);
        &self.unknowns
    }

    /// True if y is between the walls, or if there are none.
    pub fn within_walls(&mut self, y: &[f64]) -> bool {
        let Some(walls) = &self.walls else {
            return true;
        };
        self.unknowns.copy_from_slice(y);
        self.whitening.outward(&mut self.unknowns);
        !walls.project(&mut self.unknowns)
    }

    /// Computes the caller's unknowns at y. Returns the logarithm of the change of volume from u to
    /// x. The change from y to u is a constant.
    fn place(&mut self, y: &[f64]) -> f64 {
        self.unknowns.copy_from_slice(y);
        self.whitening.outward(&mut self.unknowns);
        if let Some(walls) = &self.walls {
            // The walls hold up to rounding.
            walls.project(&mut self.unknowns);
        }
        match &mut self.transform {
            Some(transform) => transform.outward(&mut self.unknowns),
            None => 0.0,
        }
    }

    /// Unbounded coordinates u of the caller's unknowns.
    ///
    /// # Errors
    /// A density that cannot be evaluated there.
    pub fn unbounded(&mut self, x: &[f64]) -> Result<Vec<f64>> {
        let mut u = x.to_vec();
        if let Some(walls) = &self.walls {
            walls.project(&mut u);
        }
        if let Some(transform) = &self.transform {
            let mut gradient = vec![0.0; x.len()];
            if let Some(bounds) = self.target.bounds() {
                bounds.project(&mut u);
            }
            self.target.evaluate(&u, &mut gradient)?;
            transform.inward(&mut u, &gradient);
        }
        Ok(u)
    }

    /// Takes the structured metric at `centre`, a point in u; `position` changes from u to y.
    /// Nothing changes for densities without second derivatives.
    pub fn whiten(&mut self, form: Hessian, centre: &[f64], position: &mut [f64]) -> Result<()> {
        let mut transform = self.transform.as_mut();
        if let Some(posterior) = self.target.posterior() {
            self.whitening =
                Preconditioner::structured(posterior, transform, form, centre, position)?;
            return Ok(());
        }
        let mut x = centre.to_vec();
        if let Some(transform) = transform.as_deref_mut() {
            transform.outward(&mut x);
        }
        if let Some(derivatives) = self.target.second_derivatives(&x) {
            let (matrix, gradient) = derivatives?;
            self.whitening =
                Preconditioner::dense(matrix, &gradient, transform.as_deref(), centre, position)?;
        }
        Ok(())
    }
}
