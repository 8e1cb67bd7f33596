//! Findings about the Gaussian under the strong constraint: those of every Gaussian, and intervals
//! of parameters that are known on one side only.

use super::StrongLaplace;
use crate::statistics::laplace::one_sided;
use crate::statistics::{LaplaceFinding, LaplaceFindingCode};

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
        let cut = self.cut_unknowns();
        let deviations = self.deviations();
        let names = self.problem().parameter_names().enumerate();
        for (p, name) in names {
            let (mode, deviation) = (self.mode()[path + p], deviations[path + p]);
            if cut.contains(&(path + p)) || deviation > WIDE * mode.abs() {
                let posterior = Box::new(self.posterior().clone());
                findings.extend(one_sided(posterior, name, self.mode()));
            }
        }
        let rest = self.described().findings(shift.as_deref());
        // Profiles say what is not known where the curvature at the minimum is misleading.
        let is_one_sided = !findings.is_empty();
        let said = |code| is_one_sided && code == LaplaceFindingCode::Determined;
        findings.extend(rest.into_iter().filter(|finding| !said(finding.code)));
        findings
    }
}
