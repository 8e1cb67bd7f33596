//! Outliers: single residuals that are too large for as many normal numbers.

use super::{normal, Fit, Objection, Residual};
use crate::anneal::findings::FindingCode;
use crate::anneal::misfit::DEVIATIONS;
use crate::report::shortest;

/// Most outliers that are named.
const NAMED: usize = 3;

/// Outliers among the residuals of a fit.
pub(super) struct Outliers(Vec<Outlier>);

struct Outlier {
    /// Place among the residuals.
    place: usize,
    /// Standardised residual, in units of the scale of the others where that exceeds one.
    size: f64,
}

/// Outliers of a fit: residuals that are among the largest of as many normal numbers once in a
/// thousand such fits at most. The scale is that of the stated noise, or of most residuals if these
/// are larger.
pub(super) fn find(fit: &Fit) -> Outliers {
    let scale = fit.robust_scale();
    let count = fit.residuals.len();
    let each = fit.residuals.iter().enumerate();
    let found = each.filter_map(|(place, residual)| {
        let size = residual.standardized()? / scale;
        let is_far = normal::of_largest(size, count).abs() > DEVIATIONS;
        is_far.then_some(Outlier { place, size })
    });
    Outliers(found.collect())
}

/// Distance from the path, in scales of a robust law, beyond which a datum is named.
const FAR: f64 = 10.0;
/// Most data of a robust law that are named.
const NAMED_BY_LAW: usize = 12;

/// Data that a robust law gave next to no weight, the furthest first, in words.
pub(super) fn downweighted(fit: &Fit) -> Option<String> {
    let own = fit.residuals.iter();
    let mut far: Vec<(&Residual, f64)> = own
        .filter_map(|residual| Some((residual, residual.robust?)))
        .filter(|(_, distance)| distance.abs() > FAR)
        .collect();
    far.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let named = far.iter().take(NAMED_BY_LAW).map(|(residual, distance)| {
        format!(
            "{} at time {} ({distance:+.1} scales of the noise)",
            fit.channels[residual.channel].name,
            shortest(residual.time)
        )
    });
    let named: Vec<String> = named.collect();
    let more = match far.len().saturating_sub(NAMED_BY_LAW) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!named.is_empty()).then(|| {
        format!(
            "{} of {} measurements are outliers, and the law of the noise gave them next to no \
             weight: {}{more}. Look at these measurements.",
            far.len(),
            fit.residuals.len(),
            named.join(", ")
        )
    })
}

/// No outliers.
pub(super) fn none() -> Outliers {
    Outliers(Vec::new())
}

impl Outliers {
    /// These, and the data that a robust law gave next to no weight.
    pub fn and_downweighted(mut self, fit: &Fit) -> Self {
        for (place, residual) in fit.residuals.iter().enumerate() {
            let size = residual.robust.filter(|distance| distance.abs() > FAR);
            if let (Some(size), Err(at)) = (size, self.0.binary_search_by_key(&place, |o| o.place))
            {
                self.0.insert(at, Outlier { place, size });
            }
        }
        self
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// True for the residual at this place.
    pub fn has(&self, place: usize) -> bool {
        self.0.binary_search_by_key(&place, |o| o.place).is_ok()
    }

    /// Share of the outliers in the misfit: what would be gone without them. It is the square of
    /// the standardised residual, by which the sum of squares falls when a row is left out.
    pub fn squares(&self, fit: &Fit) -> f64 {
        let own = self.0.iter().map(|o| &fit.residuals[o.place]);
        own.filter_map(Residual::standardized).map(|z| z * z).sum()
    }

    /// Objection to outliers.
    pub fn objection(&self, fit: &Fit) -> Option<Objection> {
        let mut largest: Vec<&Outlier> = self.0.iter().collect();
        largest.sort_by(|a, b| b.size.abs().total_cmp(&a.size.abs()));
        let named: Vec<String> = largest
            .iter()
            .take(NAMED)
            .map(|outlier| {
                let residual = &fit.residuals[outlier.place];
                format!(
                    "{} at time {} ({:+.1} standard deviations)",
                    fit.channels[residual.channel].name,
                    shortest(residual.time),
                    outlier.size
                )
            })
            .collect();
        let first = largest.first()?;
        let more = match self.count().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let normal = normal::of_largest(first.size, fit.residuals.len());
        Some(Objection {
            code: FindingCode::Outliers,
            message: format!(
                "{} of {} measurements lie too far from the path for the noise: {}{more}. The \
                largest of so many would be as far once as often as a normal number beyond \
                {:.1} deviations. Look at these measurements: leave out what went wrong (NaN), or \
                state their lower precision (perTime).",
                self.count(),
                fit.residuals.len(),
                named.join(", "),
                normal.abs()
            ),
        })
    }
}
