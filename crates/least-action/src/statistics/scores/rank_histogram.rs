//! Where truths rank among the members of ensembles.

use special::Gamma;

use super::members::Members;
use crate::error::{check, Result};

/// Counts of the ranks of truths among the members of ensembles: flat where truth and members are
/// exchangeable, with walls where ensembles are too narrow, a hill where they are too wide, a slope
/// where they are off to one side (T. M. Hamill, Monthly Weather Review 129, 2001).
///
/// Of m members of equal weight a truth with k members below takes the share `[k, k + 1] / (m + 1)`
/// of the histogram's range. A truth that equals members takes that of all ranks it might have had,
/// in equal parts, so nothing is drawn at random. With weights, `k / m` is the weight of what is
/// below, and m the effective count.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RankHistogram {
    /// One per bin, all equally wide. A truth can be shared by several.
    pub counts: Vec<f64>,
    pub truths: usize,
}

/// Whether a rank histogram is flat.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Flatness {
    pub chi_square: f64,
    /// Degrees of freedom: one less than bins.
    pub degrees: usize,
    /// The probability of a chi-square at least as large if the histogram is flat. Below 1e-15 it
    /// is only known to be small.
    pub p_value: f64,
    /// The part of chi-square that a slope explains, as a standard normal variable: positive where
    /// truths are high, so that members are too low.
    pub slope: f64,
    /// The same for walls (positive: ensembles too narrow) or a hill (negative: too wide).
    pub curvature: f64,
}

impl RankHistogram {
    /// # Errors
    /// Fewer than 2 bins. A number that divides the members of each ensemble plus one is best:
    /// others cut ranks in parts, and the counts vary less than chi-square expects.
    pub fn new(bins: usize) -> Result<Self> {
        check::at_least("bins", bins, 2)?;
        check::at_most("bins", bins, 1 << 20)?;
        Ok(RankHistogram {
            counts: vec![0.0; bins],
            truths: 0,
        })
    }

    /// Counts the rank of one truth.
    ///
    /// # Errors
    /// A truth that is not finite.
    pub fn add(&mut self, members: &Members, truth: f64) -> Result<()> {
        check::finite("truth", truth)?;
        let bins = self.counts.len();
        let count = members.effective_count();
        let [below, at_most] = members.distribution(truth);
        let scale = bins as f64 / (count + 1.0);
        let [from, to] = [below * count * scale, (at_most * count + 1.0) * scale];
        // Ends that are rounding errors away from those of a bin are there.
        let [from, to] = [from, to].map(|end| match (end - end.round()).abs() < 1e-9 {
            true => end.round(),
            false => end,
        });
        let last = (to.ceil() as usize).min(bins);
        let width = to - from;
        for bin in (from.floor() as usize).min(bins - 1)..last {
            let overlap = to.min(bin as f64 + 1.0) - from.max(bin as f64);
            self.counts[bin] += overlap.max(0.0) / width;
        }
        self.truths += 1;
        Ok(())
    }

    /// Pearson's chi-square test. Truths must be independent of each other: take them so far apart
    /// in time that they are. It is good from about five truths per bin on; slope and curvature are
    /// the components of I. T. Jolliffe and C. Primo (Monthly Weather Review 136, 2008), which see
    /// with fewer.
    ///
    /// # Errors
    /// No truths.
    pub fn flatness(&self) -> Result<Flatness> {
        check::at_least("truths", self.truths, 1)?;
        let bins = self.counts.len();
        let expected = self.truths as f64 / bins as f64;
        let deviations = self
            .counts
            .iter()
            .map(|c| (c - expected) / libm::sqrt(expected));
        let deviations: Vec<f64> = deviations.collect();
        let chi_square = deviations.iter().map(|d| d * d).sum();
        let centre = 0.5 * (bins as f64 - 1.0);
        let line = |bin: usize| bin as f64 - centre;
        let squares: f64 = (0..bins).map(|bin| line(bin) * line(bin)).sum();
        let mean_square = squares / bins as f64;
        let part = |contrast: &dyn Fn(usize) -> f64| {
            let norm: f64 = (0..bins).map(|bin| contrast(bin) * contrast(bin)).sum();
            let sum: f64 = deviations
                .iter()
                .enumerate()
                .map(|(bin, d)| contrast(bin) * d)
                .sum();
            // Two bins have no curvature.
            if norm > 0.0 {
                sum / libm::sqrt(norm)
            } else {
                0.0
            }
        };
        Ok(Flatness {
            chi_square,
            degrees: bins - 1,
            p_value: chi_square_tail(chi_square, bins - 1),
            slope: part(&line),
            curvature: part(&|bin| line(bin) * line(bin) - mean_square),
        })
    }
}

/// The probability that chi-square is at least `value`.
fn chi_square_tail(value: f64, degrees: usize) -> f64 {
    let lower = (0.5 * value).inc_gamma(0.5 * degrees as f64);
    (1.0 - lower).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_chi_square_is_that_of_scipy() {
        // scipy.stats.chi2.sf
        for (value, degrees, expected) in [
            (3.0, 9, 0.964_294_972_685_089_1),
            (16.918_977_6, 9, 0.050_000_000_074_097_68),
            (40.0, 9, 7.598_525_229_464_264e-6),
            (100.0, 120, 0.907_734_948_041_067),
            (0.5, 1, 0.479_500_122_186_953_37),
            (0.0, 4, 1.0),
        ] {
            let tail = chi_square_tail(value, degrees);
            assert!((tail - expected).abs() < 1e-13, "{tail} {expected}");
        }
        assert!(chi_square_tail(1e5, 3) < 1e-15);
    }
}
