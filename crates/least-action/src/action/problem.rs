//! Problem: a model, data and options that form an action, checked once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::channel_noise::{define, NoiseDefinition};
use super::estimated_scales::FitShares;
use super::grid::Grid;
use super::intervals::Intervals;
use super::known::known_states;
use super::measurement::Measurement;
use super::noise::{Law, LossMoments, Noise};
use super::own::{own_parameters, stated, with_own, Own, OwnTerms, WithOwn};
use super::prior::{Mean, Priors};
use super::state_data::StateData;
use super::switching::with_averaged_conditions;
use super::unknowns::UnknownNames;
use super::varying::{model_noise, with_varying, Varying};
use super::{ActionOptions, Discretization, Normalization, Observations, Precision};
use crate::error::{check, Error, Result};
use crate::model::{state_coordinate, state_name, Coordinate, Model, Points, MOST_VALUES};

/// Model, data and everything that is fixed about their action. It is checked once and shared by
/// all starting paths.
///
/// ```
/// use std::sync::Arc;
/// use least_action::{models, ActionOptions, Observations, Problem};
///
/// let data = Observations {
///     time_step: 0.1,
///     points: 3,
///     observed: vec![0],
///     values: vec![1.0, f64::NAN, 2.0],
///     ..Observations::default()
/// };
/// let options = ActionOptions { measurement_precision: 4.0.into(), ..ActionOptions::default() };
/// let problem = Problem::new(Arc::new(models::lorenz63()?), data, &options)?;
/// assert_eq!(problem.path_length(), 9);
/// assert_eq!(problem.measured(), 2);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct Problem {
    pub(crate) model: Arc<dyn Model>,
    pub(crate) data: Arc<[Observations]>,
    /// Data as values of the states, where they tell these.
    state_data: StateData,
    pub(crate) grid: Arc<Grid>,
    pub(crate) discretization: Discretization,
    pub(crate) normalization: Normalization,
    /// Values of all of the model's parameters, in its order. Those of estimated parameters are
    /// placeholders.
    pub(crate) parameters: Vec<f64>,
    /// Numbers of the estimated parameters, ascending.
    pub(crate) estimated: Vec<usize>,
    /// Parameters that change in time. They are the last states, ascending.
    pub(crate) varying: Vec<Varying>,
    /// Parameters of which each data set has its own value. They are the last of `varying`.
    own: Vec<Own>,
    pub(super) measurement: Measurement,
    pub(super) model_noise: Noise,
    pub(super) priors: Arc<Priors>,
    /// Number of unknowns that are held at a known value.
    held: usize,
    pub(super) intervals: Option<Arc<Intervals>>,
    /// Number of steps that one step of the data is divided into.
    parts: usize,
    /// Noise that is estimated. Its parameters are the last of the estimated ones.
    noise: Option<Arc<NoiseDefinition>>,
    /// Degrees of freedom of the noise that deviations rest on; infinite where it is known.
    noise_degrees: f64,
}

impl Problem {
    /// Problem of one or more data sets, which share the parameters and have paths of their own.
    ///
    /// # Errors
    /// An [`Error`] that names the first wrong field of the data or the options.
    pub fn new(
        model: Arc<dyn Model>,
        data: impl Into<DataSets>,
        options: &ActionOptions,
    ) -> Result<Self> {
        let DataSets(mut data) = data.into();
        let own = model.dimension();
        let longest = data.iter().map(|set| set.points).max().unwrap_or(1);
        let (model, mut varying) = with_varying(model, &options.varying)?;
        let stated = stated(&*model, &data, options)?;
        let WithOwn {
            model,
            constants,
            further,
        } = with_own(model, &options.own, &stated, longest)?;
        varying.extend(constants);
        let dimension = model.dimension();
        for set in &mut data {
            // Observables come after all states.
            let observables = set.observed.iter_mut().filter(|c| **c >= own);
            observables.for_each(|c| *c += varying.len());
        }
        let discretization = options
            .discretization
            .unwrap_or(Discretization::default_for(model.kind()));
        check::at_least("data.length", data.len(), 1)?;
        let mut points: usize = 0;
        for (index, set) in data.iter().enumerate() {
            let root = match data.len() {
                1 => "data".into(),
                _ => format!("data[{index}]"),
            };
            set.validate(&root, &*model)?;
            points = points.saturating_add(set.points);
            check::at_most(&format!("{root}.points"), points, MOST_VALUES / dimension)?;
            discretization.validate(&root, model.kind(), set)?;
        }
        let mut with_further: ActionOptions;
        let mut options = options;
        if !further.is_empty() {
            with_further = options.clone();
            let missing = further
                .iter()
                .filter(|name| !options.estimate.contains(name));
            with_further.estimate.extend(missing.cloned());
            options = &with_further;
        }
        let mut estimated = estimated(&*model, &options.estimate)?;
        let mut parameters = resolve_parameters(&*model, &options.parameters)?;
        let mut model = with_averaged_conditions(
            model,
            own,
            &data,
            discretization,
            &parameters,
            &estimated,
            &options.bounds,
        )?;
        let with_noise;
        let noise = match &options.noise {
            None => None,
            Some(noise) => {
                let columns = measured_columns(&data);
                let name = |&column: &usize| column_name(&*model, column).to_string();
                let names: Vec<String> = columns.iter().map(name).collect();
                let known = (&*model, &parameters[..]);
                let found = define(noise, &data, &columns, &names, known)?;
                // Its parameters come after all others.
                let own = parameters.len();
                model = found.model(&model)?;
                parameters.resize(model.parameters().len(), 0.0);
                estimated.extend(own..parameters.len());
                with_noise = found.added_to(options);
                options = &with_noise;
                Some(found)
            }
        };
        check_measurement_precision(&options.measurement_precision, &data, points)?;
        options
            .model_weights
            .validate("modelWeights", own, points)?;

        let grid = Grid::new(&data, &*model);
        let names = UnknownNames {
            model: &*model,
            estimated: &estimated,
            path_length: points * dimension,
        };
        let components: Vec<usize> = varying.iter().map(|v| v.component).collect();
        let known = known_states(&names, options, &grid, &components, &parameters)?;
        let mut intervals = names.intervals(&options.bounds, &known.held)?;
        let mut held = known.held.len();
        let mut priors = names.priors(options, known)?;
        let own_parameters = own_parameters(&*model, &options.own, &stated, &varying, &estimated);
        let terms = OwnTerms {
            model: &*model,
            given: &options.own,
            own: &own_parameters,
            grid: &grid,
            unknowns: points * dimension + estimated.len(),
        };
        held += own_parameters.iter().filter(|own| own.is_known()).count() * grid.segments.len();
        terms.bound(&mut intervals)?;
        terms.priors(&mut priors)?;
        let row_points = discretization.row_points(&grid);
        let mut measurement = Measurement::new(&*model, &data, &options.measurement_precision);
        if let Some(noise) = &noise {
            let columns: Vec<usize> = noise.channels.iter().map(|c| c.scale.column).collect();
            let outputs = noise.outputs(model.observables().len());
            measurement.estimate_scales(&*model, points, &columns, &outputs);
        }
        let data: Arc<[Observations]> = data.into();
        Ok(Problem {
            measurement,
            state_data: StateData::new(&*model, &data, &options.measurement_precision),
            model_noise: model_noise(&options.model_weights, own, &varying, &row_points, &grid)?,
            varying,
            own: own_parameters,
            data,
            grid: Arc::new(grid),
            discretization,
            normalization: options.normalization,
            parameters,
            priors: Arc::new(priors),
            held,
            intervals: intervals.map(Arc::new),
            estimated,
            model,
            parts: 1,
            noise: noise.map(Arc::new),
            noise_degrees: f64::INFINITY,
        })
    }

    /// Replaces the weights of the model's errors by others that are known to be right.
    pub(crate) fn set_model_weights(&mut self, weights: &Precision) -> Result<()> {
        let row_points = self.discretization.row_points(&self.grid);
        let own = self.model.dimension() - self.varying.len();
        self.model_noise = model_noise(weights, own, &self.varying, &row_points, &self.grid)?;
        Ok(())
    }

    /// Binds own values on a ladder in proportion to R_f, up to its end.
    pub(crate) fn bind_own(&mut self, last: f64) {
        let constant = self.varying.iter_mut().filter(|v| v.is_constant);
        constant.for_each(|v| v.from = last);
    }

    /// Says that the grid is `parts` times as fine as that of the data that the user gave.
    pub(crate) fn set_parts(&mut self, parts: usize) {
        self.parts = parts;
    }

    /// Number of steps of the grid that one step of the data is divided into; 1 where the grid is
    /// that of the data.
    pub fn parts(&self) -> usize {
        self.parts
    }

    /// Model of the problem. Parameters that change in time are among its states.
    pub fn model(&self) -> &Arc<dyn Model> {
        &self.model
    }

    /// Data sets of the problem, one or more.
    pub fn data(&self) -> &[Observations] {
        &self.data
    }

    /// The data with values of states in the place of those that tell the value of one state, which
    /// is described by another coordinate than itself.
    pub(crate) fn state_data(&self) -> &[Observations] {
        &self.state_data.sets
    }

    /// Precisions of [`Problem::state_data`] where `given` are those of the data.
    pub(crate) fn state_precision<'a>(&'a self, given: &'a Precision) -> &'a Precision {
        self.state_data.precision.as_ref().unwrap_or(given)
    }

    /// Coordinate by which a state is described.
    pub(crate) fn state_coordinate(&self, state: usize) -> Coordinate {
        state_coordinate(&*self.model, state)
    }

    /// Name of a state itself, also of one that is described by another coordinate.
    pub(crate) fn state_name(&self, state: usize) -> &str {
        state_name(&*self.model, state)
    }

    /// True if states or parameters are described by other coordinates than themselves.
    pub fn is_scaled(&self) -> bool {
        !self.model.coordinates().is_empty() || !self.model.state_coordinates().is_empty()
    }

    /// Coordinates of the unknowns: those of the path, point by point, then those of the estimated
    /// parameters in the order of [`Problem::estimated`].
    pub fn unknown_coordinates(&self) -> impl Iterator<Item = Coordinate> + '_ {
        let dimension = self.model.dimension();
        let states = (0..self.path_length()).map(move |k| self.state_coordinate(k % dimension));
        states.chain(self.coordinates())
    }

    /// States themselves along a path, or a part of one, of their coordinates: whole rows of as
    /// many numbers as there are states.
    pub fn states_at(&self, path: &[f64]) -> Vec<f64> {
        let dimension = self.model.dimension();
        let values = path.iter().enumerate();
        values
            .map(|(k, &u)| self.state_coordinate(k % dimension).parameter(u))
            .collect()
    }

    /// Number of points of all data sets.
    pub fn points(&self) -> usize {
        self.grid.len()
    }

    /// First point of each data set in the path.
    pub(crate) fn first_points(&self) -> impl Iterator<Item = usize> + '_ {
        self.grid.segments.iter().map(|segment| segment.first)
    }

    /// Time of a point of the path, in the model's unit of time.
    pub fn time(&self, point: usize) -> f64 {
        self.grid.points.times[point]
    }

    /// Length of a path: points x dimension, of all data sets one after the other.
    pub fn path_length(&self) -> usize {
        self.points() * self.model.dimension()
    }

    /// Number of measured values.
    pub fn measured(&self) -> usize {
        self.measurement.count
    }

    /// Mean of the precisions R_m of all measured values.
    pub fn measurement_precision(&self) -> f64 {
        self.measurement.typical_precision()
    }

    /// Factor of the summed losses of measurements and priors, so that priors weigh against
    /// measurements as in the posterior.
    pub(super) fn data_factor(&self) -> f64 {
        self.normalization.factor(self.measured())
    }

    /// Distribution of the noise of the measurements.
    pub(crate) fn law(&self) -> Law {
        self.measurement.noise.law
    }

    /// Mean and variance of the summed losses of all measurements at the truth.
    pub(crate) fn misfit(&self) -> LossMoments {
        self.measurement.misfit()
    }

    /// States, parameters, inputs and times at all points of a path.
    pub(super) fn at<'a>(&'a self, path: &'a [f64], parameters: &'a [f64]) -> Points<'a> {
        Points {
            states: path,
            parameters,
            inputs: &self.grid.points.inputs,
            times: &self.grid.points.times,
        }
    }

    /// Number of residuals of the model: intervals x dimension, of all data sets.
    pub fn residuals(&self) -> usize {
        let rows = |segment: &super::grid::Segment| self.discretization.rows(segment.points);
        self.grid.segments.iter().map(rows).sum::<usize>() * self.model.dimension()
    }

    /// Names of the estimated parameters, in the order in which their values are passed.
    pub fn estimated(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.estimated
            .iter()
            .map(|&i| self.model.parameters()[i].name.as_str())
    }

    /// Coordinates in which the parameters are estimated, in the order of [`Problem::estimated`],
    /// whose names are those of the coordinates.
    pub fn coordinates(&self) -> impl ExactSizeIterator<Item = Coordinate> + Clone + '_ {
        let all = self.model.coordinates();
        let own = self.estimated.iter();
        own.map(move |&p| all.get(p).copied().unwrap_or_default())
    }

    /// Names of the estimated parameters themselves, also of those that are estimated by another
    /// coordinate, such as their logarithm.
    pub fn parameter_names(&self) -> impl Iterator<Item = &str> + '_ {
        let names = self.estimated().zip(self.coordinates());
        names.map(|(name, coordinate)| coordinate.parameter_name(name))
    }

    /// Values of the parameters at these coordinates of them.
    pub fn parameters_at(&self, coordinates: &[f64]) -> Vec<f64> {
        // Logarithms of the scales of noise that is estimated follow.
        let own = self.coordinates().chain(std::iter::repeat(Coordinate::Log));
        coordinates
            .iter()
            .zip(own)
            .map(|(&u, coordinate)| coordinate.parameter(u))
            .collect()
    }

    /// Names of the parameters that change in time, which are the last states of the problem's
    /// model.
    pub fn varying(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        let changing = self.varying.len() - self.own.len();
        let states = self.model.states();
        let changing = self.varying[..changing].iter();
        changing.map(|v| states[v.component].as_str())
    }

    /// Names of the parameters of which each data set has its own value. They are the last states
    /// of the problem's model, described by the coordinates of these parameters.
    pub fn own_names(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        let own = self.own.iter();
        own.map(|own| self.state_name(own.component))
    }

    /// Own parameters, in the order of their states.
    pub(crate) fn own(&self) -> &[Own] {
        &self.own
    }

    /// Sets the deviations of hierarchies to those at these values of the estimated parameters, and
    /// holds them there.
    pub(crate) fn fix_spreads(&mut self, parameters: &[f64]) {
        for place in self.spreads() {
            self.hold(place, parameters[place]);
        }
        let priors = Arc::make_mut(&mut self.priors);
        for term in &mut priors.terms {
            if let Some(place) = term.spread.take() {
                term.precision = libm::exp(-2.0 * parameters[place]);
            }
        }
    }

    /// Logarithm of the deviation of a hierarchy on the ladder, by its place among the estimated
    /// parameters.
    pub(crate) fn spread_start(&self, place: usize) -> f64 {
        let mut own = self.own.iter().filter(|own| own.spread == Some(place));
        own.next().map_or(0.0, |own| libm::log(own.deviation()))
    }

    /// Refuses a posterior in which the deviation of a hierarchy is neither known nor settled.
    ///
    /// # Errors
    /// The name of the parameter.
    pub(crate) fn check_spreads(&self) -> Result<()> {
        let mut terms = self.priors.terms.iter();
        let Some(place) = terms.find_map(|term| term.spread) else {
            return Ok(());
        };
        let own = self.own.iter().find(|own| own.spread == Some(place));
        let name = own.map_or("", |own| self.state_name(own.component));
        Err(Error::WrongShape {
            path: format!("estimate.{name}.hierarchy"),
            message:
                "has a deviation that is estimated, which draws of Markov chains and profiles \
                      take as known: anneal with hierarchy: { deviation: D }, the estimated one \
                      for instance"
                    .into(),
        })
    }

    /// Number of the data set that a point belongs to.
    pub(crate) fn set_of(&self, point: usize) -> usize {
        let segments = &self.grid.segments;
        segments
            .partition_point(|s| s.first <= point)
            .saturating_sub(1)
    }

    /// Row of an own parameter's prior among those of a data set's first state.
    pub(crate) fn prior_row(&self, own: &Own) -> usize {
        self.priors.row(own.component)
    }

    /// Places of the logarithms of estimated deviations of hierarchies among the estimated
    /// parameters.
    pub(crate) fn spreads(&self) -> Vec<usize> {
        self.own.iter().filter_map(|own| own.spread).collect()
    }

    /// Standard deviation of the prior of an unknown, counted through the path and then the
    /// estimated parameters; `None` if it has no prior.
    pub fn prior_deviation(&self, unknown: usize) -> Option<f64> {
        let terms = &self.priors.terms;
        let place = terms.partition_point(|term| term.unknown < unknown);
        let prior = terms.get(place).filter(|term| term.unknown == unknown)?;
        Some(1.0 / prior.precision.sqrt())
    }

    /// Number of priors: rows that tell of unknowns beside the data. An exact formula of a first
    /// state is one of them.
    pub fn prior_count(&self) -> usize {
        self.priors.terms.len()
    }

    /// Number of unknowns that are held at a value which is known exactly: first states. They are
    /// not fitted.
    pub fn held_count(&self) -> usize {
        self.held
    }

    /// True for an unknown that is held at a known value, counted through the path and then the
    /// estimated parameters.
    pub fn is_held(&self, unknown: usize) -> bool {
        self.intervals()
            .is_some_and(|ends| ends.lower[unknown] == ends.upper[unknown])
    }

    /// Calls `put` with the component, the mean and the standard deviation of each first value of a
    /// data set that is known. The deviation of a held value is 0. `state` has values of parameters
    /// that change in time, and `parameters` are all of the model's.
    pub(crate) fn known_first_state(
        &self,
        set: usize,
        state: &[f64],
        parameters: &[f64],
        mut put: impl FnMut(usize, f64, f64),
    ) {
        let dimension = self.model.dimension();
        let first = self.grid.segments[set].first * dimension;
        if let Some(ends) = self.intervals().filter(|_| self.held > 0) {
            for a in (0..dimension).filter(|&a| self.is_held(first + a)) {
                put(a, ends.lower[first + a], 0.0);
            }
        }
        let formulas = self.priors.formulas.as_ref();
        let values = formulas.map(|formulas| formulas.of_set(set, state, parameters));
        let terms = &self.priors.terms;
        let begin = terms.partition_point(|term| term.unknown < first);
        let end = terms.partition_point(|term| term.unknown < first + dimension);
        for term in &terms[begin..end] {
            let a = term.unknown - first;
            let mean = match (term.mean, &values) {
                (Mean::Number(mean), _) => mean,
                (Mean::Parameter(place), _) => parameters[self.estimated[place]],
                (Mean::Formula { formula, .. }, Some(values)) => values[formula],
                (Mean::Formula { .. }, None) => continue,
            };
            let deviation = match term.spread {
                Some(place) => libm::exp(parameters[self.estimated[place]]),
                None => 1.0 / term.precision.sqrt(),
            };
            put(a, mean, deviation);
        }
    }

    /// Numbers of the measured columns, states before observables, in the order in which the data
    /// sets name them first.
    pub(crate) fn measured_columns(&self) -> Vec<usize> {
        measured_columns(&self.data)
    }

    /// Name of a measured column: that of a state or, from D on, of an observable.
    pub(crate) fn column_name(&self, column: usize) -> &str {
        column_name(&*self.model, column)
    }

    /// Noise that is estimated.
    pub(crate) fn noise(&self) -> Option<&NoiseDefinition> {
        self.noise.as_deref()
    }

    /// Number of the last estimated parameters that are logarithms of noise scales.
    pub(crate) fn noise_parameters(&self) -> usize {
        self.noise().map_or(0, |noise| noise.parameters.len())
    }

    /// Number of the last observables that tell of the noise: scales, then arguments of laws.
    pub(super) fn noise_outputs(&self) -> usize {
        self.noise().map_or(0, NoiseDefinition::output_count)
    }

    /// Degrees of freedom of the noise that deviations of path and parameters rest on, for
    /// Student's law; infinite where the noise is known.
    pub fn noise_degrees(&self) -> f64 {
        self.noise_degrees
    }

    pub(crate) fn set_noise_degrees(&mut self, degrees: f64) {
        self.noise_degrees = degrees;
    }

    /// Keeps scales of noise whose bounds were not given above a fraction of their values at
    /// `start`, given as logarithms.
    pub(crate) fn bound_noise(&mut self, start: &[f64], fall: f64) {
        let first = self.path_length() + self.estimated.len() - start.len();
        let Some(noise) = &mut self.noise else {
            return;
        };
        let noise = Arc::make_mut(noise);
        for (k, (parameter, start)) in noise.parameters.iter_mut().zip(start).enumerate() {
            if parameter.details.bounds.is_none() {
                let low = &mut parameter.bounds[0];
                *low = low.max(start - libm::log(fall));
                if let Some(ends) = &mut self.intervals {
                    Arc::make_mut(ends).lower[first + k] = *low;
                }
            }
        }
    }

    /// Holds an estimated parameter at a value.
    pub(crate) fn hold(&mut self, parameter: usize, value: f64) {
        let unknown = self.path_length() + parameter;
        if let Some(ends) = &mut self.intervals {
            let ends = Arc::make_mut(ends);
            (ends.lower[unknown], ends.upper[unknown]) = (value, value);
        }
    }

    /// Logarithm of the scale of each measurement's noise as the precision states it, by slot.
    pub(crate) fn stated_scales(&self) -> Vec<f64> {
        let measurement = &self.measurement;
        let weight = |slot| measurement.noise.whitening.weight(slot);
        let slots = 0..measurement.errors.len();
        let precision = slots.map(|slot| measurement.precision * weight(slot));
        precision.map(|p| -0.5 * libm::log(p)).collect()
    }

    /// Number of the channel of each measurement, by slot, in the order of
    /// [`Problem::measured_columns`].
    pub(crate) fn channels_of_slots(&self) -> Vec<usize> {
        let (d, columns) = (self.model.dimension(), self.measured_columns());
        let mut channels = vec![0; self.measurement.errors.len()];
        for slot in self.measurement.slots(d, self.model.observables().len()) {
            let channel = columns.iter().position(|&c| c == slot.column);
            channels[slot.slot] = channel.unwrap_or(0);
        }
        channels
    }

    /// Makes the normalisation of estimated noise zero at these logarithms of scales, and gives
    /// every datum its share in it, without a fit that of the likelihood. See [`EstimatedScales`].
    ///
    /// [`EstimatedScales`]: super::estimated_scales::EstimatedScales
    pub(crate) fn set_normalization(&mut self, reference: Option<&[f64]>, fit: Option<&FitShares>) {
        self.measurement.set_normalization(reference, fit);
    }

    /// True if the data of each measured column are one number, measured more than once.
    pub(crate) fn is_constant(&self) -> bool {
        self.measured_columns().iter().all(|&column| {
            let sets = self.data.iter().flat_map(|set| {
                let columns = set.columns_of(column);
                columns.map(|l| set.column(l))
            });
            let mut values = sets.flatten().filter(|y| !y.is_nan());
            let first = values.next();
            let mut others = values.peekable();
            others.peek().is_some() && others.all(|y| Some(y) == first)
        })
    }

    /// Sum over all measurements of R_m times the squared distance of the value from the mean of
    /// its column, or from zero where a column rests: the size of the data in units of their noise.
    pub(crate) fn signal(&self, precision: &Precision) -> f64 {
        let (mut sum, mut first) = (0.0, 0);
        for set in self.data.iter() {
            for l in 0..set.observed.len() {
                let present = || set.column(l).enumerate().filter(|(_, y)| !y.is_nan());
                let count = present().count().max(1) as f64;
                let mean = present().map(|(_, y)| y).sum::<f64>() / count;
                let about = |center: f64| -> f64 {
                    let weighted = present()
                        .map(|(n, y)| precision.weight(first + n, l) * (y - center) * (y - center));
                    weighted.sum()
                };
                let spread = about(mean);
                sum += if spread > 0.0 { spread } else { about(0.0) };
            }
            first += set.points;
        }
        sum
    }

    /// Bounds of all unknowns; `None` if nothing is bounded. Both bounds of an unknown that is held
    /// are its value.
    pub fn intervals(&self) -> Option<&Intervals> {
        self.intervals.as_deref()
    }
}

/// One data set or several.
///
/// ```
/// use least_action::action::DataSets;
/// use least_action::Observations;
///
/// let DataSets(sets) = vec![Observations::default(), Observations::default()].into();
/// assert_eq!(sets.len(), 2);
/// ```
pub struct DataSets(pub Vec<Observations>);

impl From<Observations> for DataSets {
    fn from(data: Observations) -> Self {
        DataSets(vec![data])
    }
}

impl From<Vec<Observations>> for DataSets {
    fn from(data: Vec<Observations>) -> Self {
        DataSets(data)
    }
}

/// Numbers of the measured columns, in the order in which the data sets name them first.
fn measured_columns(data: &[Observations]) -> Vec<usize> {
    let mut columns: Vec<usize> = Vec::new();
    for &column in data.iter().flat_map(|set| &set.observed) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

/// Name of a measured column: that of a state or, from D on, of an observable.
fn column_name(model: &dyn Model, column: usize) -> &str {
    match column.checked_sub(model.dimension()) {
        None => &model.states()[column],
        Some(k) => &model.observables()[k],
    }
}

fn estimated(model: &dyn Model, names: &[String]) -> Result<Vec<usize>> {
    let known = model.parameters().iter().map(|p| p.name.as_str());
    let mut estimated = Vec::new();
    for name in names {
        let index = check::position(&format!("estimate.{name}"), name, known.clone())?;
        if estimated.contains(&index) {
            return Err(Error::Duplicate {
                path: "estimate".into(),
                value: name.clone(),
            });
        }
        estimated.push(index);
    }
    estimated.sort_unstable();
    Ok(estimated)
}

fn check_measurement_precision(
    precision: &Precision,
    data: &[Observations],
    points: usize,
) -> Result<()> {
    let path = "measurementPrecision";
    if matches!(precision, Precision::PerComponent(_) | Precision::Matrix(_)) {
        let differs = |set: &&Observations| set.observed != data[0].observed;
        if data.iter().any(|set| differs(&set)) {
            return Err(Error::WrongShape {
                path: path.into(),
                message: "one number per observed component needs data sets that all observe the \
                          same components; give a number, or { perTime }"
                    .into(),
            });
        }
    }
    let repeats = |set: &Observations| set.components().count() < set.observed.len();
    if matches!(precision, Precision::Matrix(_)) && data.iter().any(repeats) {
        return Err(Error::WrongShape {
            path: path.into(),
            message: "a matrix over components that are measured several times at one time has no \
                      meaning; give one number per component"
                .into(),
        });
    }
    precision.validate(path, data[0].observed.len(), points)?;
    if let Precision::PerDatum { per_datum } = precision {
        let mut rows = per_datum.iter().enumerate();
        for set in data {
            let own = set.values.chunks_exact(set.observed.len());
            for (values, (n, row)) in own.zip(&mut rows) {
                let path = format!("{path}.perDatum[{n}]");
                check::length(&path, row.len(), values.len(), "one per observed component")?;
                let present = row.iter().zip(values).enumerate();
                for (l, (precision, _)) in present.filter(|(_, (_, y))| !y.is_nan()) {
                    check::precision(&format!("{path}[{l}]"), *precision)?;
                }
            }
        }
    }
    Ok(())
}

/// Values of all parameters of a model in its order: the given ones by name, its defaults
/// otherwise.
///
/// # Errors
/// A name that the model does not have, and values that are not finite.
pub fn resolve_parameters(model: &dyn Model, given: &BTreeMap<String, f64>) -> Result<Vec<f64>> {
    let mut values: Vec<f64> = model.parameters().iter().map(|p| p.default).collect();
    let names = model.parameters().iter().map(|p| p.name.as_str());
    for (name, &value) in given {
        let path = format!("parameters.{name}");
        let index = check::position(&path, name, names.clone())?;
        check::finite(&path, value)?;
        values[index] = value;
    }
    Ok(values)
}
