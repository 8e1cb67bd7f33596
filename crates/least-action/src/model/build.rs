//! Construction of a model from its definition.

use super::definition::{Initial, ModelDefinition, StateDefinition, MOST_STATES};
use super::lower::lower;
use super::scope::Scope;
use super::{EquationModel, ModelBuilder};
use crate::error::{check, Result};

impl ModelDefinition {
    /// Parses the equations and builds the model.
    ///
    /// # Errors
    /// [`Error::Equation`](crate::Error::Equation) for faults in a text: syntax, unknown names,
    /// definitions in a circle. Others for names that are used twice or mean something else, states
    /// without an equation or with two, and numbers that are not finite.
    pub fn build(&self) -> Result<EquationModel> {
        check::at_least("states", self.states.len(), 1)?;
        let mut dimension = 0usize;
        for (k, state) in self.states.iter().enumerate() {
            let size = state.size.unwrap_or(1);
            check::at_least(&format!("states[{k}].size"), size, 1)?;
            dimension = dimension.saturating_add(size);
            check::at_most("states", dimension, MOST_STATES)?;
        }
        check::finite("spinUp", self.spin_up)?;
        check::require(self.spin_up >= 0.0, "spinUp", self.spin_up, "zero or more")?;
        let scope = Scope::of(self)?;
        let initial = self.initial_state(dimension)?;
        let positive = self.states.iter().filter(|state| state.positive);
        let mut builder = ModelBuilder::new(&self.name)
            .positive(positive.flat_map(StateDefinition::components))
            .states(self.states.iter().flat_map(StateDefinition::components))
            .inputs(&self.inputs)
            .observables(self.observables.iter().map(|o| &o.name))
            .initial_state(initial)
            .spin_up(self.spin_up);
        for (k, parameter) in self.parameters.iter().enumerate() {
            check::finite(&format!("parameters[{k}].default"), parameter.default)?;
            builder = builder.parameter(&parameter.name, parameter.default, &parameter.meaning());
        }
        let mut model = builder.build(self.kind, |symbols| lower(self, &scope, symbols))?;
        model.events = self.events(&scope, model.function.leaves)?;
        model.definition = Some(Box::new(self.clone()));
        Ok(model)
    }

    fn initial_state(&self, dimension: usize) -> Result<Vec<f64>> {
        let mut initial = Vec::with_capacity(dimension);
        for (k, state) in self.states.iter().enumerate() {
            let size = state.size.unwrap_or(1);
            let path = || format!("states[{k}].initial");
            match &state.initial {
                None => initial.extend(vec![0.0; size]),
                Some(Initial::Number(value)) => initial.extend(vec![*value; size]),
                Some(Initial::Each(values)) => {
                    let because = format!("one per component of {}", state.name);
                    check::length(&path(), values.len(), size, &because)?;
                    initial.extend(values);
                }
            }
            for value in &initial[initial.len() - size..] {
                check::finite(&path(), *value)?;
                check::require(
                    *value >= 0.0 || !state.positive,
                    &path(),
                    *value,
                    &format!(
                        "positive, as {} is; or 0 where its size is not known",
                        state.name
                    ),
                )?;
            }
        }
        Ok(initial)
    }
}
