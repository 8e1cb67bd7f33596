//! Chi-square by stretches of time.

use super::outliers::Outliers;
use super::{normal, Fit, Objection};
use crate::anneal::findings::FindingCode;
use crate::anneal::misfit::DEVIATIONS;
use crate::report::{figure, shortest};

/// Number of measurements of a stretch, roughly, and the most stretches.
const LENGTH: usize = 25;
const MOST: usize = 8;

/// Objection to stretches whose noise is larger or smaller than that of all measurements. Outliers
/// do not count.
pub(super) fn objection(fit: &Fit, outliers: &Outliers) -> Option<Objection> {
    let places = (0..fit.residuals.len()).filter(|&place| !outliers.has(place));
    let places: Vec<usize> = places.collect();
    let count = (places.len() / LENGTH).min(MOST);
    if count < 2 {
        return None;
    }
    let sums = |places: &[usize]| {
        let residuals = places.iter().map(|&place| &fit.residuals[place]);
        residuals.fold((0.0, 0.0), |(value, degrees), r| {
            (value + r.value * r.value, degrees + 1.0 - r.leverage)
        })
    };
    let (value, degrees) = sums(&places);
    if degrees < count as f64 || value <= 0.0 {
        return None;
    }
    let scale = value / degrees;
    let seen: Vec<String> = (0..count)
        .filter_map(|k| {
            let own = &places[k * places.len() / count..(k + 1) * places.len() / count];
            let (value, degrees) = sums(own);
            if degrees < 1.0 {
                return None;
            }
            let single = normal::of_chi_square(value / scale, degrees);
            let deviations = normal::of_largest(single, count);
            let time = |place: Option<&usize>| place.map_or(0.0, |&p| fit.residuals[p].time);
            (deviations.abs() > DEVIATIONS).then(|| {
                format!(
                    "{} times from {} to {} ({})",
                    figure((value / degrees / scale).sqrt()),
                    shortest(time(own.first())),
                    shortest(time(own.last())),
                    super::deviations(deviations)
                )
            })
        })
        .collect();
    (!seen.is_empty()).then(|| Objection {
        code: FindingCode::ChangingNoise,
        message: format!(
            "The residuals are not of one size in time. As a multiple of their size over the whole \
            window they are {}. State a precision per time (perTime), or look at what the model \
            misses there.",
            seen.join(", ")
        ),
    })
}
