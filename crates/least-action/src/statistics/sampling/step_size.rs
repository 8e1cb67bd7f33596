//! Adaptation of the step size to a given mean acceptance, by dual averaging (M. D. Hoffman, A.
//! Gelman, J. Mach. Learn. Res. 15, 2014, after Yu. Nesterov).

/// Strength with which the logarithm of the step is drawn to `centre`, for trajectories.
const GAMMA: f64 = 0.05;
/// Strength for single steps, whose acceptance says less about their size.
const GAMMA_OF_WALK: f64 = 0.5;
/// Number of iterations by which the first ones are damped.
const OFFSET: f64 = 10.0;
/// Power by which old steps are forgotten in the mean.
const FORGETTING: f64 = 0.75;

/// Step size with the state of its adaptation.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StepSize {
    /// Current step size, in the time of the metric.
    pub size: f64,
    /// Value that the logarithm of the step is drawn to.
    centre: f64,
    /// Mean of the differences between the target and the acceptance.
    shortfall: f64,
    /// Mean of the logarithms of steps; later ones count more.
    mean: f64,
    iterations: usize,
    gamma: f64,
}

impl StepSize {
    /// Adaptation for trajectories, from a first size on.
    ///
    /// ```
    /// use least_action::statistics::StepSize;
    ///
    /// let mut step = StepSize::new(0.1);
    /// // Steps are accepted more often than wanted, so they become longer.
    /// for _ in 0..10 {
    ///     step.adapt(1.0, 0.8);
    /// }
    /// step.settle();
    /// assert!(step.size > 0.1);
    /// ```
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

    /// Adaptation for a random walk, from a first size on.
    pub fn of_walk(size: f64) -> Self {
        StepSize {
            centre: libm::log(size),
            gamma: GAMMA_OF_WALK,
            ..StepSize::new(size)
        }
    }

    /// Adapts the size after a transition with this acceptance.
    pub fn adapt(&mut self, acceptance: f64, target: f64) {
        self.iterations += 1;
        let count = self.iterations as f64;
        let share = 1.0 / (count + OFFSET);
        self.shortfall = (1.0 - share) * self.shortfall + share * (target - acceptance.min(1.0));
        let log = self.centre - self.shortfall * count.sqrt() / self.gamma;
        let share = libm::pow(count, -FORGETTING);
        self.mean = share * log + (1.0 - share) * self.mean;
        self.size = libm::exp(log);
    }

    /// Ends the adaptation with the mean size.
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
            step.adapt(acceptance(step.size), 0.8);
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
