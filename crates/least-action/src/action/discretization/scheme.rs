//! Interface of a discretisation scheme: residuals of one segment, their transposed derivative, and
//! the rows of their Jacobian and second derivatives.

use std::fmt::Debug;

use crate::action::grid::{Grid, Segment};
use crate::model::{Model, Points, Scratch};

/// Discretisation scheme: turns a path into residuals `r`, with all derivatives of these.
///
/// A scheme whose residuals are sums of states and slopes is a
/// [`StencilScheme`](super::stencil::StencilScheme), which has all of this from its coefficients.
/// Any other one implements every method: nothing here has a default that could be wrong.
///
/// Residuals and the adjoint `w` are (N - 1) x D, row-major. All methods but [`Scheme::residuals`]
/// follow a call of that at the same path, and may use the values that it left in the stages.
pub(in crate::action) trait Scheme: Debug + Sync {
    /// Number of states at which the model is evaluated in one step.
    fn stages(&self) -> usize;

    /// Number of points that a block of residuals touches, and of points from one block to the
    /// next.
    fn reach(&self) -> Reach;

    /// Writes the residuals along the path of one segment.
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

    /// Writes the derivatives of all residuals, block by block in the order of [`Scheme::pattern`].
    fn fill(&self, at: Evaluated, rows: &mut RowMemory, values: &mut [f64]);

    /// Adds the gradient of `sum w * entry` to the gradient, over the entries in states that
    /// [`Scheme::fill`] writes; `w` is in their order, and those of entries in parameters are not
    /// read. It differentiates the determinants of implicit steps. Explicit ones have the
    /// determinant 1 and add nothing.
    fn pull_back_rows(
        &self,
        at: Evaluated,
        rows: &mut RowMemory,
        w: &[f64],
        gradient: &mut Gradient,
    );

    /// Computes the entries (row, column, value) of the lower triangle of `sum w d2r` and passes
    /// them to `add`. Rows and columns count the unknowns of the whole path, then the estimated
    /// parameters.
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
    /// Number of points that a block touches.
    pub span: usize,
    /// Number of points from one block to the next: the steps whose errors one residual holds
    /// together.
    pub stride: usize,
}

/// Segment along which residuals have been evaluated.
pub(in crate::action) struct Evaluated<'a> {
    pub flow: Flow<'a>,
    /// Part of the path that belongs to the segment.
    pub path: &'a [f64],
    pub stages: &'a Stages,
}

/// Memory for the rows of one discretised model.
#[derive(Debug, Clone, Default)]
pub(in crate::action) struct RowMemory {
    /// Place of every parameter of the model among the estimated ones.
    pub estimated: Vec<Option<usize>>,
    /// Rules for the entries of a block, in schemes where they are alike for every block.
    pub entries: Vec<JacobianEntry>,
    /// Entries of the model's Jacobian at all points of a segment.
    pub jacobian: Vec<f64>,
    /// Entries of the model's second derivatives at all points of a segment.
    pub curvature: Vec<f64>,
    /// Gradient in the states halfway between points.
    pub at_middles: Vec<f64>,
}

/// Rule for one entry of a block's rows: `constant + h sum coefficient * J[place]`.
#[derive(Debug, Clone, Default)]
pub(in crate::action) struct JacobianEntry {
    pub constant: f64,
    /// Places in the model's Jacobian, counted from the block's first point, with their
    /// coefficients.
    pub terms: Vec<(usize, f64)>,
}

/// Instants that the states of a stage belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instants {
    /// Instants of the points themselves, from the first on.
    Points,
    /// Instants halfway to the next point.
    Middles,
    /// Instants of the next points.
    Ends,
}

/// Model at given parameters, in one segment.
pub(in crate::action) struct Flow<'a> {
    pub model: &'a dyn Model,
    pub parameters: &'a [f64],
    pub scratch: &'a mut Scratch,
    pub dimension: usize,
    pub grid: &'a Grid,
    pub segment: Segment,
    /// Position of the segment's first point in the times and inputs of pieces.
    pub side: usize,
}

impl<'a> Flow<'a> {
    /// True if all steps of the segment are of one length.
    pub(super) fn is_even(&self) -> bool {
        self.grid.steps.is_empty()
    }

    /// Time from the n-th point of the segment to the next one, h, in the model's unit of time.
    #[inline(always)]
    pub(super) fn step(&self, n: usize) -> f64 {
        self.grid.step(&self.segment, n)
    }

    pub(super) fn at<'s>(&self, instants: Instants, states: &'s [f64]) -> Points<'s>
    where
        'a: 's,
    {
        let grid = self.grid;
        let (forcing, first) = match instants {
            Instants::Points => (grid.piece_points(), self.side),
            Instants::Middles => (&grid.middles, self.side),
            Instants::Ends => (grid.piece_points(), self.side + 1),
        };
        let points = states.len() / self.dimension;
        Points {
            states,
            parameters: self.parameters,
            inputs: &forcing.inputs[first * grid.width..(first + points) * grid.width],
            times: &forcing.times[first..first + points],
        }
    }

    /// Evaluates the model. Intermediate values for the transposed derivative at the same states
    /// are written to `kept`.
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

/// Gradient that is added to: its parts in the path of one segment and in all parameters.
pub(in crate::action) struct Gradient<'a> {
    pub path: &'a mut [f64],
    pub parameters: &'a mut [f64],
}

/// Memory of a scheme: for each stage the states at which the model is evaluated (unless they are
/// the path itself), the derivative there, and its adjoint.
#[derive(Debug, Clone, Default)]
pub(in crate::action) struct Stages(pub Vec<Stage>);

/// Memory of one stage.
#[derive(Debug, Clone)]
pub(in crate::action) struct Stage {
    pub states: Vec<f64>,
    pub derivative: Vec<f64>,
    pub adjoint: Vec<f64>,
    /// Intermediate values that the model keeps for its transposed derivative at the stage's
    /// states.
    pub kept: Vec<f64>,
}

impl Stages {
    /// Memory of `count` stages at `points` points each.
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
