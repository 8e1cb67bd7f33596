//! Shooting: the parameters and first states from which forward integrations are nearest to the
//! data, by a few damped Gauss-Newton steps with differences as derivatives (H. G. Bock, in
//! Modelling of Chemical Reaction Systems, Springer, 1981).

use nalgebra::{Cholesky, DMatrix, DVector};

use super::ensemble_filter::HUGE;
use super::{step_of, Setting};
use crate::model::propagator::{PropagatedMembers, Propagator, PropagatorStep};
use crate::model::{Points, Scratch};
use crate::random::Random;

/// Maximum number of variables, and of numbers in the derivatives, with which steps are made.
const MOST_VARIABLES: usize = 200;
const MOST_DERIVATIVES: usize = 1 << 22;
/// Maximum number of steps.
const STEPS: usize = 15;
/// Relative decrease of the misfit below which the steps end: it is a start, no more.
const ENOUGH: f64 = 1e-3;
/// First damping, relative to the diagonal, and its factors after a failure and a success.
const DAMPING: f64 = 1e-3;
const TIGHTER: f64 = 10.0;
const LOOSER: f64 = 0.1;
/// Damping beyond which no step is tried.
const MOST_DAMPING: f64 = 1e8;
/// Step of differences, relative to the size of a variable.
const DIFFERENCE: f64 = 1e-6;

/// Estimated parameters and the first states of all data sets.
#[derive(Clone)]
pub(super) struct Shot {
    pub parameters: Vec<f64>,
    /// First states, data sets x states.
    first: Vec<f64>,
    /// Sum of the squared errors of data and priors, each in units of its variance.
    pub misfit: f64,
}

/// Forward integrations of a problem.
pub(super) struct Shooting<'a> {
    setting: &'a Setting<'a>,
    substeps: usize,
    /// Measured values of each data set: point, column and value.
    data: Vec<Vec<Datum>>,
    /// Standard deviation of each first value, data sets x states: 0 if it is known exactly,
    /// infinite if nothing is known of it.
    deviations: Vec<f64>,
}

/// Measured value.
#[derive(Clone, Copy)]
struct Datum {
    point: usize,
    column: usize,
    value: f64,
    /// Square root of the precision.
    weight: f64,
}

impl<'a> Shooting<'a> {
    pub fn new(setting: &'a Setting<'a>, substeps: usize) -> Self {
        let problem = setting.problem;
        let precision = &setting.options.measurement_precision;
        let sets = problem.data().iter().zip(&problem.grid.segments);
        let data = sets.map(|(set, segment)| {
            let rows = set.values.chunks_exact(set.observed.len()).enumerate();
            let values = rows.flat_map(|(n, row)| {
                let pairs = row.iter().zip(&set.observed).enumerate();
                pairs.map(move |(l, (&value, &column))| Datum {
                    point: n,
                    column,
                    value,
                    weight: precision.weight(segment.first + n, l).sqrt(),
                })
            });
            values.filter(|datum| !datum.value.is_nan()).collect()
        });
        let data: Vec<Vec<Datum>> = data.collect();
        let dimension = problem.model.dimension();
        let mut deviations = vec![f64::INFINITY; data.len() * dimension];
        let state = problem.model.initial_state();
        for (set, own) in deviations.chunks_exact_mut(dimension).enumerate() {
            let put = |a: usize, _, deviation| own[a] = deviation;
            problem.known_first_state(set, state, &problem.parameters, put);
        }
        Shooting {
            setting,
            substeps,
            data,
            deviations,
        }
    }

    /// True if there is only one integration: everything is known.
    pub fn is_certain(&self) -> bool {
        let estimated = self.setting.problem.estimated.len();
        estimated == 0 && self.deviations.iter().all(|&deviation| deviation == 0.0)
    }

    /// Draws parameters from their ranges, and first states from what is known of them.
    pub fn draw(&self, random: &mut Random) -> Shot {
        let setting = self.setting;
        let parameters = setting.draw_parameters(random);
        let dimension = setting.problem.model.dimension();
        let mut first = vec![0.0; self.deviations.len()];
        for (set, state) in first.chunks_exact_mut(dimension).enumerate() {
            setting.draw_first_state(set, &parameters, random, state);
        }
        Shot {
            parameters,
            first,
            misfit: f64::INFINITY,
        }
    }

    /// Computes the misfits of shots.
    pub fn measure(&self, shots: &mut [Shot]) {
        for shot in &mut *shots {
            shot.misfit = self.prior_rows(shot).iter().map(|r| r * r).sum();
        }
        for set in 0..self.data.len() {
            let rows = self.data[set].len();
            let errors = self.errors(set, shots);
            for (shot, errors) in shots.iter_mut().zip(errors.chunks_exact(rows.max(1))) {
                shot.misfit += errors.iter().map(|r| r * r).sum::<f64>();
            }
        }
        for shot in shots {
            if shot.misfit.is_nan() || shot.misfit >= HUGE {
                shot.misfit = f64::INFINITY;
            }
        }
    }

    /// Lowers the misfit of a shot by a few steps.
    pub fn improve(&self, shot: &mut Shot) {
        let variables = self.variables();
        let rows = self.data.iter().map(Vec::len).max().unwrap_or(0);
        if variables.is_empty()
            || variables.len() > MOST_VARIABLES
            || variables.len() * rows > MOST_DERIVATIVES
        {
            return;
        }
        let mut damping = DAMPING;
        for _ in 0..STEPS {
            let Some((matrix, gradient)) = self.normal_equations(shot, &variables) else {
                return;
            };
            let before = shot.misfit;
            while damping < MOST_DAMPING {
                let mut damped = matrix.clone();
                for k in 0..variables.len() {
                    let own = matrix[(k, k)];
                    damped[(k, k)] += if own > 0.0 { damping * own } else { 1.0 };
                }
                let Some(factor) = Cholesky::new(damped) else {
                    damping *= TIGHTER;
                    continue;
                };
                let step = factor.solve(&gradient);
                let mut next = shot.clone();
                for (k, &variable) in variables.iter().enumerate() {
                    *self.value(&mut next, variable) -= step[k];
                }
                self.clip(&mut next);
                self.measure(std::slice::from_mut(&mut next));
                if next.misfit < shot.misfit {
                    *shot = next;
                    damping *= LOOSER;
                    break;
                }
                damping *= TIGHTER;
            }
            if before - shot.misfit <= ENOUGH * before {
                return;
            }
        }
    }

    /// Path of a shot.
    pub fn path(&self, shot: &Shot) -> Vec<f64> {
        let problem = self.setting.problem;
        let mut path = Vec::with_capacity(problem.path_length());
        for set in 0..self.data.len() {
            self.integrate(set, std::slice::from_ref(shot), |_, members, _| {
                path.extend_from_slice(&members.states);
            });
        }
        path
    }

    /// Variables of the steps: all that is not known exactly.
    fn variables(&self) -> Vec<Variable> {
        let parameters = 0..self.setting.problem.estimated.len();
        let first = (0..self.deviations.len()).filter(|&k| self.deviations[k] > 0.0);
        let parameters = parameters.map(Variable::Parameter);
        parameters.chain(first.map(Variable::First)).collect()
    }

    fn value<'s>(&self, shot: &'s mut Shot, variable: Variable) -> &'s mut f64 {
        match variable {
            Variable::Parameter(p) => &mut shot.parameters[p],
            Variable::First(k) => &mut shot.first[k],
        }
    }

    /// Step of differences in a variable.
    fn difference(&self, shot: &Shot, variable: Variable) -> f64 {
        let problem = self.setting.problem;
        let (value, size) = match variable {
            Variable::Parameter(p) => {
                let name = problem.estimated().nth(p).unwrap_or_default();
                let [low, high] = self.setting.options.estimate[name].range();
                (shot.parameters[p], high - low)
            }
            Variable::First(k) => {
                let own = self.setting.climatology.deviations[k % problem.model.dimension()];
                (shot.first[k], own.min(self.deviations[k]))
            }
        };
        DIFFERENCE * value.abs().max(size).max(f64::MIN_POSITIVE / DIFFERENCE)
    }

    /// Gauss-Newton matrix and half the gradient of the misfit; `None` where an integration with
    /// changed variables leaves the finite world.
    fn normal_equations(
        &self,
        shot: &Shot,
        variables: &[Variable],
    ) -> Option<(DMatrix<f64>, DVector<f64>)> {
        let size = variables.len();
        let dimension = self.setting.problem.model.dimension();
        let mut matrix = DMatrix::zeros(size, size);
        let mut gradient = DVector::zeros(size);
        let steps: Vec<f64> = variables
            .iter()
            .map(|&variable| self.difference(shot, variable))
            .collect();
        let mut moved = vec![shot.clone()];
        for (&variable, step) in variables.iter().zip(&steps) {
            let mut next = shot.clone();
            *self.value(&mut next, variable) += step;
            moved.push(next);
        }
        let priors: Vec<Vec<f64>> = moved.iter().map(|shot| self.prior_rows(shot)).collect();
        add_rows(&mut matrix, &mut gradient, &priors, &steps, |_| true)?;
        for (set, data) in self.data.iter().enumerate() {
            // The first state of another data set changes nothing here.
            let own = |k: usize| match variables[k] {
                Variable::Parameter(_) => true,
                Variable::First(k) => k / dimension == set,
            };
            let chosen = (0..moved.len()).filter(|&m| m == 0 || own(m - 1));
            let shots: Vec<Shot> = chosen.map(|m| moved[m].clone()).collect();
            let errors = self.errors(set, &shots);
            let mut errors = errors.chunks_exact(data.len().max(1)).map(<[f64]>::to_vec);
            let all: Vec<Vec<f64>> = (0..moved.len())
                .map(|m| match m == 0 || own(m - 1) {
                    true => errors.next().unwrap_or_default(),
                    false => Vec::new(),
                })
                .collect();
            add_rows(&mut matrix, &mut gradient, &all, &steps, own)?;
        }
        Some((matrix, gradient))
    }

    /// Errors of priors in units of their deviations: of first states that are known roughly, and
    /// of parameters.
    fn prior_rows(&self, shot: &Shot) -> Vec<f64> {
        let setting = self.setting;
        let problem = setting.problem;
        let dimension = problem.model.dimension();
        let parameters = setting.all_parameters(&shot.parameters);
        let mut rows = Vec::new();
        for (set, state) in shot.first.chunks_exact(dimension).enumerate() {
            problem.known_first_state(set, state, &parameters, |a, mean, deviation| {
                if deviation > 0.0 {
                    rows.push((state[a] - mean) / deviation);
                }
            });
        }
        let coordinates = problem.model.coordinates();
        for (p, (value, name)) in shot.parameters.iter().zip(problem.estimated()).enumerate() {
            if let Some(prior) = setting.options.estimate[name].prior {
                let coordinate = coordinates.get(problem.estimated[p]).copied();
                let prior = prior.near_normal(coordinate.unwrap_or_default());
                rows.push((value - prior.mean) / prior.deviation);
            }
        }
        rows
    }

    /// Errors of the data of a set in units of their deviations, shots x data; not finite from
    /// where an integration has left the finite world.
    fn errors(&self, set: usize, shots: &[Shot]) -> Vec<f64> {
        let data = &self.data[set];
        let mut errors = vec![0.0; shots.len() * data.len()];
        let (dimension, functions) = (
            self.setting.problem.model.dimension(),
            self.setting.problem.model.observables().len(),
        );
        let mut next = 0;
        self.integrate(set, shots, |n, members, observables| {
            while next < data.len() && data[next].point == n {
                let datum = data[next];
                for m in 0..shots.len() {
                    let predicted = match datum.column.checked_sub(dimension) {
                        None => members.states[m * dimension + datum.column],
                        Some(k) => observables[m * functions + k],
                    };
                    errors[m * data.len() + next] = datum.weight * (predicted - datum.value);
                }
                next += 1;
            }
        });
        errors
    }

    /// Integrates shots through a data set. `see` is called at every point with the members and
    /// their observables, which are computed where one is measured.
    fn integrate(
        &self,
        set: usize,
        shots: &[Shot],
        mut see: impl FnMut(usize, &PropagatedMembers, &[f64]),
    ) {
        let problem = self.setting.problem;
        let (model, dimension) = (&*problem.model, problem.model.dimension());
        let segment = problem.grid.segments[set];
        let first = |shot: &Shot| shot.first[set * dimension..(set + 1) * dimension].to_vec();
        let mut members = PropagatedMembers {
            states: shots.iter().flat_map(first).collect(),
            parameters: shots
                .iter()
                .flat_map(|shot| self.setting.all_parameters(&shot.parameters))
                .collect(),
        };
        let indirect = self.data[set].iter().filter(|d| d.column >= dimension);
        let mut indirect: Vec<usize> = indirect.map(|d| d.point).collect();
        indirect.dedup();
        let mut indirect = indirect.into_iter().peekable();
        let functions = model.observables().len();
        let mut observables = vec![f64::NAN; shots.len() * functions];
        let mut propagator = Propagator::new(model, shots.len());
        let (mut scratch, mut inputs) = (Scratch::default(), Vec::new());
        for n in 0..segment.points {
            let point = segment.first + n;
            if n > 0 {
                let step = PropagatorStep {
                    substeps: self.substeps,
                    ..step_of(problem, &segment, n - 1)
                };
                propagator.advance(&mut members, step);
            }
            if let (Some(function), true) = (model.observation(), indirect.peek() == Some(&n)) {
                indirect.next();
                let (width, own) = (problem.grid.width, problem.parameters.len());
                let given = &problem.grid.points.inputs[point * width..(point + 1) * width];
                inputs.clear();
                for m in 0..shots.len() {
                    inputs.extend_from_slice(given);
                    inputs.extend_from_slice(&members.parameters[m * own..(m + 1) * own]);
                }
                let at = Points {
                    states: &members.states,
                    parameters: &[],
                    inputs: &inputs,
                    times: &vec![problem.grid.points.times[point]; shots.len()],
                };
                function.evaluate_each(&mut scratch, at, &mut observables);
            }
            see(n, &members, &observables);
        }
    }

    /// Moves a shot into its bounds.
    fn clip(&self, shot: &mut Shot) {
        let problem = self.setting.problem;
        let path = problem.path_length();
        let end = path + problem.estimated.len();
        self.setting.clip(path, end, &mut shot.parameters);
        let dimension = problem.model.dimension();
        let states = shot.first.chunks_exact_mut(dimension);
        for (state, segment) in states.zip(&problem.grid.segments) {
            let first = segment.first * dimension;
            self.setting.clip(first, first + dimension, state);
        }
    }
}

/// Variable of the steps.
#[derive(Clone, Copy)]
enum Variable {
    /// Place among the estimated parameters.
    Parameter(usize),
    /// Place among the first states of all data sets.
    First(usize),
}

/// Adds the products of rows and of their differences. `errors` has the rows at the present point,
/// and then with each variable changed by its step; only those of `own` variables are read.
fn add_rows(
    matrix: &mut DMatrix<f64>,
    gradient: &mut DVector<f64>,
    errors: &[Vec<f64>],
    steps: &[f64],
    own: impl Fn(usize) -> bool,
) -> Option<()> {
    let base = &errors[0];
    let columns: Vec<(usize, Vec<f64>)> = (0..steps.len())
        .filter(|&k| own(k))
        .map(|k| {
            let pairs = errors[k + 1].iter().zip(base);
            (
                k,
                pairs.map(|(next, now)| (next - now) / steps[k]).collect(),
            )
        })
        .collect();
    for (i, (k, column)) in columns.iter().enumerate() {
        let dot = |other: &[f64]| column.iter().zip(other).map(|(a, b)| a * b).sum::<f64>();
        let slope = dot(base);
        if !slope.is_finite() {
            return None;
        }
        gradient[*k] += slope;
        for (l, other) in &columns[..=i] {
            let product = dot(other);
            matrix[(*k, *l)] += product;
            if k != l {
                matrix[(*l, *k)] += product;
            }
        }
    }
    Some(())
}
