use super::one_step_map::{MapStep, OneStepMap, StepCounts};
use crate::error::{check, Error, Result};
use crate::mechanics::impulse::Impulses;
use crate::mechanics::time_grid::TimeGrid;
use crate::mechanics::{Impulse, PhaseSpaceWorkspace};
use crate::model::MOST_VALUES;
use crate::solve::dense::identity;

/// Points of an orbit. If it came to an end before its time, [`Orbit::failure`] has the reason, and
/// the points are those that were reached.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Orbit {
    /// Times of the points.
    pub times: Vec<f64>,
    /// Coordinates x, points x D, row-major.
    pub x: Vec<f64>,
    /// Momenta p, points x D, row-major, before the impulse at points that have one (after it,
    /// where time runs backward).
    pub p: Vec<f64>,
    /// Jumps of p by impulses, points x D, row-major; empty if there are none.
    pub jumps: Vec<f64>,
    /// Energy H at each point, before the impulse.
    pub energy: Vec<f64>,
    /// Largest change of H since the first point, less the changes by impulses. It is the error of
    /// the method where H does not depend on time.
    pub energy_error: f64,
    /// Change of H at the last point, with its sign, less the changes by impulses.
    pub energy_error_end: f64,
    /// Number of steps of the method.
    pub steps: usize,
    /// Number of Newton iterations in all steps.
    pub newton_iterations: usize,
    /// Derivative of (x, p) at the last point in (x, p) at the first one (both before their
    /// impulses), 2 D x 2 D, column-major; empty if it was not asked for.
    pub tangent: Vec<f64>,
    /// The reason why not all points were reached; `None` if all were. If Newton's method did not
    /// converge, the last point is its best iterate.
    pub failure: Option<Error>,
}

/// Applies the map from point to point, with impulses in between; computes the derivative of the
/// last point if `tangent` is wanted. The caller has checked the lengths of x0 and p0.
///
/// # Errors
/// Numbers that are out of range. An orbit that comes to an end early is no error: the result has
/// the reason.
pub(in crate::mechanics) fn follow(
    map: &mut dyn OneStepMap,
    grid: TimeGrid,
    (x0, p0): (&[f64], &[f64]),
    impulses: &[Impulse],
    tangent: bool,
) -> Result<Orbit> {
    for (name, values) in [("x", x0), ("p", p0)] {
        check::all_finite(name, values)?;
    }
    let n = x0.len() + p0.len();
    grid.validate()?;
    check::at_most("points", grid.points, MOST_VALUES / n)?;
    let impulses = Impulses::at_points(impulses, x0.len(), &grid)?;
    let mut integration = OrbitIntegration {
        map,
        grid,
        work: PhaseSpaceWorkspace::default(),
        z: [x0, p0].concat(),
        tangent: tangent.then(|| {
            let mut tangent = vec![0.0; n * n];
            identity(&mut tangent, n);
            tangent
        }),
        reference: f64::NAN,
    };
    let mut orbit = Orbit::default();
    orbit.failure = integration.all(&impulses, &mut orbit).err();
    orbit.tangent = integration.tangent.unwrap_or_default();
    Ok(orbit)
}

/// State of an integration between two points.
struct OrbitIntegration<'a> {
    map: &'a mut dyn OneStepMap,
    grid: TimeGrid,
    work: PhaseSpaceWorkspace,
    z: Vec<f64>,
    /// Derivative so far, if it is wanted.
    tangent: Option<Vec<f64>>,
    /// Energy H without errors of the method: only impulses change it.
    reference: f64,
}

impl OrbitIntegration<'_> {
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
            if impulses.is_empty() {
                continue;
            }
            let d = self.z.len() / 2;
            let before = self.z[d..].to_vec();
            // The derivative is that of the last point before its impulse.
            let tangent = self.tangent.as_deref_mut().filter(|_| point < last);
            let direction = self.grid.time_step.signum();
            impulses.apply(point, direction, &mut self.z, tangent);
            let jumps = self.z[d..].iter().zip(&before).map(|(a, b)| a - b);
            orbit.jumps.extend(jumps);
            if !impulses.at(point).is_empty() {
                let time = self.grid.time(point);
                let after = self.map.energy(&mut self.work, time, &self.z)?;
                self.reference += after - orbit.energy[point];
            }
        }
        Ok(())
    }

    /// Moves from the point before to this one.
    fn advance(&mut self, point: usize, orbit: &mut Orbit) -> Result<()> {
        let (from, h) = (self.grid.time(point - 1), self.grid.step());
        let mut counts = StepCounts::default();
        let moved = (0..self.grid.steps_per_point).try_for_each(|k| {
            let (at, tangent) = ((from + k as f64 * h, h), self.tangent.as_deref_mut());
            let step = MapStep::new(&mut self.work, at, &mut self.z, tangent);
            self.map.advance(step, &mut counts)
        });
        orbit.steps += counts.steps;
        orbit.newton_iterations += counts.iterations;
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
                term: format!("the {} orbit", self.map.name()),
                value: self.z[k],
            }),
        }
    }

    fn record(&mut self, point: usize, orbit: &mut Orbit) -> Result<()> {
        let time = self.grid.time(point);
        let energy = self.map.energy(&mut self.work, time, &self.z)?;
        let (x, p) = self.z.split_at(self.z.len() / 2);
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
