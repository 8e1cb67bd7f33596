//! What is to be solved: canonical equations between two ends, with impulses at points in between.

use super::{Boundary, BoundaryOptions};
use crate::error::{check, Error, Result};
use crate::mechanics::impulse::Impulses;
use crate::mechanics::{Impulse, System};

/// A system on the points of a path, with its conditions at the ends.
#[derive(Clone)]
pub(super) struct Problem {
    pub system: System,
    pub start: f64,
    pub time_step: f64,
    pub points: usize,
    /// Whether the first and the last state are held; p is 0 outside where they are not.
    pub fixed: [bool; 2],
    impulses: Impulses,
}

impl Problem {
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
        let (start, time_step) = (options.start, options.time_step);
        let end = start + (points - 1) as f64 * time_step;
        let part = time_step / options.steps_per_point as f64;
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
                    message: "end-data needs measurements as impulses at the first or the last point, and there are none; use \"free\" with other data".into(),
                });
            }
        }
        let impulses = Impulses::at_points(&impulses, d, (start, time_step, points))?;
        let fixed = match options.boundary {
            Boundary::Free | Boundary::EndData => [false, false],
            Boundary::FixedStart => [true, false],
            Boundary::Fixed => [true, true],
        };
        Ok(Problem {
            system,
            start,
            time_step,
            points,
            fixed,
            impulses,
        })
    }

    /// D.
    pub fn dimension(&self) -> usize {
        self.system.dimension()
    }

    pub fn time(&self, point: usize) -> f64 {
        self.start + point as f64 * self.time_step
    }

    /// The impulses of a point.
    pub fn impulses(&self, point: usize) -> &[Impulse] {
        self.impulses.at(point)
    }

    /// Lets the impulses of a point strike, or strike back where `direction` is -1; `tangent`:
    /// columns of 2 D numbers.
    pub fn strike(
        &self,
        point: usize,
        direction: f64,
        z: &mut [f64],
        mut tangent: Option<&mut [f64]>,
    ) {
        for impulse in self.impulses(point) {
            impulse.strike(direction, z, tangent.as_deref_mut());
        }
    }

    /// That no way was found from where a method begins.
    pub fn not_converged(&self, path: &str, iterations: usize, change: f64, remedy: &str) -> Error {
        Error::NotConverged {
            path: path.into(),
            equations: "the canonical equations between the two ends".into(),
            time: self.start,
            iterations,
            change,
            remedy: remedy.into(),
        }
    }

    pub fn has_impulses(&self) -> bool {
        !self.impulses.is_empty()
    }

    /// The largest R_m of impulses; 0 without any.
    pub fn largest_precision(&self) -> f64 {
        let points = 0..self.points;
        let all = points.flat_map(|point| self.impulses(point));
        all.fold(0.0, |most, impulse| impulse.precision.max(most))
    }

    /// Whether the state of a point is given.
    pub fn holds(&self, point: usize) -> bool {
        (point == 0 && self.fixed[0]) || (point + 1 == self.points && self.fixed[1])
    }

    /// What impulses cost: the sum of `(R_m/2) (x - y)^2`.
    pub fn cost_of_impulses(&self, path: &[f64]) -> f64 {
        let d = self.dimension();
        let states = path.chunks_exact(d).enumerate();
        let costs = states.flat_map(|(n, x)| {
            let at = self.impulses(n).iter();
            at.map(|i| i.precision * (x[i.component] - i.value) * (x[i.component] - i.value))
        });
        0.5 * costs.sum::<f64>()
    }
}
