//! A graph as a straight-line list of operations on columns: one column holds one quantity at a
//! block of time points, so that each operation is decoded once per block, not once per point.

use super::graph::{Binary, Graph, Node, NodeId, Unary};

/// Points are handled in groups of four, so that the compiler can use SIMD with no remainder.
pub(super) const GROUP: usize = 4;
/// Groups in a column: a block of 64 points keeps the columns of usual models in the first-level cache.
pub(super) const GROUPS: usize = 16;

pub(super) type Column = [[f64; GROUP]; GROUPS];

/// Where an operation takes an argument from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Source {
    /// Differs from time point to time point.
    Column(u32),
    /// The same at all time points: constants, parameters, and what follows from them alone.
    Scalar(u32),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Instruction {
    Unary(Unary, u32, u32),
    Binary(Binary, u32, u32, u32),
    /// Both arguments are one column, which cannot be borrowed twice.
    BinarySame(Binary, u32, u32),
    ColumnScalar(Binary, u32, u32, u32),
    ScalarColumn(Binary, u32, u32, u32),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum ScalarInstruction {
    Unary(Unary, u32, u32),
    Binary(Binary, u32, u32, u32),
}

/// What a tape reads per time point: the states first, then the adjoints.
#[derive(Debug, Clone)]
pub(super) struct Tape {
    pub states: usize,
    pub adjoints: usize,
    /// Columns in use, the inputs among them.
    pub columns: usize,
    /// Initial values of the scalars: parameters first (filled in at each call), then constants.
    pub scalars: Vec<f64>,
    pub prologue: Vec<ScalarInstruction>,
    pub body: Vec<Instruction>,
    pub outputs: Vec<Source>,
}

impl Tape {
    /// Lists what `outputs` need. Columns are reused once their last reader is done.
    pub fn compile(
        graph: &Graph,
        outputs: &[NodeId],
        states: usize,
        adjoints: usize,
        parameters: usize,
    ) -> Tape {
        let last_use = last_uses(graph, outputs);
        let mut tape = Tape {
            states,
            adjoints,
            columns: states + adjoints,
            scalars: vec![0.0; parameters],
            prologue: Vec::new(),
            body: Vec::new(),
            outputs: Vec::new(),
        };
        let mut place: Vec<Option<Source>> = vec![None; graph.len()];
        let mut free: Vec<u32> = Vec::new();
        for index in 0..graph.len() {
            if last_use[index] == NEVER {
                continue;
            }
            let source = match graph.node(NodeId(index as u32)) {
                Node::Constant(bits) => tape.new_scalar(f64::from_bits(bits)),
                Node::Parameter(i) => Source::Scalar(i),
                Node::State(i) => Source::Column(i),
                Node::Adjoint(a) => Source::Column(states as u32 + a),
                Node::Unary(function, a) => match operand(&place, a) {
                    Source::Scalar(a) => {
                        let target = tape.new_scalar(0.0);
                        let Source::Scalar(to) = target else {
                            unreachable!("new_scalar gives a scalar")
                        };
                        tape.prologue
                            .push(ScalarInstruction::Unary(function, to, a));
                        target
                    }
                    Source::Column(a) => {
                        let to = tape.take_column(&mut free);
                        tape.body.push(Instruction::Unary(function, to, a));
                        Source::Column(to)
                    }
                },
                Node::Binary(function, a, b) => {
                    tape.push_binary(function, operand(&place, a), operand(&place, b), &mut free)
                }
            };
            place[index] = Some(source);
            // The target was taken before the arguments are given back: no operation writes where it reads.
            for argument in arguments(graph, NodeId(index as u32)).into_iter().flatten() {
                if last_use[argument.index()] == index {
                    if let Some(Source::Column(column)) = place[argument.index()].take() {
                        free.push(column);
                    }
                }
            }
        }
        tape.outputs = outputs.iter().map(|&id| operand(&place, id)).collect();
        tape
    }

    fn push_binary(
        &mut self,
        function: Binary,
        a: Source,
        b: Source,
        free: &mut Vec<u32>,
    ) -> Source {
        if let (Source::Scalar(a), Source::Scalar(b)) = (a, b) {
            let to = self.scalars.len() as u32;
            self.scalars.push(0.0);
            self.prologue
                .push(ScalarInstruction::Binary(function, to, a, b));
            return Source::Scalar(to);
        }
        let to = self.take_column(free);
        self.body.push(match (a, b) {
            (Source::Column(a), Source::Column(b)) if a == b => {
                Instruction::BinarySame(function, to, a)
            }
            (Source::Column(a), Source::Column(b)) => Instruction::Binary(function, to, a, b),
            (Source::Column(a), Source::Scalar(b)) => Instruction::ColumnScalar(function, to, a, b),
            (Source::Scalar(a), Source::Column(b)) => Instruction::ScalarColumn(function, to, a, b),
            (Source::Scalar(_), Source::Scalar(_)) => unreachable!("handled above"),
        });
        Source::Column(to)
    }

    fn new_scalar(&mut self, value: f64) -> Source {
        self.scalars.push(value);
        Source::Scalar(self.scalars.len() as u32 - 1)
    }

    fn take_column(&mut self, free: &mut Vec<u32>) -> u32 {
        free.pop().unwrap_or_else(|| {
            self.columns += 1;
            self.columns as u32 - 1
        })
    }
}

/// A use by the caller, after all operations.
const OUTPUT: usize = usize::MAX;
/// Nothing reads the node.
const NEVER: usize = usize::MAX - 1;

/// For each node the index of its last reader.
fn last_uses(graph: &Graph, outputs: &[NodeId]) -> Vec<usize> {
    let mut last = vec![NEVER; graph.len()];
    for output in outputs {
        last[output.index()] = OUTPUT;
    }
    for index in (0..graph.len()).rev() {
        if last[index] == NEVER {
            continue;
        }
        for argument in arguments(graph, NodeId(index as u32)).into_iter().flatten() {
            if last[argument.index()] == NEVER {
                last[argument.index()] = index;
            }
        }
    }
    last
}

fn arguments(graph: &Graph, id: NodeId) -> [Option<NodeId>; 2] {
    match graph.node(id) {
        Node::Unary(_, a) => [Some(a), None],
        Node::Binary(_, a, b) => [Some(a), (b != a).then_some(b)],
        _ => [None, None],
    }
}

fn operand(place: &[Option<Source>], id: NodeId) -> Source {
    place[id.index()].expect("a node is placed before it is read, and kept until its last reader")
}
