//! Findings about the Gaussian under the strong constraint: those of every Gaussian, and intervals
//! of parameters that are known on one side only.

use super::{Profile, ProfileOptions, StrongLaplace};
use crate::report::{figure, Severity};
use crate::statistics::{LaplaceFinding, LaplaceFindingCode};

/// Share of a parameter's Gaussian beyond a bound at which its interval is looked at.
const BEYOND: f64 = 0.01;
/// Deviation, relative to the value, at which a Gaussian of a parameter is looked at.
const WIDE: f64 = 0.5;

impl StrongLaplace {
    /// Findings about the approximation: with its mean's shift if that can be computed, and with
    /// the profile likelihoods of parameters whose Gaussians cannot be taken at their word, as they
    /// are at a bound, reach beyond one, or are wider than half of the value.
    pub fn findings(&self) -> Vec<LaplaceFinding> {
        let shift = self.mean_shift().ok();
        let mut findings = Vec::new();
        let path = self.problem().path_length();
        let active: Vec<usize> = self.active_bounds().collect();
        let deviations = self.deviations();
        let names = self.problem().estimated().enumerate();
        let mut profiled = Vec::new();
        for (p, name) in names {
            let (mode, deviation) = (self.mode()[path + p], deviations[path + p]);
            let beyond = self.described().share_beyond_bounds(path + p) > BEYOND;
            if active.contains(&(path + p)) || beyond || deviation > WIDE * mode.abs() {
                findings.extend(self.profiled(name));
                profiled.push(name);
            }
        }
        let rest = self.described().findings(shift.as_deref());
        // Profiles say what is known where the Gaussian reaches beyond bounds, and what is not
        // where the curvature at the minimum is misleading.
        let one_sided = !findings.is_empty();
        let said = |code| match code {
            LaplaceFindingCode::BeyondBounds => !profiled.is_empty(),
            LaplaceFindingCode::Determined => one_sided,
            _ => false,
        };
        findings.extend(rest.into_iter().filter(|finding| !said(finding.code)));
        findings
    }

    /// Finding about the profile likelihood of a parameter, if it is open on a side.
    fn profiled(&self, name: &str) -> Option<LaplaceFinding> {
        let profile = Profile::new(
            self.posterior(),
            name,
            self.mode(),
            &ProfileOptions::default(),
        );
        let Profile { interval, open, .. } = profile.ok()?;
        let ends = interval.map(figure);
        let message = match open {
            [true, true] => format!(
                "The data leave {name} open on both sides: chi-square rises by less than 3.84 as \
                 far as it can go (profile likelihood, 95 %). Its deviation is that of a Gaussian, \
                 which this is not; measure more, or give it a prior."
            ),
            [false, true] => format!(
                "{name} > {}: the data leave it open above (profile likelihood, 95 %). Its \
                 deviation is that of a Gaussian, which this is not.",
                ends[0]
            ),
            [true, false] => format!(
                "{name} < {}: the data leave it open below (profile likelihood, 95 %). Its \
                 deviation is that of a Gaussian, which this is not.",
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
}
