//! Jacobian rows and second derivatives of a stencil: the pattern of the rows, their entries from
//! the model's Jacobian, and the share of the model's second derivatives.

use std::collections::BTreeMap;

use super::{Stencil, StencilRow};
use crate::action::discretization::scheme::{Evaluated, Flow, Gradient, JacobianEntry, RowMemory};
use crate::model::Model;

impl Stencil {
    /// Pattern of a block. The rules for its entries are written to the memory.
    pub(super) fn pattern(&self, model: &dyn Model, memory: &mut RowMemory) -> Vec<Vec<u32>> {
        let d = model.dimension();
        let jacobian = model.jacobian_sparsity();
        let mut pattern = Vec::new();
        for row in self.rows {
            for i in 0..d {
                let mut found = BTreeMap::<u32, JacobianEntry>::new();
                let states = (0..self.reach.span).map(|k| (k, row.state(k)));
                for (k, c) in states.filter(|(_, c)| *c != 0.0) {
                    found.entry((k * d + i) as u32).or_default().constant = c;
                }
                let slopes = (0..row.slopes.len()).map(|k| (k, row.slope(k)));
                for (k, slope) in slopes.filter(|(_, slope)| *slope != 0.0) {
                    for (e, column) in jacobian.row(i) {
                        let place = k * jacobian.entries() + e;
                        let mut add = |column: usize, coefficient: f64| {
                            let entry = found.entry(column as u32).or_default();
                            entry.terms.push((place, coefficient));
                        };
                        match column {
                            j if j < d && self.halfway => {
                                add(j, 0.5 * slope);
                                add(d + j, 0.5 * slope);
                            }
                            j if j < d => add(k * d + j, slope),
                            parameter => {
                                if let Some(p) = memory.estimated[parameter - d] {
                                    add(self.reach.span * d + p, slope);
                                }
                            }
                        }
                    }
                }
                pattern.push(found.keys().copied().collect());
                memory.entries.extend(found.into_values());
            }
        }
        pattern
    }

    /// Writes the entries of all blocks of a segment.
    pub(super) fn fill(&self, at: Evaluated, memory: &mut RowMemory, values: &mut [f64]) {
        let (states, flow) = (self.states(&at), at.flow);
        let points = states.len() / flow.dimension;
        let width = flow.model.jacobian_sparsity().entries();
        memory.jacobian.resize(points * width, 0.0);
        let at = flow.at(self.instants(), states);
        flow.model.jacobian(flow.scratch, at, &mut memory.jacobian);
        let entries = &memory.entries;
        for (b, row) in values.chunks_exact_mut(entries.len().max(1)).enumerate() {
            let h = self.factor(flow.step(b * self.reach.stride));
            let jacobian = &memory.jacobian[b * self.reach.stride * width..];
            for (value, entry) in row.iter_mut().zip(entries) {
                let mut sum = 0.0;
                for &(place, coefficient) in &entry.terms {
                    sum += coefficient * jacobian[place];
                }
                *value = entry.constant + h * sum;
            }
        }
    }

    /// Adds the gradient of `sum w * entry` over the entries in states of [`Stencil::fill`].
    pub(super) fn pull_back_rows(
        &self,
        at: Evaluated,
        memory: &mut RowMemory,
        w: &[f64],
        gradient: &mut Gradient,
    ) {
        let (states, flow) = (self.states(&at), at.flow);
        let d = flow.dimension;
        let model = flow.model;
        let width = model.jacobian_sparsity().entries();
        let weights = &mut memory.jacobian;
        weights.clear();
        weights.resize(states.len() / d * width, 0.0);
        let entries = &memory.entries;
        for (b, w) in w.chunks_exact(entries.len().max(1)).enumerate() {
            let h = self.factor(flow.step(b * self.reach.stride));
            let weights = &mut weights[b * self.reach.stride * width..];
            for (w, entry) in w.iter().zip(entries) {
                for &(place, coefficient) in &entry.terms {
                    weights[place] += h * coefficient * w;
                }
            }
        }
        let points = flow.at(self.instants(), states);
        let scratch = flow.scratch;
        if !self.halfway {
            let path = &mut gradient.path[..states.len()];
            return model.pull_back_jacobian(scratch, points, weights, path, gradient.parameters);
        }
        let middles = &mut memory.at_middles;
        middles.clear();
        middles.resize(states.len(), 0.0);
        model.pull_back_jacobian(scratch, points, weights, middles, gradient.parameters);
        for first in [0, d] {
            for (to, g) in gradient.path[first..].iter_mut().zip(middles.iter()) {
                *to += 0.5 * g;
            }
        }
    }

    /// Computes the entries (row, column, value) of the lower triangle of `sum w d2r` and passes
    /// them to `add`.
    pub(super) fn curvature(
        &self,
        at: Evaluated,
        memory: &mut RowMemory,
        w: &[f64],
        add: &mut dyn FnMut(usize, usize, f64),
    ) {
        let (states, flow) = (self.states(&at), at.flow);
        let (d, model) = (flow.dimension, flow.model);
        let adjoint = self.adjoint(&flow, states.len(), w);
        let sparsity = model.curvature_sparsity();
        let width = sparsity.entries();
        memory.curvature.resize(states.len() / d * width, 0.0);
        let at = flow.at(self.instants(), states);
        model.curvature(flow.scratch, at, &adjoint, &mut memory.curvature);
        let (first_point, first_parameter) = (flow.segment.first, flow.grid.len() * d);
        for (n, values) in memory.curvature.chunks_exact(width.max(1)).enumerate() {
            let first = (first_point + n) * d;
            let entries = (0..sparsity.rows()).flat_map(|v| sparsity.row(v).map(move |e| (v, e)));
            for (v, (e, w)) in entries {
                let value = values[e];
                let parameter = |v: usize| memory.estimated[v - d].map(|p| first_parameter + p);
                match (v < d, w < d) {
                    (true, _) if self.halfway => {
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
                            match self.halfway {
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

    /// States that slopes were taken at.
    fn states<'a>(&self, at: &Evaluated<'a>) -> &'a [f64] {
        match self.halfway {
            true => &at.stages.0[0].states[..at.path.len() - at.flow.dimension],
            false => at.path,
        }
    }

    /// Adjoint of every slope, `h sum slopes w`, points x D.
    fn adjoint(&self, flow: &Flow, length: usize, w: &[f64]) -> Vec<f64> {
        let d = flow.dimension;
        let mut adjoint = vec![0.0; length];
        for (b, rows) in w.chunks_exact(self.rows.len() * d).enumerate() {
            let h = self.factor(flow.step(b * self.reach.stride));
            for (row, w) in self.rows.iter().zip(rows.chunks_exact(d)) {
                for k in 0..row.slopes.len() {
                    let first = (b * self.reach.stride + k) * d;
                    for (to, w) in adjoint[first..first + d].iter_mut().zip(w) {
                        *to += h * row.slope(k) * w;
                    }
                }
            }
        }
        adjoint
    }
}

impl StencilRow {
    /// Coefficient of h times the k-th slope.
    fn slope(&self, k: usize) -> f64 {
        -(self.slopes[k] / self.divisor)
    }
}
