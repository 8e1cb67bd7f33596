//! Damping of steps, controlled by the gain ratios of the last ones.

/// Strength of the damping: `factor` times the metric is added to the Hessian.
pub(crate) struct Damping {
    pub factor: f64,
    growth: f64,
}

impl Damping {
    /// Least gain ratio (reduction over predicted reduction) of a step that is taken.
    pub const LEAST_GAIN: f64 = 1e-4;
    /// Largest share of the damping in the predicted reduction at which a step is called undamped.
    pub const UNDAMPED: f64 = 0.1;
    /// Number of damped steps in a row with a predicted reduction below the tolerance that end a
    /// minimisation. One is enough if it is not damped.
    pub const QUIET_STEPS: usize = 5;
    /// First factor. Minimisations usually begin near a minimum, that of the rung before, where an
    /// undamped step is right; and where R_f is 1e12 times R_m, directions that only R_m determines
    /// bear no more damping than this. From far away the factor grows quickly enough: on ladders of
    /// Lorenz96, first factors of 1e-8 to 1e-14 take equal work, 1e-3 half as much again.
    const FIRST: f64 = 1e-12;
    /// Least factor after a good step. Smaller ones are lost in rounding beside the metric.
    const LEAST: f64 = 1e-16;
    /// Least factor after a release. Where weights differ by more than 1e15, even a factor that is
    /// lost beside the metric shortens steps in directions that the largest weights do not
    /// determine.
    const SMALLEST: f64 = 1e-40;
    /// Factor of a release.
    const RELEASE: f64 = 1e-4;
    /// Largest factor. Steps with more damping do not move the point.
    const MOST: f64 = 1e20;
    /// Largest factor that is for regularity alone.
    const NEGLIGIBLE: f64 = 1e-8;
    /// Factor by which a step with a gain ratio of 1 lowers the damping.
    const RELAXATION: f64 = 0.1;
    /// Factor by which the first failure raises the damping. The next one raises it by its square,
    /// and so on.
    const GROWTH: f64 = 8.0;

    /// Damping at the beginning of a minimisation.
    pub fn new() -> Self {
        Damping {
            factor: Self::FIRST,
            growth: Self::GROWTH,
        }
    }

    /// Lowers the damping after a step with the gain ratio `gain`, or raises it if that was small.
    pub fn relax(&mut self, gain: f64) {
        let s = 2.0 * gain - 1.0;
        let factor = self.factor * (1.0 - s * s * s).max(Self::RELAXATION);
        self.factor = factor.max(Self::LEAST);
        self.growth = Self::GROWTH;
    }

    /// Lowers the damping after a step whose predicted reduction was small only because it was
    /// damped, if ever so slightly.
    pub fn release(&mut self) {
        self.factor = (self.factor * Self::RELEASE).max(Self::SMALLEST);
    }

    /// Raises the damping after a step that failed.
    pub fn tighten(&mut self) {
        self.factor = self.factor.max(Self::LEAST) * self.growth;
        self.growth *= Self::GROWTH;
    }

    /// Raises the damping after a step that had to be shortened.
    pub fn tighten_once(&mut self) {
        self.growth = Self::GROWTH;
        self.tighten();
        self.growth = Self::GROWTH;
    }

    /// True if the damping is for regularity alone.
    pub fn negligible(&self) -> bool {
        self.factor <= Self::NEGLIGIBLE
    }

    /// True if nothing has called for more damping than at the beginning.
    pub fn least(&self) -> bool {
        self.factor <= Self::FIRST
    }

    /// True if more damping does not help.
    pub fn exhausted(&self) -> bool {
        self.factor > Self::MOST
    }
}
