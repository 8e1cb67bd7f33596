use crate::error::{check, Error, Result};
use crate::mechanics::impulse::Impulses;
use crate::mechanics::{Impulse, Workspace};
use crate::model::MOST_VALUES;
use crate::solve::dense::identity;

/// What an integration found. Where it came to an end before its time, [`Orbit::failure`] says why,
/// and the points are those that were reached.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Orbit {
    /// One per point.
    pub times: Vec<f64>,
    /// points x D, row-major.
    pub x: Vec<f64>,
    /// points x D, row-major: before the impulse, at points that have one (after it, where time
    /// runs backward).
    pub p: Vec<f64>,
    /// points x D, row-major: what the impulses add to p; empty where there are none.
    pub jumps: Vec<f64>,
    /// H at each point, before the impulse.
    pub energy: Vec<f64>,
    /// The largest change of H since the first point, less what impulses changed. It is the error
    /// of the method where H does not depend on time.
    pub energy_error: f64,
    /// The same at the last point, with its sign.
    pub energy_error_end: f64,
    /// Steps of the method.
    pub steps: usize,
    /// Iterations of Newton's method in all steps.
    pub newton_iterations: usize,
    /// The derivative of (x, p) at the last point in (x, p) at the first one (both before their
    /// impulses), 2 D x 2 D, column-major; empty if it was not asked for.
    pub tangent: Vec<f64>,
    /// Why not all points were reached. If Newton's method did not converge, the last point is its
    /// best iterate.
    pub failure: Option<Error>,
}

/// The points of an orbit.
#[derive(Debug, Clone, Copy)]
pub(in crate::mechanics) struct Grid {
    pub start: f64,
    pub time_step: f64,
    pub points: usize,
    pub steps_per_point: usize,
    /// Whether the derivative is wanted.
    pub tangent: bool,
}

/// One step to be made.
pub(in crate::mechanics) struct Leg<'a> {
    pub work: &'a mut Workspace,
    pub time: f64,
    pub h: f64,
    /// x and p, 2 D.
    pub z: &'a mut [f64],
    /// Columns of 2 D numbers, to be multiplied by the step's derivative.
    pub tangent: Option<&'a mut [f64]>,
}

/// The work of steps.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::mechanics) struct Done {
    pub steps: usize,
    pub iterations: usize,
}

/// A map of the phase space.
pub(in crate::mechanics) trait Mover {
    fn name(&self) -> &'static str;

    fn energy(&mut self, work: &mut Workspace, time: f64, x: &[f64], p: &[f64]) -> Result<f64>;

    /// Makes one step. Where it fails, z is the best that was found.
    fn advance(&mut self, leg: Leg, done: &mut Done) -> Result<()>;
}

impl Grid {
    fn validate(&self, dimension: usize) -> Result<()> {
        check::finite("start", self.start)?;
        check::finite("timeStep", self.time_step)?;
        check::require(
            self.time_step != 0.0,
            "timeStep",
            self.time_step,
            "not zero",
        )?;
        check::at_least("points", self.points, 1)?;
        check::at_most("points", self.points, MOST_VALUES / (2 * dimension))?;
        check::at_least("stepsPerPoint", self.steps_per_point, 1)
    }

    fn time(&self, point: usize) -> f64 {
        self.start + point as f64 * self.time_step
    }
}

/// Applies the map from point to point, with impulses in between. Lengths of x0 and p0 have been
/// checked.
///
/// # Errors
/// Numbers that cannot be; what happens on the way is in the result.
pub(in crate::mechanics) fn follow(
    mover: &mut dyn Mover,
    grid: Grid,
    x0: &[f64],
    p0: &[f64],
    impulses: &[Impulse],
) -> Result<Orbit> {
    for (name, values) in [("x", x0), ("p", p0)] {
        check::all_finite(name, values)?;
    }
    let n = x0.len() + p0.len();
    grid.validate(x0.len())?;
    let place = (grid.start, grid.time_step, grid.points);
    let impulses = Impulses::at_points(impulses, x0.len(), place)?;
    let mut tangent = Vec::new();
    if grid.tangent {
        tangent.resize(n * n, 0.0);
        identity(&mut tangent, n);
    }
    let mut run = Run {
        mover,
        grid,
        work: Workspace::default(),
        z: [x0, p0].concat(),
        tangent,
        reference: f64::NAN,
    };
    let mut orbit = Orbit::default();
    orbit.failure = run.all(&impulses, &mut orbit).err();
    orbit.tangent = run.tangent;
    Ok(orbit)
}

/// An integration on its way.
struct Run<'a> {
    mover: &'a mut dyn Mover,
    grid: Grid,
    work: Workspace,
    z: Vec<f64>,
    tangent: Vec<f64>,
    /// What H would be without errors: impulses move it.
    reference: f64,
}

impl Run<'_> {
    fn all(&mut self, impulses: &Impulses, orbit: &mut Orbit) -> Result<()> {
        let last = self.grid.points - 1;
        for point in 0..=last {
            if point > 0 {
                let moved = self.advance(point, orbit);
                self.check_finite(point)?;
                if moved.is_err() {
                    self.record(point, orbit)?;
                    return moved;
                }
            }
            self.record(point, orbit)?;
            let struck = impulses.at(point);
            if !impulses.is_empty() {
                let before = self.z.clone();
                // The derivative is that of the last point before its impulse.
                let mut tangent =
                    (self.grid.tangent && point < last).then_some(self.tangent.as_mut_slice());
                for impulse in struck {
                    impulse.strike(
                        self.grid.time_step.signum(),
                        &mut self.z,
                        tangent.as_deref_mut(),
                    );
                }
                let d = self.z.len() / 2;
                let jumps = self.z[d..].iter().zip(&before[d..]).map(|(a, b)| a - b);
                orbit.jumps.extend(jumps);
            }
            if !struck.is_empty() {
                let (x, p) = self.z.split_at(self.z.len() / 2);
                let time = self.grid.time(point);
                let after = self.mover.energy(&mut self.work, time, x, p)?;
                self.reference += after - orbit.energy[point];
            }
        }
        Ok(())
    }

    /// From the point before to this one.
    fn advance(&mut self, point: usize, orbit: &mut Orbit) -> Result<()> {
        let from = self.grid.time(point - 1);
        let h = self.grid.time_step / self.grid.steps_per_point as f64;
        let mut done = Done::default();
        let mut moved = Ok(());
        for k in 0..self.grid.steps_per_point {
            let leg = Leg {
                work: &mut self.work,
                time: from + k as f64 * h,
                h,
                z: &mut self.z,
                tangent: self.grid.tangent.then_some(self.tangent.as_mut_slice()),
            };
            moved = self.mover.advance(leg, &mut done);
            if moved.is_err() {
                break;
            }
        }
        orbit.steps += done.steps;
        orbit.newton_iterations += done.iterations;
        moved
    }

    fn check_finite(&self, point: usize) -> Result<()> {
        let d = self.z.len() / 2;
        match self.z.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(k) => Err(Error::NotFinite {
                path: "orbit".into(),
                time: self.grid.time(point),
                point,
                state: format!("{}[{}]", if k < d { "x" } else { "p" }, k % d),
                term: format!("the {} orbit", self.mover.name()),
                value: self.z[k],
            }),
        }
    }

    fn record(&mut self, point: usize, orbit: &mut Orbit) -> Result<()> {
        let (x, p) = self.z.split_at(self.z.len() / 2);
        let time = self.grid.time(point);
        let energy = self.mover.energy(&mut self.work, time, x, p)?;
        orbit.times.push(time);
        orbit.x.extend_from_slice(x);
        orbit.p.extend_from_slice(p);
        orbit.energy.push(energy);
        if point == 0 {
            self.reference = energy;
        }
        orbit.energy_error_end = energy - self.reference;
        orbit.energy_error = orbit.energy_error.max(orbit.energy_error_end.abs());
        Ok(())
    }
}
