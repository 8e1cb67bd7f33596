use std::ops::Range;

use super::scheme::{Evaluated, Flow, Gradient, Instants, Reach, RowMemory, Scheme, Stage, Stages};
use crate::model::Model;

/// Classical Runge-Kutta scheme: `x_1 - Phi_h(x_0)`.
#[derive(Debug)]
pub(super) struct Rk4;

/// Nodes of the stages: stage s is evaluated at `x + h NODES[s] k_(s-1)`.
const NODES: [f64; 4] = [0.0, 0.5, 0.5, 1.0];
/// Instants that the stages belong to.
const INSTANTS: [Instants; 4] = [
    Instants::Points,
    Instants::Middles,
    Instants::Middles,
    Instants::Ends,
];
/// Weights of the stages' slopes in the step: `h WEIGHTS[s] k_s`.
const WEIGHTS: [f64; 4] = [1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0];

impl Scheme for Rk4 {
    fn stages(&self) -> usize {
        4
    }

    fn reach(&self) -> Reach {
        Reach { span: 2, stride: 1 }
    }

    fn residuals(&self, flow: &mut Flow, path: &[f64], work: &mut Stages, r: &mut [f64]) {
        let d = flow.dimension;
        let size = r.len();
        let from = &path[..size];
        for ((r, x), y) in r.iter_mut().zip(from).zip(&path[d..]) {
            *r = y - x;
        }
        for s in 0..4 {
            let (before, stage) = split(&mut work.0, s);
            let states = &mut stage.states[..size];
            match before {
                None => states.copy_from_slice(from),
                Some(before) => {
                    for (run, h) in runs(flow, size) {
                        let reach = h * NODES[s];
                        let states = states[run.clone()].iter_mut();
                        let from = from[run.clone()].iter().zip(&before.derivative[run]);
                        for (z, (x, k)) in states.zip(from) {
                            *z = x + reach * k;
                        }
                    }
                }
            }
            let k = &mut stage.derivative[..size];
            flow.evaluate(INSTANTS[s], states, k, &mut stage.kept);
            for (run, h) in runs(flow, size) {
                for (r, k) in r[run.clone()].iter_mut().zip(&k[run]) {
                    *r -= h * WEIGHTS[s] * k;
                }
            }
        }
    }

    fn pull_back(
        &self,
        flow: &mut Flow,
        _path: &[f64],
        work: &mut Stages,
        w: &[f64],
        gradient: &mut Gradient,
    ) {
        let size = w.len();
        for (g, w) in gradient.path[flow.dimension..].iter_mut().zip(w) {
            *g += w;
        }
        for (g, w) in gradient.path.iter_mut().zip(w) {
            *g -= w;
        }
        for (s, stage) in work.0.iter_mut().enumerate() {
            for (run, h) in runs(flow, size) {
                for (adjoint, w) in stage.adjoint[run.clone()].iter_mut().zip(&w[run]) {
                    *adjoint = -h * WEIGHTS[s] * w;
                }
            }
        }
        for s in (0..4).rev() {
            let (before, stage) = split(&mut work.0, s);
            // The derivative of this stage has served; its room takes the gradient at the stage's
            // states.
            let at_states = &mut stage.derivative[..size];
            at_states.fill(0.0);
            flow.pull_back(
                INSTANTS[s],
                &stage.states[..size],
                &stage.kept,
                &stage.adjoint[..size],
                at_states,
                gradient.parameters,
            );
            for (to, g) in gradient.path.iter_mut().zip(at_states.iter()) {
                *to += g;
            }
            if let Some(before) = before {
                for (run, h) in runs(flow, size) {
                    let reach = h * NODES[s];
                    for (to, g) in before.adjoint[run.clone()].iter_mut().zip(&at_states[run]) {
                        *to += reach * g;
                    }
                }
            }
        }
    }

    /// Pattern of one step: every row may depend on all states at the step's beginning, its own at
    /// the end, and all estimated parameters.
    fn pattern(&self, model: &dyn Model, rows: &mut RowMemory) -> Vec<Vec<u32>> {
        let d = model.dimension();
        let estimated = rows.estimated.iter().flatten().count();
        let row = |i: usize| {
            let states = (0..d).chain([d + i]);
            let columns = states.chain(2 * d..2 * d + estimated);
            columns.map(|c| c as u32).collect()
        };
        (0..d).map(row).collect()
    }

    fn fill(&self, at: Evaluated, rows: &mut RowMemory, values: &mut [f64]) {
        let Evaluated {
            mut flow, stages, ..
        } = at;
        let (d, estimated) = (flow.dimension, &rows.estimated[..]);
        let points = flow.segment.points - 1;
        let mut tangents = Tangents::new(&mut flow, stages, points, estimated);
        let width = tangents.width;
        for (n, block) in values.chunks_exact_mut(d * (width + 1)).enumerate() {
            let h = flow.step(n);
            tangents.step(&flow, h, n, estimated);
            for (i, row) in block.chunks_exact_mut(width + 1).enumerate() {
                for c in 0..width {
                    let slope = |s: usize| WEIGHTS[s] * tangents.slopes[s][i * width + c];
                    let sum = slope(0) + slope(1) + slope(2) + slope(3);
                    let column = if c < d { c } else { c + 1 };
                    row[column] = -h * sum - f64::from(u8::from(c == i));
                }
                row[d] = 1.0;
            }
        }
    }

    /// Second derivatives of nested functions: each stage adds its own, taken along the derivatives
    /// of its states and weighted with the adjoint of its slope.
    /// Nothing: the step is explicit.
    fn pull_back_rows(&self, _: Evaluated, _: &mut RowMemory, _: &[f64], _: &mut Gradient) {}

    fn curvature(
        &self,
        at: Evaluated,
        rows: &mut RowMemory,
        w: &[f64],
        add: &mut dyn FnMut(usize, usize, f64),
    ) {
        let Evaluated {
            mut flow, stages, ..
        } = at;
        let (d, estimated) = (flow.dimension, &rows.estimated[..]);
        let points = w.len() / d;
        let first_parameter = flow.grid.len() * d;
        let adjoints = stage_adjoints(&mut flow, stages, w);
        let mut tangents = Tangents::new(&mut flow, stages, points, estimated);
        let width = tangents.width;
        let sparsity = flow.model.curvature_sparsity();
        let entries = sparsity.entries();
        let curvatures: Vec<Vec<f64>> = (0..4)
            .map(|s| {
                let at = flow.at(INSTANTS[s], &stages.0[s].states[..points * d]);
                let mut values = vec![0.0; points * entries];
                let model = flow.model;
                model.curvature(flow.scratch, at, &adjoints[s], &mut values);
                values
            })
            .collect();
        let mut product = vec![0.0; (d + estimated.len()) * width];
        let mut sum = vec![0.0; width * width];
        for n in 0..points {
            tangents.step(&flow, flow.step(n), n, estimated);
            sum.fill(0.0);
            for (variables, curvature) in tangents.variables.iter().zip(&curvatures) {
                // First the model's second derivatives, of which there are few, along the
                // derivatives of its variables; the dense part is then one product.
                product.fill(0.0);
                let mut take = |v: usize, w: usize, value: f64| {
                    let row = &mut product[v * width..][..width];
                    add_row(row, value, &variables[w * width..]);
                };
                let wanted = |&v: &usize| is_unknown(v, d, estimated);
                for v in (0..sparsity.rows()).filter(wanted) {
                    for (e, w) in sparsity.row(v).filter(|(_, w)| wanted(w)) {
                        let value = curvature[n * entries + e];
                        take(v, w, value);
                        if v != w {
                            take(w, v, value);
                        }
                    }
                }
                let rows = variables
                    .chunks_exact(width)
                    .zip(product.chunks_exact(width));
                for (variable, product) in rows {
                    for (a, &factor) in variable.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                        add_row(&mut sum[a * width..][..=a], factor, product);
                    }
                }
            }
            let first = (flow.segment.first + n) * d;
            // States come before estimated parameters.
            let unknown = |local: usize| match local.checked_sub(d) {
                None => first + local,
                Some(p) => first_parameter + p,
            };
            for a in 0..width {
                for b in 0..=a {
                    add(unknown(a), unknown(b), sum[a * width + b]);
                }
            }
        }
    }
}

/// Derivatives of the stages at one step in the state at its beginning and the P estimated
/// parameters.
struct Tangents {
    /// Number of derivatives, D + P.
    width: usize,
    /// Derivatives of each stage's states `z_s` and then of the model's parameters, which do not
    /// change from stage to stage: a row of D + P for every variable of the model.
    variables: [Vec<f64>; 4],
    /// Derivatives `dk_s` of the slopes, D x (D + P).
    slopes: [Vec<f64>; 4],
    /// Entries of the model's Jacobian in each stage at all steps.
    jacobians: [Vec<f64>; 4],
}

impl Tangents {
    fn new(flow: &mut Flow, stages: &Stages, points: usize, estimated: &[Option<usize>]) -> Self {
        let d = flow.dimension;
        let width = d + estimated.iter().flatten().count();
        let entries = flow.model.jacobian_sparsity().entries();
        let mut variables = vec![0.0; (d + estimated.len()) * width];
        for (parameter, place) in estimated.iter().enumerate() {
            if let Some(p) = place {
                variables[(d + parameter) * width + d + p] = 1.0;
            }
        }
        let jacobians = std::array::from_fn(|s| {
            let at = flow.at(INSTANTS[s], &stages.0[s].states[..points * d]);
            let mut values = vec![0.0; points * entries];
            flow.model.jacobian(flow.scratch, at, &mut values);
            values
        });
        Tangents {
            width,
            variables: std::array::from_fn(|_| variables.clone()),
            slopes: std::array::from_fn(|_| vec![0.0; d * width]),
            jacobians,
        }
    }

    /// Computes the derivatives at step `n`.
    fn step(&mut self, flow: &Flow, h: f64, n: usize, estimated: &[Option<usize>]) {
        let (d, width) = (flow.dimension, self.width);
        let sparsity = flow.model.jacobian_sparsity();
        for (s, node) in NODES.iter().enumerate() {
            let (reach, before) = (h * node, s.saturating_sub(1));
            let variables = &mut self.variables[s];
            for (z, k) in variables.iter_mut().zip(&self.slopes[before]) {
                *z = if s > 0 { reach * k } else { 0.0 };
            }
            (0..d).for_each(|i| variables[i * width + i] += 1.0);
            let jacobian = &self.jacobians[s][n * sparsity.entries()..];
            let slopes = &mut self.slopes[s];
            slopes.fill(0.0);
            for (i, row) in slopes.chunks_exact_mut(width).enumerate() {
                let wanted = |(_, column): &(usize, usize)| is_unknown(*column, d, estimated);
                for (e, column) in sparsity.row(i).filter(wanted) {
                    add_row(row, jacobian[e], &variables[column * width..]);
                }
            }
        }
    }
}

/// True if a variable of the model is a state or an estimated parameter. Derivatives in others may
/// be infinite, such as that of x^p at 0, and are not asked for.
fn is_unknown(variable: usize, d: usize, estimated: &[Option<usize>]) -> bool {
    variable < d || estimated[variable - d].is_some()
}

/// Adds `factor` times the beginning of another row.
fn add_row(to: &mut [f64], factor: f64, row: &[f64]) {
    for (to, x) in to.iter_mut().zip(row) {
        *to += factor * x;
    }
}

/// Adjoints of every stage's slope, from the last stage back.
fn stage_adjoints(flow: &mut Flow, stages: &Stages, weighted: &[f64]) -> [Vec<f64>; 4] {
    let d = flow.dimension;
    let mut adjoints: [Vec<f64>; 4] = std::array::from_fn(|s| {
        let weighted = weighted.iter().enumerate();
        weighted
            .map(|(k, w)| -flow.step(k / d) * WEIGHTS[s] * w)
            .collect()
    });
    let mut unused = vec![0.0; flow.model.parameters().len()];
    for s in (1..4).rev() {
        let mut at_states = vec![0.0; weighted.len()];
        let states = &stages.0[s].states[..weighted.len()];
        flow.pull_back(
            INSTANTS[s],
            states,
            &stages.0[s].kept,
            &adjoints[s],
            &mut at_states,
            &mut unused,
        );
        for (k, (to, g)) in adjoints[s - 1].iter_mut().zip(&at_states).enumerate() {
            *to += flow.step(k / d) * NODES[s] * g;
        }
    }
    adjoints
}

/// Runs of steps of one length in a list of steps x D numbers, with that length: all of them on an
/// even grid, so that loops over them stay long.
fn runs<'a>(flow: &Flow<'a>, size: usize) -> impl Iterator<Item = (Range<usize>, f64)> + use<'a> {
    let length = if flow.is_even() { size } else { flow.dimension };
    let (d, segment, grid) = (flow.dimension, flow.segment, flow.grid);
    (0..size)
        .step_by(length.max(1))
        .map(move |first| (first..first + length, grid.step(&segment, first / d)))
}

/// Stage `s` and, if there is one, the stage before it.
fn split(stages: &mut [Stage], s: usize) -> (Option<&mut Stage>, &mut Stage) {
    let (before, rest) = stages.split_at_mut(s);
    (before.last_mut(), &mut rest[0])
}
