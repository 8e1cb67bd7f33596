//! Check of the time step: the error of an answer that its discretisation makes, by a step of
//! Gauss and Newton on a grid with steps half as long.

use super::super::climb::Climb;
use super::super::paths::Paths;
use crate::action::{
    model_precision_factor, Action, ActionObjective, Normalization, Problem, Scales,
};
use crate::random::Random;
use crate::solve::{
    Assembly, BlockMatrix, Cholesky, Layout, LeastSquares, Linearization, Objective,
};

/// Estimated error of one parameter that the time step makes.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ParameterError {
    /// Name of the parameter.
    pub name: String,
    /// Estimate on the grid that was checked, in the parameter's unit.
    pub value: f64,
    /// Estimated error of the value that the time step makes, in the parameter's unit: the answer
    /// in the limit of small steps is near `value` less this.
    pub error: f64,
    /// Posterior standard deviation, in the parameter's unit.
    pub deviation: f64,
}

/// Estimated error of an answer that the time step makes.
///
/// The path is put on a grid with steps half as long, and one step of Gauss and Newton is taken
/// there. With a scheme of order p the change is `1 - 2^-p` of the error in the limit of small
/// steps (L. F. Richardson, Phil. Trans. R. Soc. A 210, 1911).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StepCheck {
    /// Number of steps of the grid that one step of the data is divided into.
    pub parts: usize,
    /// Time step of the grid, in the model's unit of time; the longest one of several data sets.
    pub time_step: f64,
    /// Largest error, in standard deviations: of a parameter; of a state, as the root mean square
    /// along the path or a quarter of the largest one; or of the misfit. From 0.25 on it matters.
    pub error: f64,
    /// Number that has the largest error: a parameter, a state, or the misfit.
    pub of: String,
    /// Change of chi-square by the errors along the path at the measurements, in standard
    /// deviations of chi-square.
    pub misfit: f64,
    /// Errors of the estimated parameters that are constant in time.
    pub parameters: Vec<ParameterError>,
    /// True if this is the check of a search from starting paths of its own, not of a path that was
    /// taken over from a coarser grid.
    pub searched: bool,
}

/// Error, in standard deviations, from which on a time step matters. An interval whose centre is
/// off by that much holds the truth at most 1.3 percentage points less often than it says.
const MATTERS: f64 = 0.25;

/// Share of the error of a single state that counts. A band is right if it holds the truth as often
/// as it says on the average over the path, and the largest of thousands of errors says little of
/// that: with the largest alone, most Lorenz96 paths of 161 points, whose errors are 0.1 deviations
/// in the mean square, would be put on finer grids.
const SINGLE: f64 = 0.25;

/// Number of states from which on deviations are first estimated from a few draws: with so many
/// directions in which a path may move, draws average out, and exact deviations take long.
const WIDE: usize = 12;
/// Number of draws, and of points on both sides that are averaged over.
const DRAWS: usize = 4;
const NEARBY: usize = 4;
/// Share of an error that matters below which estimated deviations are good enough.
const SURE: f64 = 0.7;

/// Error of a state, as a share of its range along the path, that never matters: a state that has
/// died out may be known better than anyone cares for.
const UNSEEN: f64 = 1e-3;

/// Shares of the diagonal that are added to a matrix that is singular but for rounding errors.
const SHIFTS: [f64; 3] = [0.0, 1e-13, 1e-10];

impl StepCheck {
    /// True if the error matters.
    pub fn matters(&self) -> bool {
        // NaN matters.
        self.error.is_nan() || self.error >= MATTERS
    }

    /// Factor by which steps must be shorter for the error to be `share` of what matters.
    pub(super) fn needed(&self, order: u32, share: f64) -> f64 {
        libm::pow(self.error / (share * MATTERS), 1.0 / f64::from(order))
    }
}

/// Estimates the error of the end of a climb; `None` for maps and where the matrix is singular.
pub(super) fn check(paths: &Paths, climb: &Climb) -> Option<StepCheck> {
    let order = paths.problem().discretization.order();
    let last = climb.rungs.last()?.model_precision;
    if order == 0 {
        return None;
    }
    let coarse = paths.problem();
    let mut fine = paths.on_finer_grid(2 * coarse.parts(), last)?;
    // Estimated noise stays what it is.
    let own = climb.parameters.len() - fine.noise_parameters();
    for (p, &value) in climb.parameters.iter().enumerate().skip(own) {
        fine.hold(p, value);
    }
    let model_precision = last * model_precision_factor(coarse.normalization, 2);
    let path = coarse.interpolate(&climb.path, &climb.parameters, 2);
    let change = Change::new(
        &fine,
        model_precision,
        [&path[..], &climb.parameters].concat(),
    )?;
    let order = f64::from(1 << order);
    let rest = order / (order - 1.0);
    let by = |deviations: &[f64]| Found::new(&fine, &path, &change, rest, deviations);
    let drawn = (fine.model.dimension() >= WIDE)
        .then(|| by(&change.drawn_deviations(&fine)))
        .filter(|drawn| drawn.error < SURE * MATTERS);
    let found = drawn.unwrap_or_else(|| by(&change.deviations()));
    let split = fine.path_length();
    let parameters = fine
        .estimated()
        .take(own)
        .enumerate()
        .map(|(p, name)| ParameterError {
            name: name.to_string(),
            value: climb.parameters[p],
            error: -rest * change.step[split + p],
            deviation: change.parameter_deviations[p],
        });
    let parameters = parameters.collect();
    let misfit = rest * rest * change.misfit;
    let steps = coarse.data().iter().map(|set| set.time_step);
    Some(StepCheck {
        parts: coarse.parts(),
        time_step: steps.fold(0.0, f64::max),
        error: found.error,
        of: found.of,
        misfit,
        parameters,
        searched: false,
    })
}

/// Largest error so far.
struct Found {
    /// Ratio of the error to the change on a grid twice as fine.
    rest: f64,
    error: f64,
    of: String,
}

impl Found {
    /// Largest error of all, with the deviations of the path's states.
    fn new(fine: &Problem, path: &[f64], change: &Change, rest: f64, deviations: &[f64]) -> Self {
        let mut found = Found {
            rest,
            error: 0.0,
            of: String::new(),
        };
        found.states(fine, path, change, deviations);
        let parameters = change.step[path.len()..].iter();
        let parameters = parameters.zip(&change.parameter_deviations);
        for ((step, deviation), name) in parameters.zip(fine.estimated()) {
            found.note(rest * step / deviation, || name.to_string());
        }
        found.note(rest * rest * change.misfit, || "the misfit".into());
        found
    }

    fn note(&mut self, deviations: f64, name: impl FnOnce() -> String) {
        if deviations.abs() > self.error || (deviations.is_nan() && !self.error.is_nan()) {
            self.error = deviations.abs();
            self.of = name();
        }
    }

    /// Notes the errors of all states at the points of the coarser grid: the root mean square along
    /// the path, and the largest.
    fn states(&mut self, fine: &Problem, path: &[f64], change: &Change, deviations: &[f64]) {
        let d = fine.model.dimension();
        let unseen: Vec<f64> = (0..d)
            .map(|i| {
                let values = path[i..].iter().step_by(d);
                let ends = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &x| {
                    [low.min(x), high.max(x)]
                });
                UNSEEN * (ends[1] - ends[0])
            })
            .collect();
        for segment in &fine.grid.segments {
            for (i, unseen) in unseen.iter().enumerate() {
                let (mut squares, mut points) = (0.0, 0.0);
                let (mut worst, mut at) = (0.0, segment.first);
                for point in (segment.first..segment.first + segment.points).step_by(2) {
                    let place = point * d + i;
                    let error = self.rest * change.step[place];
                    let relative = match error == 0.0 {
                        true => 0.0,
                        false => error.abs() / libm::hypot(deviations[place], *unseen),
                    };
                    if relative > worst || relative.is_nan() {
                        (worst, at) = (relative, point);
                    }
                    squares += relative * relative;
                    points += 1.0;
                }
                let name = &fine.model.states()[i];
                self.note((squares / points).sqrt(), || {
                    format!("{name} along the path")
                });
                self.note(SINGLE * worst, || {
                    let time = crate::report::figure(fine.time(at));
                    format!("{name} at time {time}, of whose error a quarter counts")
                });
            }
        }
    }
}

/// Change of the unknowns by a step of Gauss and Newton.
struct Change {
    /// Step of every unknown.
    step: Vec<f64>,
    /// Posterior standard deviations of the parameters.
    parameter_deviations: Vec<f64>,
    /// Factor of the matrix of the step, and the number that it must be multiplied by to be the
    /// Hessian of half chi-square.
    factor: Cholesky,
    weight: f64,
    layout: Layout,
    /// Change of chi-square by the changes along the path, in standard deviations of chi-square.
    misfit: f64,
}

impl Change {
    fn new(problem: &Problem, model_precision: f64, mut unknowns: Vec<f64>) -> Option<Self> {
        let mut action = Action::new(problem);
        let layout = action.layout();
        let scales = Scales::none(layout.dimension, layout.parameters);
        let never = || false;
        let mut objective = ActionObjective::new(&mut action, model_precision, &scales, &never);
        if let Some(bounds) = objective.bounds() {
            bounds.project(&mut unknowns);
        }
        let mut rows = objective.linearization();
        objective.linearize(&unknowns, &mut rows).ok()?;
        let (mut hessian, mut step) = (BlockMatrix::new(&layout), vec![0.0; unknowns.len()]);
        let assembly = Assembly::new(&layout, &rows);
        assembly.assemble(&rows, &mut hessian, &mut step);
        let mut fixed = Vec::new();
        if let Some(bounds) = objective.bounds() {
            fixed = vec![false; unknowns.len()];
            bounds.mark_active(&unknowns, &step, &mut fixed);
        }
        let mut diagonal = vec![0.0; unknowns.len()];
        hessian.diagonal(&mut diagonal);
        let mut factor = Cholesky::new(&layout);
        let is_regular = SHIFTS.iter().any(|share| {
            let shift: Vec<f64> = diagonal.iter().map(|h| share * h).collect();
            factor.factor(&hessian, &shift, &fixed).is_ok()
        });
        if !is_regular {
            return None;
        }
        step.iter_mut().for_each(|g| *g = -*g);
        let held = |unknown: usize| fixed.get(unknown) == Some(&true);
        let clear = |values: &mut [f64]| {
            let all = values.iter_mut().enumerate();
            all.filter(|(k, _)| held(*k)).for_each(|(_, v)| *v = 0.0);
        };
        clear(&mut step);
        factor.solve(&mut step);
        // Digits that the matrix has lost, as it squares the Jacobian.
        let mut left = vec![0.0; unknowns.len()];
        assembly.gradient_after(&rows, &step, &mut left);
        clear(&mut left);
        factor.solve(&mut left);
        step.iter_mut().zip(&left).for_each(|(s, l)| *s -= l);
        // Half chi-square is this many times the action.
        let weight = match problem.normalization {
            Normalization::Posterior => 1.0,
            Normalization::Mean => 0.5 * problem.measured() as f64,
        };
        let covariance = factor.parameter_inverse();
        let diagonal = covariance.iter().step_by(layout.parameters + 1);
        let parameter_deviations = diagonal.map(|v| (v / weight).sqrt()).collect();
        let measured = Linearization {
            groups: vec![rows.groups.swap_remove(1)],
        };
        let squares = squares_along(&measured, layout.dimension, layout.path_length(), &step);
        let spread = (2.0 * problem.measured() as f64).sqrt();
        Some(Change {
            step,
            parameter_deviations,
            misfit: weight * squares / spread,
            factor,
            weight,
            layout,
        })
    }

    /// Posterior standard deviations of the path's states. They take several times as long as the
    /// step.
    fn deviations(&self) -> Vec<f64> {
        let d = self.layout.dimension;
        let mut deviations = vec![0.0; self.layout.path_length()];
        self.factor.selected_inverse(|point, panel| {
            if point < self.layout.points {
                let rows = panel.len() / d;
                for k in 0..d {
                    deviations[point * d + k] = (panel[k * rows + k] / self.weight).sqrt();
                }
            }
        });
        deviations
    }

    /// Posterior standard deviations of the path's states from a few draws, each the mean over
    /// points nearby. Signs in place of normal numbers spread less.
    fn drawn_deviations(&self, fine: &Problem) -> Vec<f64> {
        let (d, length) = (self.layout.dimension, self.layout.path_length());
        let mut squares = vec![0.0; length];
        let mut draw = vec![0.0; self.layout.unknowns()];
        let mut random = Random::new(0, 0);
        for _ in 0..DRAWS {
            draw.fill_with(|| 1.0f64.copysign(random.uniform([-1.0, 1.0])));
            self.factor.solve_upper(&mut draw);
            let states = squares.iter_mut().zip(&draw);
            states.for_each(|(sum, x)| *sum += x * x);
        }
        let mut deviations = vec![0.0; length];
        for segment in &fine.grid.segments {
            let end = segment.first + segment.points;
            for point in (segment.first..end).step_by(2) {
                let near =
                    point.saturating_sub(NEARBY).max(segment.first)..(point + NEARBY + 1).min(end);
                let count = (near.len() * DRAWS) as f64 * self.weight;
                for i in 0..d {
                    let sum: f64 = near.clone().map(|n| squares[n * d + i]).sum();
                    deviations[point * d + i] = (sum / count).sqrt();
                }
            }
        }
        deviations
    }
}

/// Weighted sum of the squared changes of residuals along a step.
fn squares_along(rows: &Linearization, dimension: usize, path: usize, step: &[f64]) -> f64 {
    let mut sum = 0.0;
    for group in &rows.groups {
        let (entries, width) = (group.columns.len(), group.span * dimension);
        for (block, &first) in group.first.iter().enumerate() {
            let values = &group.values[block * entries..][..entries];
            for row in 0..group.rows {
                let range = group.row_start[row] as usize..group.row_start[row + 1] as usize;
                let terms = range.map(|e| {
                    let column = group.columns[e] as usize;
                    values[e]
                        * match column.checked_sub(width) {
                            None => step[first as usize * dimension + column],
                            Some(parameter) => step[path + parameter],
                        }
                });
                let change: f64 = terms.sum();
                sum += group.weights[block * group.rows + row] * change * change;
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::Arc;

    use super::*;
    use crate::anneal::{AnnealOptions, Annealer};
    use crate::models;
    use crate::TwinExperiment;

    #[test]
    fn drawn_deviations_give_nearly_the_exact_error() {
        for seed in 0..4 {
            let model = models::lorenz96(20).unwrap();
            let experiment = TwinExperiment {
                time_step: 0.025,
                points: 81,
                observed: vec![0, 2, 5, 7, 10, 12, 15, 17],
                noise: 0.2,
                seed,
                ..TwinExperiment::default()
            };
            let twin = experiment.run(&model).unwrap();
            let options = AnnealOptions {
                measurement_precision: 25.0.into(),
                ..AnnealOptions::default()
            };
            let annealer = Annealer::new(Arc::new(model), twin.data, options).unwrap();
            let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
            let (paths, best) = (annealer.annealable(), run.best());
            let last = run.best_rung().model_precision;
            let fine = paths.on_finer_grid(2, last).unwrap();
            let path = paths.problem().interpolate(&best.path, &best.parameters, 2);
            let factor = model_precision_factor(fine.normalization, 2);
            let change = Change::new(&fine, factor * last, path.clone()).unwrap();
            let of = |deviations: &[f64]| Found::new(&fine, &path, &change, 1.0, deviations).error;
            let (exact, drawn) = (
                of(&change.deviations()),
                of(&change.drawn_deviations(&fine)),
            );
            let ratio = drawn / exact;
            assert!((SURE..1.5).contains(&ratio), "{seed}: {drawn} for {exact}");
        }
    }
}
