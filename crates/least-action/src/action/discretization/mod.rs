//! Residuals of the model between time points, one scheme per file.

mod euler;
mod midpoint;
mod rk4;
mod simpson_hermite;
mod trapezoid;

use crate::error::{Error, Result};
use crate::model::{Model, Scratch};

/// How the model's equations are turned into residuals on the time grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
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
    /// Simpson's rule and the Hermite midpoint on triples of points: fourth order; needs an odd number of points.
    #[default]
    SimpsonHermite,
}

impl Discretization {
    /// All of them: the list that tests and messages go through.
    pub const ALL: [Discretization; 5] = [
        Discretization::Euler,
        Discretization::Trapezoid,
        Discretization::Midpoint,
        Discretization::Rk4,
        Discretization::SimpsonHermite,
    ];

    /// The name that options and files use.
    pub fn name(self) -> &'static str {
        match self {
            Discretization::Euler => "euler",
            Discretization::Trapezoid => "trapezoid",
            Discretization::Midpoint => "midpoint",
            Discretization::Rk4 => "rk4",
            Discretization::SimpsonHermite => "simpson-hermite",
        }
    }

    pub(crate) fn validate(self, path: &str, points: usize) -> Result<()> {
        if self == Discretization::SimpsonHermite && points.is_multiple_of(2) {
            return Err(Error::WrongPointCount {
                path: path.into(),
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
        }
    }

    /// Paths that evaluating an action keeps in memory, roughly.
    pub(crate) fn paths_in_memory(self) -> usize {
        3 * self.scheme().stages() + 2
    }

    /// Residuals per component: every scheme has one row per interval.
    pub(crate) fn rows(self, points: usize) -> usize {
        points - 1
    }
}

/// One way of turning a path into residuals `r`, and its transposed derivative.
///
/// `residuals` and the adjoint `w` are (N - 1) x D, row-major. `pull_back` follows a call of `residuals` at the same path and may use what that left in the workspace.
trait Scheme {
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

/// The model at given parameters.
struct Flow<'a> {
    model: &'a dyn Model,
    parameters: &'a [f64],
    scratch: &'a mut Scratch,
    dimension: usize,
}

impl Flow<'_> {
    fn evaluate(&mut self, path: &[f64], derivative: &mut [f64]) {
        self.model
            .evaluate(self.scratch, path, self.parameters, derivative);
    }

    fn pull_back(
        &mut self,
        path: &[f64],
        adjoint: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        self.model.pull_back(
            self.scratch,
            path,
            self.parameters,
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

/// A scheme's memory: per stage the states at which the model is evaluated (unless they are the path itself), the
/// derivative there, and its adjoint.
#[derive(Debug, Clone, Default)]
struct Stages(Vec<Stage>);

#[derive(Debug, Clone)]
struct Stage {
    states: Vec<f64>,
    derivative: Vec<f64>,
    adjoint: Vec<f64>,
}

/// What residuals are taken along: a path, and the model at given parameters.
pub(super) struct Along<'a> {
    pub model: &'a dyn Model,
    pub parameters: &'a [f64],
    pub time_step: f64,
    pub path: &'a [f64],
}

impl Along<'_> {
    fn flow<'a>(&'a self, scratch: &'a mut Scratch) -> Flow<'a> {
        Flow {
            model: self.model,
            parameters: self.parameters,
            scratch,
            dimension: self.model.dimension(),
        }
    }
}

/// Memory for evaluating one discretised model on paths of one length.
#[derive(Debug, Clone)]
pub(super) struct Residuals {
    discretization: Discretization,
    scratch: Scratch,
    stages: Stages,
    /// (N - 1) x D.
    pub values: Vec<f64>,
}

impl Residuals {
    pub fn new(discretization: Discretization, model: &dyn Model, points: usize) -> Self {
        let size = points * model.dimension();
        let stage = Stage {
            states: vec![0.0; size],
            derivative: vec![0.0; size],
            adjoint: vec![0.0; size],
        };
        Residuals {
            discretization,
            scratch: model.scratch(),
            stages: Stages(vec![stage; discretization.scheme().stages()]),
            values: vec![0.0; discretization.rows(points) * model.dimension()],
        }
    }

    pub fn evaluate(&mut self, along: &Along) {
        let (scheme, mut flow) = (self.discretization.scheme(), along.flow(&mut self.scratch));
        let (h, path) = (along.time_step, along.path);
        scheme.residuals(&mut flow, h, path, &mut self.stages, &mut self.values);
    }

    /// Adds the gradient of `sum w r` with the adjoint `w = weight * r`, along what was last given to [`Residuals::evaluate`]. The residuals are overwritten.
    pub fn pull_back(
        &mut self,
        along: &Along,
        weight: f64,
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        for value in &mut self.values {
            *value *= weight;
        }
        let (scheme, mut flow) = (self.discretization.scheme(), along.flow(&mut self.scratch));
        let mut gradient = Gradient {
            path: path_gradient,
            parameters: parameter_gradient,
        };
        scheme.pull_back(
            &mut flow,
            along.time_step,
            along.path,
            &mut self.stages,
            &self.values,
            &mut gradient,
        );
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
