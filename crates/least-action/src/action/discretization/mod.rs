//! Discretisations: residuals of the model between time points, one scheme per file.

mod euler;
mod jumped_rows;
mod map;
mod midpoint;
mod model_rows;
mod residuals;
mod rk4;
mod scheme;
mod simpson_hermite;
mod stencil;
mod trapezoid;

pub(super) use model_rows::{layout, ModelRows};
pub(super) use residuals::{Along, Residuals};
pub(super) use scheme::Scheme;

use super::grid::{Grid, Segment};
use super::Observations;
use crate::error::{Error, Result};
use crate::model::ModelKind;

/// Rule that turns the model's equations into residuals on the time grid with step h. Default:
/// `simpson-hermite` for flows, `map` for maps.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Discretization {
    /// Explicit Euler scheme of first order: `x_(n+1) - x_n - h f_n`.
    Euler,
    /// Trapezoidal scheme of second order: `x_(n+1) - x_n - (h/2) (f_n + f_(n+1))`.
    Trapezoid,
    /// Implicit midpoint scheme of second order: `x_(n+1) - x_n - h F((x_n + x_(n+1)) / 2)`.
    Midpoint,
    /// Classical Runge-Kutta step of fourth order: `x_(n+1) - Phi_h(x_n)`.
    Rk4,
    /// Simpson's rule and the Hermite midpoint on triples of points, of fourth order. It needs an
    /// odd number of points and pairs of equal steps.
    #[default]
    SimpsonHermite,
    /// Residual of a map, exact: `x_(n+1) - F(x_n)`. It is for models that are maps.
    Map,
}

impl Discretization {
    /// All discretisations, in the order of their declaration.
    pub const ALL: [Discretization; 6] = [
        Discretization::Euler,
        Discretization::Trapezoid,
        Discretization::Midpoint,
        Discretization::Rk4,
        Discretization::SimpsonHermite,
        Discretization::Map,
    ];

    /// Discretisations for flows, in the order of their declaration.
    pub const FLOWS: [Discretization; 5] = [
        Discretization::Euler,
        Discretization::Trapezoid,
        Discretization::Midpoint,
        Discretization::Rk4,
        Discretization::SimpsonHermite,
    ];

    /// Default discretisation of a kind of model: `simpson-hermite` for flows, `map` for maps.
    pub fn default_for(kind: ModelKind) -> Self {
        match kind {
            ModelKind::Flow => Discretization::default(),
            ModelKind::Map => Discretization::Map,
        }
    }

    /// True if the discretisation fits models of this kind.
    pub fn suits(self, kind: ModelKind) -> bool {
        (self == Discretization::Map) == (kind == ModelKind::Map)
    }

    /// True if a step gives the next state outright, without an equation to be solved for it.
    pub fn is_explicit(self) -> bool {
        matches!(
            self,
            Discretization::Euler | Discretization::Rk4 | Discretization::Map
        )
    }

    /// Name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Discretization::Euler => "euler",
            Discretization::Trapezoid => "trapezoid",
            Discretization::Midpoint => "midpoint",
            Discretization::Rk4 => "rk4",
            Discretization::SimpsonHermite => "simpson-hermite",
            Discretization::Map => "map",
        }
    }

    /// Order of the scheme: the error of a path falls with this power of the time step. 0 for maps,
    /// which have none.
    pub fn order(self) -> u32 {
        match self {
            Discretization::Euler => 1,
            Discretization::Trapezoid | Discretization::Midpoint => 2,
            Discretization::Rk4 | Discretization::SimpsonHermite => 4,
            Discretization::Map => 0,
        }
    }

    /// Checks that the discretisation fits the kind of model and the grid of a data set. Paths in
    /// errors begin with `root`.
    pub(crate) fn validate(self, root: &str, kind: ModelKind, set: &Observations) -> Result<()> {
        let points = set.points;
        if !self.suits(kind) {
            let message = match kind {
                ModelKind::Map => format!(
                    "\"{}\" is for flows; the model is a map: use \"map\" or leave it out",
                    self.name()
                ),
                ModelKind::Flow => "\"map\" is for models that are maps; the model is a flow: \
                                    use another or leave it out"
                    .into(),
            };
            return Err(Error::WrongShape {
                path: "discretization".into(),
                message,
            });
        }
        if self == Discretization::Map && !set.times.is_empty() {
            return Err(Error::WrongShape {
                path: format!("{root}.times"),
                message: "are for flows; the model is a map, whose points are one step apart: \
                          give every step a point, with NaN where nothing was measured"
                    .into(),
            });
        }
        if self.steps_together() == 2 {
            set.validate_pairs(root)?;
        }
        let odd = |ends: &[usize]| !(ends[1] - ends[0]).is_multiple_of(2);
        if self == Discretization::SimpsonHermite && set.smooth_ends().windows(2).any(odd) {
            return Err(Error::WrongPointCount {
                path: format!("{root}.points"),
                points,
                discretization: self.name().into(),
                need: "an odd number of points (it works on triples that share their ends)".into(),
            });
        }
        Ok(())
    }

    /// Scheme that computes the residuals.
    pub(super) fn scheme(self) -> &'static dyn Scheme {
        match self {
            Discretization::Euler => &euler::Euler,
            Discretization::Trapezoid => &trapezoid::Trapezoid,
            Discretization::Midpoint => &midpoint::Midpoint,
            Discretization::Rk4 => &rk4::Rk4,
            Discretization::SimpsonHermite => &simpson_hermite::SimpsonHermite,
            Discretization::Map => &map::Map,
        }
    }

    /// Approximate number of paths that evaluating an action keeps in memory.
    pub(crate) fn paths_in_memory(self) -> usize {
        3 * self.scheme().stages() + 2
    }

    /// Point that each row of residuals belongs to, the first of its interval.
    pub(crate) fn row_points(self, grid: &Grid) -> Vec<usize> {
        let rows = |segment: &Segment| segment.first..segment.first + self.rows(segment.points);
        grid.segments.iter().flat_map(rows).collect()
    }

    /// Number of steps whose errors one residual holds together.
    pub(crate) fn steps_together(self) -> usize {
        self.scheme().reach().stride
    }

    /// Number of points that one step touches.
    pub(crate) fn span(self) -> usize {
        self.scheme().reach().span
    }

    /// Number of residuals per component. Every scheme has one row per interval.
    pub(crate) fn rows(self, points: usize) -> usize {
        points - 1
    }
}
