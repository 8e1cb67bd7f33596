//! Schemes whose residuals are sums of states and slopes. They consist of coefficients, from which
//! residuals, gradient, Jacobian and second derivatives follow.

mod derivatives;
mod evaluate;

use super::scheme::{Evaluated, Flow, Gradient, Instants, Reach, RowMemory, Scheme, Stages};
use crate::model::Model;

/// Discretisation scheme that is defined by its coefficients.
pub(super) trait StencilScheme: std::fmt::Debug + Sync {
    /// Coefficients of the scheme.
    const STENCIL: Stencil;
}

/// Coefficients of the residuals of one block.
pub(super) struct Stencil {
    pub reach: Reach,
    /// Residuals of the block, at most two per component.
    pub rows: &'static [StencilRow],
    /// True if the one slope of every row is taken halfway between its two points, at their mean.
    pub halfway: bool,
    /// True if slopes are multiplied by h.
    pub by_step: bool,
}

/// Coefficients of a residual: `x_to - mean of x_from - (h / divisor) sum_k slopes[k] F_k`. Points
/// are counted from the block's first.
///
/// The mean and the divisor stand apart from the coefficients because that is the order in which
/// numbers are rounded.
pub(super) struct StencilRow {
    pub to: usize,
    pub from: &'static [usize],
    /// Coefficients of the slopes at the block's first points, or of the one slope halfway.
    pub slopes: &'static [f64],
    pub divisor: f64,
}

impl Stencil {
    /// Stencil with one residual per step, of the slopes at the points.
    pub const fn of_step(row: &'static [StencilRow; 1]) -> Self {
        Stencil {
            reach: Reach { span: 2, stride: 1 },
            rows: row,
            halfway: false,
            by_step: true,
        }
    }

    /// Factor of the slopes: h, or 1 for a map.
    fn factor(&self, time_step: f64) -> f64 {
        if self.by_step {
            time_step
        } else {
            1.0
        }
    }

    /// Number of points of a block that slopes are taken at.
    const fn width(&self) -> usize {
        let (mut width, mut row) = (0, 0);
        while row < self.rows.len() {
            if self.rows[row].slopes.len() > width {
                width = self.rows[row].slopes.len();
            }
            row += 1;
        }
        width
    }

    /// The r-th row, or the last one where there are fewer.
    const fn row(&self, r: usize) -> &'static StencilRow {
        match r < self.rows.len() {
            true => &self.rows[r],
            false => &self.rows[self.rows.len() - 1],
        }
    }

    /// Coefficient of the state at the block's k-th point in the r-th row; 0 if there is no such
    /// row.
    const fn coefficient(&self, r: usize, k: usize) -> f64 {
        match r < self.rows.len() {
            true => self.rows[r].state(k),
            false => 0.0,
        }
    }

    fn instants(&self) -> Instants {
        match self.halfway {
            true => Instants::Middles,
            false => Instants::Points,
        }
    }
}

impl StencilRow {
    /// Coefficient of the state at the block's k-th point.
    const fn state(&self, k: usize) -> f64 {
        if k == self.to {
            1.0
        } else if self.is_from(k) {
            -self.share()
        } else {
            0.0
        }
    }

    /// True if the mean takes the state at the block's k-th point.
    const fn is_from(&self, k: usize) -> bool {
        let mut i = 0;
        while i < self.from.len() {
            if self.from[i] == k {
                return true;
            }
            i += 1;
        }
        false
    }

    /// Weight of each state in the mean.
    const fn share(&self) -> f64 {
        match self.from.len() {
            0 | 1 => 1.0,
            count => 1.0 / count as f64,
        }
    }

    /// Coefficient of the slope at the block's k-th point, before it is divided; 0 where the row
    /// takes none.
    const fn slope_at(&self, k: usize) -> f64 {
        match k < self.slopes.len() {
            true => self.slopes[k],
            false => 0.0,
        }
    }
}

impl<S: StencilScheme> Scheme for S {
    fn stages(&self) -> usize {
        1
    }

    fn reach(&self) -> Reach {
        S::STENCIL.reach
    }

    fn residuals(&self, flow: &mut Flow, path: &[f64], stages: &mut Stages, r: &mut [f64]) {
        evaluate::residuals::<S>(flow, path, &mut stages.0[0], r);
    }

    fn pull_back(
        &self,
        flow: &mut Flow,
        path: &[f64],
        stages: &mut Stages,
        w: &[f64],
        gradient: &mut Gradient,
    ) {
        evaluate::pull_back::<S>(flow, path, &mut stages.0[0], w, gradient);
    }

    fn pattern(&self, model: &dyn Model, rows: &mut RowMemory) -> Vec<Vec<u32>> {
        S::STENCIL.pattern(model, rows)
    }

    fn fill(&self, at: Evaluated, rows: &mut RowMemory, values: &mut [f64]) {
        S::STENCIL.fill(at, rows, values);
    }

    fn curvature(
        &self,
        at: Evaluated,
        rows: &mut RowMemory,
        w: &[f64],
        add: &mut dyn FnMut(usize, usize, f64),
    ) {
        S::STENCIL.curvature(at, rows, w, add);
    }
    fn pull_back_rows(
        &self,
        at: Evaluated,
        rows: &mut RowMemory,
        w: &[f64],
        gradient: &mut Gradient,
    ) {
        S::STENCIL.pull_back_rows(at, rows, w, gradient);
    }
}
