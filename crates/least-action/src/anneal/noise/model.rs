//! Noise of the model beside that of the data, by Laplace's evidence.

use super::settle::Settle;
use crate::action::{Action, ActionObjective, Problem, Scales};
use crate::anneal::fit;
use crate::anneal::misfit::posterior_factor;
use crate::anneal::paths::Paths;
use crate::anneal::Annealable;
use crate::anneal::{Annealer, Climb};
use crate::error::{Error, Result};
use crate::report::figure;
use crate::solve::Structured;

/// Fall of the log evidence at the ends of an interval of 95 %: half the quantile of chi-square
/// with one degree of freedom.
const FALL: f64 = 1.920_729_410_347_062;
/// Step of the logarithm of R_f between two fits.
const STEP: f64 = std::f64::consts::LN_2;
/// Most fits on either side of the start.
const MOST: usize = 120;
/// Degrees of freedom of the errors of the model below which R_f says nothing more.
const LEAST_DEGREES: f64 = 1e-3;
/// Slope of the log evidence at which the maximum is found.
const FLAT: f64 = 1e-5;

/// Estimate of R_f, by the evidence of the data with path, parameters and noise of the measurements
/// at their best for each value.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ModelNoiseEstimate {
    /// R_f at the largest evidence, in the normalisation of the run: one over the variance of a
    /// step's error in `posterior`. Infinite where an exact model is at least as likely as any
    /// noise of it.
    pub model_precision: f64,
    /// Interval that holds R_f with a probability of 95 %: beyond, the log evidence is more than
    /// 1.92 below its largest value. An open end is 0 or infinite.
    #[cfg_attr(feature = "typescript", ts(type = "readonly [number, number]"))]
    pub interval: [f64; 2],
    /// Fall of the log evidence from its largest value to an exact model, whose R_f is infinite.
    pub fall_to_exact: f64,
    /// True if the data tell the noise of the model from that of the measurements: both ends of
    /// the interval are finite and positive.
    pub is_determined: bool,
    /// Noise of the measurements at this R_f: the estimated numbers by the names of their unknowns;
    /// empty where it is known.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly (readonly [string, number])[]")
    )]
    pub noise: Vec<(String, f64)>,
    /// Profile of the log evidence relative to its largest value: R_f and value, ascending.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly (readonly [number, number])[]")
    )]
    pub profile: Vec<(f64, f64)>,
    /// Result in words.
    pub message: String,
}

/// Fit at one R_f.
#[derive(Clone)]
struct Point {
    log_precision: f64,
    /// Derivative of the log evidence in the logarithm of R_f: half the degrees of freedom of the
    /// model's errors less half their sum of squares. What is at its best changes nothing in it.
    slope: f64,
    /// Degrees of freedom of the model's errors.
    degrees: f64,
    unknowns: Vec<f64>,
}

impl Annealer<Paths> {
    /// Estimates R_f together with estimated noise of the measurements, about the end of a climb.
    ///
    /// The evidence is the integral of the posterior over path and parameters by Laplace's method;
    /// for a linear model with normal noise it is the likelihood of a Kalman filter. Its derivative
    /// in the logarithm of R_f is half of `degrees - sum of squares` of the model's errors (D. A.
    /// Harville, J. Amer. Statist. Assoc. 72, 1977), which is zero at the estimate, and whose
    /// integral is the profile.
    ///
    /// # Errors
    /// A climb without a rung, and an action that is not finite.
    pub fn model_noise(&self, climb: &Climb) -> Result<ModelNoiseEstimate> {
        let Some(last) = climb.rungs.last() else {
            return Err(Error::OutOfRange {
                path: "climb.rungs".into(),
                value: 0.0,
                expected: "at least one rung: the climb has not begun".into(),
            });
        };
        let mut search = Search {
            annealer: self,
            points: Vec::new(),
        };
        let unknowns = [&climb.path[..], &climb.parameters].concat();
        search.go(last.model_precision.ln(), unknowns)?;
        search.conclude()
    }
}

struct Search<'a> {
    annealer: &'a Annealer<Paths>,
    /// Fits, ascending in R_f.
    points: Vec<Point>,
}

impl Search<'_> {
    /// Fits from one R_f on in both directions, to where it says nothing more.
    fn go(&mut self, start: f64, unknowns: Vec<f64>) -> Result<()> {
        let first = self.fit(start, &unknowns)?;
        self.points.push(first);
        for side in [1.0, -1.0] {
            for _ in 0..MOST {
                let at = match side > 0.0 {
                    true => self.points.len() - 1,
                    false => 0,
                };
                let end = self.points[at].clone();
                if side > 0.0 && end.degrees < LEAST_DEGREES {
                    break;
                }
                if side < 0.0 && self.fallen() > 2.0 * FALL {
                    break;
                }
                let Ok(next) = self.fit(end.log_precision + side * STEP, &end.unknowns) else {
                    break;
                };
                // With fewer data than states nothing is left for the model at a small R_f.
                match side > 0.0 {
                    true => self.points.push(next),
                    false => self.points.insert(0, next),
                }
            }
        }
        Ok(())
    }

    /// Fall of the log evidence from its largest value to the lowest R_f.
    fn fallen(&self) -> f64 {
        let values = self.values();
        values.iter().copied().fold(f64::MIN, f64::max) - values[0]
    }

    /// Log evidence of all points, relative to the first.
    fn values(&self) -> Vec<f64> {
        let mut values = vec![0.0];
        for pair in self.points.windows(2) {
            let width = pair[1].log_precision - pair[0].log_precision;
            let last = values[values.len() - 1];
            values.push(last + 0.5 * width * (pair[0].slope + pair[1].slope));
        }
        values
    }

    fn fit(&self, log_precision: f64, start: &[f64]) -> Result<Point> {
        let paths = self.annealer.annealable();
        let model_precision = log_precision.exp();
        let mut unknowns = start.to_vec();
        let never = || false;
        let by = Structured {
            tolerance: 1e-10,
            ..Structured::default()
        };
        match paths.settle(model_precision) {
            Some(settle) => {
                let settle = Settle {
                    is_noisy_model: true,
                    ..settle
                };
                settle.minimize(&by, &mut unknowns, &never)?;
            }
            None => minimize(paths.problem(), model_precision, &by, &mut unknowns)?,
        }
        let mut action = Action::new(paths.problem());
        let factor = posterior_factor(&paths.counts());
        let errors = fit::model_errors(&mut action, model_precision, factor, &unknowns);
        let errors = errors.ok_or_else(|| Error::Undetermined {
            path: "modelNoise".into(),
            direction: "the path".into(),
            remedy: "give more data, or priors".into(),
        })?;
        Ok(Point {
            log_precision,
            slope: 0.5 * (errors.degrees - errors.squares),
            degrees: errors.degrees,
            unknowns,
        })
    }

    /// Refines the maximum, and reads the interval.
    fn conclude(mut self) -> Result<ModelNoiseEstimate> {
        let values = self.values();
        let largest = (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b]));
        let largest = largest.unwrap_or(0);
        // The maximum is between this point and a neighbour, on the side that the slope points to.
        let bracket = match self.points[largest].slope > 0.0 {
            true => [largest, largest + 1],
            false => [largest.wrapping_sub(1), largest],
        };
        let is_inside = bracket[0] < bracket[1] && bracket[1] < self.points.len();
        let is_root = is_inside
            && self.points[bracket[0]].slope > FLAT
            && self.points[bracket[1]].slope < -FLAT;
        if is_root {
            self.refine(bracket)?;
        }
        let values = self.values();
        let top = values.iter().copied().fold(f64::MIN, f64::max);
        let best = values.iter().position(|&v| v == top).unwrap_or(0);
        let falls: Vec<f64> = values.iter().map(|v| top - v).collect();
        let end = |side: &mut dyn Iterator<Item = usize>| -> Option<f64> {
            let mut last = best;
            for k in side {
                if falls[k] >= FALL {
                    // The root of the fall is nearly linear in the logarithm of R_f.
                    let root = |fall: f64| fall.max(0.0).sqrt();
                    let [from, to] = [last, k].map(|k| root(falls[k]));
                    let share = (root(FALL) - from) / (to - from);
                    let [from, to] = [last, k].map(|k| self.points[k].log_precision);
                    return Some((from + share * (to - from)).exp());
                }
                last = k;
            }
            None
        };
        let low = end(&mut (0..best).rev());
        let high = end(&mut (best + 1..falls.len()));
        let fall_to_exact = falls[falls.len() - 1];
        let is_exact = !is_root && best + 1 >= falls.len().saturating_sub(1);
        let model_precision = match is_exact {
            true => f64::INFINITY,
            false => self.points[best].log_precision.exp(),
        };
        let estimate = ModelNoiseEstimate {
            model_precision,
            interval: [low.unwrap_or(0.0), high.unwrap_or(f64::INFINITY)],
            fall_to_exact,
            is_determined: low.is_some() && high.is_some(),
            noise: self.noise(best),
            profile: (self.points.iter().zip(&falls))
                .map(|(point, fall)| (point.log_precision.exp(), -fall))
                .collect(),
            message: String::new(),
        };
        Ok(ModelNoiseEstimate {
            message: estimate.words(),
            ..estimate
        })
    }

    /// Root of the slope between two points, by the Illinois variant of false position.
    fn refine(&mut self, [low, high]: [usize; 2]) -> Result<()> {
        let (mut below, mut above) = (self.points[low].clone(), self.points[high].clone());
        let (mut of_below, mut of_above) = (below.slope, above.slope);
        let mut middle = below.clone();
        for _ in 0..40 {
            let share = of_below / (of_below - of_above);
            let width = above.log_precision - below.log_precision;
            let at = below.log_precision + share * width;
            middle = self.fit(at, &below.unknowns)?;
            if middle.slope.abs() < FLAT || width < 1e-9 {
                break;
            }
            match middle.slope > 0.0 {
                true => {
                    (below, of_below) = (middle.clone(), middle.slope);
                    of_above *= 0.5;
                }
                false => {
                    (above, of_above) = (middle.clone(), middle.slope);
                    of_below *= 0.5;
                }
            }
        }
        self.points.insert(high, middle);
        Ok(())
    }

    /// Estimated numbers of the noise at a point.
    fn noise(&self, point: usize) -> Vec<(String, f64)> {
        let names = self.annealer.noise_names();
        let unknowns = &self.points[point].unknowns;
        let logs = &unknowns[unknowns.len() - names.len()..];
        names
            .into_iter()
            .zip(logs.iter().map(|log| log.exp()))
            .collect()
    }
}

impl ModelNoiseEstimate {
    fn words(&self) -> String {
        let [low, high] = self.interval;
        if self.is_determined {
            return format!(
                "The data tell the noise of the model from that of the measurements: R_f is {} \
                 ({} to {}).",
                figure(self.model_precision),
                figure(low),
                figure(high)
            );
        }
        let range = match (low > 0.0, high.is_finite()) {
            (true, false) => format!("any R_f from {} on", figure(low)),
            (false, true) => format!("any R_f up to {}", figure(high)),
            _ => "any R_f".into(),
        };
        format!(
            "The data cannot tell the noise of the model from that of the measurements: {range} is \
             as likely, and an exact model has a log evidence that is {} lower than the best. State \
             one of the two, or measure more often.",
            figure(self.fall_to_exact)
        )
    }
}

fn minimize(
    problem: &Problem,
    model_precision: f64,
    by: &Structured,
    unknowns: &mut [f64],
) -> Result<()> {
    let mut action = Action::new(problem);
    let layout = action.layout();
    let scales = Scales::none(layout.dimension, layout.parameters);
    let never = || false;
    let mut objective = ActionObjective::new(&mut action, model_precision, &scales, &never);
    let mut workspace = crate::solve::Workspace::new(&objective)?;
    by.minimize_in(&mut workspace, &mut objective, unknowns)?;
    Ok(())
}
