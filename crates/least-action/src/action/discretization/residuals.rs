//! Residuals of a discretised model along whole paths, segment by segment.

use std::ops::Range;

use super::scheme::{Evaluated, Flow, Gradient, Scheme, Stages};
use crate::action::grid::{Grid, Segment};
use crate::model::{Model, Scratch};

/// Path that residuals are evaluated along, with the model and its parameters.
pub(in crate::action) struct Along<'a> {
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

/// Share of one segment in path and residuals, with the memory for it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub segment: Segment,
    stages: Stages,
    /// Positions of the segment's states in the path.
    pub states: Range<usize>,
    /// Positions of the segment's residuals among all.
    pub rows: Range<usize>,
}

impl Part {
    /// View of the segment as it was last evaluated along the same path.
    pub fn evaluated<'a>(&'a self, along: &'a Along, scratch: &'a mut Scratch) -> Evaluated<'a> {
        Evaluated {
            flow: along.flow(scratch, self.segment),
            path: &along.path[self.states.clone()],
            stages: &self.stages,
        }
    }
}

/// Residuals of one discretised model on paths of one length, with the memory to evaluate them.
#[derive(Debug, Clone)]
pub(in crate::action) struct Residuals {
    scheme: &'static dyn Scheme,
    scratch: Scratch,
    pub(super) parts: Vec<Part>,
    /// Residuals, (N - 1) x D of each segment, one after the other.
    pub values: Vec<f64>,
}

impl Residuals {
    pub fn new(scheme: &'static dyn Scheme, model: &dyn Model, grid: &Grid) -> Self {
        let d = model.dimension();
        let mut rows = 0;
        let part = |&segment: &Segment| {
            let first = rows;
            rows += (segment.points - 1) * d;
            Part {
                segment,
                stages: Stages::new(scheme.stages(), segment.points, model),
                states: segment.first * d..(segment.first + segment.points) * d,
                rows: first..rows,
            }
        };
        Residuals {
            scheme,
            scratch: Scratch::default(),
            parts: grid.segments.iter().map(part).collect(),
            values: vec![0.0; rows],
        }
    }

    /// Moves a single segment of residuals along a longer path, to the point `first`.
    pub fn move_to(&mut self, first: usize, dimension: usize) {
        let part = &mut self.parts[0];
        part.segment.first = first;
        part.states = first * dimension..(first + part.segment.points) * dimension;
    }

    pub fn evaluate(&mut self, along: &Along) {
        for part in &mut self.parts {
            let mut flow = along.flow(&mut self.scratch, part.segment);
            let path = &along.path[part.states.clone()];
            let residuals = &mut self.values[part.rows.clone()];
            self.scheme
                .residuals(&mut flow, path, &mut part.stages, residuals);
        }
    }

    /// Adds the gradient of `sum w r` along the path last given to [`Residuals::evaluate`]. The
    /// adjoint `w` is read from `values`, which it has replaced.
    pub fn pull_back(
        &mut self,
        along: &Along,
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        for part in &mut self.parts {
            let mut flow = along.flow(&mut self.scratch, part.segment);
            let mut gradient = Gradient {
                path: &mut path_gradient[part.states.clone()],
                parameters: parameter_gradient,
            };
            let path = &along.path[part.states.clone()];
            let adjoint = &self.values[part.rows.clone()];
            let stages = &mut part.stages;
            self.scheme
                .pull_back(&mut flow, path, stages, adjoint, &mut gradient);
        }
    }
}
