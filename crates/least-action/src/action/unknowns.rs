//! Names of the unknowns of an action, and the priors and bounds that options give them by name.

use std::collections::{BTreeMap, BTreeSet};

use super::intervals::{check_interval, Intervals};
use super::known::{outside_bounds, KnownStates};
use super::prior::{Mean, PriorTerm, Priors};
use super::{ActionOptions, PriorDensity};
use crate::error::{check, Error, Result};
use crate::model::{state_coordinate, state_name, Coordinate, Model};

/// Names of the unknowns of an action: the model's states and its estimated parameters.
pub(super) struct UnknownNames<'a> {
    pub model: &'a dyn Model,
    pub estimated: &'a [usize],
    pub path_length: usize,
}

impl UnknownNames<'_> {
    pub fn state(&self, path: &str, name: &str) -> Result<usize> {
        check::position(path, name, self.states())
    }

    /// Names of the states themselves, also of those that are in other coordinates.
    fn states(&self) -> impl Iterator<Item = &str> + Clone {
        (0..self.model.dimension()).map(|a| state_name(self.model, a))
    }

    fn parameter(&self, path: &str, name: &str) -> Result<usize> {
        self.check_estimated(path, name)?;
        check::position(path, name, self.parameters()).map(|p| self.path_length + p)
    }

    fn parameters(&self) -> impl Iterator<Item = &str> + Clone {
        let all = self.model.parameters();
        self.estimated.iter().map(|&p| all[p].name.as_str())
    }

    /// Names of all parameters of the model, also of those that are in other coordinates.
    pub fn natural_names(&self) -> impl Iterator<Item = &str> {
        let coordinates = self.model.coordinates().iter().copied();
        let coordinates = coordinates.chain(std::iter::repeat(Coordinate::Linear));
        let parameters = self.model.parameters().iter().zip(coordinates);
        parameters.map(|(p, coordinate)| coordinate.parameter_name(&p.name))
    }

    /// Refuses the name of a parameter that is not estimated. Such a parameter keeps its value and
    /// is no unknown, so "unknown name" would not say what is wrong.
    fn check_estimated(&self, path: &str, name: &str) -> Result<()> {
        let is_parameter = self.model.parameters().iter().any(|p| p.name == name);
        if !is_parameter || self.parameters().any(|estimated| estimated == name) {
            return Ok(());
        }
        let message = format!(
            "{name} is a parameter that is not estimated, so it keeps its value; estimate it, \
             with its bounds as estimate.{name}.bounds and what is known of it as \
             estimate.{name}.prior, or leave this out"
        );
        Err(Error::WrongShape {
            path: path.into(),
            message,
        })
    }

    /// Priors of first states, which are given, and of estimated parameters, sorted by unknown.
    pub fn priors(&self, options: &ActionOptions, known: KnownStates) -> Result<Priors> {
        let mut terms = known.terms;
        let states: BTreeSet<usize> = terms
            .iter()
            .map(|term| term.unknown % self.model.dimension())
            .collect();
        for (name, prior) in &options.priors {
            let path = format!("priors.{name}");
            prior.validate(&path)?;
            let unknown = self.parameter(&path, name)?;
            let place = self.estimated[unknown - self.path_length];
            let coordinate = self.model.coordinates().get(place).copied();
            let coordinate = coordinate.unwrap_or_default();
            terms.push(match prior.as_normal(coordinate) {
                Some(normal) => {
                    let mean = Mean::Number(normal.mean);
                    PriorTerm::normal(unknown, mean, normal.precision(&path)?)
                }
                None => PriorTerm {
                    density: Some(PriorDensity::new(&path, *prior, coordinate)?),
                    ..PriorTerm::normal(unknown, Mean::Number(0.0), 1.0)
                },
            });
        }
        terms.sort_by_key(|term| term.unknown);
        Ok(Priors {
            terms,
            states: states.into_iter().collect(),
            formulas: known.formulas,
        })
    }

    /// Bounds of a state as those of its coordinate.
    fn bounds_of_state(&self, path: &str, state: usize, ends: [f64; 2]) -> Result<[f64; 2]> {
        match state_coordinate(self.model, state) {
            Coordinate::Linear => Ok(ends),
            coordinate => {
                let [low, high] = ends;
                let expected = "greater than zero, as the state is positive";
                check::require(high > 0.0, &format!("{path}[1]"), high, expected)?;
                Ok([low.max(0.0), high].map(|end| coordinate.of(end)))
            }
        }
    }

    /// Intervals of all unknowns; `None` if there are no bounds. Those of `held` unknowns are their
    /// values alone.
    pub fn intervals(
        &self,
        bounds: &BTreeMap<String, [f64; 2]>,
        held: &[(usize, f64)],
    ) -> Result<Option<Intervals>> {
        if bounds.is_empty() && held.is_empty() {
            return Ok(None);
        }
        let size = self.path_length + self.estimated.len();
        let mut intervals = Intervals {
            lower: vec![f64::NEG_INFINITY; size],
            upper: vec![f64::INFINITY; size],
        };
        let dimension = self.model.dimension();
        let known = self.states().chain(self.parameters());
        for (name, ends) in bounds {
            let path = format!("bounds.{name}");
            check_interval(&path, *ends)?;
            self.check_estimated(&path, name)?;
            let place = check::position(&path, name, known.clone())?;
            let [low, high] = match place < dimension {
                true => self.bounds_of_state(&path, place, *ends)?,
                false => *ends,
            };
            let mut set = |unknown: usize| {
                intervals.lower[unknown] = low;
                intervals.upper[unknown] = high;
            };
            match place.checked_sub(dimension) {
                Some(parameter) => set(self.path_length + parameter),
                None => (place..self.path_length).step_by(dimension).for_each(set),
            }
        }
        for &(unknown, value) in held {
            let (low, high) = (&mut intervals.lower[unknown], &mut intervals.upper[unknown]);
            if !(*low..=*high).contains(&value) {
                let state = unknown % dimension;
                let coordinate = state_coordinate(self.model, state);
                let [value, low, high] = [value, *low, *high].map(|u| coordinate.parameter(u));
                return Err(outside_bounds(
                    state_name(self.model, state),
                    value,
                    [low, high],
                ));
            }
            (*low, *high) = (value, value);
        }
        Ok(Some(intervals))
    }
}
