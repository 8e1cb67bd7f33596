//! Compiler from a graph to a tape. It finds the nodes that are needed, the pairs of operations
//! that are fused, and the column of each quantity.

use super::graph::{Binary, Graph, Node, NodeId};
use super::tape::{Fused, Instruction, ScalarInstruction, Tape};

/// An operation of the tape's body: its node, and the nodes that it reads.
struct Operation {
    node: NodeId,
    fused: Option<Fused>,
    inputs: Vec<NodeId>,
}

/// Number of leaves of each kind in a graph.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leaves {
    pub states: usize,
    pub parameters: usize,
    pub inputs: usize,
}

/// Compiles the operations that `outputs` need. `adjoints` is the number of multipliers of a
/// vector-Jacobian product, 0 where there are none.
pub(super) fn compile(graph: &Graph, outputs: &[NodeId], leaves: Leaves, adjoints: usize) -> Tape {
    let reads = count_reads(graph, outputs);
    let varies = find_varying(graph);
    let operations = list_operations(graph, outputs, &reads, &varies);
    let is_read = |wanted: fn(&Node) -> bool| {
        (0..graph.len()).any(|i| reads[i] > 0 && wanted(&graph.node(NodeId(i as u32))))
    };
    // Inputs and time, which few models have, are not loaded for the others.
    let (states, inputs) = match is_read(|node| matches!(node, Node::Input(_))) {
        true => (leaves.states, leaves.inputs),
        false => (leaves.states, 0),
    };
    let time = is_read(|node| matches!(node, Node::Time));
    let mut tape = Tape {
        states,
        adjoints,
        inputs,
        time,
        columns: states + adjoints + inputs + usize::from(time),
        scalars: vec![0.0; leaves.parameters],
        ..Tape::default()
    };
    let places = (0..graph.len()).map(|index| match graph.node(NodeId(index as u32)) {
        Node::State(i) => Some(i),
        Node::Adjoint(a) => Some(states as u32 + a),
        Node::Input(j) => Some((states + adjoints) as u32 + j),
        Node::Time => Some((states + adjoints + inputs) as u32),
        _ => None,
    });
    let mut column: Vec<Option<u32>> = places.collect();
    let read_as_column = operations.iter().flat_map(|o| &o.inputs).chain(outputs);
    let mut scalar: Vec<Option<u32>> = vec![None; graph.len()];
    for index in (0..graph.len()).filter(|&i| reads[i] > 0 && !varies[i]) {
        scalar[index] = Some(emit_scalar(graph, NodeId(index as u32), &scalar, &mut tape));
    }
    for id in read_as_column.filter(|id| !varies[id.index()]) {
        if column[id.index()].is_none() {
            let to = tape.columns as u32;
            tape.columns += 1;
            column[id.index()] = Some(to);
            tape.broadcast.push((to, expect(&scalar, *id)));
        }
    }
    emit_body(graph, &operations, outputs, &mut column, &mut tape);
    tape.outputs = outputs.iter().map(|&id| expect(&column, id)).collect();
    tape.vanishing = outputs
        .iter()
        .map(|&id| graph.value(id) == Some(0.0))
        .collect();
    tape
}

/// Counts the reads of each node, by operations that are needed or as an output.
pub(super) fn count_reads(graph: &Graph, outputs: &[NodeId]) -> Vec<u32> {
    let mut reads = vec![0; graph.len()];
    for output in outputs {
        reads[output.index()] += 1;
    }
    for index in (0..graph.len()).rev() {
        if reads[index] > 0 {
            for argument in graph.arguments(NodeId(index as u32)) {
                reads[argument.index()] += 1;
            }
        }
    }
    reads
}

/// Marks the nodes whose values differ from time point to time point.
fn find_varying(graph: &Graph) -> Vec<bool> {
    let mut varies = vec![false; graph.len()];
    for index in 0..graph.len() {
        let id = NodeId(index as u32);
        varies[index] = match graph.node(id) {
            Node::State(_) | Node::Adjoint(_) | Node::Input(_) | Node::Time => true,
            _ => graph.arguments(id).any(|argument| varies[argument.index()]),
        };
    }
    varies
}

/// Lists the operations of the body in the order in which the outputs ask for them: each result is
/// then read soon, and few columns are in use at a time.
fn list_operations(
    graph: &Graph,
    outputs: &[NodeId],
    reads: &[u32],
    varies: &[bool],
) -> Vec<Operation> {
    let mut waiting = find_operations(graph, reads, varies);
    let mut ordered = Vec::new();
    for &output in outputs {
        let mut stack = vec![output];
        while let Some(&node) = stack.last() {
            let inputs = waiting[node.index()].as_ref().map(|o| &o.inputs[..]);
            let unmet = |id: &&NodeId| waiting[id.index()].is_some();
            match inputs.and_then(|inputs| inputs.iter().find(unmet)) {
                Some(&input) => stack.push(input),
                None => {
                    ordered.extend(waiting[node.index()].take());
                    stack.pop();
                }
            }
        }
    }
    ordered
}

/// Finds the operation of the body at each node. Consumers are met first, so that each may absorb
/// an argument that only it reads.
fn find_operations(graph: &Graph, reads: &[u32], varies: &[bool]) -> Vec<Option<Operation>> {
    let mut absorbed = vec![false; graph.len()];
    let mut operations: Vec<Option<Operation>> = Vec::new();
    operations.resize_with(graph.len(), || None);
    for index in (0..graph.len()).rev() {
        if reads[index] == 0 || !varies[index] || absorbed[index] {
            continue;
        }
        let node = NodeId(index as u32);
        let single = |id: NodeId| reads[id.index()] == 1 && varies[id.index()];
        let (fused, inputs) = match fuse(graph, node, single) {
            Some((fused, inner, inputs)) => {
                absorbed[inner.index()] = true;
                (Some(fused), inputs.to_vec())
            }
            None => (None, graph.arguments(node).collect()),
        };
        if !inputs.is_empty() {
            operations[index] = Some(Operation {
                node,
                fused,
                inputs,
            });
        }
    }
    operations
}

/// Finds the pair that `node` makes with one of its arguments, if there is one: the fused
/// operation, the argument, and the three nodes that both read.
fn fuse(
    graph: &Graph,
    node: NodeId,
    single: impl Fn(NodeId) -> bool,
) -> Option<(Fused, NodeId, [NodeId; 3])> {
    let Node::Binary(outer, left, right) = graph.node(node) else {
        return None;
    };
    [(left, right, false), (right, left, true)]
        .into_iter()
        .filter(|&(inner, c, _)| inner != c && single(inner))
        .find_map(|(inner, c, swapped)| {
            let Node::Binary(f, a, b) = graph.node(inner) else {
                return None;
            };
            let fused = pair(f, outer, swapped)?;
            // One column cannot be borrowed twice.
            (a != b && a != c && b != c).then_some((fused, inner, [a, b, c]))
        })
}

fn pair(inner: Binary, outer: Binary, swapped: bool) -> Option<Fused> {
    use Binary::*;
    Some(match (inner, outer, swapped) {
        (Multiply, Add, _) => Fused::MultiplyAdd,
        (Multiply, Subtract, false) => Fused::MultiplySubtract,
        (Multiply, Subtract, true) => Fused::SubtractProduct,
        (Add, Multiply, _) => Fused::AddMultiply,
        (Subtract, Multiply, _) => Fused::SubtractMultiply,
        (Add, Add, _) => Fused::AddAdd,
        (Subtract, Add, _) => Fused::SubtractAdd,
        (Add, Subtract, false) => Fused::AddSubtract,
        (Subtract, Subtract, false) => Fused::SubtractSubtract,
        _ => return None,
    })
}

fn emit_scalar(graph: &Graph, id: NodeId, scalar: &[Option<u32>], tape: &mut Tape) -> u32 {
    let to = tape.scalars.len() as u32;
    let mut value = 0.0;
    match graph.node(id) {
        Node::Parameter(i) => return i,
        Node::Constant(bits) => value = f64::from_bits(bits),
        Node::Unary(f, a) => {
            let a = expect(scalar, a);
            tape.prologue.push(ScalarInstruction::Unary { f, to, a });
        }
        Node::Binary(f, a, b) => {
            let (a, b) = (expect(scalar, a), expect(scalar, b));
            tape.prologue
                .push(ScalarInstruction::Binary { f, to, a, b });
        }
        Node::Select(c, a, b) => {
            let (c, a, b) = (expect(scalar, c), expect(scalar, a), expect(scalar, b));
            tape.prologue
                .push(ScalarInstruction::Select { to, c, a, b });
        }
        Node::State(_) | Node::Adjoint(_) | Node::Input(_) | Node::Time => {
            unreachable!("what varies is no scalar")
        }
    }
    tape.scalars.push(value);
    to
}

/// Emits the operations; the column of a result is reused once its last reader is done.
fn emit_body(
    graph: &Graph,
    operations: &[Operation],
    outputs: &[NodeId],
    column: &mut [Option<u32>],
    tape: &mut Tape,
) {
    let mut last_reader = vec![None; graph.len()];
    for (position, operation) in operations.iter().enumerate() {
        for input in &operation.inputs {
            last_reader[input.index()] = Some(position);
        }
    }
    for output in outputs {
        last_reader[output.index()] = None;
    }
    let first_temporary = tape.columns as u32;
    let mut free: Vec<u32> = Vec::new();
    for (position, operation) in operations.iter().enumerate() {
        let to = free.pop().unwrap_or_else(|| {
            tape.columns += 1;
            tape.columns as u32 - 1
        });
        let inputs = &operation.inputs;
        let place = |k: usize| expect(column, inputs[k]);
        tape.body
            .push(match (operation.fused, graph.node(operation.node)) {
                (Some(fused), _) => {
                    let (a, b, c) = (place(0), place(1), place(2));
                    Instruction::Fused { fused, to, a, b, c }
                }
                (None, Node::Unary(f, _)) => {
                    let a = place(0);
                    Instruction::Unary { f, to, a }
                }
                (None, Node::Binary(f, a, b)) if a == b => {
                    let a = place(0);
                    Instruction::Same { f, to, a }
                }
                (None, Node::Binary(f, _, _)) => {
                    let (a, b) = (place(0), place(1));
                    Instruction::Binary { f, to, a, b }
                }
                (None, Node::Select(..)) => {
                    let (c, a, b) = (place(0), place(1), place(2));
                    Instruction::Select { to, c, a, b }
                }
                _ => unreachable!("leaves are no operations"),
            });
        column[operation.node.index()] = Some(to);
        // The target was taken before the inputs are given back: no operation reads what it writes.
        for (k, input) in inputs.iter().enumerate() {
            let place = expect(column, *input);
            let done = last_reader[input.index()] == Some(position);
            if done && place >= first_temporary && !inputs[..k].contains(input) {
                free.push(place);
            }
        }
    }
}

fn expect(place: &[Option<u32>], id: NodeId) -> u32 {
    place[id.index()].expect("a node is placed before it is read")
}
