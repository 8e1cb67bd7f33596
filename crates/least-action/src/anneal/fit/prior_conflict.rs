//! Priors in conflict with the data.

use super::{deviations, normal, Fit, Objection, LEAST_FREE};
use crate::anneal::findings::FindingCode;
use crate::anneal::misfit::DEVIATIONS;

/// Objection to priors from which the estimates lie too far. A residual of a prior, over the
/// deviation that the fit leaves it, compares the prior with what all the rest says of its unknown.
pub(super) fn objection(fit: &Fit) -> Option<Objection> {
    let judged = fit.priors.iter().filter(|p| 1.0 - p.leverage >= LEAST_FREE);
    let count = judged.clone().count();
    let scale = fit.robust_scale();
    let mut seen = Vec::new();
    for prior in judged {
        let single = prior.value / (1.0 - prior.leverage).sqrt() / scale;
        let found = normal::of_largest(single, count);
        if found.abs() > DEVIATIONS {
            let way = if prior.value > 0.0 { "above" } else { "below" };
            seen.push(format!("{} {} {way}", prior.name, deviations(found)));
        }
    }
    (!seen.is_empty()).then(|| Objection {
        code: FindingCode::PriorConflict,
        message: format!(
            "Priors contradict the data. The data want {} what the prior says, at the precision of \
            both. Look where the prior comes from: widen its deviation, or leave it out.",
            seen.join(", ")
        ),
    })
}
