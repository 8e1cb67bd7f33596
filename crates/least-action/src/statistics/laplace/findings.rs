//! Findings about a Gaussian approximation: does it hold, and if not, what is to be done.

use super::{one_sided, Identifiability, Laplace};
use crate::action::Problem;
use crate::error::Result;
use crate::report::{self, Severity};

/// Kind of a finding about a Gaussian approximation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum LaplaceFindingCode {
    /// The path is not at the minimum.
    ModeNotReached,
    /// Unknowns are held at active bounds, and have no deviation.
    HeldByBounds,
    /// A parameter is known on one side only, by its profile likelihood.
    OneSided,
    /// Bounds cut off a part of the Gaussian.
    BeyondBounds,
    /// The mean is far from the mode: the posterior is skewed.
    Skewed,
    /// Data and priors leave combinations of parameters free.
    Free,
    /// Every combination of parameters is determined.
    Determined,
    /// A level is no minimum at this R_f.
    LevelLeftOut,
    /// Several levels share the probability, or the lowest has nearly all of it.
    LevelsShare,
    /// The verdict on the run is not "consistent".
    RunVerdict,
}

/// One statement about a Gaussian approximation.
pub type LaplaceFinding = report::Finding<LaplaceFindingCode>;

/// Largest distance from the minimum, as a fall of the negative log posterior: a tenth of a
/// standard deviation.
const REACHED: f64 = 0.005;
/// Least shift of a mean that is reported, in standard deviations.
const SHIFT: f64 = 0.3;

impl Laplace {
    /// Findings about the approximation. `mean_shift` is the result of [`Laplace::mean_shift`], if
    /// it was computed.
    ///
    /// # Errors
    /// Derivatives near the mode that are not finite.
    pub fn findings(&self, mean_shift: Option<&[f64]>) -> Result<Vec<LaplaceFinding>> {
        let path = self.problem().path_length();
        let names = self.problem().parameter_names().enumerate();
        let cut = names.filter(|(p, _)| self.cut_density(path + p).is_some());
        let profiled = cut
            .filter_map(|(_, name)| one_sided(Box::new(self.posterior.clone()), name, &self.mode));
        let mut findings: Vec<LaplaceFinding> = profiled.collect();
        findings.extend(self.described().findings(mean_shift));
        Ok(findings)
    }

    /// Parts of the approximation that findings are about.
    pub(super) fn described(&self) -> Described<'_> {
        Described {
            problem: self.problem(),
            mode: &self.mode,
            variances: &self.variances,
            covariance: &self.parameter_covariance,
            decrease: self.decrease,
            active: self.active_bounds().filter(|&k| self.is_fixed(k)).collect(),
            cut: self.cut_unknowns(),
            draws_need_determinants: !self.problem().discretization.is_explicit(),
        }
    }
}

/// Parts of a Gaussian approximation, of whatever kind, that findings are about.
pub(in crate::statistics) struct Described<'a> {
    pub problem: &'a Problem,
    /// Path, then the estimated parameters.
    pub mode: &'a [f64],
    /// Variances of the same.
    pub variances: &'a [f64],
    /// Covariance of the parameters, row by row.
    pub covariance: &'a [f64],
    /// Fall of the negative log posterior that is left to the minimum.
    pub decrease: f64,
    /// Unknowns that are held at active bounds.
    pub active: Vec<usize>,
    /// Unknowns whose Gaussian bounds cut off.
    pub cut: Vec<usize>,
    /// True if draws of the density lack the determinants of implicit steps.
    pub draws_need_determinants: bool,
}

impl Described<'_> {
    /// Findings about the approximation, with the mean's shift if it is known.
    pub fn findings(&self, mean_shift: Option<&[f64]>) -> Vec<LaplaceFinding> {
        let mut findings = Vec::new();
        let mut say = |code, severity, message: String| {
            findings.push(LaplaceFinding::new(code, severity, message));
        };
        let problem = self.problem;
        let path = problem.path_length();
        let names: Vec<&str> = problem.estimated().collect();
        if self.decrease > REACHED {
            say(
                LaplaceFindingCode::ModeNotReached,
                Severity::Problem,
                format!(
                    "The path is not at the minimum: the negative log posterior would still fall \
                     by {:.2e}. Allow more maxIterations, or minimise first.",
                    self.decrease
                ),
            );
        }
        let held = self.names_of(&self.active);
        if !held.is_empty() {
            say(
                LaplaceFindingCode::HeldByBounds,
                Severity::Warning,
                format!(
                    "Bounds hold {}: these are given no deviation, and what is said of the others \
                     holds with these at their bounds. samplePosterior takes bounds as they are.",
                    held.join(", ")
                ),
            );
        }
        let cut = self.names_of(&self.cut);
        if !cut.is_empty() {
            say(
                LaplaceFindingCode::BeyondBounds,
                Severity::Warning,
                format!(
                    "Bounds cut off the Gaussian of {}: means, deviations and bands are those of \
                     the part within, and of the others with it.",
                    cut.join(", ")
                ),
            );
        }
        if let Some(shift) = mean_shift {
            let relative = |k: usize| shift[k] / self.variances[k].sqrt();
            let far = names.iter().enumerate().filter_map(|(p, name)| {
                let relative = relative(path + p);
                (relative.abs() > SHIFT).then(|| format!("{name} ({relative:+.1})"))
            });
            let mut far: Vec<String> = far.collect();
            let states = (0..path).filter(|&k| relative(k).abs() > SHIFT).count();
            if states > 0 {
                far.push(format!("{states} of {path} values of the path"));
            }
            if !far.is_empty() {
                say(
                    LaplaceFindingCode::Skewed,
                    Severity::Warning,
                    format!(
                        "The posterior is skewed: means are more than {SHIFT} standard deviations \
                         from the mode for {}. A Gaussian is not enough; samplePosterior is{}.",
                        far.join(", "),
                        match self.draws_need_determinants {
                            false => "",
                            true =>
                                ", of a run with explicit steps (discretization: \"rk4\"): draws \
                                 of exp(-A) lack the determinant of implicit ones",
                        }
                    ),
                );
            }
        }
        if !names.is_empty() {
            let Identifiability { units, directions } = self.identifiability();
            let free = directions.iter().filter(|direction| direction.free);
            // How far the parameter that moves most goes along, in its own unit.
            let free = free.map(|d| {
                let size = |p: &usize| d.parts[*p].abs();
                let most = (0..names.len()).max_by(|a, b| size(a).total_cmp(&size(b)));
                let most = most.unwrap_or(0);
                let reach = report::figure(d.deviation * size(&most) * units[most]);
                format!("{} ({} +- {reach})", d.words, names[most])
            });
            let free: Vec<String> = free.collect();
            match &free[..] {
                [] => say(
                    LaplaceFindingCode::Determined,
                    Severity::Good,
                    format!(
                        "Every combination of parameters is determined; the least is {}, to \
                         {:.2e} of its unit.",
                        directions[0].words, directions[0].deviation
                    ),
                ),
                free => say(
                    LaplaceFindingCode::Free,
                    Severity::Warning,
                    format!(
                        "The data leave free, to more than half of a prior, of the bounds or of \
                         a value: {}. Parameters that move so together, each in its own unit, fit \
                         about as well. Measure what tells them apart, give a prior, or estimate \
                         fewer.",
                        free.join("; ")
                    ),
                ),
            }
        }
        findings
    }

    /// Names of unknowns: parameters, and states with the number of points.
    fn names_of(&self, unknowns: &[usize]) -> Vec<String> {
        let problem = self.problem;
        let (d, path) = (problem.model().dimension(), problem.path_length());
        let mut points = vec![0; d];
        let mut names = Vec::new();
        for &unknown in unknowns {
            match unknown.checked_sub(path) {
                None => points[unknown % d] += 1,
                Some(p) => names.extend(problem.estimated().nth(p).map(str::to_string)),
            }
        }
        let states = problem.model().states().iter().zip(points);
        let states = states.filter(|&(_, points)| points > 0);
        names.extend(states.map(|(name, points)| match points {
            1 => format!("{name} (1 point)"),
            _ => format!("{name} ({points} points)"),
        }));
        names
    }
}
