use crate::error::{check, Result};

/// A time grid: points at equal distances in time, with equal steps between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeGrid {
    /// Time of the first point.
    pub start: f64,
    /// Time between points; negative to go back in time.
    pub time_step: f64,
    /// Number of points, the first included.
    pub points: usize,
    /// Number of steps from one point to the next.
    pub steps_per_point: usize,
}

impl TimeGrid {
    /// Checks the grid.
    ///
    /// # Errors
    /// Numbers that are out of range.
    pub fn validate(&self) -> Result<()> {
        check::finite("start", self.start)?;
        check::finite("timeStep", self.time_step)?;
        let moves = self.time_step != 0.0;
        check::require(moves, "timeStep", self.time_step, "not zero")?;
        check::at_least("points", self.points, 1)?;
        check::at_least("stepsPerPoint", self.steps_per_point, 1)
    }

    /// Time of a point.
    pub fn time(&self, point: usize) -> f64 {
        self.start + point as f64 * self.time_step
    }

    /// Length of a step between points.
    pub fn step(&self) -> f64 {
        self.time_step / self.steps_per_point as f64
    }
}

/// Default number of steps per point.
pub(super) fn one() -> usize {
    1
}
