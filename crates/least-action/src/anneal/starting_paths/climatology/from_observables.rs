//! Values of states of which nothing is said, from measured functions of them.
//!
//! A measured observable h(x) = y is an equation for the states in it that are looked for. It is
//! solved by damped steps of Gauss and Newton from guesses of several sizes. Of several states in
//! one equation, the change from the guess is the smallest one.

use nalgebra::{Cholesky, DMatrix, DVector};

use crate::action::Problem;
use crate::model::{Coordinate, Function, Points, Scratch};

/// Guesses of a state, in its own unit, which is not known.
const GUESSES: [f64; 7] = [1.0, 1e-3, 1e3, 1e-6, 1e6, 1e9, -1.0];
/// Maximum number of steps from one guess.
const STEPS: usize = 100;
/// Error, relative to the size of the data, at which an equation is solved, and up to which a
/// solution counts: data beyond the range of the function have none.
const SOLVED: f64 = 1e-9;
const ACCEPTED: f64 = 1e-2;
/// First damping, relative to the largest entry of the diagonal, its factors after a failure and a
/// success, and the largest.
const DAMPING: f64 = 1e-3;
const TIGHTER: f64 = 10.0;
const LOOSER: f64 = 0.1;
const MOST_DAMPING: f64 = 1e12;

/// Measured values of observables at one time, with what is known of the states there.
pub(super) struct Seen<'a> {
    pub states: &'a [f64],
    pub inputs: &'a [f64],
    pub time: f64,
    /// Numbers of observables with their values.
    pub values: &'a [(usize, f64)],
    /// Sizes of the data, one per value.
    pub sizes: &'a [f64],
}

/// Solver of the equations that measured observables are.
pub(super) struct Solver<'a> {
    problem: &'a Problem,
    function: &'a Function,
    /// Values of all parameters.
    parameters: &'a [f64],
    scratch: Scratch,
}

impl<'a> Solver<'a> {
    /// Solver of a problem; `None` where the model has no observables.
    pub fn new(problem: &'a Problem, parameters: &'a [f64]) -> Option<Self> {
        Some(Solver {
            problem,
            function: problem.model.observation()?,
            parameters,
            scratch: Scratch::default(),
        })
    }

    /// States that are `open` and that observables depend on.
    pub fn unknowns(&self, values: &[(usize, f64)], open: &[bool]) -> Vec<usize> {
        let sparsity = self.function.jacobian_sparsity();
        let contains = |a: usize| {
            let mut rows = values.iter();
            rows.any(|&(k, _)| sparsity.row(k).any(|(_, column)| column == a))
        };
        (0..open.len())
            .filter(|&a| open[a] && contains(a))
            .collect()
    }

    /// Values of `unknowns` at which the observables are as measured; `None` where none are found.
    /// A guess is tried before the others.
    pub fn solve(
        &mut self,
        seen: &Seen,
        unknowns: &[usize],
        guess: Option<&[f64]>,
    ) -> Option<Vec<f64>> {
        let usual = GUESSES.iter().map(|&size| {
            let of = |&a: &usize| match self.problem.state_coordinate(a) {
                Coordinate::Linear => size,
                _ => libm::log(size.abs()),
            };
            unknowns.iter().map(of).collect::<Vec<f64>>()
        });
        let guesses: Vec<Vec<f64>> = guess
            .map(<[f64]>::to_vec)
            .into_iter()
            .chain(usual)
            .collect();
        let mut best: Option<(f64, Vec<f64>)> = None;
        for mut guess in guesses {
            let error = self.descend(seen, unknowns, &mut guess);
            if error < best.as_ref().map_or(ACCEPTED, |(error, _)| *error) {
                best = Some((error, guess));
            }
            if error <= SOLVED {
                break;
            }
        }
        best.map(|(_, values)| values)
    }

    /// Improves values of the unknowns, and returns the error that is left.
    fn descend(&mut self, seen: &Seen, unknowns: &[usize], values: &mut Vec<f64>) -> f64 {
        let Some((mut error, mut errors, mut slopes)) = self.errors(seen, unknowns, values) else {
            return f64::INFINITY;
        };
        let mut damping = DAMPING;
        for _ in 0..STEPS {
            if error <= SOLVED || damping > MOST_DAMPING {
                break;
            }
            // In units of the unknowns' own sizes: the smallest change is a relative one.
            let size = |k: usize| match self.problem.state_coordinate(unknowns[k]) {
                Coordinate::Linear => values[k].abs().max(f64::MIN_POSITIVE),
                _ => 1.0,
            };
            let mut scaled = slopes.clone();
            for (k, mut column) in scaled.column_iter_mut().enumerate() {
                column *= size(k);
            }
            let gradient = scaled.transpose() * &errors;
            let mut matrix = scaled.transpose() * &scaled;
            let largest = matrix.diagonal().max();
            for k in 0..unknowns.len() {
                matrix[(k, k)] += damping * largest;
            }
            let step = Cholesky::new(matrix).map(|factor| factor.solve(&gradient));
            let moved: Option<Vec<f64>> = step.map(|step| {
                let pairs = values.iter().enumerate();
                pairs.map(|(k, x)| x - size(k) * step[k]).collect()
            });
            let found = moved.and_then(|moved| Some((self.errors(seen, unknowns, &moved)?, moved)));
            match found {
                Some(((less, further, derivatives), moved)) if less < error => {
                    *values = moved;
                    (error, errors, slopes) = (less, further, derivatives);
                    damping *= LOOSER;
                }
                _ => damping *= TIGHTER,
            }
        }
        error
    }

    /// Errors of the observables in units of the data's sizes, their root mean square first, and
    /// their derivatives in the unknowns; `None` where they are not finite.
    fn errors(
        &mut self,
        seen: &Seen,
        unknowns: &[usize],
        values: &[f64],
    ) -> Option<(f64, DVector<f64>, DMatrix<f64>)> {
        let mut states = seen.states.to_vec();
        for (&a, &value) in unknowns.iter().zip(values) {
            states[a] = value;
        }
        let at = Points {
            states: &states,
            parameters: self.parameters,
            inputs: seen.inputs,
            times: &[seen.time],
        };
        let mut outputs = vec![0.0; self.function.outputs()];
        self.function.evaluate(&mut self.scratch, at, &mut outputs);
        let sparsity = self.function.jacobian_sparsity();
        let mut entries = vec![0.0; sparsity.entries()];
        self.function.jacobian(&mut self.scratch, at, &mut entries);
        let rows = seen.values.iter().zip(seen.sizes);
        let errors = rows.clone().map(|(&(k, y), size)| (outputs[k] - y) / size);
        let errors = DVector::from_iterator(seen.values.len(), errors);
        let mut slopes = DMatrix::zeros(seen.values.len(), unknowns.len());
        for (i, (&(k, _), size)) in rows.enumerate() {
            for (entry, column) in sparsity.row(k) {
                if let Some(j) = unknowns.iter().position(|&a| a == column) {
                    slopes[(i, j)] = entries[entry] / size;
                }
            }
        }
        let all = errors.iter().chain(slopes.iter());
        let is_finite = all.clone().all(|value| value.is_finite());
        let error = (errors.norm_squared() / errors.len() as f64).sqrt();
        is_finite.then_some((error, errors, slopes))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::action::{ActionOptions, Observations};
    use crate::model::{Expression, ModelBuilder};

    /// Solves `h(x) = y` for states that are all open.
    fn solved<F>(states: &[&str], positive: bool, y: f64, h: F) -> Option<Vec<f64>>
    where
        F: for<'g> Fn(&[Expression<'g>]) -> Expression<'g>,
    {
        let mut builder = ModelBuilder::new("m")
            .states(states.iter().copied())
            .observables(["h"]);
        if positive {
            builder = builder.positive(states.iter().copied());
        }
        let model = builder
            .flow(|x, _| x.iter().map(|x| -*x).chain([h(x)]).collect())
            .unwrap();
        let model = match positive {
            true => model.in_logarithms().unwrap(),
            false => model,
        };
        let data = Observations {
            time_step: 1.0,
            points: 3,
            observed: vec![states.len()],
            values: vec![y; 3],
            ..Observations::default()
        };
        let problem = Problem::new(Arc::new(model), data, &ActionOptions::default()).unwrap();
        let mut solver = Solver::new(&problem, &[]).unwrap();
        let seen = Seen {
            states: &vec![0.0; states.len()],
            inputs: &[],
            time: 0.0,
            values: &[(0, y)],
            sizes: &[y.abs().max(1e-300)],
        };
        let unknowns: Vec<usize> = (0..states.len()).collect();
        solver.solve(&seen, &unknowns, None)
    }

    fn one<F>(y: f64, h: F) -> f64
    where
        F: for<'g> Fn(Expression<'g>) -> Expression<'g>,
    {
        solved(&["x"], false, y, |x| h(x[0])).unwrap()[0]
    }

    fn is_close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-6 * b.abs()
    }

    #[test]
    fn functions_of_one_state_are_solved() {
        assert!(is_close(
            one(5.3, |x| x.ln() / std::f64::consts::LN_10),
            libm::pow(10.0, 5.3)
        ));
        assert!(is_close(
            one(-4.0, |x| x.ln() / std::f64::consts::LN_10),
            1e-4
        ));
        assert!(is_close(one(49.0, |x| x * x), 7.0));
        assert!(is_close(one(1e-3, |x| (-x).exp()), libm::log(1e3)));
        assert!(is_close(one(0.95, |x| x / (x + 1.0)), 19.0));
        assert!(is_close(one(300.0, |x| x.sqrt()), 9e4));
        assert!(is_close(one(-2.5e7, |x| x * 0.5), -5e7));
    }

    #[test]
    fn sums_are_shared_and_what_has_no_solution_is_said() {
        let sum = solved(&["x", "y"], false, 3e5, |x| x[0] + x[1]).unwrap();
        assert!(is_close(sum[0], 1.5e5) && is_close(sum[1], 1.5e5));
        assert_eq!(solved(&["x"], false, -4.0, |x| x[0] * x[0]), None);
        assert_eq!(solved(&["x"], false, 1.2, |x| x[0] / (x[0] + 1.0)), None);
    }

    #[test]
    fn positive_states_are_solved_in_their_logarithms() {
        let sum = solved(&["x", "y"], true, 3e5, |x| x[0] + x[1]).unwrap();
        assert!(is_close(sum[0], libm::log(1.5e5)) && is_close(sum[0], sum[1]));
        let load = solved(&["x"], true, -7.5, |x| x[0].ln() / std::f64::consts::LN_10).unwrap();
        assert!(is_close(load[0], -7.5 * std::f64::consts::LN_10));
    }
}
