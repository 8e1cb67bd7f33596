//! Knowledge of first states, from the options to priors and values that are held.

use std::collections::BTreeSet;

use super::first_state::{FirstDistribution, FirstMean};
use super::grid::Grid;
use super::mean_formulas::MeanFormulas;
use super::prior::{Mean, Prior, PriorTerm};
use super::unknowns::UnknownNames;
use super::{ActionOptions, FirstState, ParameterPrior, PriorDensity};
use crate::error::{check, Error, Result};
use crate::model::formulas::{formulas, FormulaNames, FormulaText};
use crate::model::{state_coordinate, state_name, Coordinate};

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
    /// Coordinate of the state. The distribution is one of the state itself.
    coordinate: Coordinate,
    distribution: FirstDistribution,
}

/// Text of a formula, and true where the logarithm of the formula is meant.
type Text<'a> = (&'a str, bool);

/// Reason that errors of numbers out of range give.
const AS_POSITIVE: &str = "greater than zero, as the state is positive";

/// Prior of the coordinate of a state that has a normal distribution itself.
fn density(entry: &Entry, unknown: usize, prior: Prior) -> Result<PriorTerm> {
    prior.precision(&entry.path)?;
    let near = ParameterPrior::Normal(prior).near_normal(entry.coordinate);
    let density = PriorDensity::new(&entry.path, prior.into(), entry.coordinate)?;
    Ok(PriorTerm {
        density: Some(density),
        ..PriorTerm::normal(
            unknown,
            Mean::Number(near.mean),
            near.precision(&entry.path)?,
        )
    })
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
    let texts: BTreeSet<Text> = entries.iter().filter_map(Entry::formula).collect();
    let texts: Vec<Text> = texts.into_iter().collect();
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
        let coordinate = entry.coordinate;
        let (mean, size) = match (mean, &known.formulas) {
            (FirstMean::Number(number), _) if coordinate == Coordinate::Linear => {
                (Mean::Number(*number), None)
            }
            (FirstMean::Number(number), _) => {
                let path = entry.path_of_mean();
                check::require(*number > 0.0, &path, *number, AS_POSITIVE)?;
                if *deviation > 0.0 {
                    let (mean, deviation) = (*number, *deviation);
                    known
                        .terms
                        .push(density(entry, unknown, Prior { mean, deviation })?);
                    continue;
                }
                (Mean::Number(coordinate.of(*number)), None)
            }
            (FirstMean::Formula(_), Some(formulas)) => {
                let own = entry.formula();
                let formula = texts.partition_point(|&known| Some(known) < own);
                let initial = names.model.initial_state();
                let value = formulas.of_set(entry.set, initial, parameters)[formula];
                if formulas.is_constant(formula) {
                    (Mean::Number(value), None)
                } else {
                    let parts = formulas.parts(entry.set, formula, initial, parameters);
                    let own = [value, initial[entry.state]];
                    let sizes = parts.iter().chain(&own).map(|x| x.abs());
                    let size = match coordinate {
                        Coordinate::Linear => sizes.filter(|x| x.is_finite()).fold(0.0, f64::max),
                        // Of a logarithm: errors of it are relative ones of the state.
                        _ => 1.0,
                    };
                    let set = entry.set;
                    (Mean::Formula { set, formula }, Some((size, value)))
                }
            }
            (FirstMean::Formula(_), None) => continue,
        };
        match (mean, size) {
            (Mean::Number(value), _) if *deviation == 0.0 => {
                check::require(
                    value.is_finite(),
                    &entry.path,
                    coordinate.parameter(value),
                    match coordinate {
                        Coordinate::Linear => "finite",
                        _ => AS_POSITIVE,
                    },
                )?;
                known.held.push((unknown, value));
            }
            (Mean::Parameter(_), _) => {}
            (Mean::Number(value), _) => {
                let prior = Prior {
                    mean: value,
                    // A number that a formula of a positive state gives is a logarithm here.
                    deviation: *deviation / coordinate.slopes(value)[0],
                };
                let precision = prior.precision(&entry.path)?;
                known
                    .terms
                    .push(PriorTerm::normal(unknown, mean, precision));
            }
            (Mean::Formula { .. }, sizes) => {
                let (size, value) = sizes.unwrap_or((1.0, 0.0));
                let size = if size > 0.0 { size } else { 1.0 };
                // The same relative deviation as at the formula's usual value.
                let own = *deviation / coordinate.slopes(value)[0];
                let deviation = own.max(EXACT * size);
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
    fn formula(&self) -> Option<Text<'_>> {
        match &self.distribution.mean {
            FirstMean::Formula(text) => Some((text, self.coordinate != Coordinate::Linear)),
            FirstMean::Number(_) => None,
        }
    }

    /// Field of the mean in errors.
    fn path_of_mean(&self) -> String {
        match self.distribution.deviation > 0.0 {
            true => format!("{}.mean", self.path),
            false => self.path.clone(),
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
            let state = names.state(&path, name)?;
            entries.push(Entry {
                state,
                coordinate: state_coordinate(names.model, state),
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
    texts: &[Text],
    grid: &Grid,
    varying: &[usize],
) -> Result<Option<MeanFormulas>> {
    if texts.is_empty() {
        return Ok(None);
    }
    let path_of = |text: Text| {
        let own = entries.iter().find(|entry| entry.formula() == Some(text));
        own.map_or_else(String::new, |entry| entry.path.clone())
    };
    let logarithms: Vec<bool> = texts
        .iter()
        .map(|&(_, is_logarithm)| is_logarithm)
        .collect();
    let texts: Vec<FormulaText> = texts
        .iter()
        .map(|&text| FormulaText {
            path: path_of(text),
            text: text.0,
        })
        .collect();
    let model = names.model;
    let state = |&a: &usize| state_name(model, a);
    let all = FormulaNames {
        variables: varying.iter().map(state).collect(),
        parameters: names.natural_names().collect(),
        states: (0..model.dimension())
            .map(|a| state_name(model, a))
            .collect(),
    };
    let mut function = formulas(&texts, &all)?;
    if logarithms.contains(&true) {
        function = function.with_logarithms(&logarithms);
    }
    if !model.coordinates().is_empty() {
        function = function.in_coordinates(model.coordinates());
    }
    let of_states = varying.iter().map(|&a| state_coordinate(model, a));
    let of_states: Vec<Coordinate> = of_states.collect();
    if of_states.iter().any(|&one| one != Coordinate::Linear) {
        function = function.in_state_coordinates(&of_states);
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
