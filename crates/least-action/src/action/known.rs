//! Knowledge of first states, from the options to priors and values that are held.

use std::collections::BTreeSet;

use super::first_state::{FirstDistribution, FirstMean};
use super::grid::Grid;
use super::mean_formulas::MeanFormulas;
use super::prior::{Mean, Prior, PriorTerm};
use super::unknowns::UnknownNames;
use super::{ActionOptions, FirstState};
use crate::error::{check, Error, Result};
use crate::model::formulas::{formulas, FormulaNames, FormulaText};

/// Standard deviation that stands for an exact formula, relative to the formula's size. The
/// unknowns of a formula can be moved together only, so it is a row like the others: far more
/// precise than data are, and no further from them than R_f is at the end of a ladder.
const EXACT: f64 = 1e-6;

/// Known first states of a problem.
#[derive(Debug, Default)]
pub(super) struct KnownStates {
    pub terms: Vec<PriorTerm>,
    /// Unknowns of the path with the values that they are held at.
    pub held: Vec<(usize, f64)>,
    pub formulas: Option<MeanFormulas>,
}

/// A first value of one data set with its field in errors.
struct Entry {
    path: String,
    set: usize,
    state: usize,
    distribution: FirstDistribution,
}

/// Reads the known first states of all data sets; `parameters` are values of all parameters, from
/// which the sizes of formulas are taken.
///
/// # Errors
/// An array that is not one per data set, names of states that are not known, texts that are no
/// formula, numbers out of range.
pub(super) fn known_states(
    names: &UnknownNames,
    options: &ActionOptions,
    grid: &Grid,
    varying: &[usize],
    parameters: &[f64],
) -> Result<KnownStates> {
    let entries = entries(names, &options.first_state, grid)?;
    let texts: BTreeSet<&str> = entries.iter().filter_map(Entry::formula).collect();
    let texts: Vec<&str> = texts.into_iter().collect();
    let mut known = KnownStates {
        formulas: read(names, &entries, &texts, grid, varying)?,
        ..KnownStates::default()
    };
    let dimension = names.model.dimension();
    for entry in &entries {
        let unknown = grid.segments[entry.set].first * dimension + entry.state;
        let FirstDistribution { mean, deviation } = &entry.distribution;
        check::require(
            deviation.is_finite() && *deviation >= 0.0,
            &format!("{}.deviation", entry.path),
            *deviation,
            "a finite number that is not negative; 0 for a value that is known exactly",
        )?;
        let (mean, size) = match (mean, &known.formulas) {
            (FirstMean::Number(number), _) => (Mean::Number(*number), None),
            (FirstMean::Formula(text), Some(formulas)) => {
                let formula = texts.partition_point(|&known| known < text.as_str());
                let initial = names.model.initial_state();
                let value = formulas.of_set(entry.set, initial, parameters)[formula];
                if formulas.is_constant(formula) {
                    (Mean::Number(value), None)
                } else {
                    let parts = formulas.parts(entry.set, formula, initial, parameters);
                    let own = [value, initial[entry.state]];
                    let sizes = parts.iter().chain(&own).map(|x| x.abs());
                    let size = sizes.filter(|x| x.is_finite()).fold(0.0, f64::max);
                    let set = entry.set;
                    (Mean::Formula { set, formula }, Some(size))
                }
            }
            (FirstMean::Formula(_), None) => continue,
        };
        match (mean, size) {
            (Mean::Number(value), _) if *deviation == 0.0 => {
                check::finite(&entry.path, value)?;
                known.held.push((unknown, value));
            }
            (Mean::Number(value), _) => {
                let prior = Prior {
                    mean: value,
                    deviation: *deviation,
                };
                let precision = prior.precision(&entry.path)?;
                known
                    .terms
                    .push(PriorTerm::normal(unknown, mean, precision));
            }
            (Mean::Formula { .. }, size) => {
                let size = size.filter(|&size| size > 0.0).unwrap_or(1.0);
                let deviation = deviation.max(EXACT * size);
                let prior = Prior {
                    mean: 0.0,
                    deviation,
                };
                let precision = prior.precision(&entry.path)?;
                known
                    .terms
                    .push(PriorTerm::normal(unknown, mean, precision));
            }
        }
    }
    Ok(known)
}

impl Entry {
    fn formula(&self) -> Option<&str> {
        match &self.distribution.mean {
            FirstMean::Formula(text) => Some(text),
            FirstMean::Number(_) => None,
        }
    }
}

/// All known values, data set by data set.
fn entries(names: &UnknownNames, given: &FirstState, grid: &Grid) -> Result<Vec<Entry>> {
    let sets = grid.segments.len();
    if let FirstState::PerSet(list) = given {
        let because = "one object per data set; a single object instead of an array holds for all";
        check::length("firstState", list.len(), sets, because)?;
    }
    let mut entries = Vec::new();
    for set in 0..sets {
        for (name, value) in given.of_set(set).into_iter().flatten() {
            let path = given.path(set, name);
            entries.push(Entry {
                state: names.state(&path, name)?,
                path,
                set,
                distribution: value.as_distribution(),
            });
        }
    }
    Ok(entries)
}

/// Function of all formulas; `None` where there is none.
fn read(
    names: &UnknownNames,
    entries: &[Entry],
    texts: &[&str],
    grid: &Grid,
    varying: &[usize],
) -> Result<Option<MeanFormulas>> {
    if texts.is_empty() {
        return Ok(None);
    }
    let path_of = |text: &str| {
        let own = entries.iter().find(|entry| entry.formula() == Some(text));
        own.map_or_else(String::new, |entry| entry.path.clone())
    };
    let texts: Vec<FormulaText> = texts
        .iter()
        .map(|&text| FormulaText {
            path: path_of(text),
            text,
        })
        .collect();
    let model = names.model;
    let state = |&a: &usize| model.states()[a].as_str();
    let all = FormulaNames {
        variables: varying.iter().map(state).collect(),
        parameters: names.natural_names().collect(),
        states: model.states().iter().map(String::as_str).collect(),
    };
    let mut function = formulas(&texts, &all)?;
    if !model.coordinates().is_empty() {
        function = function.in_coordinates(model.coordinates());
    }
    Ok(Some(MeanFormulas::new(
        function,
        varying.to_vec(),
        names.estimated,
        model.parameters().len(),
        grid,
        model.dimension(),
    )))
}

/// Error of a held value outside of the bounds of its state.
pub(super) fn outside_bounds(state: &str, value: f64, [low, high]: [f64; 2]) -> Error {
    Error::OutOfRange {
        path: format!("firstState.{state}"),
        value,
        expected: format!("within bounds.{state}, from {low} to {high}; change one of them"),
    }
}
