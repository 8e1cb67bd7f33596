//! Parser from the text of an expression to postfix order. It has no recursion, so neither depth
//! nor length can exhaust the stack.

use super::fault::Fault;
use super::graph::{Binary, Unary};
use super::token::{tokens, Token, TokenKind};

/// One item of an expression in postfix order, in which operands come before their operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PostfixItem {
    pub position: usize,
    pub operation: ParsedOperation,
}

/// Operation of one item in postfix order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ParsedOperation {
    Number(f64),
    Name(String),
    /// Component of a vector, whose index is the last operand.
    Component(String),
    Negate,
    Operator(Operator),
    /// Call of a function with this number of operands.
    Call(BuiltinFunction, usize),
}

impl PostfixItem {
    /// Number of operands that the item takes.
    pub fn operands(&self) -> usize {
        match self.operation {
            ParsedOperation::Number(_) | ParsedOperation::Name(_) => 0,
            ParsedOperation::Component(_) | ParsedOperation::Negate => 1,
            ParsedOperation::Operator(_) => 2,
            ParsedOperation::Call(_, count) => count,
        }
    }
}

/// Infix operator with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Is(Binary),
    /// Operation with exchanged operands: a > b is b < a.
    Swapped(Binary),
}

/// Function of the language of expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BuiltinFunction {
    Unary(Unary),
    Log10,
    Binary(Binary),
    /// Minimum or maximum of two operands or more.
    Extreme(Binary),
    Select,
}

/// All functions of the language, in alphabetical order.
pub(super) const FUNCTIONS: [(&str, BuiltinFunction); 22] = [
    ("abs", BuiltinFunction::Unary(Unary::Abs)),
    ("acos", BuiltinFunction::Unary(Unary::Acos)),
    ("asin", BuiltinFunction::Unary(Unary::Asin)),
    ("atan", BuiltinFunction::Unary(Unary::Atan)),
    ("atan2", BuiltinFunction::Binary(Binary::Atan2)),
    ("cos", BuiltinFunction::Unary(Unary::Cos)),
    ("cosh", BuiltinFunction::Unary(Unary::Cosh)),
    ("exp", BuiltinFunction::Unary(Unary::Exp)),
    ("floor", BuiltinFunction::Unary(Unary::Floor)),
    ("if", BuiltinFunction::Select),
    ("lgamma", BuiltinFunction::Unary(Unary::LogGamma)),
    ("ln", BuiltinFunction::Unary(Unary::Log)),
    ("log", BuiltinFunction::Unary(Unary::Log)),
    ("log10", BuiltinFunction::Log10),
    ("max", BuiltinFunction::Extreme(Binary::Max)),
    ("min", BuiltinFunction::Extreme(Binary::Min)),
    ("sign", BuiltinFunction::Unary(Unary::Sign)),
    ("sin", BuiltinFunction::Unary(Unary::Sin)),
    ("sinh", BuiltinFunction::Unary(Unary::Sinh)),
    ("sqrt", BuiltinFunction::Unary(Unary::Sqrt)),
    ("tan", BuiltinFunction::Unary(Unary::Tan)),
    ("tanh", BuiltinFunction::Unary(Unary::Tanh)),
];

/// Looks up a function of the language by its name.
pub(super) fn function(name: &str) -> Option<BuiltinFunction> {
    let place = FUNCTIONS.binary_search_by_key(&name, |&(known, _)| known);
    place.ok().map(|place| FUNCTIONS[place].1)
}

/// Binding strengths of operators: the larger, the tighter.
pub(super) mod binding {
    pub const COMPARISON: u8 = 1;
    pub const SUM: u8 = 2;
    pub const PRODUCT: u8 = 3;
    pub const NEGATION: u8 = 4;
    pub const POWER: u8 = 5;
    /// Binding strength of numbers, names, calls and parentheses.
    pub const ATOM: u8 = 6;
}

/// An open construct that waits for its end or for its right operand.
enum Waiting {
    Operator(Operator, u8),
    Negate,
    Parenthesis,
    Call(BuiltinFunction, String, usize),
    Index(String),
}

impl Waiting {
    fn binding(&self) -> Option<u8> {
        match self {
            Waiting::Operator(_, binding) => Some(*binding),
            Waiting::Negate => Some(binding::NEGATION),
            _ => None,
        }
    }
}

/// State of the parser: finished items, and open constructs with their positions.
struct Parser {
    items: Vec<PostfixItem>,
    waiting: Vec<(usize, Waiting)>,
}

/// Parses one expression.
///
/// # Errors
/// Text that is no expression, with the position of its first fault.
pub(super) fn parse(text: &str) -> Result<Vec<PostfixItem>, Fault> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        items: Vec::with_capacity(tokens.len()),
        waiting: Vec::new(),
    };
    let mut rest = &tokens[..];
    let mut operand_next = true;
    while let [token, after @ ..] = rest {
        rest = after;
        if !operand_next {
            operand_next = parser.after_operand(token)?;
            continue;
        }
        let next = rest.first().map(|t| &t.kind);
        let opens = matches!(next, Some(TokenKind::Symbol("(" | "[")));
        operand_next = parser.operand(token, next)?;
        if operand_next && opens && matches!(token.kind, TokenKind::Name(_)) {
            rest = &rest[1..];
        }
    }
    Ok(parser.items)
}

impl Parser {
    /// Reads a token where an operand must begin; returns true if an operand must still follow.
    fn operand(&mut self, token: &Token, next: Option<&TokenKind>) -> Result<bool, Fault> {
        let position = token.position;
        match (&token.kind, next) {
            (TokenKind::Number(value), _) => self.push(position, ParsedOperation::Number(*value)),
            (TokenKind::Name(name), Some(TokenKind::Symbol("("))) => {
                let function = function(name).ok_or_else(|| no_function(position, name))?;
                self.wait(position, Waiting::Call(function, name.clone(), 1));
                return Ok(true);
            }
            (TokenKind::Name(name), _) if function(name).is_some() => {
                let message = format!("\"{name}\" is a function: write {name}(...)");
                return Err(Fault::new(position, message));
            }
            (TokenKind::Name(name), Some(TokenKind::Symbol("["))) => {
                self.wait(position, Waiting::Index(name.clone()));
                return Ok(true);
            }
            (TokenKind::Name(name), _) => self.push(position, ParsedOperation::Name(name.clone())),
            (TokenKind::Symbol("("), _) => {
                self.wait(position, Waiting::Parenthesis);
                return Ok(true);
            }
            (TokenKind::Symbol("-"), _) => {
                self.wait(position, Waiting::Negate);
                return Ok(true);
            }
            (TokenKind::Symbol("+"), _) => return Ok(true),
            (kind, _) => {
                let message = format!("expected a number, a name or \"(\", got {kind}");
                return Err(Fault::new(position, message));
            }
        }
        Ok(false)
    }

    /// Reads a token after a complete operand; returns true if another operand must follow.
    fn after_operand(&mut self, token: &Token) -> Result<bool, Fault> {
        let position = token.position;
        let symbol = match &token.kind {
            TokenKind::Symbol(symbol) => *symbol,
            TokenKind::End => return self.end().map(|()| false),
            kind => return Err(no_operator(position, kind)),
        };
        if let Some((operator, binding)) = operator(symbol) {
            self.reduce(binding + u8::from(binding == binding::POWER));
            let waiting = self.waiting.last().and_then(|(_, waiting)| match waiting {
                Waiting::Operator(_, binding) => Some(*binding),
                _ => None,
            });
            if binding == binding::COMPARISON && waiting == Some(binding) {
                let message = "comparisons cannot be chained; write min(a < b, b < c)";
                return Err(Fault::new(position, message));
            }
            self.wait(position, Waiting::Operator(operator, binding));
            return Ok(true);
        }
        if matches!(symbol, "(" | "[") {
            return Err(no_operator(position, &token.kind));
        }
        self.reduce(0);
        match (symbol, self.waiting.pop()) {
            (")", Some((_, Waiting::Parenthesis))) => {}
            (")", Some((start, Waiting::Call(function, name, count)))) => {
                check_count(position, &name, function, count)?;
                self.push(start, ParsedOperation::Call(function, count));
            }
            (",", Some((start, Waiting::Call(function, name, count)))) => {
                self.wait(start, Waiting::Call(function, name, count + 1));
                return Ok(true);
            }
            ("]", Some((start, Waiting::Index(name)))) => {
                self.push(start, ParsedOperation::Component(name))
            }
            (_, Some((start, opened))) => {
                let (opening, closing) = match opened {
                    Waiting::Index(_) => ("[", "]"),
                    _ => ("(", ")"),
                };
                let message = format!(
                    "expected an operator or \"{closing}\" (for the \"{opening}\" at {start}), \
                    got \"{symbol}\""
                );
                return Err(Fault::new(position, message));
            }
            (",", None) => {
                let message = "\",\" stands only between a function's arguments";
                return Err(Fault::new(position, message));
            }
            (_, None) => {
                let message = format!("\"{symbol}\" without an opening one before it");
                return Err(Fault::new(position, message));
            }
        }
        Ok(false)
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.reduce(0);
        match self.waiting.pop() {
            None => Ok(()),
            Some((start, Waiting::Index(_))) => Err(Fault::new(start, "this \"[\" is not closed")),
            Some((start, Waiting::Call(_, name, _))) => Err(Fault::new(
                start,
                format!("the \"(\" of {name} is not closed"),
            )),
            Some((start, _)) => Err(Fault::new(start, "this \"(\" is not closed")),
        }
    }

    fn push(&mut self, position: usize, operation: ParsedOperation) {
        self.items.push(PostfixItem {
            position,
            operation,
        });
    }

    fn wait(&mut self, position: usize, what: Waiting) {
        self.waiting.push((position, what));
    }

    /// Completes the waiting operators that bind at least as tightly; comparisons are left, so that
    /// a chain of them is seen.
    fn reduce(&mut self, least: u8) {
        while let Some((position, waiting)) = self.waiting.last() {
            let position = *position;
            let Some(binding) = waiting.binding() else {
                break;
            };
            if binding < least || (least == binding::COMPARISON && binding == least) {
                break;
            }
            let operation = match waiting {
                Waiting::Operator(operator, _) => ParsedOperation::Operator(*operator),
                _ => ParsedOperation::Negate,
            };
            self.waiting.pop();
            self.push(position, operation);
        }
    }
}

fn operator(symbol: &str) -> Option<(Operator, u8)> {
    use Operator::{Is, Swapped};
    Some(match symbol {
        "+" => (Is(Binary::Add), binding::SUM),
        "-" => (Is(Binary::Subtract), binding::SUM),
        "*" => (Is(Binary::Multiply), binding::PRODUCT),
        "/" => (Is(Binary::Divide), binding::PRODUCT),
        "^" => (Is(Binary::Power), binding::POWER),
        "<" => (Is(Binary::Less), binding::COMPARISON),
        "<=" => (Is(Binary::LessOrEqual), binding::COMPARISON),
        "==" => (Is(Binary::Equal), binding::COMPARISON),
        ">" => (Swapped(Binary::Less), binding::COMPARISON),
        ">=" => (Swapped(Binary::LessOrEqual), binding::COMPARISON),
        _ => return None,
    })
}

fn no_function(position: usize, name: &str) -> Fault {
    let known = FUNCTIONS.iter().map(|&(known, _)| known);
    Fault {
        position,
        message: format!("\"{name}\" is no function (to multiply, write {name}*(...))"),
        nearest: crate::error::nearest(name, known),
    }
}

fn no_operator(position: usize, kind: &TokenKind) -> Fault {
    Fault::new(
        position,
        format!("expected an operator before {kind}; to multiply, write *"),
    )
}

fn check_count(
    position: usize,
    name: &str,
    function: BuiltinFunction,
    count: usize,
) -> Result<(), Fault> {
    let (least, most) = match function {
        BuiltinFunction::Unary(_) | BuiltinFunction::Log10 => (1, 1),
        BuiltinFunction::Binary(_) => (2, 2),
        BuiltinFunction::Extreme(_) => (2, usize::MAX),
        BuiltinFunction::Select => (3, 3),
    };
    if (least..=most).contains(&count) {
        return Ok(());
    }
    let expected = match (least, most) {
        (1, _) => "1 argument".to_string(),
        (least, usize::MAX) => format!("{least} arguments or more"),
        (least, _) => format!("{least} arguments"),
    };
    Err(Fault::new(
        position,
        format!("{name} takes {expected}, got {count}"),
    ))
}
