//! Correlation of neighbouring residuals in time, channel by channel.

use super::{normal, Fit, Objection, Residual};
use crate::anneal::findings::FindingCode;
use crate::anneal::misfit::DEVIATIONS;

/// Least number of pairs of neighbours that are judged.
const LEAST_PAIRS: usize = 20;

/// Ratio of a gap between measurements to the median one, beyond which they are no neighbours.
const GAP: f64 = 1.5;

/// Correlation of the neighbouring residuals of one channel.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Correlation {
    channel: usize,
    value: f64,
    pairs: usize,
    /// Standard normal number that is as likely.
    deviations: f64,
}

/// Correlations of all channels that have enough neighbours.
pub(super) struct Correlations(Vec<Correlation>);

/// Correlations of neighbouring standardised residuals.
pub(super) fn find(fit: &Fit) -> Correlations {
    let channels = 0..fit.channels.len();
    Correlations(channels.filter_map(|channel| of(fit, channel)).collect())
}

fn of(fit: &Fit, channel: usize) -> Option<Correlation> {
    let own: Vec<(&Residual, f64)> = fit
        .of_channel(channel)
        .filter_map(|r| Some((r, r.standardized()?)))
        .collect();
    let gap = |pair: &[(&Residual, f64)]| {
        let (a, b) = (pair[0].0, pair[1].0);
        (a.set == b.set).then_some(b.time - a.time)
    };
    let mut gaps: Vec<f64> = own.windows(2).filter_map(gap).collect();
    if gaps.len() < LEAST_PAIRS {
        return None;
    }
    gaps.sort_by(f64::total_cmp);
    let longest = GAP * gaps[gaps.len() / 2];
    let mean = own.iter().map(|(_, z)| z).sum::<f64>() / own.len() as f64;
    let (mut products, mut squares, mut taken, mut pairs) = (0.0, 0.0, 0.0, 0);
    let is_near = |pair: &&[(&Residual, f64)]| gap(pair).is_some_and(|gap| gap <= longest);
    for pair in own.windows(2).filter(is_near) {
        let (a, b) = (pair[0].1 - mean, pair[1].1 - mean);
        products += a * b;
        squares += 0.5 * (a * a + b * b);
        // The fit makes neighbours differ by up to this.
        taken += (pair[0].0.leverage * pair[1].0.leverage).sqrt();
        pairs += 1;
    }
    if pairs < LEAST_PAIRS || squares <= 0.0 {
        return None;
    }
    let value = (products / squares).clamp(-MOST, MOST);
    let taken = taken / pairs as f64 + 1.0 / own.len() as f64;
    let beyond = if value < 0.0 {
        (value + taken).min(0.0)
    } else {
        value
    };
    Some(Correlation {
        channel,
        value,
        pairs,
        // R. A. Fisher's transformation (Metron 1, 1921).
        deviations: libm::atanh(beyond) * ((pairs - 3) as f64).sqrt(),
    })
}

/// Largest correlation whose transformation is finite.
const MOST: f64 = 1.0 - 1e-12;

impl Correlations {
    /// True if some channel's neighbours are correlated, or those of all channels together.
    pub fn is_found(&self) -> bool {
        self.together().abs() > DEVIATIONS || self.worst().next().is_some()
    }

    /// Number of laws that are compared: each channel's, and that of all.
    fn count(&self) -> usize {
        self.0.len() + usize::from(self.0.len() > 1)
    }

    /// Deviations of all channels together (S. A. Stouffer and others, The American Soldier,
    /// 1949).
    fn together(&self) -> f64 {
        let sum: f64 = self.0.iter().map(|one| one.deviations).sum();
        normal::of_largest(sum / (self.0.len().max(1) as f64).sqrt(), self.count())
    }

    fn worst(&self) -> impl Iterator<Item = (&Correlation, f64)> {
        let count = self.count();
        let each = self.0.iter().map(move |one| {
            let deviations = normal::of_largest(one.deviations, count);
            (one, deviations)
        });
        each.filter(|(_, deviations)| deviations.abs() > DEVIATIONS)
    }

    /// Factor by which correlation widens the deviation of a channel's mean; 1 where none was
    /// found.
    pub fn widening(&self, channel: usize) -> f64 {
        let of_channel = self.0.iter().find(|one| one.channel == channel);
        let of_channel = of_channel.filter(|_| self.is_found());
        of_channel.map_or(1.0, |one| {
            ((1.0 + one.value) / (1.0 - one.value)).sqrt().max(1.0)
        })
    }

    /// Objection to correlated neighbours.
    pub fn objection(&self, fit: &Fit) -> Option<Objection> {
        if !self.is_found() {
            return None;
        }
        let name = |one: &Correlation| &fit.channels[one.channel].name;
        let mut seen: Vec<String> = self
            .worst()
            .map(|(one, deviations)| {
                format!(
                    "{:.2} in {} ({} pairs, {})",
                    one.value,
                    name(one),
                    one.pairs,
                    super::deviations(deviations)
                )
            })
            .collect();
        if seen.is_empty() {
            let each = self
                .0
                .iter()
                .map(|one| format!("{:.2} in {}", one.value, name(one)));
            let together = super::deviations(self.together());
            seen.push(format!(
                "{} ({together} together)",
                each.collect::<Vec<_>>().join(", ")
            ));
        }
        Some(Objection {
            code: FindingCode::CorrelatedResiduals,
            message: format!(
                "Neighbouring residuals are correlated: {}. The noise is not independent from one \
                measurement to the next, or the model is wrong in a way that its parameters hide: \
                intervals are then too narrow. Try a model with another term, or a parameter that \
                changes in time (smoothness); if it is the noise, use every k-th measurement or \
                make the noise a state of the model.",
                seen.join(", ")
            ),
        })
    }
}
