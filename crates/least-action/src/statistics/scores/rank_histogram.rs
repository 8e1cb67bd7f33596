//! Ranks of truths among the members of ensembles.

use special::Gamma;

use super::members::Members;
use crate::error::{check, Result};

/// Counts of the ranks of truths among the members of ensembles. The histogram is flat if truth and
/// members are exchangeable. It has walls if ensembles are too narrow, a hill if they are too wide,
/// a slope if they are off to one side (T. M. Hamill, Monthly Weather Review 129, 2001).
///
/// Among m members of equal weight, a truth with k members below takes the share
/// `[k, k + 1] / (m + 1)` of the histogram's range. A truth that equals members takes the shares of
/// all ranks that it might have, in equal parts, so nothing is drawn at random. With weights,
/// `k / m` is the weight of the members below, and m the effective count.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RankHistogram {
    /// Count of each bin. All bins are equally wide, and a truth can be shared by several.
    pub counts: Vec<f64>,
    /// Number of truths.
    pub truths: usize,
}

/// Test of a rank histogram against a flat one.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Flatness {
    /// Pearson's chi-square.
    pub chi_square: f64,
    /// Degrees of freedom: one less than there are bins.
    pub degrees: usize,
    /// Probability of a chi-square at least as large if the histogram is flat. Values below 1e-15
    /// are only known to be small.
    pub p_value: f64,
    /// Part of chi-square that a slope explains, as a standard normal variable: positive if truths
    /// are high, so that members are too low.
    pub slope: f64,
    /// Part of chi-square that walls or a hill explain, as a standard normal variable: positive for
    /// walls (ensembles too narrow), negative for a hill (too wide).
    pub curvature: f64,
}

impl RankHistogram {
    /// A histogram of no truths yet. The best number of bins divides the number of members plus
    /// one: others cut ranks in parts, and the counts vary less than chi-square expects.
    ///
    /// ```
    /// use least_action::statistics::{Members, RankHistogram};
    ///
    /// let mut ranks = RankHistogram::new(2)?;
    /// let members = Members::new(&[1.0], &[])?;
    /// ranks.add(&members, 0.0)?;
    /// ranks.add(&members, 2.0)?;
    /// assert_eq!(ranks.counts, [1.0, 1.0]);
    /// # Ok::<(), least_action::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fewer than 2 bins, or more than 2^20.
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
        // Ends within rounding errors of the end of a bin are moved there.
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

    /// Pearson's chi-square test. Truths must be independent of each other, so they must be far
    /// enough apart in time. It is good from about five truths per bin on. Slope and curvature are
    /// the components of I. T. Jolliffe and C. Primo (Monthly Weather Review 136, 2008), which need
    /// fewer.
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

/// Probability that chi-square is at least `value`.
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
