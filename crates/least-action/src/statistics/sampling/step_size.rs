//! The step size that gives a wanted mean acceptance, by dual averaging (M. D. Hoffman, A. Gelman,
//! J. Mach. Learn. Res. 15, 2014, after Yu. Nesterov).

/// How strongly the logarithm of the step is drawn to `centre`: of trajectories, and of single
/// steps, whose acceptance says less about their size.
const GAMMA: f64 = 0.05;
const GAMMA_OF_WALK: f64 = 0.5;
/// How many iterations the first ones are damped by.
const OFFSET: f64 = 10.0;
/// How fast old steps are forgotten in the mean.
const FORGETTING: f64 = 0.75;

/// Where the adaptation has come to.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StepSize {
    /// The one in use.
    pub size: f64,
    /// What the logarithm of the step is drawn to.
    centre: f64,
    /// Mean of what the acceptance fell short by.
    shortfall: f64,
    /// Mean of the logarithms of steps, later ones counting more.
    mean: f64,
    iterations: usize,
    gamma: f64,
}

impl StepSize {
    pub fn new(size: f64) -> Self {
        StepSize {
            size,
            // Long steps are cheap to try, so the search looks there.
            centre: libm::log(10.0 * size),
            shortfall: 0.0,
            mean: 0.0,
            iterations: 0,
            gamma: GAMMA,
        }
    }

    /// Of a random walk.
    pub fn of_walk(size: f64) -> Self {
        StepSize {
            centre: libm::log(size),
            gamma: GAMMA_OF_WALK,
            ..StepSize::new(size)
        }
    }

    /// After a transition with this acceptance.
    pub fn learn(&mut self, acceptance: f64, target: f64) {
        self.iterations += 1;
        let count = self.iterations as f64;
        let share = 1.0 / (count + OFFSET);
        self.shortfall = (1.0 - share) * self.shortfall + share * (target - acceptance.min(1.0));
        let log = self.centre - self.shortfall * count.sqrt() / self.gamma;
        let share = libm::pow(count, -FORGETTING);
        self.mean = share * log + (1.0 - share) * self.mean;
        self.size = libm::exp(log);
    }

    /// Ends the adaptation with the mean.
    pub fn settle(&mut self) {
        if self.iterations > 0 {
            self.size = libm::exp(self.mean);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_settles_where_the_acceptance_is_the_target() {
        let acceptance = |size: f64| libm::exp(-size * size);
        let mut step = StepSize::new(1e-3);
        for _ in 0..2000 {
            step.learn(acceptance(step.size), 0.8);
        }
        step.settle();
        assert!((acceptance(step.size) - 0.8).abs() < 0.01, "{step:?}");
    }

    #[test]
    fn without_transitions_the_first_size_stays() {
        let mut step = StepSize::new(0.3);
        step.settle();
        assert_eq!(step.size, 0.3);
    }
}
