//! Rows of the model in a linearisation: derivatives of its residuals for all segments of a path.

use super::residuals::{Along, Part, Residuals};
use super::scheme::{Gradient, Reach, RowMemory, Scheme};
use crate::model::Scratch;
use crate::solve::{Layout, RowGroup};

/// Rows of one discretised model, with the memory to compute them.
#[derive(Debug, Clone)]
pub(in crate::action) struct ModelRows {
    scheme: &'static dyn Scheme,
    memory: RowMemory,
    scratch: Scratch,
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
        let pattern = scheme.pattern(along.model, &mut memory);
        let firsts = along.grid.segments.iter().flat_map(|segment| {
            let blocks = (segment.points - 1) / stride;
            (0..blocks).map(move |b| (segment.first + b * stride) as u32)
        });
        let group = RowGroup::new(span, firsts.collect(), &pattern);
        let rows = ModelRows {
            scheme,
            memory,
            scratch: Scratch::default(),
        };
        (rows, group)
    }

    /// Writes the derivatives along the path last given to [`Residuals::evaluate`].
    pub fn fill(&mut self, along: &Along, residuals: &Residuals, group: &mut RowGroup) {
        let stride = self.scheme.reach().stride;
        let entries = group.entries();
        let mut values = &mut group.values[..];
        for part in &residuals.parts {
            let blocks = (part.segment.points - 1) / stride;
            let (mine, rest) = values.split_at_mut(blocks * entries);
            values = rest;
            let at = part.evaluated(along, &mut self.scratch);
            self.scheme.fill(at, &mut self.memory, mine);
        }
    }

    /// Adds the gradient of `sum w * entry` over the entries in states of all rows, along the path
    /// last given to [`Residuals::evaluate`]; `w` is in the order of the group's values. The
    /// gradient in the parameters is one number for each of the model's.
    pub fn pull_back(
        &mut self,
        along: &Along,
        residuals: &Residuals,
        w: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        let stride = self.scheme.reach().stride;
        let blocks = |part: &Part| (part.segment.points - 1) / stride;
        let all: usize = residuals.parts.iter().map(blocks).sum();
        let (mut rest, entries) = (w, w.len() / all.max(1));
        for part in &residuals.parts {
            let (mine, after) = rest.split_at(blocks(part) * entries);
            rest = after;
            let at = part.evaluated(along, &mut self.scratch);
            let mut gradient = Gradient {
                path: &mut path_gradient[part.states.clone()],
                parameters: &mut *parameter_gradient,
            };
            self.scheme
                .pull_back_rows(at, &mut self.memory, mine, &mut gradient);
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
        for part in &residuals.parts {
            let at = part.evaluated(along, &mut self.scratch);
            let weighted = &weighted[part.rows.clone()];
            self.scheme.curvature(at, &mut self.memory, weighted, add);
        }
    }
}

/// Layout of the unknowns of a scheme, with `parameters` estimated ones: which points of the path
/// it couples.
pub(in crate::action) fn layout(scheme: &dyn Scheme, along: &Along, parameters: usize) -> Layout {
    let Reach { span, stride } = scheme.reach();
    let mut couples = Vec::new();
    for segment in &along.grid.segments {
        let last = segment.points - 1;
        let couple = |n: usize| match n == last {
            true => 0,
            false => (span - 1 - n % stride) as u8,
        };
        couples.extend((0..segment.points).map(couple));
    }
    Layout {
        dimension: along.model.dimension(),
        points: couples.len(),
        parameters,
        couples,
    }
}
