//! Residuals of the model between time points, one scheme per file.

mod euler;
mod map;
mod midpoint;
mod rk4;
mod simpson_hermite;
mod stencil;
mod trapezoid;

use std::ops::Range;

pub(super) use stencil::ModelRows;
use stencil::Stencil;

use super::grid::{Grid, Segment};
use crate::error::{Error, Result};
use crate::model::{Model, ModelKind, Points, Scratch};

/// How the model's equations are turned into residuals on the time grid.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Discretization {
    /// `x_(n+1) - x_n - h f_n`: first order.
    Euler,
    /// `x_(n+1) - x_n - (h/2) (f_n + f_(n+1))`: second order.
    Trapezoid,
    /// `x_(n+1) - x_n - h F((x_n + x_(n+1)) / 2)`: second order.
    Midpoint,
    /// `x_(n+1) - Phi_h(x_n)` with the classical Runge-Kutta step: fourth order.
    Rk4,
    /// Simpson's rule and the Hermite midpoint on triples of points: fourth order; needs an odd
    /// number of points.
    #[default]
    SimpsonHermite,
    /// `x_(n+1) - F(x_n)`, for models that are maps.
    Map,
}

impl Discretization {
    /// All of them: the list that tests and messages go through.
    pub const ALL: [Discretization; 6] = [
        Discretization::Euler,
        Discretization::Trapezoid,
        Discretization::Midpoint,
        Discretization::Rk4,
        Discretization::SimpsonHermite,
        Discretization::Map,
    ];

    /// Those for flows.
    pub const FLOWS: [Discretization; 5] = [
        Discretization::Euler,
        Discretization::Trapezoid,
        Discretization::Midpoint,
        Discretization::Rk4,
        Discretization::SimpsonHermite,
    ];

    /// What a model is discretised by where nothing is said.
    pub fn default_for(kind: ModelKind) -> Self {
        match kind {
            ModelKind::Flow => Discretization::default(),
            ModelKind::Map => Discretization::Map,
        }
    }

    /// Whether models of this kind can be discretised so.
    pub fn suits(self, kind: ModelKind) -> bool {
        (self == Discretization::Map) == (kind == ModelKind::Map)
    }

    /// The name that options and files use.
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

    pub(crate) fn validate(self, root: &str, kind: ModelKind, points: usize) -> Result<()> {
        if !self.suits(kind) {
            let message = match kind {
                ModelKind::Map => format!("\"{}\" is for flows; the model is a map: use \"map\" or leave it out", self.name()),
                ModelKind::Flow => "\"map\" is for models that are maps; the model is a flow: use another or leave it out".into(),
            };
            return Err(Error::WrongShape {
                path: "discretization".into(),
                message,
            });
        }
        if self == Discretization::SimpsonHermite && points.is_multiple_of(2) {
            return Err(Error::WrongPointCount {
                path: format!("{root}.points"),
                points,
                discretization: self.name().into(),
                need: "an odd number of points (it works on triples that share their ends)".into(),
            });
        }
        Ok(())
    }

    fn scheme(self) -> &'static dyn Scheme {
        match self {
            Discretization::Euler => &euler::Euler,
            Discretization::Trapezoid => &trapezoid::Trapezoid,
            Discretization::Midpoint => &midpoint::Midpoint,
            Discretization::Rk4 => &rk4::Rk4,
            Discretization::SimpsonHermite => &simpson_hermite::SimpsonHermite,
            Discretization::Map => &map::Map,
        }
    }

    /// Paths that evaluating an action keeps in memory, roughly.
    pub(crate) fn paths_in_memory(self) -> usize {
        3 * self.scheme().stages() + 2
    }

    /// The point that each row of residuals belongs to: the first of its interval.
    pub(crate) fn row_points(self, grid: &Grid) -> Vec<usize> {
        let rows = |segment: &Segment| segment.first..segment.first + self.rows(segment.points);
        grid.segments.iter().flat_map(rows).collect()
    }

    /// Steps whose errors a residual states together.
    pub(crate) fn steps_together(self) -> usize {
        self.scheme().stencil().map_or(1, |stencil| stencil.stride)
    }

    /// Residuals per component: every scheme has one row per interval.
    pub(crate) fn rows(self, points: usize) -> usize {
        points - 1
    }
}

/// One way of turning a path into residuals `r`, and its transposed derivative.
///
/// `residuals` and the adjoint `w` are (N - 1) x D, row-major. `pull_back` follows a call of
/// `residuals` at the same path and may use what that left in the workspace.
trait Scheme {
    /// The residuals as sums of states and slopes; none for schemes whose stages depend on each
    /// other.
    fn stencil(&self) -> Option<Stencil>;

    fn stages(&self) -> usize;

    fn residuals(&self, flow: &mut Flow, h: f64, path: &[f64], work: &mut Stages, r: &mut [f64]);

    /// Adds `(dr/dx)^T w` to `path_gradient` and `(dr/dtheta)^T w` to `parameter_gradient`.
    fn pull_back(
        &self,
        flow: &mut Flow,
        h: f64,
        path: &[f64],
        work: &mut Stages,
        w: &[f64],
        gradient: &mut Gradient,
    );
}

/// Which instants the states that a scheme asks for belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Instants {
    /// The points themselves, from the first on.
    Points,
    /// Halfway to the next point.
    Middles,
    /// The next point.
    Ends,
}

/// The model at given parameters, in one segment.
struct Flow<'a> {
    model: &'a dyn Model,
    parameters: &'a [f64],
    scratch: &'a mut Scratch,
    dimension: usize,
    grid: &'a Grid,
    segment: Segment,
}

impl<'a> Flow<'a> {
    fn at<'s>(&self, instants: Instants, states: &'s [f64]) -> Points<'s>
    where
        'a: 's,
    {
        let grid = self.grid;
        let (forcing, first) = match instants {
            Instants::Points => (&grid.points, self.segment.first),
            Instants::Middles => (&grid.middles, self.segment.first),
            Instants::Ends => (&grid.points, self.segment.first + 1),
        };
        let points = states.len() / self.dimension;
        Points {
            states,
            parameters: self.parameters,
            inputs: &forcing.inputs[first * grid.width..(first + points) * grid.width],
            times: &forcing.times[first..first + points],
        }
    }

    /// `kept` is for the transposed derivative at the same states.
    fn evaluate(
        &mut self,
        instants: Instants,
        states: &[f64],
        derivative: &mut [f64],
        kept: &mut [f64],
    ) {
        let at = self.at(instants, states);
        let kept = &mut kept[..at.states.len() / self.dimension * self.model.kept()];
        self.model
            .evaluate_keeping(self.scratch, at, derivative, kept);
    }

    fn pull_back(
        &mut self,
        instants: Instants,
        states: &[f64],
        kept: &[f64],
        adjoint: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        let at = self.at(instants, states);
        let kept = &kept[..at.states.len() / self.dimension * self.model.kept()];
        self.model.pull_back_kept(
            self.scratch,
            at,
            kept,
            adjoint,
            path_gradient,
            parameter_gradient,
        );
    }
}

struct Gradient<'a> {
    path: &'a mut [f64],
    parameters: &'a mut [f64],
}

/// A scheme's memory: per stage the states at which the model is evaluated (unless they are the
/// path itself), the derivative there, and its adjoint.
#[derive(Debug, Clone, Default)]
struct Stages(Vec<Stage>);

#[derive(Debug, Clone)]
struct Stage {
    states: Vec<f64>,
    derivative: Vec<f64>,
    adjoint: Vec<f64>,
    /// What the model keeps for its transposed derivative there.
    kept: Vec<f64>,
}

/// What residuals are taken along: a path, and the model at given parameters.
pub(super) struct Along<'a> {
    pub model: &'a dyn Model,
    pub parameters: &'a [f64],
    pub grid: &'a Grid,
    pub path: &'a [f64],
}

impl Along<'_> {
    fn flow<'a>(&'a self, scratch: &'a mut Scratch, segment: Segment) -> Flow<'a> {
        Flow {
            model: self.model,
            parameters: self.parameters,
            scratch,
            dimension: self.model.dimension(),
            grid: self.grid,
            segment,
        }
    }
}

/// One segment's share of path and residuals, with the memory for it.
#[derive(Debug, Clone)]
struct Part {
    segment: Segment,
    stages: Stages,
    /// Where it is in a path.
    states: Range<usize>,
    /// Where its residuals are.
    rows: Range<usize>,
}

/// Memory for evaluating one discretised model on paths of one length.
#[derive(Debug, Clone)]
pub(super) struct Residuals {
    discretization: Discretization,
    scratch: Scratch,
    parts: Vec<Part>,
    /// (N - 1) x D of each segment, one after the other.
    pub values: Vec<f64>,
}

impl Residuals {
    pub fn new(discretization: Discretization, model: &dyn Model, grid: &Grid) -> Self {
        let d = model.dimension();
        let mut rows = 0;
        let part = |&segment: &Segment| {
            let states = segment.first * d..(segment.first + segment.points) * d;
            let first = rows;
            rows += discretization.rows(segment.points) * d;
            let stage = Stage {
                states: vec![0.0; states.len()],
                derivative: vec![0.0; states.len()],
                adjoint: vec![0.0; states.len()],
                kept: vec![0.0; segment.points * model.kept()],
            };
            Part {
                segment,
                stages: Stages(vec![stage; discretization.scheme().stages()]),
                states,
                rows: first..rows,
            }
        };
        Residuals {
            discretization,
            scratch: Scratch::default(),
            parts: grid.segments.iter().map(part).collect(),
            values: vec![0.0; rows],
        }
    }

    pub fn evaluate(&mut self, along: &Along) {
        let scheme = self.discretization.scheme();
        for part in &mut self.parts {
            let mut flow = along.flow(&mut self.scratch, part.segment);
            let path = &along.path[part.states.clone()];
            let residuals = &mut self.values[part.rows.clone()];
            let h = part.segment.time_step;
            scheme.residuals(&mut flow, h, path, &mut part.stages, residuals);
        }
    }

    /// Adds the gradient of `sum w r` with the adjoint `w`, which is in `values` now, along what
    /// was last given to [`Residuals::evaluate`].
    pub fn pull_back(
        &mut self,
        along: &Along,
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        let scheme = self.discretization.scheme();
        for part in &mut self.parts {
            let mut flow = along.flow(&mut self.scratch, part.segment);
            let mut gradient = Gradient {
                path: &mut path_gradient[part.states.clone()],
                parameters: parameter_gradient,
            };
            let path = &along.path[part.states.clone()];
            let adjoint = &self.values[part.rows.clone()];
            let (h, stages) = (part.segment.time_step, &mut part.stages);
            scheme.pull_back(&mut flow, h, path, stages, adjoint, &mut gradient);
        }
    }
}

/// Adds the transposed difference `x_(n+1) - x_n` of `w`, which all one-step schemes share.
fn difference(path_gradient: &mut [f64], dimension: usize, w: &[f64]) {
    for (g, w) in path_gradient[dimension..].iter_mut().zip(w) {
        *g += w;
    }
    for (g, w) in path_gradient.iter_mut().zip(w) {
        *g -= w;
    }
}
