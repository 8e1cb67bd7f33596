//! Check of the time step: the error of an answer that its discretisation makes, from the change of
//! the answer on a grid with steps half as long.

use super::super::climb::Climb;
use crate::action::Problem;
use crate::solve::{Layout, RowGroup};

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
/// The path is put on a grid with steps half as long, and its change there is estimated to first
/// order. With a scheme of order p that is `1 - 2^-p` of the error in the limit of small steps (L.
/// F. Richardson, Phil. Trans. R. Soc. A 210, 1911).
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
    /// Chi-square of the path that was checked.
    pub chi_square: f64,
    /// Errors of the estimated parameters that are constant in time.
    pub parameters: Vec<ParameterError>,
    /// True if this is the check of a search from starting paths of its own, not of a path that was
    /// taken over from a coarser grid.
    pub searched: bool,
}

/// Error, in standard deviations, from which on a time step matters. An interval whose centre is
/// off by that much holds the truth at most 1.3 percentage points less often than it says.
pub(super) const MATTERS: f64 = 0.25;

/// Share of the error of a single state that counts. A band is right if it holds the truth as often
/// as it says on the average over the path, and the largest of thousands of errors says little of
/// that: with the largest alone, most Lorenz96 paths of 161 points, whose errors are 0.1 deviations
/// in the mean square, would be put on finer grids.
const SINGLE: f64 = 0.25;

/// Share of an error that matters below which an estimate by the defect is good enough.
pub(super) const SURE: f64 = 0.7;

/// Error of a state, as a share of its range along the path, that never matters: a state that has
/// died out may be known better than anyone cares for.
const UNSEEN: f64 = 1e-3;

/// Change of an answer on a grid with steps half as long, to first order.
pub(super) struct Change {
    /// Change of every unknown on the present grid: the path, then the parameters.
    pub step: Vec<f64>,
    /// Posterior standard deviations of all unknowns.
    pub deviations: Vec<f64>,
    /// Change of chi-square by the changes at the measurements.
    pub misfit: f64,
}

impl StepCheck {
    /// True if the error matters.
    pub fn matters(&self) -> bool {
        // NaN matters.
        self.error.is_nan() || self.error >= MATTERS
    }

    /// True if the error is so small that a rough estimate of it is enough.
    pub(super) fn is_clear(&self) -> bool {
        self.error < SURE * MATTERS
    }

    /// Factor by which steps must be shorter for the error to be `share` of what matters.
    pub(super) fn needed(&self, order: u32, share: f64) -> f64 {
        libm::pow(self.error / (share * MATTERS), 1.0 / f64::from(order))
    }

    /// Errors of the end of a climb, from its change on a grid with steps half as long.
    pub(super) fn new(problem: &Problem, climb: &Climb, change: &Change, chi_square: f64) -> Self {
        let order = f64::from(1 << problem.discretization.order());
        let rest = order / (order - 1.0);
        let spread = (2.0 * problem.measured() as f64).sqrt();
        let misfit = rest * rest * change.misfit / spread;
        let mut largest = Largest {
            error: 0.0,
            of: String::new(),
        };
        largest.note_states(problem, &climb.path, change, rest);
        let split = climb.path.len();
        // Estimated noise stays what it is.
        let own = climb.parameters.len() - problem.noise_parameters();
        let spreads = problem.spreads();
        let estimated = problem.estimated().take(own).enumerate();
        let estimated = estimated.filter(|(p, _)| !spreads.contains(p));
        let parameters = estimated.map(|(p, name)| ParameterError {
            name: name.to_string(),
            value: climb.parameters[p],
            error: -rest * change.step[split + p],
            deviation: change.deviations[split + p],
        });
        let parameters: Vec<ParameterError> = parameters.collect();
        for parameter in &parameters {
            let error = parameter.error / parameter.deviation;
            largest.note(error, || parameter.name.clone());
        }
        largest.note(misfit, || "the misfit".into());
        let steps = problem.data().iter().map(|set| set.time_step);
        StepCheck {
            parts: problem.parts(),
            time_step: steps.fold(0.0, f64::max),
            error: largest.error,
            of: largest.of,
            misfit,
            chi_square,
            parameters,
            searched: false,
        }
    }
}

/// Largest error so far.
struct Largest {
    error: f64,
    of: String,
}

impl Largest {
    fn note(&mut self, deviations: f64, name: impl FnOnce() -> String) {
        if deviations.abs() > self.error || (deviations.is_nan() && !self.error.is_nan()) {
            self.error = deviations.abs();
            self.of = name();
        }
    }

    /// Notes the errors of all states: the root mean square along the path, and the largest.
    fn note_states(&mut self, problem: &Problem, path: &[f64], change: &Change, rest: f64) {
        let d = problem.model.dimension();
        let unseen: Vec<f64> = (0..d)
            .map(|i| {
                let values = path[i..].iter().step_by(d);
                let ends = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &x| {
                    [low.min(x), high.max(x)]
                });
                UNSEEN * (ends[1] - ends[0])
            })
            .collect();
        for segment in &problem.grid.segments {
            for (i, unseen) in unseen.iter().enumerate() {
                let mut squares = 0.0;
                let (mut worst, mut at) = (0.0, segment.first);
                for point in segment.first..segment.first + segment.points {
                    let place = point * d + i;
                    let error = rest * change.step[place];
                    let relative = match error == 0.0 {
                        true => 0.0,
                        false => error.abs() / libm::hypot(change.deviations[place], *unseen),
                    };
                    if relative > worst || relative.is_nan() {
                        (worst, at) = (relative, point);
                    }
                    squares += relative * relative;
                }
                let name = &problem.model.states()[i];
                self.note((squares / segment.points as f64).sqrt(), || {
                    format!("{name} along the path")
                });
                self.note(SINGLE * worst, || {
                    let time = crate::report::figure(problem.time(at));
                    format!("{name} at time {time}, of whose error a quarter counts")
                });
            }
        }
    }
}

/// Weighted sum of the squared changes of residuals along a step.
pub(super) fn squares_along(group: &RowGroup, layout: &Layout, step: &[f64]) -> f64 {
    let (dimension, path) = (layout.dimension, layout.path_length());
    let mut sum = 0.0;
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
    sum
}
