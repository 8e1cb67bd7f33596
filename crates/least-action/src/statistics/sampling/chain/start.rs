//! Start of a chain: its position, its metric and the size of its steps.

use super::{Chain, Metric, StepSize, TransitionMethod};
use crate::error::{Error, Result};
use crate::random::Random;
use crate::statistics::Density;

/// Number of times that a random start is moved nearer to the centre.
const MOST_RETREATS: usize = 30;

impl<T: Density> Chain<T> {
    /// Takes the metric at `centre`. The position changes from unbounded coordinates to those of
    /// the metric.
    pub(super) fn whiten(&mut self, centre: &[f64], position: &mut [f64]) -> Result<()> {
        match self.metric {
            Metric::Structured => {
                let space = &mut self.dynamics.space;
                space.whiten(self.options.hessian, centre, position)
            }
            _ => Ok(()),
        }
    }

    /// Moves the start between the walls, if trajectories are reflected at walls. `centre` is in
    /// the coordinates of the metric.
    pub(super) fn move_within_walls(&mut self, centre: &[f64]) {
        // Halve the distance to the centre: the walls enclose a convex set, and the centre is in
        // it.
        for _ in 0..60 {
            if self.dynamics.space.within_walls(&self.current.position) {
                return;
            }
            self.halve_distance(centre);
        }
        self.current.position.copy_from_slice(centre);
    }

    /// Halves the distance of the position from the centre.
    fn halve_distance(&mut self, centre: &[f64]) {
        for (y, centre) in self.current.position.iter_mut().zip(centre) {
            *y = 0.5 * (*y + centre);
        }
    }

    /// Evaluates the density at a random start. If that fails, the start is moved towards the
    /// centre, at which the density can be evaluated.
    pub(super) fn evaluate_random_start(&mut self, centre: &[f64]) -> Result<()> {
        for _ in 0..MOST_RETREATS {
            if self.evaluate_start().is_ok() {
                return Ok(());
            }
            self.halve_distance(centre);
        }
        self.evaluate_start()
    }

    /// Evaluates the density at the start.
    pub(super) fn evaluate_start(&mut self) -> Result<()> {
        let place = self.dynamics.space.unknowns(&self.current.position);
        self.unknowns.copy_from_slice(place);
        let evaluated = self.dynamics.evaluate(&mut self.current);
        evaluated.map_err(|cause| match cause {
            Some(error) => error,
            None => Error::ChainFailed {
                path: "start".into(),
                message: "the density or its gradient is not finite there".into(),
                remedy: "begin where it is".into(),
            },
        })
    }

    /// Starts the adaptation of the step size. The first size is one at which the acceptance of a
    /// single step crosses 0.8.
    pub(super) fn begin_adaptation(&mut self, random: &mut Random) -> Result<()> {
        self.step = match (self.options.step_size, &self.method) {
            (Some(size), _) => StepSize::new(size),
            // The best size for a normal distribution in many dimensions (A. Gelman, W. R. Gilks,
            // G. O. Roberts, Ann. Appl. Probab. 7, 1997).
            (None, TransitionMethod::Metropolis(_)) => {
                StepSize::of_walk(2.38 / (self.current.position.len() as f64).sqrt())
            }
            (None, _) => StepSize::new(self.reasonable_step(self.step.size, random)?),
        };
        Ok(())
    }

    /// Step size at which the acceptance of one step crosses 0.8, found by doubling or halving (M.
    /// D. Hoffman, A. Gelman 2014; the number is Stan's).
    fn reasonable_step(&mut self, from: f64, random: &mut Random) -> Result<f64> {
        const LONGEST: f64 = 1e30;
        const SHORTEST: f64 = 1e-60;
        let mut size = from;
        let mut grows = None;
        loop {
            self.trial.copy_from(&self.current);
            self.dynamics.draw_momentum(&mut self.trial, random);
            let before = self.dynamics.energy(&self.trial);
            let error = match self.dynamics.step(&mut self.trial, size) {
                Ok(()) => self.dynamics.energy(&self.trial) - before,
                Err(_) => f64::INFINITY,
            };
            let good = error < -libm::log(0.8);
            if *grows.get_or_insert(good) != good {
                return Ok(size);
            }
            size *= if good { 2.0 } else { 0.5 };
            let (message, remedy) = match size {
                s if s > LONGEST => (
                    "the density hardly falls anywhere, so that its integral is \
                    probably not finite",
                    "give \
                    priors or bounds to what the data leave free",
                ),
                s if s < SHORTEST => (
                    "no step, however short, keeps the energy: the gradient is \
                    not that of the value, or the density jumps",
                    "check \
                    the gradient, and begin elsewhere",
                ),
                _ => continue,
            };
            return Err(Error::ChainFailed {
                path: format!("chains[{}]", self.number),
                message: message.into(),
                remedy: remedy.into(),
            });
        }
    }
}
