//! Vector-valued function of states, parameters, inputs and time: one graph, and the tapes of its
//! value and its exact derivatives.

use std::sync::OnceLock;

use super::compile::{compile, Leaves};
use super::derivative::{needed, reverse, Adjoints};
use super::evaluate::{run, Gradients, Keeping, OutputRows, Points, Scratch};
use super::graph::{Graph, Node, NodeId};
use super::tape::Tape;

/// Positions of the entries of a matrix that are not zero for all values, row by row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sparsity {
    /// First entry of each row: row r has the entries `starts[r] .. starts[r + 1]`. Length: rows +
    /// 1.
    pub starts: Vec<usize>,
    /// Column of each entry, ascending within a row.
    pub columns: Vec<usize>,
}

impl Sparsity {
    pub(crate) fn from_rows(rows: impl Iterator<Item = Vec<usize>>) -> Self {
        let mut sparsity = Sparsity {
            starts: vec![0],
            columns: Vec::new(),
        };
        for row in rows {
            sparsity.columns.extend(row);
            sparsity.starts.push(sparsity.columns.len());
        }
        sparsity
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of entries.
    pub fn entries(&self) -> usize {
        self.columns.len()
    }

    /// Entries of a row: the place of each among all entries, and its column.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        (self.starts[row]..self.starts[row + 1]).map(|e| (e, self.columns[e]))
    }
}

/// A derivative with known zeros: its sparsity, and the tape that computes its entries.
#[derive(Debug, Clone)]
pub(super) struct Sparse {
    pub sparsity: Sparsity,
    pub tape: Tape,
}

/// Tapes of values and vector-Jacobian products that share slow computations: the inputs and the
/// values of slow functions are kept, one row per point.
#[derive(Debug, Clone)]
struct Kept {
    width: usize,
    value: Tape,
    adjoint: Tape,
}

/// A function with K outputs of D states, P parameters, inputs and the time. Derivatives are
/// compiled when they are first asked for.
#[derive(Debug, Clone)]
pub struct Function {
    pub(super) graph: Graph,
    pub(super) outputs: Vec<NodeId>,
    pub(super) leaves: Leaves,
    pub(super) value: Tape,
    /// Tape of the value with parameters that differ from point to point.
    each: OnceLock<Tape>,
    adjoint: OnceLock<Tape>,
    kept: OnceLock<Option<Box<Kept>>>,
    jacobian: OnceLock<Sparse>,
    input_jacobian: OnceLock<Sparse>,
    curvature: OnceLock<Sparse>,
    pub(super) jacobian_gradient: OnceLock<Tape>,
}

impl Function {
    pub(super) fn new(graph: Graph, outputs: Vec<NodeId>, leaves: Leaves) -> Self {
        Function {
            value: compile(&graph, &outputs, leaves, 0),
            graph,
            outputs,
            leaves,
            each: OnceLock::new(),
            adjoint: OnceLock::new(),
            kept: OnceLock::new(),
            jacobian: OnceLock::new(),
            input_jacobian: OnceLock::new(),
            curvature: OnceLock::new(),
            jacobian_gradient: OnceLock::new(),
        }
    }

    /// The function in one kind of variable: its states are the D states, then the inputs, then the
    /// time; its parameters are fixed to these numbers. So derivatives in the time and in the
    /// inputs can be computed, and no others are.
    pub fn autonomous(&self, parameters: &[f64]) -> Function {
        let (states, inputs) = (self.leaves.states as u32, self.leaves.inputs as u32);
        let (graph, places) = self.graph.substituted(|node| match node {
            Node::Input(j) => Node::State(states + j),
            Node::Time => Node::State(states + inputs),
            Node::Parameter(p) => Node::Constant(parameters[p as usize].to_bits()),
            other => other,
        });
        let outputs = self.outputs.iter().map(|id| places[id.index()]);
        let leaves = Leaves {
            states: self.leaves.states + self.leaves.inputs + 1,
            parameters: 0,
            inputs: 0,
        };
        Function::new(graph, outputs.collect(), leaves)
    }

    /// Number of outputs, K.
    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// Writes the outputs at every point, points x K.
    pub fn evaluate(&self, scratch: &mut Scratch, at: Points, values: &mut [f64]) {
        let points = values.len() / self.outputs.len();
        run(
            &self.value,
            scratch,
            points,
            at,
            &[],
            &mut OutputRows(values),
        );
    }

    /// Writes the outputs at every point, points x K, where every point has parameters of its own:
    /// `at.inputs` is points x (inputs + parameters), and `at.parameters` is not used.
    pub fn evaluate_each(&self, scratch: &mut Scratch, at: Points, values: &mut [f64]) {
        let tape = self.each.get_or_init(|| {
            let leaves = Leaves {
                states: self.leaves.states,
                parameters: 0,
                inputs: self.leaves.inputs + self.leaves.parameters,
            };
            let first = self.leaves.inputs as u32;
            let graph = self.graph.with_leaves(|node| match node {
                Node::Parameter(p) => Node::Input(first + p),
                other => other,
            });
            compile(&graph, &self.outputs, leaves, 0)
        });
        let points = values.len() / self.outputs.len();
        let at = Points {
            parameters: &[],
            ..at
        };
        run(tape, scratch, points, at, &[], &mut OutputRows(values));
    }

    /// Computes the vector-Jacobian product: adds `DF(x_n)^T adjoint_n` to `path_gradient` (points
    /// x D) at every point, and its counterpart in the parameters, summed over the points, to
    /// `parameter_gradient` (P).
    pub fn pull_back(
        &self,
        scratch: &mut Scratch,
        at: Points,
        adjoint: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        let width = self.leaves.states;
        let sink = &mut Gradients {
            states: path_gradient,
            parameters: parameter_gradient,
            width,
        };
        let points = adjoint.len() / self.outputs.len();
        run(self.adjoint(), scratch, points, at, adjoint, sink);
    }

    /// Numbers per point that [`Function::evaluate_keeping`] keeps; 0 where nothing is slow to
    /// compute.
    pub fn kept(&self) -> usize {
        self.keeping().map_or(0, |kept| kept.width)
    }

    /// Evaluates the outputs like [`Function::evaluate`], and keeps intermediate values in `kept`
    /// (points x [`Function::kept`]) for [`Function::pull_back_kept`] at the same points.
    pub fn evaluate_keeping(
        &self,
        scratch: &mut Scratch,
        at: Points,
        values: &mut [f64],
        kept: &mut [f64],
    ) {
        let Some(tapes) = self.keeping() else {
            return self.evaluate(scratch, at, values);
        };
        let width = self.outputs.len();
        let points = values.len() / width;
        let sink = &mut Keeping {
            values,
            kept,
            width,
        };
        run(&tapes.value, scratch, points, at, &[], sink);
    }

    /// Computes the vector-Jacobian product like [`Function::pull_back`], from the intermediate
    /// values that [`Function::evaluate_keeping`] wrote to `kept` at these points.
    pub fn pull_back_kept(
        &self,
        scratch: &mut Scratch,
        at: Points,
        kept: &[f64],
        adjoint: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        let Some(tapes) = self.keeping() else {
            return self.pull_back(scratch, at, adjoint, path_gradient, parameter_gradient);
        };
        let sink = &mut Gradients {
            states: path_gradient,
            parameters: parameter_gradient,
            width: self.leaves.states,
        };
        let points = adjoint.len() / self.outputs.len();
        let at = Points { inputs: kept, ..at };
        run(&tapes.adjoint, scratch, points, at, adjoint, sink);
    }

    fn keeping(&self) -> Option<&Kept> {
        let make = || {
            let (graph, gradient) = self.gradient();
            let slow = slow_nodes(&self.graph, &self.outputs);
            if slow.is_empty() {
                return None;
            }
            let inputs = self.leaves.inputs;
            let mut own = self.graph.clone();
            let leaves = (0..inputs as u32).map(|j| own.intern(Node::Input(j)));
            let kept: Vec<NodeId> = leaves
                .collect::<Vec<_>>()
                .into_iter()
                .chain(slow.iter().copied())
                .collect();
            let width = kept.len();
            let more = Leaves {
                inputs: width,
                ..self.leaves
            };
            Some(Box::new(Kept {
                width,
                value: compile(&own, &[&self.outputs[..], &kept].concat(), self.leaves, 0),
                adjoint: compile(
                    &graph.with_inputs(&slow, inputs),
                    &gradient,
                    more,
                    self.outputs.len(),
                ),
            }))
        };
        self.kept.get_or_init(make).as_deref()
    }

    /// Sparsity of the Jacobian, K rows; the columns are the D states, then the P parameters.
    pub fn jacobian_sparsity(&self) -> &Sparsity {
        &self.jacobian_tape().sparsity
    }

    /// Writes the Jacobian's entries at every point, points x entries.
    pub fn jacobian(&self, scratch: &mut Scratch, at: Points, values: &mut [f64]) {
        run_sparse(self.jacobian_tape(), scratch, at, &[], values);
    }

    /// Sparsity of the Jacobian in the inputs, K rows.
    pub fn input_jacobian_sparsity(&self) -> &Sparsity {
        &self.input_jacobian_tape().sparsity
    }

    /// Writes the entries of the Jacobian in the inputs at every point, points x entries.
    pub fn input_jacobian(&self, scratch: &mut Scratch, at: Points, values: &mut [f64]) {
        run_sparse(self.input_jacobian_tape(), scratch, at, &[], values);
    }

    /// Sparsity of the lower triangle of `sum_a adjoint_a D2 F_a`; rows and columns are the D
    /// states, then the P parameters.
    pub fn curvature_sparsity(&self) -> &Sparsity {
        &self.curvature_tape().sparsity
    }

    /// Writes the entries of `sum_a adjoint_a D2 F_a` at every point, points x entries; `adjoint`
    /// is points x K.
    pub fn curvature(
        &self,
        scratch: &mut Scratch,
        at: Points,
        adjoint: &[f64],
        values: &mut [f64],
    ) {
        run_sparse(self.curvature_tape(), scratch, at, adjoint, values);
    }

    /// Number of operations whose result is used more than once.
    pub(super) fn shared(&self) -> usize {
        let reads = super::compile::count_reads(&self.graph, &self.outputs);
        let is_leaf = |k: usize| self.graph.arguments(NodeId(k as u32)).next().is_none();
        (0..reads.len())
            .filter(|&k| reads[k] > 1 && !is_leaf(k))
            .count()
    }

    pub(super) fn adjoint(&self) -> &Tape {
        self.adjoint.get_or_init(|| {
            let (graph, gradient) = self.gradient();
            compile(&graph, &gradient, self.leaves, self.outputs.len())
        })
    }

    /// The graph with the derivatives of `sum_a adjoint_a * output_a` in every variable, and their
    /// nodes.
    fn gradient(&self) -> (Graph, Vec<NodeId>) {
        let mut graph = self.graph.clone();
        let adjoints = self.weighted(&mut graph);
        let zero = graph.constant(0.0);
        let gradient = self
            .variables()
            .map(|leaf| adjoints.of(&graph, leaf).unwrap_or(zero))
            .collect();
        (graph, gradient)
    }

    pub(super) fn jacobian_tape(&self) -> &Sparse {
        self.jacobian
            .get_or_init(|| self.jacobian_in(|leaf| self.column(leaf)))
    }

    pub(super) fn input_jacobian_tape(&self) -> &Sparse {
        let column = |leaf| match leaf {
            Node::Input(j) => Some(j as usize),
            _ => None,
        };
        self.input_jacobian.get_or_init(|| self.jacobian_in(column))
    }

    fn jacobian_in(&self, column: impl Fn(Node) -> Option<usize>) -> Sparse {
        let (graph, rows) = self.jacobian_nodes(column);
        sparse(&graph, rows, self.leaves, 0)
    }

    /// The graph with the entries of the Jacobian as further nodes, row by row with their columns.
    pub(super) fn jacobian_nodes(
        &self,
        column: impl Fn(Node) -> Option<usize>,
    ) -> (Graph, Vec<Vec<(usize, NodeId)>>) {
        let mut graph = self.graph.clone();
        let one = graph.constant(1.0);
        let rows = self
            .outputs
            .iter()
            .map(|&output| {
                let adjoints = reverse(&mut graph, &[(output, one)]);
                entries(&graph, &adjoints, &column)
            })
            .collect();
        (graph, rows)
    }

    pub(super) fn curvature_tape(&self) -> &Sparse {
        self.curvature.get_or_init(|| {
            let mut graph = self.graph.clone();
            let adjoints = self.weighted(&mut graph);
            let one = graph.constant(1.0);
            let rows: Vec<Vec<(usize, NodeId)>> = self
                .variables()
                .enumerate()
                .map(|(v, leaf)| match adjoints.of(&graph, leaf) {
                    None => Vec::new(),
                    Some(slope) => {
                        let second = reverse(&mut graph, &[(slope, one)]);
                        entries(&graph, &second, |leaf| {
                            self.column(leaf).filter(|&c| c <= v)
                        })
                    }
                })
                .collect();
            sparse(&graph, rows, self.leaves, self.outputs.len())
        })
    }

    /// Differentiates `sum_a adjoint_a * output_a` in all leaves.
    fn weighted(&self, graph: &mut Graph) -> Adjoints {
        let seeds: Vec<(NodeId, NodeId)> = self
            .outputs
            .iter()
            .enumerate()
            .map(|(a, &output)| (output, graph.intern(Node::Adjoint(a as u32))))
            .collect();
        reverse(graph, &seeds)
    }

    /// Place of a leaf among [`Function::variables`].
    pub(super) fn column(&self, leaf: Node) -> Option<usize> {
        match leaf {
            Node::State(i) => Some(i as usize),
            Node::Parameter(p) => Some(self.leaves.states + p as usize),
            _ => None,
        }
    }

    /// Variables in which derivatives are taken: states, then parameters.
    pub(super) fn variables(&self) -> impl Iterator<Item = Node> {
        let states = (0..self.leaves.states as u32).map(Node::State);
        states.chain((0..self.leaves.parameters as u32).map(Node::Parameter))
    }
}

/// Derivatives in the leaves to which `column` gives a place, by ascending place.
fn entries(
    graph: &Graph,
    adjoints: &Adjoints,
    column: impl Fn(Node) -> Option<usize>,
) -> Vec<(usize, NodeId)> {
    let leaves = adjoints.leaves(graph);
    let mut entries: Vec<_> = leaves
        .filter_map(|(leaf, id)| Some((column(leaf)?, id)))
        .collect();
    entries.sort_unstable();
    entries
}

/// Nodes of functions that take many times as long as a multiplication, and differ from point to
/// point.
fn slow_nodes(graph: &Graph, outputs: &[NodeId]) -> Vec<NodeId> {
    let is_slow = |id: &NodeId| match graph.node(*id) {
        Node::Unary(function, _) => function.is_slow(),
        Node::Binary(function, ..) => function.is_slow(),
        _ => false,
    };
    let varies = |id: &NodeId| {
        let parts = needed(graph, std::iter::once(*id));
        let leaf = |id: &NodeId| {
            matches!(
                graph.node(*id),
                Node::State(_) | Node::Input(_) | Node::Time
            )
        };
        parts.iter().any(leaf)
    };
    let all = needed(graph, outputs.iter().copied());
    all.into_iter().filter(is_slow).filter(varies).collect()
}

fn sparse(
    graph: &Graph,
    rows: Vec<Vec<(usize, NodeId)>>,
    leaves: Leaves,
    adjoints: usize,
) -> Sparse {
    let outputs: Vec<NodeId> = rows.iter().flatten().map(|&(_, id)| id).collect();
    Sparse {
        sparsity: Sparsity::from_rows(
            rows.iter()
                .map(|row| row.iter().map(|&(column, _)| column).collect()),
        ),
        tape: compile(graph, &outputs, leaves, adjoints),
    }
}

fn run_sparse(
    sparse: &Sparse,
    scratch: &mut Scratch,
    at: Points,
    adjoint: &[f64],
    values: &mut [f64],
) {
    let width = sparse.sparsity.entries();
    if width == 0 {
        return;
    }
    let points = values.len() / width;
    run(
        &sparse.tape,
        scratch,
        points,
        at,
        adjoint,
        &mut OutputRows(values),
    );
}
