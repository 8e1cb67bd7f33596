//! Translation of a definition's texts to expressions.

use super::builder::Symbols;
use super::definition::ModelDefinition;
use super::expression::Expression;
use super::fault::Fault;
use super::parse::{parse, BuiltinFunction, Operator, ParsedOperation, PostfixItem, FUNCTIONS};
use super::scope::{Scope, Symbol};
use crate::error::{nearest, Error, Result};

/// Maximum number of operations of all equations together: with more, a model no longer fits into
/// memory.
pub(super) const MOST_OPERATIONS: usize = 5_000_000;

/// State of a translation of one definition.
pub(super) struct Lowering<'a, 'g> {
    definition: &'a ModelDefinition,
    scope: &'a Scope,
    symbols: &'a Symbols<'g>,
    /// Values of the definitions under `where`; `None` for those that are not reached yet.
    definitions: Vec<Option<Expression<'g>>>,
    operations: usize,
}

/// An operand: its value, and a flag that the vector index `i` is in it.
#[derive(Clone, Copy)]
struct IndexedValue<'g> {
    value: Expression<'g>,
    indexed: bool,
}

/// Translates all texts to expressions: right sides in the order of the states, then the
/// observables.
pub(super) fn lower<'g>(
    definition: &ModelDefinition,
    scope: &Scope,
    symbols: &Symbols<'g>,
) -> Result<Vec<Expression<'g>>> {
    let mut lowering = Lowering::new(definition, scope, symbols);
    lowering.definitions()?;
    let mut outputs = lowering.equations()?;
    for observable in &definition.observables {
        let located = |fault| {
            let path = format!("observables.{}", observable.name);
            located(path, &observable.expression, fault)
        };
        let items = parse(&observable.expression).map_err(located)?;
        outputs.push(lowering.run(&items, None).map_err(located)?);
    }
    Ok(outputs)
}

impl<'a, 'g> Lowering<'a, 'g> {
    /// Translation that has not read any text yet.
    pub fn new(
        definition: &'a ModelDefinition,
        scope: &'a Scope,
        symbols: &'a Symbols<'g>,
    ) -> Self {
        Lowering {
            definition,
            scope,
            symbols,
            definitions: vec![None; definition.definitions.len()],
            operations: 0,
        }
    }

    /// Evaluates the definitions under `where`, each after those that it contains.
    pub fn definitions(&mut self) -> Result<()> {
        let all = &self.definition.definitions;
        let parsed = all
            .iter()
            .map(|d| {
                let path = || format!("where.{}", d.name);
                parse(&d.expression).map_err(|fault| located(path(), &d.expression, fault))
            })
            .collect::<Result<Vec<_>>>()?;
        for start in 0..all.len() {
            // Definitions that wait for another, each with the place where it goes on looking.
            let mut waiting = vec![(start, 0)];
            while let Some((k, from)) = waiting.pop() {
                if self.definitions[k].is_some() {
                    continue;
                }
                let path = || format!("where.{}", all[k].name);
                let located = |fault| located(path(), &all[k].expression, fault);
                match self.first_missing(&parsed[k], from) {
                    None => {
                        let value = self.run(&parsed[k], None).map_err(located)?;
                        self.definitions[k] = Some(value);
                    }
                    Some((place, missing)) => {
                        waiting.push((k, place));
                        let circle = waiting.iter().position(|&(w, _)| w == missing);
                        if let Some(from) = circle {
                            let names = waiting[from..].iter().map(|&(w, _)| &all[w].name[..]);
                            let names: Vec<&str> = names.chain([&all[missing].name[..]]).collect();
                            let message = format!("defined by itself: {}", names.join(" -> "));
                            return Err(located(Fault::new(parsed[k][place].position, message)));
                        }
                        waiting.push((missing, 0));
                    }
                }
            }
        }
        Ok(())
    }

    /// First name in a definition, from item `from` on, that has no value yet: its place and its
    /// number.
    fn first_missing(&self, items: &[PostfixItem], from: usize) -> Option<(usize, usize)> {
        (from..items.len()).find_map(|place| match &items[place].operation {
            ParsedOperation::Name(name) => match self.scope.symbols.get(name) {
                Some(&Symbol::Definition(k)) if self.definitions[k].is_none() => Some((place, k)),
                _ => None,
            },
            _ => None,
        })
    }

    fn equations(&mut self) -> Result<Vec<Expression<'g>>> {
        let mut outputs: Vec<Option<Expression<'g>>> = vec![None; self.symbols.states.len()];
        for equation in &self.definition.equations {
            let path = format!("equations.{}", equation.state);
            let (first, size, vector) = match self.scope.symbols.get(&equation.state) {
                Some(&Symbol::State(i)) => (i, 1, false),
                Some(&Symbol::Vector { first, size }) => (first, size, true),
                _ => {
                    let states = self.definition.states.iter().map(|s| s.name.as_str());
                    return Err(Error::unknown_name(&path, &equation.state, states));
                }
            };
            let located = |fault| located(path.clone(), &equation.expression, fault);
            let items = parse(&equation.expression).map_err(located)?;
            for k in 0..size {
                let value = self.run(&items, vector.then_some(k)).map_err(located)?;
                if outputs[first + k].replace(value).is_some() {
                    return Err(Error::Duplicate {
                        path: "equations".into(),
                        value: self.name(first + k),
                    });
                }
            }
        }
        if let Some(missing) = outputs.iter().position(Option::is_none) {
            return Err(Error::WrongShape {
                path: "equations".into(),
                message: format!(
                    "{} has no equation; give one for each state",
                    self.name(missing)
                ),
            });
        }
        Ok(outputs.into_iter().flatten().collect())
    }

    fn name(&self, state: usize) -> String {
        let mut names = self.definition.states.iter().flat_map(|s| s.components());
        names.nth(state).unwrap_or_default()
    }

    /// Evaluates an expression in postfix order; `index` is the value of `i`.
    pub fn run(
        &mut self,
        items: &[PostfixItem],
        index: Option<usize>,
    ) -> std::result::Result<Expression<'g>, Fault> {
        self.operations += items.len();
        if self.operations > MOST_OPERATIONS {
            let message = format!("the equations have more than {MOST_OPERATIONS} operations");
            return Err(Fault::new(0, message));
        }
        let mut stack: Vec<IndexedValue<'g>> = Vec::new();
        for item in items {
            let first = stack.len().saturating_sub(item.operands());
            let result = self.apply(item, &stack[first..], index)?;
            stack.truncate(first);
            stack.push(result);
        }
        match stack.pop() {
            Some(result) => Ok(result.value),
            None => Err(Fault::new(0, "there is no expression")),
        }
    }

    fn apply(
        &self,
        item: &PostfixItem,
        operands: &[IndexedValue<'g>],
        index: Option<usize>,
    ) -> std::result::Result<IndexedValue<'g>, Fault> {
        let number = |value| self.symbols.time.constant(value);
        let value = match (&item.operation, operands) {
            (ParsedOperation::Number(value), _) => number(*value),
            (ParsedOperation::Name(name), _) => return self.named(item.position, name, index),
            (ParsedOperation::Component(name), [at]) => self.component(item.position, name, *at)?,
            (ParsedOperation::Negate, [a]) => -a.value,
            (ParsedOperation::Operator(Operator::Is(f)), [a, b]) => a.value.binary(*f, b.value),
            (ParsedOperation::Operator(Operator::Swapped(f)), [a, b]) => {
                b.value.binary(*f, a.value)
            }
            (ParsedOperation::Call(BuiltinFunction::Unary(f), _), [a]) => a.value.unary(*f),
            (ParsedOperation::Call(BuiltinFunction::Log10, _), [a]) => {
                a.value.ln() / number(std::f64::consts::LN_10)
            }
            (ParsedOperation::Call(BuiltinFunction::Select, _), [c, a, b]) => {
                Expression::select(c.value, a.value, b.value)
            }
            (
                ParsedOperation::Call(BuiltinFunction::Binary(f) | BuiltinFunction::Extreme(f), _),
                [a, rest @ ..],
            ) => {
                let values = rest.iter().map(|b| b.value);
                values.fold(a.value, |a, b| a.binary(*f, b))
            }
            _ => return Err(Fault::new(item.position, "an operand is missing")),
        };
        Ok(IndexedValue {
            value,
            indexed: operands.iter().any(|o| o.indexed),
        })
    }

    fn named(
        &self,
        position: usize,
        name: &str,
        index: Option<usize>,
    ) -> std::result::Result<IndexedValue<'g>, Fault> {
        let symbols = self.symbols;
        let value = match (self.scope.symbols.get(name), name) {
            (Some(&Symbol::State(i)), _) => symbols.states[i],
            (Some(&Symbol::Parameter(p)), _) => symbols.parameters[p],
            (Some(&Symbol::Input(j)), _) => symbols.inputs[j],
            (Some(&Symbol::Definition(k)), _) => self.definitions[k]
                .ok_or_else(|| Fault::new(position, format!("{name} has no value yet")))?,
            (Some(&Symbol::Vector { size, .. }), _) => {
                let message = match index {
                    Some(_) => format!("{name} is a vector of {size}: write {name}[i] or the like"),
                    None => format!("{name} is a vector of {size}: write {name}[0] or the like"),
                };
                return Err(Fault::new(position, message));
            }
            (Some(Symbol::Observable), _) => {
                let message = format!("{name} is an observable: name what they share in where");
                return Err(Fault::new(position, message));
            }
            (None, "t") => symbols.time,
            (None, "pi") => symbols.time.constant(std::f64::consts::PI),
            (None, "i") if index.is_some() => {
                return Ok(IndexedValue {
                    value: symbols.time.constant(index.unwrap_or(0) as f64),
                    indexed: true,
                })
            }
            (None, "i") if self.scope.vectors => {
                let message = "the index i is known only in the equation of a whole vector";
                return Err(Fault::new(position, message));
            }
            (None, _) => return Err(self.unknown(position, name)),
        };
        Ok(IndexedValue {
            value,
            indexed: false,
        })
    }

    fn component(
        &self,
        position: usize,
        name: &str,
        at: IndexedValue<'g>,
    ) -> std::result::Result<Expression<'g>, Fault> {
        let (first, size) = match self.scope.symbols.get(name) {
            Some(&Symbol::Vector { first, size }) => (first, size),
            Some(_) => {
                let message = format!("{name} is no vector, so it has no index");
                return Err(Fault::new(position, message));
            }
            None => return Err(self.unknown(position, name)),
        };
        let index = at.value.value().filter(|v| v.fract() == 0.0);
        let index = index.filter(|v| v.abs() < 9e15).ok_or_else(|| {
            Fault::new(
                position,
                format!("the index of {name} must be a whole number, or i with numbers"),
            )
        })?;
        let inside = (0.0..size as f64).contains(&index);
        if !inside && !at.indexed {
            let message = format!(
                "{name} has the components 0 to {}, not {index}; only indices made of i are cyclic",
                size - 1
            );
            return Err(Fault::new(position, message));
        }
        Ok(self.symbols.states[first + (index as i64).rem_euclid(size as i64) as usize])
    }

    fn unknown(&self, position: usize, name: &str) -> Fault {
        let functions = FUNCTIONS.iter().map(|&(name, _)| name);
        let mut known: Vec<&str> = self.scope.symbols.keys().map(String::as_str).collect();
        known.sort_unstable();
        Fault {
            position,
            message: format!("unknown name \"{name}\""),
            nearest: nearest(name, known.into_iter().chain(functions).chain(["pi", "t"])),
        }
    }
}

pub(super) fn located(path: String, text: &str, fault: Fault) -> Error {
    Error::Equation {
        path,
        text: text.into(),
        position: fault.position,
        message: fault.message,
        nearest: fault.nearest,
    }
}
