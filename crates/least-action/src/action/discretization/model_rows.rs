//! Rows of the model in a linearisation: derivatives of its residuals for all segments of a path.

use super::jumped_rows::JumpedRows;
use super::residuals::{Along, Part, Residuals};
use super::scheme::{Evaluated, Reach, RowMemory, Scheme};
use crate::model::Scratch;
use crate::solve::{Layout, RowGroup};

/// Rows of one discretised model, with the memory to compute them.
#[derive(Debug, Clone)]
pub(in crate::action) struct ModelRows {
    scheme: &'static dyn Scheme,
    memory: RowMemory,
    scratch: Scratch,
    /// Rule for blocks that begin with a jump of the state; `None` where it never jumps.
    jumped: Option<Box<JumpedRows>>,
}

impl ModelRows {
    /// Rows for the parameters in `estimated`, with the group that [`ModelRows::fill`] writes to.
    pub fn new(
        scheme: &'static dyn Scheme,
        along: &Along,
        estimated: &[usize],
    ) -> (Self, RowGroup) {
        let mut places = vec![None; along.model.parameters().len()];
        for (place, &parameter) in estimated.iter().enumerate() {
            places[parameter] = Some(place);
        }
        let mut memory = RowMemory {
            estimated: places,
            ..RowMemory::default()
        };
        let Reach { span, stride } = scheme.reach();
        let mut pattern = scheme.pattern(along.model, &mut memory);
        let jumped = JumpedRows::new(along, &memory.estimated, span, &mut pattern);
        let firsts = along.grid.pieces.iter().flat_map(|piece| {
            let segment = piece.segment;
            let blocks = (segment.points - 1) / stride;
            (0..blocks).map(move |b| (segment.first + b * stride) as u32)
        });
        let group = RowGroup::new(span, firsts.collect(), &pattern);
        let rows = ModelRows {
            scheme,
            memory,
            scratch: Scratch::default(),
            jumped: jumped.map(Box::new),
        };
        (rows, group)
    }

    /// Writes the derivatives along the path last given to [`Residuals::evaluate`].
    pub fn fill(&mut self, along: &Along, residuals: &Residuals, group: &mut RowGroup) {
        let stride = self.scheme.reach().stride;
        let entries = group.entries();
        let mut values = &mut group.values[..];
        for part in &residuals.parts {
            let blocks = (part.piece.segment.points - 1) / stride;
            let (mine, rest) = values.split_at_mut(blocks * entries);
            values = rest;
            let at = part.evaluated(along, &mut self.scratch);
            let Some(jumped) = &mut self.jumped else {
                self.scheme.fill(at, &mut self.memory, mine);
                continue;
            };
            let raw = jumped.scheme_values(blocks);
            self.scheme.fill(at, &mut self.memory, raw);
            jumped.fill(along, part, &self.memory.estimated, mine);
        }
    }

    /// Adds the gradient of `sum w * entry` over the entries in states of all rows, along the path
    /// last given to [`Residuals::evaluate`]; `w` is in the order of the group's values. The
    /// gradient in the parameters is one number for each of the model's.
    pub fn pull_back(
        &mut self,
        along: &Along,
        residuals: &mut Residuals,
        w: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        let stride = self.scheme.reach().stride;
        let blocks = |part: &Part| (part.piece.segment.points - 1) / stride;
        let all: usize = residuals.parts.iter().map(blocks).sum();
        let (mut rest, entries) = (w, w.len() / all.max(1));
        for part in &mut residuals.parts {
            let (mine, after) = rest.split_at(blocks(part) * entries);
            rest = after;
            let mine = match &mut self.jumped {
                Some(jumped) => jumped.scheme_weights(mine),
                None => mine,
            };
            let (scheme, piece) = (self.scheme, part.piece);
            let (scratch, memory) = (&mut self.scratch, &mut self.memory);
            part.add_gradient(
                along,
                path_gradient,
                parameter_gradient,
                |path, stages, gradient| {
                    let at = Evaluated {
                        flow: along.flow(scratch, piece),
                        path,
                        stages,
                    };
                    scheme.pull_back_rows(at, memory, mine, gradient);
                },
            );
        }
    }

    /// Computes the entries (row, column, value) of the lower triangle of `sum w d2r`, along the
    /// path last given to [`Residuals::evaluate`], and passes them to `add`. `weighted` holds the
    /// residuals times their weights, the factors `w` of the second derivatives.
    pub fn curvature(
        &mut self,
        along: &Along,
        residuals: &Residuals,
        weighted: &[f64],
        add: &mut dyn FnMut(usize, usize, f64),
    ) {
        let stride = self.scheme.reach().stride;
        for part in &residuals.parts {
            let weighted = &weighted[part.rows.clone()];
            let mut jump = None;
            if let Some(jumped) = &mut self.jumped {
                let blocks = (part.piece.segment.points - 1) / stride;
                let at = part.evaluated(along, &mut self.scratch);
                let entries = jumped.entries();
                let raw = jumped.scheme_values(blocks);
                self.scheme.fill(at, &mut self.memory, raw);
                let raw = raw[..entries].to_vec();
                let estimated = &self.memory.estimated;
                jump = jumped.curvature(along, part, estimated, (&raw, weighted), add);
            }
            let at = part.evaluated(along, &mut self.scratch);
            let (scheme, memory) = (self.scheme, &mut self.memory);
            match jump {
                None => scheme.curvature(at, memory, weighted, add),
                Some(jump) => scheme.curvature(at, memory, weighted, &mut |row, column, value| {
                    jump.add(row, column, value, add);
                }),
            }
        }
    }
}

/// Layout of the unknowns of a scheme, with `parameters` estimated ones: which points of the path
/// it couples.
pub(in crate::action) fn layout(scheme: &dyn Scheme, along: &Along, parameters: usize) -> Layout {
    let Reach { span, stride } = scheme.reach();
    let mut couples = Vec::new();
    let mut pieces = along.grid.pieces.iter().peekable();
    while let Some(piece) = pieces.next() {
        let segment = piece.segment;
        let couple = |n: usize| (span - 1 - n % stride) as u8;
        let last = segment.points - 1;
        couples.extend((0..last).map(couple));
        // Pieces of one data set share a point, which begins the next one.
        let end = segment.first + last;
        let goes_on = pieces.peek().is_some_and(|next| next.segment.first == end);
        couples.extend((!goes_on).then_some(0));
    }
    Layout {
        dimension: along.model.dimension(),
        points: couples.len(),
        parameters,
        couples,
    }
}
