//! Text of a model's graph. The printed text, parsed again, gives the same graph.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::definition::{
    EquationDefinition, Initial, ModelDefinition, NamedExpression, ParameterDefinition,
    StateDefinition,
};
use super::graph::{Binary, Graph, Node, NodeId, Unary, MOST_MULTIPLIED};
use super::parse::{binding, function, FUNCTIONS};
use super::token::is_name;
use super::{EquationModel, ModelKind};

impl EquationModel {
    /// The model as data: the definition that it was built from; for a model made of Rust
    /// expressions, texts that give the same graph. Names that cannot stand in a text are changed
    /// there.
    pub fn definition(&self) -> ModelDefinition {
        match &self.definition {
            Some(definition) => (**definition).clone(),
            None => self.expanded(),
        }
    }

    /// Tests if the equations are the same, operation by operation, regardless of names.
    pub fn has_equations_of(&self, other: &EquationModel) -> bool {
        let mut graph = Graph::default();
        let mut copy = |model: &EquationModel| copy(model, &mut graph);
        self.kind == other.kind && copy(self) == copy(other)
    }

    /// Text of one node of the equations.
    pub(super) fn text_of(&self, id: NodeId) -> String {
        let graph = &self.function.graph;
        let name = |node| match node {
            Node::State(i) => Some(self.states[i as usize].clone()),
            Node::Parameter(p) => Some(self.parameters[p as usize].name.clone()),
            Node::Input(j) => Some(self.inputs[j as usize].clone()),
            Node::Time => Some("t".to_string()),
            _ => None,
        };
        let roots = [id];
        let printed = Printer::new(graph, &roots).print(name, &mut PrintedNames::default());
        let parts = printed.definitions.iter();
        let parts = parts.map(|part| format!(" with {} = {}", part.name, part.expression));
        parts.fold(printed.outputs.concat(), |text, part| text + &part)
    }

    /// Output nodes of the equations, then of the observables: both functions have one graph.
    fn outputs(&self) -> Vec<NodeId> {
        let observed = self.observation.iter().flat_map(|f| &f.outputs);
        self.function
            .outputs
            .iter()
            .chain(observed)
            .copied()
            .collect()
    }

    /// The model as data, printed from its graph even if it was built from texts: vectors and
    /// definitions are expanded, and subexpressions that are computed once get a name.
    pub fn expanded(&self) -> ModelDefinition {
        let mut names = PrintedNames::default();
        let states = names.all(self.states.iter());
        let inputs = names.all(self.inputs.iter());
        let parameters = names.all(self.parameters.iter().map(|p| &p.name));
        let graph = &self.function.graph;
        let leaf = |node| match node {
            Node::State(i) => Some(states[i as usize].clone()),
            Node::Parameter(p) => Some(parameters[p as usize].clone()),
            Node::Input(j) => Some(inputs[j as usize].clone()),
            Node::Time => Some("t".to_string()),
            _ => None,
        };
        let observables = names.all(self.observables.iter());
        let printed = Printer::new(graph, &self.outputs()).print(leaf, &mut names);
        let (equations, observed) = printed.outputs.split_at(states.len());
        let initial = self.initial_state.iter();
        ModelDefinition {
            events: Vec::new(),
            name: self.name.clone(),
            kind: self.kind,
            states: states
                .iter()
                .zip(initial)
                .enumerate()
                .map(|(k, (name, &value))| StateDefinition {
                    positive: self.positive.get(k).copied().unwrap_or(false),
                    ..StateDefinition::new(name, value)
                })
                .collect(),
            parameters: parameters
                .iter()
                .zip(&self.parameters)
                .map(|(name, p)| {
                    ParameterDefinition::described(name, p.default, "", &p.description)
                })
                .collect(),
            inputs,
            definitions: printed.definitions,
            equations: states
                .iter()
                .zip(equations)
                .map(|(state, text)| EquationDefinition::new(state, text))
                .collect(),
            observables: observables
                .iter()
                .zip(observed)
                .map(|(name, text)| NamedExpression::new(name, text))
                .collect(),
            spin_up: self.spin_up,
        }
    }
}

/// Copies the outputs of a model into another graph, where equal expressions have equal nodes.
fn copy(model: &EquationModel, to: &mut Graph) -> Vec<NodeId> {
    let from = &model.function.graph;
    let mut places: Vec<NodeId> = Vec::with_capacity(from.len());
    for index in 0..from.len() {
        let place = |id: NodeId| places[id.index()];
        let copied = match from.node(NodeId(index as u32)) {
            Node::Unary(f, a) => to.unary(f, place(a)),
            Node::Binary(f, a, b) => to.binary(f, place(a), place(b)),
            Node::Select(c, a, b) => to.select(place(c), place(a), place(b)),
            leaf => to.intern(leaf),
        };
        places.push(copied);
    }
    let outputs = model.outputs();
    outputs.iter().map(|o| places[o.index()]).collect()
}

/// Names that are taken already.
#[derive(Default)]
struct PrintedNames(HashSet<String>);

impl PrintedNames {
    fn all<'a>(&mut self, names: impl Iterator<Item = &'a String>) -> Vec<String> {
        names.map(|name| self.take(name)).collect()
    }

    /// Reserves the name itself if it can stand in an expression and is free, else one like it.
    fn take(&mut self, name: &str) -> String {
        let mut valid: String = name
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        if !is_name(&valid) {
            valid.insert(0, '_');
        }
        while function(&valid).is_some()
            || matches!(&valid[..], "t" | "pi")
            || self.0.contains(&valid)
        {
            valid.push('_');
        }
        self.0.insert(valid.clone());
        valid
    }
}

/// Printed expressions: named parts and the texts of the outputs.
struct Printed {
    definitions: Vec<NamedExpression>,
    outputs: Vec<String>,
}

/// The text of a node, and the binding strength of its outermost operation.
#[derive(Clone)]
struct Text {
    text: String,
    binding: u8,
    operations: usize,
}

/// Number of operations from which on a subexpression that is used again gets a name.
const WORTH_A_NAME: usize = 3;
/// Approximate maximum number of operations in one text: parts of longer ones get names.
const LONG: usize = 400;

/// Printer of the nodes that some outputs of a graph need.
struct Printer<'a> {
    graph: &'a Graph,
    outputs: &'a [NodeId],
    /// Base and exponent of each node that is a whole power; the node itself and 1 for others.
    powers: Vec<(NodeId, u32)>,
    /// Number of times that each node's text is needed.
    reads: Vec<u32>,
}

impl<'a> Printer<'a> {
    fn new(graph: &'a Graph, outputs: &'a [NodeId]) -> Self {
        let mut printer = Printer {
            graph,
            outputs,
            powers: Vec::with_capacity(graph.len()),
            reads: vec![0; graph.len()],
        };
        for index in 0..graph.len() {
            let power = printer.power(NodeId(index as u32));
            printer.powers.push(power);
        }
        for output in outputs {
            printer.reads[output.index()] += 1;
        }
        for index in (0..graph.len()).rev() {
            if printer.reads[index] > 0 {
                for operand in printer.operands(NodeId(index as u32)) {
                    printer.reads[operand.index()] += 1;
                }
            }
        }
        printer
    }

    /// Recognises the multiplications of [`Graph::whole_power`]: base and exponent.
    fn power(&self, id: NodeId) -> (NodeId, u32) {
        let Node::Binary(Binary::Multiply, a, b) = self.graph.node(id) else {
            return (id, 1);
        };
        let ((base_a, a_times), (base_b, b_times)) =
            (self.powers[a.index()], self.powers[b.index()]);
        let power = match (base_a == base_b, a_times, b_times) {
            _ if a == b => 2 * a_times,
            (true, 1, even) | (true, even, 1) if even % 2 == 0 => even + 1,
            _ => return (id, 1),
        };
        match f64::from(power) <= MOST_MULTIPLIED {
            true => (base_a, power),
            false => (id, 1),
        }
    }

    /// Nodes whose texts the text of a node contains.
    fn operands(&self, id: NodeId) -> Vec<NodeId> {
        match self.powers[id.index()] {
            (base, power) if power > 1 => vec![base],
            _ => self.graph.arguments(id).collect(),
        }
    }

    fn print(&self, leaf: impl Fn(Node) -> Option<String>, names: &mut PrintedNames) -> Printed {
        let mut texts: HashMap<NodeId, Text> = HashMap::new();
        let mut left = self.reads.clone();
        let mut definitions = Vec::new();
        for index in (0..self.graph.len()).filter(|&i| self.reads[i] > 0) {
            let id = NodeId(index as u32);
            let mut text = match leaf(self.graph.node(id)) {
                Some(name) => atom(name, 0),
                None => {
                    let operands = self.operands(id).into_iter();
                    let operands = operands
                        .map(|operand| {
                            left[operand.index()] -= 1;
                            match left[operand.index()] {
                                0 => texts.remove(&operand),
                                _ => texts.get(&operand).cloned(),
                            }
                        })
                        .map(|text| text.unwrap_or_else(|| atom(String::new(), 0)))
                        .collect();
                    self.text(id, operands)
                }
            };
            let shared = self.reads[index] > 1 && text.operations >= WORTH_A_NAME;
            if shared || text.operations > LONG {
                let name = names.take(&format!("s{}", definitions.len() + 1));
                definitions.push(NamedExpression::new(&name, &text.text));
                text = atom(name, 0);
            }
            texts.insert(id, text);
        }
        let outputs = self.outputs.iter().map(|o| texts[o].text.clone());
        Printed {
            outputs: outputs.collect(),
            definitions,
        }
    }

    fn text(&self, id: NodeId, mut operands: Vec<Text>) -> Text {
        let operations = 1 + operands.iter().map(|o| o.operations).sum::<usize>();
        let (base, power) = self.powers[id.index()];
        let (text, binding) = match self.graph.node(id) {
            _ if power > 1 && base != id => {
                let base = operands.swap_remove(0).within(binding::ATOM);
                (format!("{base}^{power}"), binding::POWER)
            }
            Node::Constant(bits) => return constant(f64::from_bits(bits)),
            Node::Unary(Unary::Negate, _) => {
                let operand = operands.swap_remove(0).within(binding::POWER);
                (format!("-{operand}"), binding::NEGATION)
            }
            Node::Binary(f, ..) if infix(f).is_some() => {
                let (symbol, binding) = infix(f).unwrap_or_default();
                let (least, most) = match f {
                    Binary::Power => (binding::ATOM, binding),
                    _ if binding == binding::COMPARISON => (binding + 1, binding + 1),
                    _ => (binding, binding + 1),
                };
                let right = match operands.pop() {
                    // Two signs side by side are hard to read.
                    Some(right) if right.binding == binding::NEGATION => {
                        right.within(binding::ATOM)
                    }
                    right => right.map(|r| r.within(most)).unwrap_or_default(),
                };
                let mut left = operands.swap_remove(0).within(least);
                left.push_str(symbol);
                left.push_str(&right);
                (left, binding)
            }
            node => {
                let arguments: Vec<String> = operands.into_iter().map(|o| o.text).collect();
                let call = format!("{}({})", called(node), arguments.join(", "));
                return atom(call, operations);
            }
        };
        Text {
            text,
            binding,
            operations,
        }
    }
}

impl Text {
    /// The text, in parentheses if it binds less tightly than `least`.
    fn within(self, least: u8) -> String {
        match self.binding < least {
            true => format!("({})", self.text),
            false => self.text,
        }
    }
}

fn atom(text: String, operations: usize) -> Text {
    Text {
        text,
        binding: binding::ATOM,
        operations,
    }
}

fn infix(f: Binary) -> Option<(&'static str, u8)> {
    Some(match f {
        Binary::Add => (" + ", binding::SUM),
        Binary::Subtract => (" - ", binding::SUM),
        Binary::Multiply => ("*", binding::PRODUCT),
        Binary::Divide => ("/", binding::PRODUCT),
        Binary::Power => ("^", binding::POWER),
        Binary::Less => (" < ", binding::COMPARISON),
        Binary::LessOrEqual => (" <= ", binding::COMPARISON),
        Binary::Equal => (" == ", binding::COMPARISON),
        Binary::Min | Binary::Max | Binary::Atan2 => return None,
    })
}

/// Name of a node's function in the language of expressions.
fn called(node: Node) -> &'static str {
    use super::parse::BuiltinFunction;
    let wanted = |known: BuiltinFunction| match (node, known) {
        (Node::Unary(f, _), BuiltinFunction::Unary(g)) => f == g,
        (Node::Binary(f, ..), BuiltinFunction::Binary(g) | BuiltinFunction::Extreme(g)) => f == g,
        (Node::Select(..), BuiltinFunction::Select) => true,
        _ => false,
    };
    // Of two names of one function, the later: log, not ln.
    let mut names = FUNCTIONS.iter().rev().filter(|&&(_, f)| wanted(f));
    names.next().map_or("?", |&(name, _)| name)
}

fn constant(value: f64) -> Text {
    let (text, binding) = match value {
        v if v == std::f64::consts::PI => ("pi".into(), binding::ATOM),
        v if v.is_nan() => ("0/0".into(), binding::PRODUCT),
        f64::INFINITY => ("1/0".into(), binding::PRODUCT),
        f64::NEG_INFINITY => ("-1/0".into(), binding::PRODUCT),
        v if v < 0.0 => (number(v), binding::NEGATION),
        v => (number(v), binding::ATOM),
    };
    Text {
        text,
        binding,
        operations: 0,
    }
}

/// The shortest text of a number that loses no digit.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").map(str::to_string).unwrap_or(text)
}

impl fmt::Display for EquationModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.definition().fmt(f)
    }
}

/// Table of the model: the equations in mathematical notation, then names and numbers.
impl fmt::Display for ModelDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, sign) = match self.kind {
            ModelKind::Flow => ("flow", "' ="),
            ModelKind::Map => ("map", " ->"),
        };
        writeln!(f, "{} ({kind})", self.name)?;
        for equation in &self.equations {
            let vector = self.states.iter().find(|s| s.name == equation.state);
            let index = match vector.and_then(|v| v.size) {
                Some(_) => "[i]",
                None => "",
            };
            writeln!(
                f,
                "  {}{index}{sign} {}",
                equation.state, equation.expression
            )?;
        }
        for (title, named) in [
            ("where", &self.definitions),
            ("observables", &self.observables),
        ] {
            if !named.is_empty() {
                writeln!(f, "{title}")?;
            }
            for part in named {
                writeln!(f, "  {} = {}", part.name, part.expression)?;
            }
        }
        writeln!(f, "states")?;
        for state in &self.states {
            let name = match state.size {
                None => state.name.clone(),
                Some(size) => format!("{}[0..{}]", state.name, size.saturating_sub(1)),
            };
            let initial = match &state.initial {
                None => "0".to_string(),
                Some(Initial::Number(value)) => number(*value),
                Some(Initial::Each(values)) => {
                    let values: Vec<String> = values.iter().map(|&v| number(v)).collect();
                    values.join(", ")
                }
            };
            writeln!(
                f,
                "  {name} = {initial}{}",
                Note(&state.unit, &state.description)
            )?;
        }
        if !self.inputs.is_empty() {
            writeln!(f, "inputs\n  {}", self.inputs.join(", "))?;
        }
        if !self.parameters.is_empty() {
            writeln!(f, "parameters")?;
        }
        for p in &self.parameters {
            let note = Note(&p.unit, &p.description);
            writeln!(f, "  {} = {}{note}", p.name, number(p.default))?;
        }
        Ok(())
    }
}

/// A unit and a description, each written only if it is there.
struct Note<'a>(&'a Option<String>, &'a Option<String>);

impl fmt::Display for Note<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |t: &'_ Option<String>| t.clone().filter(|t| !t.is_empty());
        if let Some(unit) = text(self.0) {
            write!(f, " {unit}")?;
        }
        match text(self.1) {
            Some(description) => write!(f, "    {description}"),
            None => Ok(()),
        }
    }
}
