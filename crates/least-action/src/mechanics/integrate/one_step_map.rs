use crate::error::Result;
use crate::mechanics::newton::EquationNames;
use crate::mechanics::PhaseSpaceWorkspace;
use crate::solve::dense::size;

/// A map of the phase space that leads from the beginning of a step to its end.
pub(in crate::mechanics) trait OneStepMap {
    fn name(&self) -> &'static str;

    fn energy(&mut self, work: &mut PhaseSpaceWorkspace, time: f64, z: &[f64]) -> Result<f64>;

    /// Makes one step. If it fails, z is the best iterate.
    fn advance(&mut self, step: MapStep, counts: &mut StepCounts) -> Result<()>;
}

/// A step to be made: from `time` to `time + h`.
pub(in crate::mechanics) struct MapStep<'a> {
    pub work: &'a mut PhaseSpaceWorkspace,
    pub time: f64,
    pub h: f64,
    /// State of the step, x and p, 2 D, which it moves.
    pub z: &'a mut [f64],
    /// Tangent: columns of 2 D numbers that are multiplied by the step's derivative.
    pub tangent: Option<&'a mut [f64]>,
}

impl<'a> MapStep<'a> {
    /// Makes a step of the length h from a time on.
    pub fn new(
        work: &'a mut PhaseSpaceWorkspace,
        (time, h): (f64, f64),
        z: &'a mut [f64],
        tangent: Option<&'a mut [f64]>,
    ) -> Self {
        MapStep {
            work,
            time,
            h,
            z,
            tangent,
        }
    }

    /// A further step from the same point, beginning at another time.
    pub fn part(&mut self, time: f64, h: f64) -> MapStep<'_> {
        MapStep::new(self.work, (time, h), self.z, self.tangent.as_deref_mut())
    }
}

/// Numbers of steps, and of Newton iterations in them.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::mechanics) struct StepCounts {
    pub steps: usize,
    pub iterations: usize,
}

/// Names of a step's equations in errors.
pub(super) const EQUATIONS: EquationNames = EquationNames {
    path: "timeStep",
    equations: "the equations of the step",
    matrix: "the Jacobian of the step's equations",
    remedy: "use a shorter time step",
};

/// Size of a change of numbers relative to that of the numbers and of their first values.
pub(super) fn relative(change: &[f64], now: &[f64], first: &[f64]) -> f64 {
    size(change) / size(now).max(size(first)).max(f64::MIN_POSITIVE)
}
