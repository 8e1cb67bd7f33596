//! One step of a trajectory, by the integrator that the options name.

use super::density::Density;
use super::dynamics::Dynamics;
use super::options::Integrator;
use super::sampling_point::SamplingPoint;
use super::space::EvaluationFailure;
use super::{implicit_midpoint, leapfrog};

impl<T: Density> Dynamics<T> {
    /// One step of the trajectory; backward in time if the step is negative. After a failure the
    /// point is of no use.
    pub fn step(&mut self, point: &mut SamplingPoint, step: f64) -> Result<(), EvaluationFailure> {
        self.work.before.copy_from_slice(&point.position);
        match self.integrator {
            Integrator::Leapfrog => leapfrog::step(self, point, step),
            Integrator::ImplicitMidpoint => implicit_midpoint::step(self, point, step),
        }
    }
}
