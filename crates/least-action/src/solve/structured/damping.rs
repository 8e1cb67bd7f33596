//! Damping of steps, by the gain ratios of the last ones.

/// Strength of the damping: `factor` times the metric is added to the Hessian.
pub(crate) struct Damping {
    pub factor: f64,
    growth: f64,
}

impl Damping {
    /// Least gain ratio (reduction over predicted reduction) of a step that is taken.
    pub const LEAST_GAIN: f64 = 1e-4;
    /// A step is called undamped if the damping, as a part of the quadratic model, is less than
    /// this share of the predicted reduction.
    pub const UNDAMPED: f64 = 0.1;
    /// So many damped steps in a row whose predicted reduction is below the tolerance end a
    /// minimisation; one is enough if it is not damped.
    pub const QUIET_STEPS: usize = 5;
    /// Minimisations usually begin near a minimum, that of the rung before, where an undamped step
    /// is right; and where R_f is 1e12 times R_m, directions that only R_m holds bear no more than
    /// this. From far away the factor grows quickly enough: on ladders of Lorenz96 1e-8 to 1e-14
    /// take the same work, 1e-3 half as much again.
    const FIRST: f64 = 1e-12;
    /// Beside the metric this is lost in rounding.
    const LEAST: f64 = 1e-16;
    /// Where weights differ by more than 1e15, even what is lost beside the metric holds back
    /// directions that the largest weights do not see.
    const SMALLEST: f64 = 1e-40;
    const RELEASE: f64 = 1e-4;
    /// Steps damped like this move nothing.
    const MOST: f64 = 1e20;
    const NEGLIGIBLE: f64 = 1e-8;
    /// A step with a gain ratio of 1 lowers the factor by this.
    const RELAXATION: f64 = 0.1;
    /// The first failure raises the factor by this, the next one by its square, and so on.
    const GROWTH: f64 = 8.0;

    pub fn new() -> Self {
        Damping {
            factor: Self::FIRST,
            growth: Self::GROWTH,
        }
    }

    /// After a step with the gain ratio `gain`.
    pub fn relax(&mut self, gain: f64) {
        let s = 2.0 * gain - 1.0;
        let factor = self.factor * (1.0 - s * s * s).max(Self::RELAXATION);
        self.factor = factor.max(Self::LEAST);
        self.growth = Self::GROWTH;
    }

    /// After a step whose predicted reduction was small only because it was damped, if ever so
    /// slightly.
    pub fn release(&mut self) {
        self.factor = (self.factor * Self::RELEASE).max(Self::SMALLEST);
    }

    /// After a step that failed.
    pub fn tighten(&mut self) {
        self.factor = self.factor.max(Self::LEAST) * self.growth;
        self.growth *= Self::GROWTH;
    }

    /// After a step that had to be shortened.
    pub fn tighten_once(&mut self) {
        self.growth = Self::GROWTH;
        self.tighten();
        self.growth = Self::GROWTH;
    }

    /// Whether the damping is for regularity alone.
    pub fn negligible(&self) -> bool {
        self.factor <= Self::NEGLIGIBLE
    }

    /// Whether nothing has called for more damping than at the beginning.
    pub fn least(&self) -> bool {
        self.factor <= Self::FIRST
    }

    pub fn exhausted(&self) -> bool {
        self.factor > Self::MOST
    }
}
