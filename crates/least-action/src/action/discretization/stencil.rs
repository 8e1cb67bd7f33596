//! Derivatives of residuals, row by row: which entries there are, how they follow from the model's
//! Jacobian, and what the model's second derivatives add.

use super::{Along, Discretization, Instants, Residuals};
use crate::model::{Scratch, Sparsity};
use crate::solve::{Layout, RowGroup};

/// A residual that is a sum of states and slopes:
/// `sum_k states[k] x_(n+k) + h sum_k slopes[k] F_(n+k)`.
pub(super) struct Row {
    pub states: &'static [f64],
    /// Of slopes at the points; or one, halfway.
    pub slopes: &'static [f64],
}

/// The residuals of one block.
pub(super) struct Stencil {
    /// Points that a block touches.
    pub span: usize,
    /// Points from one block to the next.
    pub stride: usize,
    pub rows: &'static [Row],
    pub instants: Instants,
    /// Whether slopes are multiplied by h.
    pub by_step: bool,
}

/// One entry of a block's rows: `constant + h sum coefficient * J[place]`.
#[derive(Debug, Clone, Default)]
struct Entry {
    constant: f64,
    /// Place in the model's Jacobian, counted from the block's first point; and coefficient.
    terms: Vec<(usize, f64)>,
}

/// The rows of one discretised model, and the memory to compute them.
#[derive(Debug, Clone)]
pub(in crate::action) struct ModelRows {
    discretization: Discretization,
    dimension: usize,
    /// By parameter of the model: its place among the estimated ones.
    estimated: Vec<Option<usize>>,
    entries: Vec<Entry>,
    /// Entries of the model's Jacobian at all points of a segment.
    jacobian: Vec<f64>,
    curvature: Vec<f64>,
    scratch: Scratch,
}

impl ModelRows {
    /// `estimated` lists the parameters that are unknowns; the group is what [`ModelRows::fill`]
    /// writes to.
    pub fn new(
        discretization: Discretization,
        along: &Along,
        estimated: &[usize],
    ) -> (Self, RowGroup) {
        let model = along.model;
        let dimension = model.dimension();
        let mut places = vec![None; model.parameters().len()];
        for (place, &parameter) in estimated.iter().enumerate() {
            places[parameter] = Some(place);
        }
        let scheme = discretization.scheme();
        let mut rows = ModelRows {
            discretization,
            dimension,
            estimated: places,
            entries: Vec::new(),
            jacobian: Vec::new(),
            curvature: Vec::new(),
            scratch: Scratch::default(),
        };
        let (span, stride) = discretization.reach();
        let pattern = match scheme.stencil() {
            Some(stencil) => rows.sum_of_slopes(&stencil, model.jacobian_sparsity()),
            None => super::rk4::pattern(dimension, estimated.len()),
        };
        let firsts = along.grid.segments.iter().flat_map(|segment| {
            let blocks = (segment.points - 1) / stride;
            (0..blocks).map(move |b| (segment.first + b * stride) as u32)
        });
        (rows, RowGroup::new(span, firsts.collect(), &pattern))
    }

    /// The pattern of a block, and how its entries are computed.
    fn sum_of_slopes(&mut self, stencil: &Stencil, jacobian: &Sparsity) -> Vec<Vec<u32>> {
        let d = self.dimension;
        let halfway = stencil.instants == Instants::Middles;
        let mut pattern = Vec::new();
        for row in stencil.rows {
            for i in 0..d {
                let mut found = std::collections::BTreeMap::<u32, Entry>::new();
                for (k, &c) in row.states.iter().enumerate().filter(|(_, c)| **c != 0.0) {
                    found.entry((k * d + i) as u32).or_default().constant = c;
                }
                let slopes = row.slopes.iter().enumerate();
                for (k, &slope) in slopes.filter(|(_, slope)| **slope != 0.0) {
                    for (e, column) in jacobian.row(i) {
                        let place = k * jacobian.entries() + e;
                        let mut add = |column: usize, coefficient: f64| {
                            let entry = found.entry(column as u32).or_default();
                            entry.terms.push((place, coefficient));
                        };
                        match column {
                            j if j < d && halfway => {
                                add(j, 0.5 * slope);
                                add(d + j, 0.5 * slope);
                            }
                            j if j < d => add(k * d + j, slope),
                            parameter => {
                                if let Some(p) = self.estimated[parameter - d] {
                                    add(stencil.span * d + p, slope);
                                }
                            }
                        }
                    }
                }
                pattern.push(found.keys().copied().collect());
                self.entries.extend(found.into_values());
            }
        }
        pattern
    }

    /// Writes the derivatives along what was last given to [`Residuals::evaluate`].
    pub fn fill(&mut self, along: &Along, residuals: &Residuals, group: &mut RowGroup) {
        let scheme = self.discretization.scheme();
        let width = along.model.jacobian_sparsity().entries();
        let (_, stride) = self.discretization.reach();
        let mut values = &mut group.values[..];
        for part in &residuals.parts {
            let blocks = (part.segment.points - 1) / stride;
            let entries = group.columns.len();
            let (mine, rest) = values.split_at_mut(blocks * entries);
            values = rest;
            let flow = along.flow(&mut self.scratch, part.segment);
            let Some(stencil) = scheme.stencil() else {
                super::rk4::fill(
                    flow,
                    part.segment.time_step,
                    &part.stages,
                    &self.estimated,
                    mine,
                );
                continue;
            };
            let states = match stencil.instants {
                Instants::Middles => {
                    let stage = &part.stages.0[0].states;
                    &stage[..(part.segment.points - 1) * self.dimension]
                }
                _ => &along.path[part.states.clone()],
            };
            let at = flow.at(stencil.instants, states);
            let points = states.len() / self.dimension;
            self.jacobian.resize(points * width, 0.0);
            along.model.jacobian(flow.scratch, at, &mut self.jacobian);
            let h = if stencil.by_step {
                part.segment.time_step
            } else {
                1.0
            };
            for (b, row) in mine.chunks_exact_mut(entries.max(1)).enumerate() {
                let jacobian = &self.jacobian[b * stencil.stride * width..];
                for (value, entry) in row.iter_mut().zip(&self.entries) {
                    let mut sum = 0.0;
                    for &(place, coefficient) in &entry.terms {
                        sum += coefficient * jacobian[place];
                    }
                    *value = entry.constant + h * sum;
                }
            }
        }
    }

    /// Tells `add` the entries (row, column, value) of the lower triangle of `sum w d2r`, where
    /// `weighted` are the residuals times their weights `w`, along what was last given to
    /// [`Residuals::evaluate`].
    pub fn curvature(
        &mut self,
        along: &Along,
        residuals: &Residuals,
        weighted: &[f64],
        add: &mut dyn FnMut(usize, usize, f64),
    ) {
        let scheme = self.discretization.scheme();
        let d = self.dimension;
        let path_length = along.path.len();
        for part in &residuals.parts {
            let flow = along.flow(&mut self.scratch, part.segment);
            let weighted = &weighted[part.rows.clone()];
            let Some(stencil) = scheme.stencil() else {
                let first = part.segment.first;
                let unknown = |local: usize, n: usize| match local.checked_sub(d) {
                    None => (first + n) * d + local,
                    Some(p) => path_length + p,
                };
                let (h, stages) = (part.segment.time_step, &part.stages);
                super::rk4::curvature(
                    flow,
                    h,
                    stages,
                    &self.estimated,
                    weighted,
                    |n, v, w, value| add(unknown(v, n), unknown(w, n), value),
                );
                continue;
            };
            let halfway = stencil.instants == Instants::Middles;
            let states = match halfway {
                true => &part.stages.0[0].states[..weighted.len()],
                false => &along.path[part.states.clone()],
            };
            let adjoint = stencil.adjoint(states.len(), d, part.segment.time_step, weighted);
            let sparsity = along.model.curvature_sparsity();
            let width = sparsity.entries();
            self.curvature.resize(states.len() / d * width, 0.0);
            let at = flow.at(stencil.instants, states);
            let model = along.model;
            model.curvature(flow.scratch, at, &adjoint, &mut self.curvature);
            for (n, values) in self.curvature.chunks_exact(width.max(1)).enumerate() {
                let first = (part.segment.first + n) * d;
                let entries =
                    (0..sparsity.rows()).flat_map(|v| sparsity.row(v).map(move |e| (v, e)));
                for (v, (e, w)) in entries {
                    let value = values[e];
                    let parameter = |v: usize| self.estimated[v - d].map(|p| path_length + p);
                    match (v < d, w < d) {
                        (true, _) if halfway => {
                            let quarter = 0.25 * value;
                            add(first + v, first + w, quarter);
                            add(first + d + v, first + d + w, quarter);
                            add(first + d + v, first + w, quarter);
                            if v != w {
                                add(first + d + w, first + v, quarter);
                            }
                        }
                        (true, _) => add(first + v, first + w, value),
                        (false, true) => {
                            if let Some(p) = parameter(v) {
                                match halfway {
                                    true => {
                                        add(p, first + w, 0.5 * value);
                                        add(p, first + d + w, 0.5 * value);
                                    }
                                    false => add(p, first + w, value),
                                }
                            }
                        }
                        (false, false) => {
                            if let (Some(p), Some(q)) = (parameter(v), parameter(w)) {
                                add(p.max(q), p.min(q), value);
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Stencil {
    /// Of a scheme whose rows are each of two neighbouring points.
    pub fn of_steps(rows: &'static [Row], instants: Instants) -> Self {
        Stencil {
            span: 2,
            stride: 1,
            rows,
            instants,
            by_step: true,
        }
    }

    /// What every slope counts for: `h sum slopes w`, points x D.
    fn adjoint(&self, length: usize, d: usize, h: f64, weighted: &[f64]) -> Vec<f64> {
        let mut adjoint = vec![0.0; length];
        let h = if self.by_step { h } else { 1.0 };
        for (b, rows) in weighted.chunks_exact(self.rows.len() * d).enumerate() {
            for (row, w) in self.rows.iter().zip(rows.chunks_exact(d)) {
                for (k, slope) in row.slopes.iter().enumerate() {
                    let first = (b * self.stride + k) * d;
                    for (to, w) in adjoint[first..first + d].iter_mut().zip(w) {
                        *to += h * slope * w;
                    }
                }
            }
        }
        adjoint
    }
}

impl Discretization {
    /// Points that a block of residuals touches, and points from one block to the next.
    pub(in crate::action) fn reach(self) -> (usize, usize) {
        match self.scheme().stencil() {
            Some(stencil) => (stencil.span, stencil.stride),
            None => (2, 1),
        }
    }

    /// How points are coupled.
    pub(in crate::action) fn layout(self, along: &Along, parameters: usize) -> Layout {
        let (span, stride) = self.reach();
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
}
