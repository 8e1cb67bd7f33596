//! How far a step is held back, by how the last ones turned out.

/// How strongly steps are held back: `factor` times the metric is added to the Hessian.
pub(super) struct Damping {
    pub factor: f64,
    growth: f64,
}

impl Damping {
    /// Minimisations usually begin near a minimum, that of the rung before, where an undamped step is right. From far away the factor grows quickly
    /// enough. Measured on ladders of Lorenz96: 1e-6 to 1e-12 take the same work, 1e-3 half as much again.
    const FIRST: f64 = 1e-8;
    /// Beside the metric this is lost in rounding.
    const LEAST: f64 = 1e-16;
    /// Steps damped like this move nothing.
    const MOST: f64 = 1e20;
    /// A step that keeps its promise lowers the factor by this.
    const RELAXATION: f64 = 0.2;
    /// The first failure raises the factor by this, the next one by its square, and so on.
    const GROWTH: f64 = 4.0;

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

    /// Whether a step is about as long as without damping.
    pub fn negligible(&self) -> bool {
        self.factor <= Self::FIRST
    }

    pub fn exhausted(&self) -> bool {
        self.factor > Self::MOST
    }
}
