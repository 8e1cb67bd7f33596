//! Boundary-value problem: canonical equations between two ends, with impulses at points in
//! between.

use super::{Boundary, BoundaryOptions};
use crate::error::{check, Error, Result};
use crate::mechanics::impulse::Impulses;
use crate::mechanics::time_grid::TimeGrid;
use crate::mechanics::{Impulse, System};

/// A system on the points of a path, with its conditions at the ends.
#[derive(Clone)]
pub(super) struct BoundaryProblem {
    pub system: System,
    pub grid: TimeGrid,
    /// Flags of the first and the last state that are fixed; p is 0 outside of a free one.
    pub fixed: [bool; 2],
    pub impulses: Impulses,
}

impl BoundaryProblem {
    /// Checks a path and options against the system.
    ///
    /// # Errors
    /// Paths and options that do not fit the system.
    pub fn new(system: System, path: &[f64], options: &BoundaryOptions) -> Result<Self> {
        options.validate()?;
        let d = system.dimension();
        let points = path.len() / d;
        let whole = points * d == path.len();
        if !whole || points < 2 {
            return Err(Error::WrongShape {
                path: "initialPath".into(),
                message: format!(
                    "must be points x {d} numbers of at least two points, got {}",
                    path.len()
                ),
            });
        }
        check::all_finite("initialPath", path)?;
        let grid = TimeGrid {
            start: options.start,
            time_step: options.time_step,
            points,
            steps_per_point: options.steps_per_point,
        };
        let (start, time_step) = (grid.start, grid.time_step);
        let (end, part) = (grid.time(points - 1), grid.step());
        let told_apart = end.is_finite() && end - part < end && start + part > start;
        check::require(
            told_apart,
            "timeStep",
            time_step,
            "so large beside start, and so small, that every step has times of its own",
        )?;
        options.check_sizes(points, d)?;
        let mut impulses: Vec<Impulse> = system.impulses().to_vec();
        if options.boundary == Boundary::EndData {
            let near = |time: f64, end: f64| (time - end).abs() < 1e-6 * time_step;
            impulses.retain(|i| near(i.time, start) || near(i.time, end));
            if impulses.is_empty() {
                return Err(Error::WrongShape {
                    path: "boundary".into(),
                    message: "end-data needs measurements as impulses at the first or the last \
                    point, and there are none; use \"free\" with other data"
                        .into(),
                });
            }
        }
        let impulses = Impulses::at_points(&impulses, d, &grid)?;
        let fixed = match options.boundary {
            Boundary::Free | Boundary::EndData => [false, false],
            Boundary::FixedStart => [true, false],
            Boundary::Fixed => [true, true],
        };
        Ok(BoundaryProblem {
            system,
            grid,
            fixed,
            impulses,
        })
    }

    /// Number of coordinates, D.
    pub fn dimension(&self) -> usize {
        self.system.dimension()
    }

    /// Error that a method found no solution.
    pub fn not_converged(&self, path: &str, iterations: usize, change: f64, remedy: &str) -> Error {
        Error::NotConverged {
            path: path.into(),
            equations: "the canonical equations between the two ends".into(),
            time: self.grid.start,
            iterations,
            change,
            remedy: remedy.into(),
        }
    }

    /// All impulses with the numbers of their points.
    pub fn all_impulses(&self) -> impl Iterator<Item = (usize, &Impulse)> {
        let points = 0..self.grid.points;
        points.flat_map(|point| self.impulses.at(point).iter().map(move |i| (point, i)))
    }

    /// Largest R_m of impulses; 0 without any.
    pub fn largest_precision(&self) -> f64 {
        let precisions = self.all_impulses().map(|(_, impulse)| impulse.precision);
        precisions.fold(0.0, |most, precision| precision.max(most))
    }

    /// True if the state of a point is fixed.
    pub fn is_fixed(&self, point: usize) -> bool {
        (point == 0 && self.fixed[0]) || (point + 1 == self.grid.points && self.fixed[1])
    }

    /// Cost of the impulses: the sum of `(R_m/2) (x - y)^2`.
    pub fn cost_of_impulses(&self, path: &[f64]) -> f64 {
        let d = self.dimension();
        let costs = self.all_impulses().map(|(point, impulse)| {
            let error = path[point * d + impulse.component] - impulse.value;
            impulse.precision * error * error
        });
        0.5 * costs.sum::<f64>()
    }
}
