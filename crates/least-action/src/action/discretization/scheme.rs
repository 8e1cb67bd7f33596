//! The interface of a discretisation scheme: residuals of one segment, their transposed derivative,
//! and the rows of their Jacobian and second derivatives.

use std::fmt::Debug;

use crate::action::grid::{Grid, Segment};
use crate::model::{Model, Points, Scratch};

/// One way of turning a path into residuals `r`, with all derivatives of these.
///
/// A scheme whose residuals are sums of states and slopes is a
/// [`StencilScheme`](super::stencil::StencilScheme), which has all of this from its coefficients.
/// Any other one states everything itself: nothing here has a default that could be wrong.
///
/// Residuals and the adjoint `w` are (N - 1) x D, row-major. Everything but [`Scheme::residuals`]
/// follows a call of that at the same path, and may use what it left in the stages.
pub(in crate::action) trait Scheme: Debug + Sync {
    /// Number of states at which the model is evaluated in one step.
    fn stages(&self) -> usize;

    /// Points that a block of residuals touches, and points from one block to the next.
    fn reach(&self) -> Reach;

    fn residuals(&self, flow: &mut Flow, path: &[f64], stages: &mut Stages, r: &mut [f64]);

    /// Adds `(dr/dx)^T w` and `(dr/dtheta)^T w` to the gradient.
    fn pull_back(
        &self,
        flow: &mut Flow,
        path: &[f64],
        stages: &mut Stages,
        w: &[f64],
        gradient: &mut Gradient,
    );

    /// Columns of every row of a block, ascending: `k D + i` is component i of the block's k-th
    /// point, `span D + p` the p-th estimated parameter.
    fn pattern(&self, model: &dyn Model, rows: &mut RowMemory) -> Vec<Vec<u32>>;

    /// Writes the derivatives of all residuals, block by block in the order of
    /// [`Scheme::pattern`].
    fn fill(&self, at: Evaluated, rows: &mut RowMemory, values: &mut [f64]);

    /// Tells `add` the entries (row, column, value) of the lower triangle of `sum w d2r`; rows and
    /// columns count the unknowns of the whole path, then the estimated parameters.
    fn curvature(
        &self,
        at: Evaluated,
        rows: &mut RowMemory,
        w: &[f64],
        add: &mut dyn FnMut(usize, usize, f64),
    );
}

/// Size of a block of residuals on the time grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::action) struct Reach {
    /// Points that a block touches.
    pub span: usize,
    /// Points from one block to the next: the steps whose errors a residual states together.
    pub stride: usize,
}

/// A segment along which residuals have been evaluated.
pub(in crate::action) struct Evaluated<'a> {
    pub flow: Flow<'a>,
    /// The segment's part of the path.
    pub path: &'a [f64],
    pub stages: &'a Stages,
}

/// Memory for the rows of one discretised model.
#[derive(Debug, Clone, Default)]
pub(in crate::action) struct RowMemory {
    /// For every parameter of the model, its place among the estimated ones.
    pub estimated: Vec<Option<usize>>,
    /// Recipes for the entries of a block, of schemes that have the same for every block.
    pub entries: Vec<Entry>,
    /// Entries of the model's Jacobian at all points of a segment.
    pub jacobian: Vec<f64>,
    pub curvature: Vec<f64>,
}

/// One entry of a block's rows: `constant + h sum coefficient * J[place]`.
#[derive(Debug, Clone, Default)]
pub(in crate::action) struct Entry {
    pub constant: f64,
    /// Place in the model's Jacobian, counted from the block's first point; and coefficient.
    pub terms: Vec<(usize, f64)>,
}

/// Instants that the states of a stage belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instants {
    /// The points themselves, from the first on.
    Points,
    /// Halfway to the next point.
    Middles,
    /// The next point.
    Ends,
}

/// The model at given parameters, in one segment.
pub(in crate::action) struct Flow<'a> {
    pub model: &'a dyn Model,
    pub parameters: &'a [f64],
    pub scratch: &'a mut Scratch,
    pub dimension: usize,
    pub grid: &'a Grid,
    pub segment: Segment,
}

impl<'a> Flow<'a> {
    /// The step h.
    pub(super) fn time_step(&self) -> f64 {
        self.segment.time_step
    }

    pub(super) fn at<'s>(&self, instants: Instants, states: &'s [f64]) -> Points<'s>
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
    pub(super) fn evaluate(
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

    pub(super) fn pull_back(
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

pub(in crate::action) struct Gradient<'a> {
    pub path: &'a mut [f64],
    pub parameters: &'a mut [f64],
}

/// A scheme's memory: per stage the states at which the model is evaluated (unless they are the
/// path itself), the derivative there, and its adjoint.
#[derive(Debug, Clone, Default)]
pub(in crate::action) struct Stages(pub Vec<Stage>);

#[derive(Debug, Clone)]
pub(in crate::action) struct Stage {
    pub states: Vec<f64>,
    pub derivative: Vec<f64>,
    pub adjoint: Vec<f64>,
    /// Intermediate values that the model keeps for its transposed derivative there.
    pub kept: Vec<f64>,
}

impl Stages {
    /// Memory of `count` stages at as many points each.
    pub fn new(count: usize, points: usize, model: &dyn Model) -> Self {
        let size = points * model.dimension();
        let stage = Stage {
            states: vec![0.0; size],
            derivative: vec![0.0; size],
            adjoint: vec![0.0; size],
            kept: vec![0.0; points * model.kept()],
        };
        Stages(vec![stage; count])
    }
}
