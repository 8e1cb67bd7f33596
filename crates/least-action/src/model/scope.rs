//! Names of a model and their meanings.

use std::collections::HashMap;

use super::definition::ModelDefinition;
use super::parse::function;
use super::token::is_name;
use crate::error::{Error, Result};

/// Meaning of a name in the equations.
#[derive(Debug, Clone, Copy)]
pub(super) enum Symbol {
    State(usize),
    Vector {
        first: usize,
        size: usize,
    },
    Parameter(usize),
    Input(usize),
    Definition(usize),
    /// An observable, which cannot stand in an expression.
    Observable,
}

/// All names of a model with their meanings.
#[derive(Debug)]
pub(super) struct Scope {
    /// True if there are vectors: then `i` is an index.
    pub vectors: bool,
    pub symbols: HashMap<String, Symbol>,
}

impl Scope {
    /// Collects the names of a definition and checks each.
    ///
    /// # Errors
    /// Names that are not valid, that mean something else already, or that are used twice.
    pub fn of(definition: &ModelDefinition) -> Result<Scope> {
        let mut scope = Scope {
            vectors: definition.states.iter().any(|s| s.size.is_some()),
            symbols: HashMap::new(),
        };
        let mut first = 0;
        for (k, state) in definition.states.iter().enumerate() {
            let path = || format!("states[{k}].name");
            let size = state.size.unwrap_or(1);
            if state.size.is_some() {
                scope.add(path, &state.name, Symbol::Vector { first, size })?;
            }
            for (c, name) in state.components().enumerate() {
                scope.add(path, &name, Symbol::State(first + c))?;
            }
            first += size;
        }
        for (k, parameter) in definition.parameters.iter().enumerate() {
            let path = || format!("parameters[{k}].name");
            scope.add(path, &parameter.name, Symbol::Parameter(k))?;
        }
        for (k, name) in definition.inputs.iter().enumerate() {
            scope.add(|| format!("inputs[{k}]"), name, Symbol::Input(k))?;
        }
        for (k, definition) in definition.definitions.iter().enumerate() {
            let path = || format!("where[{k}].name");
            scope.add(path, &definition.name, Symbol::Definition(k))?;
        }
        for (k, observable) in definition.observables.iter().enumerate() {
            let path = || format!("observables[{k}].name");
            scope.add(path, &observable.name, Symbol::Observable)?;
        }
        Ok(scope)
    }

    fn add(&mut self, path: impl Fn() -> String, name: &str, symbol: Symbol) -> Result<()> {
        if let Some(message) = self.refuse(name) {
            let path = path();
            return Err(Error::WrongShape { path, message });
        }
        match self.symbols.insert(name.into(), symbol) {
            None => Ok(()),
            Some(_) => Err(Error::Duplicate {
                path: path(),
                value: name.into(),
            }),
        }
    }

    fn refuse(&self, name: &str) -> Option<String> {
        let meaning = match name {
            _ if function(name).is_some() => "a function",
            "t" => "the time",
            "pi" => "a constant",
            "i" if self.vectors => "the index in a vector's equation",
            _ if is_name(name) => return None,
            _ => {
                return Some(format!(
                    "\"{name}\" cannot stand in an equation; use letters, digits and _, not a \
                    digit first"
                ))
            }
        };
        Some(format!("\"{name}\" is {meaning}; choose another name"))
    }
}
