//! Comparison of the exact gradient of an action with differences of its value. It tests the
//! derivatives of a model that somebody wrote.

use std::fmt;

use super::Action;
use crate::error::{check, Result};

/// Largest relative error of a derivative that counts as right. Larger ones are not explained by
/// rounding.
const TOLERANCE: f64 = 1e-5;

/// Number of uncertainties within which a distance between derivative and difference quotient says
/// nothing.
const UNCERTAINTIES: f64 = 10.0;

/// First step of the differences, as a share of a variable's size. Each later step is half as long.
const FIRST_STEP: f64 = 0.1;
/// Largest number of times that the step is halved. Most differences need a handful; more are for
/// variables near the end of where the action is finite.
const HALVINGS: usize = 20;

/// Variable of an action: a state component at one time, or an estimated parameter.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Variable {
    /// State component at one time.
    State {
        /// Name of the state component.
        state: String,
        /// Number of the point in the path, from 0.
        point: usize,
        /// Time of the point, in the model's unit of time.
        time: f64,
    },
    /// Estimated parameter.
    Parameter {
        /// Name of the parameter.
        name: String,
    },
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Variable::State { state, point, time } => {
                write!(f, "{state} at time {time} (point {point})")
            }
            Variable::Parameter { name } => write!(f, "parameter {name}"),
        }
    }
}

/// Verdict of a check of the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum GradientVerdict {
    /// Exact derivatives and differences agree.
    Agrees,
    /// At least one derivative is wrong. The worst one is at the variable in [`GradientCheck::at`].
    Differs,
    /// No difference was accurate enough to judge by: the action is not smooth there, or not finite
    /// nearby.
    Undecided,
}

/// Result of [`Action::check_gradient`]: the exact gradient of an action beside differences of its
/// value. It is displayed as a sentence or two.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct GradientCheck {
    /// Verdict: the derivatives agree, differ, or could not be compared.
    pub verdict: GradientVerdict,
    /// Largest relative error, dimensionless: the distance of the two values over the larger of
    /// them, or over a million times the difference quotient's uncertainty if that is more.
    pub worst: f64,
    /// Variable with the largest relative error.
    pub at: Variable,
    /// Exact derivative of the action in the variable with the largest relative error.
    pub exact: f64,
    /// Difference quotient of the action in the variable with the largest relative error.
    pub difference: f64,
    /// Estimated distance of the difference quotient from the true derivative.
    pub uncertainty: f64,
    /// Number of variables that were compared.
    pub compared: usize,
    /// Number of compared variables whose difference quotient was too uncertain to catch an error
    /// of one per cent.
    pub uncertain: usize,
    /// Names of the state components that have a wrong derivative somewhere, then of the wrong
    /// parameters, both in the model's order.
    pub wrong: Vec<String>,
}

impl fmt::Display for GradientCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GradientCheck {
            exact,
            difference,
            uncertainty,
            compared,
            uncertain,
            worst,
            ..
        } = self;
        match self.verdict {
            GradientVerdict::Agrees => write!(f, "The gradient is right")?,
            GradientVerdict::Differs => {
                write!(f, "The gradient is wrong in {}", self.wrong.join(", "))?;
            }
            GradientVerdict::Undecided => write!(f, "The gradient could not be checked")?,
        }
        write!(f, ": {compared} variables compared")?;
        if *uncertain > 0 {
            write!(f, ", {uncertain} of them too uncertain to judge")?;
        }
        write!(
            f,
            ".\nLargest relative error {worst:.1e}, at {}: exact {exact:e}, by differences \
             {difference:e} +- {uncertainty:.0e}.",
            self.at
        )
    }
}

impl Action {
    /// Compares the gradient at `path` and `parameters` with differences of the action. About
    /// `sample` states are compared, spread over all components and times, or all of them where
    /// `sample` is `None`; and every estimated parameter.
    ///
    /// A wrong derivative shows wherever the residuals are not zero, so a random path shows more
    /// than a solution does. Steps shrink and are extrapolated to zero until the result no longer
    /// improves (C. J. F. Ridders, Adv. Eng. Softw. 4, 1982). That takes about 10 evaluations per
    /// variable.
    ///
    /// # Errors
    /// A `sample` of zero, and all errors of [`Action::gradient`].
    ///
    /// ```
    /// use std::sync::Arc;
    /// use least_action::action::GradientVerdict;
    /// use least_action::{models, Action, ActionOptions, Observations, Problem};
    ///
    /// let data = Observations {
    ///     time_step: 0.1,
    ///     points: 3,
    ///     observed: vec![0],
    ///     values: vec![1.0, 1.5, 2.0],
    ///     ..Observations::default()
    /// };
    /// let options = ActionOptions {
    ///     measurement_precision: 4.0.into(),
    ///     ..ActionOptions::default()
    /// };
    /// let problem = Problem::new(Arc::new(models::lorenz63()?), data, &options)?;
    /// let path = [1.0, 2.0, 3.0, 2.0, 1.0, 4.0, 3.0, 1.0, 2.0];
    /// let check = Action::new(&problem).check_gradient(1.0, &path, &[], None)?;
    /// assert_eq!(check.verdict, GradientVerdict::Agrees);
    /// # Ok::<(), least_action::Error>(())
    /// ```
    pub fn check_gradient(
        &mut self,
        model_precision: f64,
        path: &[f64],
        parameters: &[f64],
        sample: Option<usize>,
    ) -> Result<GradientCheck> {
        if let Some(sample) = sample {
            check::at_least("sample", sample, 1)?;
        }
        let mut exact = vec![0.0; path.len() + parameters.len()];
        let (of_path, of_parameters) = exact.split_at_mut(path.len());
        let value = self.gradient(model_precision, path, parameters, of_path, of_parameters)?;

        let (states, names) = self.names();
        let sizes = sizes(path, parameters, states.len());
        let mut at = [path, parameters].concat();
        let split = path.len();
        let mut worst: Option<(f64, usize, Difference)> = None;
        let (mut compared, mut uncertain) = (0, 0);
        let mut wrong = vec![false; sizes.len()];
        let chosen = chosen(split, states.len(), sample).into_iter();
        for k in chosen.chain(split..at.len()) {
            let kind = if k < split {
                k % states.len()
            } else {
                k - split + states.len()
            };
            let centre = at[k];
            let difference = ridders(sizes[kind], value.action.abs(), |offset| {
                at[k] = centre + offset;
                let (path, parameters) = at.split_at(split);
                let value = self.evaluate(model_precision, path, parameters);
                value.map_or(f64::NAN, |value| value.action)
            });
            at[k] = centre;
            compared += 1;
            let size = exact[k].abs().max(difference.value.abs());
            let judged = difference.uncertainty <= 1e-2 / UNCERTAINTIES * size;
            if !judged {
                uncertain += 1;
            }
            let error = difference.relative_error(exact[k]);
            wrong[kind] |= error > TOLERANCE;
            if worst.as_ref().is_none_or(|(most, ..)| error > *most) {
                worst = Some((error, k, difference));
            }
        }
        // There is at least one state.
        let (worst, k, difference) = worst.unwrap_or((0.0, 0, Difference::default()));
        let all = states.iter().chain(&names);
        Ok(GradientCheck {
            verdict: match worst {
                _ if worst > TOLERANCE => GradientVerdict::Differs,
                _ if uncertain == compared => GradientVerdict::Undecided,
                _ => GradientVerdict::Agrees,
            },
            worst,
            exact: exact[k],
            difference: difference.value,
            uncertainty: difference.uncertainty,
            compared,
            uncertain,
            wrong: all
                .zip(wrong)
                .filter(|(_, wrong)| *wrong)
                .map(|(name, _)| name.clone())
                .collect(),
            at: if k < split {
                let point = k / states.len();
                Variable::State {
                    state: states[k % states.len()].clone(),
                    point,
                    time: self.problem().time(point),
                }
            } else {
                Variable::Parameter {
                    name: names[k - split].clone(),
                }
            },
        })
    }

    /// Names of the state components and of the estimated parameters.
    fn names(&self) -> (Vec<String>, Vec<String>) {
        let problem = self.problem();
        let parameters = problem.estimated().map(str::to_string).collect();
        let mut states = problem.model().states().to_vec();
        // Components that are none of the model's states have no name there.
        for extra in states.len()..problem.path_length() / problem.points() {
            states.push(format!("component {extra}"));
        }
        (states, parameters)
    }
}

/// Typical sizes of each state component over the path, then of each parameter: the largest
/// absolute value, or 1 where that is zero.
fn sizes(path: &[f64], parameters: &[f64], dimension: usize) -> Vec<f64> {
    let size = |largest: f64| if largest > 0.0 { largest } else { 1.0 };
    let mut sizes = vec![0.0f64; dimension];
    for row in path.chunks_exact(dimension) {
        for (size, x) in sizes.iter_mut().zip(row) {
            *size = size.max(x.abs());
        }
    }
    sizes.extend(parameters.iter().map(|p| p.abs()));
    sizes.into_iter().map(size).collect()
}

/// Positions in a path that are compared, ascending, about `sample` of them: the same number of
/// every component, at times that do not repeat in step.
fn chosen(length: usize, dimension: usize, sample: Option<usize>) -> Vec<usize> {
    let points = length / dimension;
    let each = sample.map_or(points, |sample| sample.div_ceil(dimension));
    if each >= points {
        return (0..length).collect();
    }
    // Multiples of the golden ratio leave no large gap, however many there are.
    let golden = 0.618_033_988_749_894_9;
    let mut chosen: Vec<usize> = (0..each * dimension)
        .map(|k| {
            let turn = (k + 1) as f64 * golden;
            let point = ((turn - turn.floor()) * points as f64) as usize;
            point.min(points - 1) * dimension + k % dimension
        })
        .collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// Derivative by differences, with its estimated uncertainty.
struct Difference {
    value: f64,
    uncertainty: f64,
}

impl Default for Difference {
    fn default() -> Self {
        Difference {
            value: f64::NAN,
            uncertainty: f64::INFINITY,
        }
    }
}

impl Difference {
    fn relative_error(&self, exact: f64) -> f64 {
        if !self.uncertainty.is_finite() {
            return 0.0;
        }
        let least = self.uncertainty * UNCERTAINTIES / TOLERANCE;
        let size = exact.abs().max(self.value.abs()).max(least);
        if size > 0.0 {
            (exact - self.value).abs() / size
        } else {
            0.0
        }
    }
}

/// Derivative by central differences with shrinking steps, extrapolated to zero: the entry of
/// Neville's table that differs least from its neighbours.
fn ridders(size: f64, value: f64, mut action: impl FnMut(f64) -> f64) -> Difference {
    let mut best = Difference::default();
    // The last row of Neville's table: differences with h, h/2, ... combined to higher and higher
    // orders.
    let mut last: Vec<f64> = Vec::new();
    for halving in 0..HALVINGS {
        let step = size * FIRST_STEP * 0.5f64.powi(halving as i32);
        let quotient = (action(step) - action(-step)) / (2.0 * step);
        if !quotient.is_finite() {
            last.clear();
            continue;
        }
        // A sum of many terms is rounded to some units in its last place.
        let rounding = 8.0 * f64::EPSILON * value / step;
        let mut row = vec![quotient];
        let mut factor = 1.0;
        for (order, before) in last.iter().enumerate() {
            factor *= 4.0;
            let extrapolated = (factor * row[order] - before) / (factor - 1.0);
            let change = (extrapolated - row[order])
                .abs()
                .max((extrapolated - before).abs());
            if change + rounding < best.uncertainty {
                best = Difference {
                    value: extrapolated,
                    uncertainty: change + rounding,
                };
            }
            row.push(extrapolated);
        }
        let worse = match (row.last(), last.last()) {
            (Some(now), Some(before)) => (now - before).abs() >= 2.0 * best.uncertainty,
            _ => false,
        };
        if worse {
            break;
        }
        last = row;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_know_how_good_they_are() {
        for x in [1e-9, 1.0, 3e7] {
            // Too curved for the first steps.
            let difference = ridders(x, 1.0, |offset| libm::exp(30.0 * offset / x));
            let error = (difference.value - 30.0 / x).abs();
            assert!(error <= difference.uncertainty, "{x}: {error:e}");
            assert!(difference.uncertainty < 1e-9 / x, "{x}");
        }
    }

    #[test]
    fn what_cannot_be_judged_is_not_called_wrong() {
        let rough = ridders(1.0, 1.0, |offset| libm::sin(1e9 * offset));
        assert!(rough.relative_error(7.0) <= TOLERANCE);
        let nowhere = ridders(1.0, 1.0, |_| f64::NAN);
        assert_eq!(nowhere.relative_error(7.0), 0.0);
    }

    #[test]
    fn samples_have_points_of_every_component() {
        let sample = chosen(161 * 20, 20, Some(100));
        assert!(sample.len() > 80 && sample.len() <= 100, "{}", sample.len());
        assert!((0..20).all(|d| sample.iter().any(|k| k % 20 == d)));
        assert_eq!(chosen(6, 2, None), [0, 1, 2, 3, 4, 5]);
    }
}
