//! How far a step is held back, by how the last ones turned out.

/// How strongly steps are held back: `factor` times the metric is added to the Hessian.
pub(super) struct Damping {
    pub factor: f64,
    growth: f64,
}

impl Damping {
    /// Minimisations usually begin near a minimum, that of the rung before, where an undamped step is right; and where R_f is 1e12 times R_m, directions that
    /// only R_m holds bear no more than this. From far away the factor grows quickly enough: on ladders of Lorenz96 1e-8 to 1e-14 take the same work, 1e-3
    /// half as much again.
    const FIRST: f64 = 1e-12;
    /// Beside the metric this is lost in rounding.
    const LEAST: f64 = 1e-16;
    /// Steps damped like this move nothing.
    const MOST: f64 = 1e20;
    const NEGLIGIBLE: f64 = 1e-8;
    /// A step that keeps its promise lowers the factor by this.
    const RELAXATION: f64 = 0.1;
    /// The first failure raises the factor by this, the next one by its square, and so on.
    const GROWTH: f64 = 8.0;

    pub fn new() -> Self {
        Damping {
            factor: Self::FIRST,
            growth: Self::GROWTH,
        }
    }

    /// After a step that kept `gain` of what it promised.
    pub fn relax(&mut self, gain: f64) {
        let s = 2.0 * gain - 1.0;
        let factor = self.factor * (1.0 - s * s * s).max(Self::RELAXATION);
        self.factor = factor.max(Self::LEAST);
        self.growth = Self::GROWTH;
    }

    /// After a step that failed.
    pub fn tighten(&mut self) {
        self.factor *= self.growth;
        self.growth *= Self::GROWTH;
    }

    /// Whether the damping is for regularity alone.
    pub fn negligible(&self) -> bool {
        self.factor <= Self::NEGLIGIBLE
    }

    pub fn exhausted(&self) -> bool {
        self.factor > Self::MOST
    }
}
