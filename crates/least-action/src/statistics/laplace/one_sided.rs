//! Findings about parameters that the data limit on one side only.

use super::{LaplaceFinding, LaplaceFindingCode};
use crate::report::{figure, Severity};
use crate::statistics::{Profile, ProfileOptions, ProfileSearch, Refit};

/// Finding about the profile of a parameter, if it is open on a side.
pub(in crate::statistics) fn one_sided(
    posterior: Box<dyn Refit>,
    name: &str,
    mode: &[f64],
) -> Option<LaplaceFinding> {
    let options = ProfileOptions::default();
    let search = ProfileSearch::new(posterior, name, mode, &options).ok()?;
    let Profile { interval, open, .. } = search.run().ok()?;
    let ends = interval.map(figure);
    let message = match open {
        [true, true] => format!(
            "The data leave {name} open on both sides: chi-square rises by less than 3.84 as far \
             as it can go (profile likelihood, 95 %). Its deviation is that of a Gaussian, which \
             this is not; measure more, or give it a prior."
        ),
        [false, true] => format!(
            "{name} > {}: the data leave it open above (profile likelihood, 95 %). Its deviation \
             is that of a Gaussian, which this is not.",
            ends[0]
        ),
        [true, false] => format!(
            "{name} < {}: the data leave it open below (profile likelihood, 95 %). Its deviation \
             is that of a Gaussian, which this is not.",
            ends[1]
        ),
        [false, false] => return None,
    };
    Some(LaplaceFinding::new(
        LaplaceFindingCode::OneSided,
        Severity::Warning,
        message,
    ))
}
