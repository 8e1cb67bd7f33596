//! Ladders for options that do not give one, in units in which neither the data nor any state has a
//! size.

use super::options::AnnealOptions;
use super::starting_paths::{Climatology, StartingStrategy};
use crate::action::{Action, Normalization, Observations, Precision, Problem};

/// Ratio of R_f at the end, times the square of a state's variability, to R_m times the square of
/// the data's: the model's error is then negligible.
const LAST: f64 = 1e6;
/// Ratio of R_f0 to the precision of the starting path's own residuals: for paths that nearly obey
/// the model, and for those that do not.
const FIRST_INFORMED: f64 = 1e-2;
const FIRST_IGNORANT: f64 = 1e-4;
/// Maximum ratio of R_f0 to R_f at the end, also if the starting path obeys the model.
const LEAST_LADDER: f64 = 1e-4;

/// Minimum ratio of R_f0 to R_f at the end: paths further from the model than that are no guide.
const MOST_LADDER: f64 = 1e-16;

/// R_f0 of models in logarithms, relative to R_m as R_f counts it: an error of a third of a state
/// over one step is as bad as one of a datum by its deviation. With less, a logarithm follows data
/// about zero to where it can no longer be seen, and does not come back.
const LEAST_OF_LOGARITHMS: f64 = 10.0;

/// Ratio of variabilities up to which states have equal weights.
const ALIKE: f64 = 8.0;

/// Chi-square per measurement of a path that obeys the model, up to which it explains the data: its
/// ladder may begin near the end.
const EXPLAINED: f64 = 4.0;

/// Numbers of a ladder that are found from problem and data.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Automatic {
    /// Automatic weights of the states, by which R_f is multiplied; `None` if they need none.
    pub weights: Option<Precision>,
    /// R_f at the end of the ladder.
    pub last: f64,
    /// R_m as R_f counts it: in the mean normalisation the errors of model and data have weights of
    /// their own.
    per_residual: f64,
}

impl Automatic {
    pub fn new(problem: &Problem, options: &AnnealOptions, climatology: &Climatology) -> Self {
        let counts = (problem.residuals(), problem.measured());
        let per_residual = problem.normalization.per_residual(counts.0, counts.1);
        let own = problem.model.dimension() - problem.varying.len();
        let deviations = &climatology.deviations[..own];
        let weights = weights(options, deviations);
        let weight = |a: usize| match (&weights, &options.model_weights) {
            (Some(Precision::PerComponent(own)), _) => own[a],
            (_, Some(given)) => given.weight(0, a),
            _ => 1.0,
        };
        let sizes = deviations.iter().enumerate();
        let least = sizes
            .map(|(a, s)| weight(a) * s * s)
            .fold(f64::INFINITY, f64::min);
        let last = LAST * per_residual * signal(problem, options) / least;
        Automatic {
            last: if last.is_finite() {
                last.clamp(1e-90, 1e90)
            } else {
                1e6
            },
            per_residual,
            weights,
        }
    }

    /// Numbers of a problem whose last R_f is known, and which needs no automatic weights.
    pub fn known(problem: &Problem, last: f64) -> Self {
        let counts = (problem.residuals(), problem.measured());
        Automatic {
            weights: None,
            last,
            per_residual: problem.normalization.per_residual(counts.0, counts.1),
        }
    }

    /// R_f0 of a climb: a fraction of the precision of the starting path's own residuals.
    pub fn first(
        &self,
        options: &AnnealOptions,
        action: &mut Action,
        path: &[f64],
        parameters: &[f64],
    ) -> f64 {
        let most = LEAST_LADDER * self.last;
        let least = match action.problem().model().state_coordinates().is_empty() {
            true => MOST_LADDER * self.last,
            false => (LEAST_OF_LOGARITHMS * self.per_residual).min(most),
        };
        let is_forward = options.starting_paths.start == StartingStrategy::Forward;
        let share = match options.starting_paths.start {
            StartingStrategy::Automatic
            | StartingStrategy::EnsembleFilter
            | StartingStrategy::GrowingWindow
            | StartingStrategy::Forward => FIRST_INFORMED,
            _ => FIRST_IGNORANT,
        };
        // At R_f = 1; a failure shows again at the first rung, and is reported there.
        let Ok(value) = action.evaluate(1.0, path, parameters) else {
            return most;
        };
        let problem = action.problem();
        let count = problem.residuals() as f64;
        let mean_square = match problem.normalization {
            Normalization::Mean => value.model_error,
            Normalization::Posterior => 2.0 * value.model_error / count,
        };
        let first = share * self.per_residual / mean_square;
        if first.is_finite() && first < most {
            return first.max(least);
        }
        let chi_square = match problem.normalization {
            Normalization::Mean => value.measurement_error,
            Normalization::Posterior => 2.0 * value.measurement_error / problem.measured() as f64,
        };
        if options.first_state.is_empty() && !is_forward || chi_square <= EXPLAINED {
            return most;
        }
        // The path obeys the model, but not the data: they must be able to move it. Residuals that
        // lead from one to the other are about as large as the data's errors.
        (share * self.last / (LAST * chi_square)).max(least)
    }
}

/// True if the options leave the weights of the states to be found from the data.
pub(super) fn weights_are_automatic(options: &AnnealOptions) -> bool {
    // A number in the options is used as it is.
    !options.model_precision.is_stated() && options.model_weights.is_none()
}

/// Automatic weights of the states; `None` if R_f is not automatic or the states are alike.
fn weights(options: &AnnealOptions, sizes: &[f64]) -> Option<Precision> {
    if !weights_are_automatic(options) {
        return None;
    }
    let largest = sizes.iter().fold(0.0f64, |a, &b| a.max(b));
    let least = sizes.iter().fold(f64::INFINITY, |a, &b| a.min(b));
    if largest <= ALIKE * least {
        return None;
    }
    let weight = |&size: &f64| (largest / size) * (largest / size);
    let weights: Vec<f64> = sizes.iter().map(weight).collect();
    let fits = weights.iter().all(|w| (1e-90..1e90).contains(w));
    fits.then_some(Precision::PerComponent(weights))
}

/// Precision of a column of the data; where it changes from point to point, the median of those of
/// measured points: a few values that are known nearly exactly make no model error count.
fn typical_weight(precision: &Precision, first: usize, set: &Observations, l: usize) -> f64 {
    let varies = matches!(
        precision,
        Precision::PerTime { .. } | Precision::PerDatum { .. }
    );
    if !varies {
        return precision.weight(first, l);
    }
    let values = set.column(l).enumerate().filter(|(_, y)| !y.is_nan());
    let mut weights: Vec<f64> = values
        .map(|(n, _)| precision.weight(first + n, l))
        .collect();
    weights.sort_by(f64::total_cmp);
    weights[weights.len() / 2]
}

/// R_m times the variance of the data, averaged over columns: the squared ratio of signal to noise.
fn signal(problem: &Problem, options: &AnnealOptions) -> f64 {
    let (mut sum, mut columns) = (0.0, 0.0);
    let mut first = 0;
    for set in problem.data() {
        for l in 0..set.observed.len() {
            let values: Vec<f64> = set.column(l).filter(|y| !y.is_nan()).collect();
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let square = values.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / count;
            // Data that rest are as large as they are.
            let size = if square > 0.0 { square } else { mean * mean };
            sum += typical_weight(&options.measurement_precision, first, set, l) * size;
            columns += 1.0;
        }
        first += set.points;
    }
    (sum / columns).max(1.0)
}
