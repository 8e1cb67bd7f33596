//! Parameters that the data leave open: directions that nothing determines, and parameters that
//! differ among starts of one level.

use super::leverage::{End, Leverages};
use super::Fit;
use crate::anneal::climb::Climb;
use crate::report::{figure, Direction, DirectionPart};

/// Least deviation of a parameter, beside its size, that leaves it open.
const OPEN: f64 = 1.0;

/// Number of standard deviations by which parameters of one level must differ to be others.
const OTHER: f64 = 5.0;

/// Relative difference of parameters that is no more than the minimiser's tolerance.
const ALIKE: f64 = 1e-3;

/// Least movement of a parameter, beside its size, relative to the largest in the direction.
const MOVES: f64 = 1e-6;

/// Standard deviations of the estimated parameters; infinite for those that a direction which
/// nothing determines moves.
pub(super) fn deviations(found: &Leverages) -> Vec<f64> {
    let path = found.problem.path_length();
    let count = found.rank.held.len() - path;
    let mut all: Vec<f64> = (path..path + count)
        .map(|unknown| match found.rank.held[unknown] {
            true => 0.0,
            false => (found.inverse.get(unknown, unknown) / found.factor).sqrt(),
        })
        .collect();
    for &dependent in &found.rank.dependent {
        let direction = found.rank.null_direction(dependent);
        let largest = direction[path..].iter().fold(0.0f64, |a, v| a.max(v.abs()));
        for (deviation, part) in all.iter_mut().zip(&direction[path..]) {
            if part.abs() > MOVES * largest {
                *deviation = f64::INFINITY;
            }
        }
    }
    all
}

/// Directions in the parameters that the data leave open, in words: those that nothing determines,
/// and single parameters with a deviation larger than themselves.
pub(super) fn directions(found: &Leverages, end: &End) -> Vec<String> {
    let path = found.problem.path_length();
    let names: Vec<&str> = found.problem.estimated().collect();
    let mut words = Vec::new();
    let mut named = vec![false; names.len()];
    for &dependent in &found.rank.dependent {
        let direction = found.rank.null_direction(dependent);
        let relative = |p: usize| (direction[path + p] / end.sizes[p]).abs();
        let largest = (0..names.len()).map(relative).fold(0.0, f64::max);
        if largest == 0.0 {
            continue;
        }
        let parts = names.iter().enumerate();
        let parts = parts.filter(|&(p, _)| relative(p) > MOVES * largest);
        let parts: Vec<DirectionPart> = parts
            .map(|(p, name)| {
                named[p] = true;
                let diagonal = found.rank.hessian.get(path + p, path + p);
                DirectionPart {
                    name: name.to_string(),
                    value: direction[path + p],
                    size: end.sizes[p],
                    stiffness: (found.factor * diagonal).sqrt(),
                }
            })
            .collect();
        let direction = Direction::new(parts, f64::INFINITY);
        words.push(format!(
            "{} ({} changes nothing that they would show)",
            direction.combination(),
            direction.movement()
        ));
    }
    for (p, name) in names.iter().enumerate().filter(|&(p, _)| !named[p]) {
        let unknown = path + p;
        let deviation = (found.inverse.get(unknown, unknown) / found.factor).sqrt();
        if !found.rank.held[unknown] && deviation > OPEN * end.sizes[p] {
            words.push(format!("{name} to +-{}", figure(deviation)));
        }
    }
    words
}

/// Parameters in which starts of the lowest level differ by more than their deviations, with the
/// values that were found.
pub(in crate::anneal) fn spread(fit: &Fit, names: &[String], climbs: &[&Climb]) -> Vec<String> {
    let deviations = fit.deviations().iter();
    let each = names.iter().enumerate().zip(deviations);
    each.filter_map(|((p, name), &deviation)| {
        let values = climbs
            .iter()
            .filter_map(|climb| climb.parameters.get(p).copied());
        let low = values.clone().fold(f64::INFINITY, f64::min);
        let high = values.fold(f64::NEG_INFINITY, f64::max);
        let size = low.abs().max(high.abs());
        let tolerance = match deviation.is_finite() {
            true => (OTHER * deviation).max(ALIKE * size),
            false => ALIKE * size,
        };
        let differ = high - low > tolerance;
        differ.then(|| format!("{name} from {} to {}", figure(low), figure(high)))
    })
    .collect()
}
