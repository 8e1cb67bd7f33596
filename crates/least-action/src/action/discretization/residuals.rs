//! Residuals of a discretised model along whole paths, piece by piece.

use std::ops::Range;

use super::scheme::{Evaluated, Flow, Gradient, Scheme, Stages};
use crate::action::grid::{Grid, Piece};
use crate::model::{Events, JumpMemory, Model, Scratch, StateJump};

/// Path that residuals are evaluated along, with the model and its parameters.
pub(in crate::action) struct Along<'a> {
    pub model: &'a dyn Model,
    pub parameters: &'a [f64],
    pub grid: &'a Grid,
    pub path: &'a [f64],
}

impl<'a> Along<'a> {
    pub(super) fn flow(&'a self, scratch: &'a mut Scratch, piece: Piece) -> Flow<'a> {
        Flow {
            model: self.model,
            parameters: self.parameters,
            scratch,
            dimension: self.model.dimension(),
            grid: self.grid,
            segment: piece.segment,
            side: piece.side,
        }
    }

    /// Jump of the state at the beginning of a piece.
    pub(super) fn state_jump(&self, piece: &Piece) -> Option<(&'a Events, &'a StateJump)> {
        let jump = &self.grid.state_jumps[piece.state_jump?];
        self.model.events().map(|events| (events, jump))
    }
}

/// Share of one piece in path and residuals, with the memory for it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub piece: Piece,
    stages: Stages,
    /// Positions of the piece's states in the path.
    pub states: Range<usize>,
    /// Positions of the piece's residuals among all.
    pub rows: Range<usize>,
    /// Path of the piece from the state right after the jump at its beginning; `None` without one.
    jumped: Option<Box<JumpedPath>>,
}

/// Path that begins with the state right after a jump, and its gradient.
#[derive(Debug, Clone, Default)]
struct JumpedPath {
    path: Vec<f64>,
    gradient: Vec<f64>,
    memory: JumpMemory,
}

impl Part {
    fn new(piece: Piece, stages: Stages, first_row: usize, d: usize) -> Self {
        let first = piece.segment.first;
        Part {
            stages,
            states: first * d..(first + piece.segment.points) * d,
            rows: first_row..first_row + (piece.segment.points - 1) * d,
            jumped: piece.state_jump.map(|_| Box::default()),
            piece,
        }
    }

    /// Path of the piece, after the jump at its beginning.
    fn path<'a>(&'a self, along: &Along<'a>) -> &'a [f64] {
        match &self.jumped {
            Some(jumped) => &jumped.path,
            None => &along.path[self.states.clone()],
        }
    }

    /// View of the piece as it was last evaluated along the same path.
    pub fn evaluated<'a>(&'a self, along: &'a Along, scratch: &'a mut Scratch) -> Evaluated<'a> {
        Evaluated {
            path: self.path(along),
            flow: along.flow(scratch, self.piece),
            stages: &self.stages,
        }
    }

    /// Takes the path of the piece from another one, which begins with the state before the jump.
    fn jump(&mut self, along: &Along) {
        let jump = along.state_jump(&self.piece);
        let (Some(jumped), Some((events, jump))) = (&mut self.jumped, jump) else {
            return;
        };
        jumped.path.clear();
        jumped
            .path
            .extend_from_slice(&along.path[self.states.clone()]);
        let first = &mut jumped.path[..along.model.dimension()];
        jump.apply(events, along.parameters, &mut jumped.memory, first);
    }

    /// Lets `add` add to the gradient in the path of the piece, and carries the gradient in the
    /// state right after the jump to that before.
    pub fn add_gradient(
        &mut self,
        along: &Along,
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
        add: impl FnOnce(&[f64], &mut Stages, &mut Gradient),
    ) {
        let own = &along.path[self.states.clone()];
        let to = &mut path_gradient[self.states.clone()];
        let jump = along.state_jump(&self.piece);
        let (Some(jumped), Some((events, jump))) = (&mut self.jumped, jump) else {
            let mut gradient = Gradient {
                path: to,
                parameters: parameter_gradient,
            };
            return add(own, &mut self.stages, &mut gradient);
        };
        let (d, jumped) = (along.model.dimension(), &mut **jumped);
        jumped.gradient.clear();
        jumped.gradient.resize(own.len(), 0.0);
        let mut gradient = Gradient {
            path: &mut jumped.gradient,
            parameters: parameter_gradient,
        };
        add(&jumped.path, &mut self.stages, &mut gradient);
        let (first, memory) = (&mut jumped.gradient[..d], &mut jumped.memory);
        let parameters = along.parameters;
        jump.pull_back(
            events,
            parameters,
            memory,
            &own[..d],
            first,
            parameter_gradient,
        );
        for (to, from) in to.iter_mut().zip(&jumped.gradient) {
            *to += from;
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
        let part = |&piece: &Piece| {
            let stages = Stages::new(scheme.stages(), piece.segment.points, model);
            let part = Part::new(piece, stages, rows, d);
            rows = part.rows.end;
            part
        };
        Residuals {
            scheme,
            scratch: Scratch::default(),
            parts: grid.pieces.iter().map(part).collect(),
            values: vec![0.0; rows],
        }
    }

    /// Moves a single block of residuals along a longer path, to a piece's block that begins at the
    /// `n`-th point of the piece.
    pub fn move_to(&mut self, piece: &Piece, n: usize, dimension: usize) {
        let part = &mut self.parts[0];
        let own = &mut part.piece;
        own.segment.first = piece.segment.first + n;
        own.side = piece.side + n;
        own.state_jump = piece.state_jump.filter(|_| n == 0);
        let first = own.segment.first;
        part.states = first * dimension..(first + own.segment.points) * dimension;
        part.jumped = own
            .state_jump
            .map(|_| part.jumped.take().unwrap_or_default());
    }

    pub fn evaluate(&mut self, along: &Along) {
        for part in &mut self.parts {
            part.jump(along);
            let mut flow = along.flow(&mut self.scratch, part.piece);
            let path = match &part.jumped {
                Some(jumped) => &jumped.path,
                None => &along.path[part.states.clone()],
            };
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
            let mut flow = along.flow(&mut self.scratch, part.piece);
            let adjoint = &self.values[part.rows.clone()];
            let scheme = self.scheme;
            part.add_gradient(
                along,
                path_gradient,
                parameter_gradient,
                |path, stages, gradient| {
                    scheme.pull_back(&mut flow, path, stages, adjoint, gradient);
                },
            );
        }
    }
}
