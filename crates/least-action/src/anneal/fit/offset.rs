//! Constant differences between the data of a channel and the path.
//!
//! A constant is tested as one more unknown would be, without fitting it: its score, the sum of the
//! channel's residuals, is normal, and its variance is what the fit leaves of the constant (C. R.
//! Rao, Proc. Camb. Phil. Soc. 44, 1948). A constant that the model can follow leaves nothing, and
//! cannot be seen.

use super::correlation::Correlations;
use super::leverage::{rows, Leverages};
use super::{normal, Fit, Objection};
use crate::anneal::findings::FindingCode;
use crate::anneal::misfit::DEVIATIONS;
use crate::report::figure;

/// Least share of a constant that the fit must leave. Where a path can follow it nearly all the
/// way, the score that is left is small, and the curvature of the model decides it, not the noise.
const LEAST_SHARE: f64 = 1e-2;

/// Least number of measurements of a channel whose mean is judged.
const LEAST_COUNT: usize = 5;

/// Constant difference of one channel from the path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Offset {
    /// Data less path, in the unit of the data.
    pub size: f64,
    /// Size in its standard deviations: a standard normal number at the truth.
    pub deviations: f64,
}

impl Offset {
    /// Offset of a channel; `None` with few data, and where the model follows any constant.
    pub fn of(found: &Leverages, channel: usize) -> Option<Self> {
        let group = &found.rows.groups[1];
        let mut own = rows(group, found.problem).filter(|row| row.row() == channel);
        let mut taken = vec![0.0; found.rank.held.len()];
        let (mut score, mut whole, mut count) = (0.0, 0.0, 0);
        for row in own.by_ref().filter(|row| row.weight() > 0.0) {
            score -= row.weight() * row.residual();
            whole += row.weight();
            count += 1;
            for (unknown, value) in row.entries() {
                taken[unknown] += row.weight() * value;
            }
        }
        for (taken, &held) in taken.iter_mut().zip(&found.rank.held) {
            *taken = if held { 0.0 } else { *taken };
        }
        found.rank.factor.solve_lower(&mut taken);
        let left = whole - taken.iter().map(|t| t * t).sum::<f64>();
        (count >= LEAST_COUNT && left > LEAST_SHARE * whole).then(|| Offset {
            size: score / left,
            deviations: score * (found.factor / left).sqrt(),
        })
    }
}

/// Objection to channels whose data lie beside the path.
pub(super) fn objection(fit: &Fit, correlations: &Correlations) -> Option<Objection> {
    let count = fit.offsets.iter().flatten().count();
    let offsets = fit.offsets.iter().enumerate();
    let scale = fit.robust_scale();
    let seen: Vec<String> = offsets
        .filter_map(|(channel, offset)| {
            let offset = offset.as_ref()?;
            // Residuals that are alike count for fewer.
            let wider = correlations.widening(channel) * scale;
            let deviations = normal::of_largest(offset.deviations / wider, count);
            (deviations.abs() > DEVIATIONS).then(|| {
                format!(
                    "{} by {} ({})",
                    fit.channels[channel].name,
                    figure(offset.size),
                    super::deviations(deviations)
                )
            })
        })
        .collect();
    (!seen.is_empty()).then(|| Objection {
        code: FindingCode::Offset,
        message: format!(
            "The data lie beside the path, on average {}: an offset of the instrument, or a model \
            that cannot be right on average. Estimate the offset, as a parameter of an observable \
            (x + offset), or take it off the data.",
            seen.join(", ")
        ),
    })
}
