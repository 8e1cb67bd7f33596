//! Findings about an annealing run, in words: if the path is found, and advice if not.

use super::annealable::Annealable;
use super::climb::Climb;
use super::fit::{ChiSquare, Objection};
use super::fit_findings::{noise_findings, open_parameters, weigh};
use super::hierarchies::{hierarchy_findings, HierarchyEstimate};
use super::levels::{Drop, Level};
use super::misfit::{obeys_model, Misfit};
use super::noise::NoiseEstimate;
use super::refinement::StepCheck;
use super::several_levels::several_levels;
use super::stopping::enough;
use super::verdict::Verdict;
use crate::report::{self, number, Severity};
use crate::solve::StopReason;

/// Kind of a finding about an annealing run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum FindingCode {
    /// Some starting paths, or all, have not climbed the ladder to its end.
    Unfinished,
    /// Some starting paths met values that are not finite.
    Failures,
    /// The misfit to the data is as large as the noise explains.
    LevelAsExpected,
    /// The misfit is larger than the noise explains: the path was not found.
    LevelAboveExpected,
    /// The misfit is smaller than the noise should leave: the stated noise is too large, or the
    /// data have none.
    LevelBelowExpected,
    /// The noise was estimated: the finding says what the verdict rests on.
    NoiseEstimated,
    /// The data do not tell the noise of a channel, because the path may follow all of them, or
    /// because they show none.
    NoiseUnknown,
    /// Deviations between data sets were estimated.
    HierarchyEstimated,
    /// The data show no difference between data sets in a parameter that has a hierarchy.
    HierarchyUnknown,
    /// There are no more measurements and priors than unknowns to choose, so the misfit tells
    /// nothing.
    TooFewMeasurements,
    /// All data of each channel are equal and the path meets them: they show neither noise nor
    /// change, so that there is nothing to test.
    ConstantData,
    /// Several starting paths reached the lowest level.
    LowestLevelShared,
    /// Only one starting path reached the lowest level.
    LowestLevelAlone,
    /// The model error is not small at the last rung: the model is not yet obeyed.
    ModelErrorLarge,
    /// The best climb's last minimisation did not settle.
    NotConverged,
    /// The action fell on the way although R_f rose.
    Drops,
    /// Some starting paths were stopped because their action was too high for the noise to explain.
    Stopped,
    /// Higher levels pass the chi-square check as well as the lowest.
    SeveralConsistentLevels,
    /// Bounds hold states or parameters back.
    ActiveBounds,
    /// The data leave parameters or combinations of them open.
    ParametersOpen,
    /// Neighbouring residuals of a channel are correlated in time.
    CorrelatedResiduals,
    /// The noise of single channels is not as stated.
    UnequalNoise,
    /// The residuals are not of one size in time.
    ChangingNoise,
    /// The data of a channel lie beside the path by a constant.
    Offset,
    /// Single measurements lie too far from the path.
    Outliers,
    /// The residuals have heavier tails than normal noise.
    HeavyTails,
    /// Priors contradict the data.
    PriorConflict,
    /// The grid was refined, because the data's own time step does not resolve the model.
    GridRefined,
    /// The time step is too coarse for the model, and the grid was not refined further.
    StepTooCoarse,
}

/// One statement about an annealing run.
pub type Finding = report::Finding<FindingCode>;

/// Conclusions from the climbs of a run.
pub(super) struct Conclusions {
    pub findings: Vec<Finding>,
    pub verdict: Verdict,
    /// Chi-square of the best path; `None` if no start has reached the last rung.
    pub chi_square: Option<ChiSquare>,
    /// Error that the time step makes, by the defect of the best path.
    pub step: Option<StepCheck>,
    /// Estimated noise at the best path.
    pub noise: Vec<NoiseEstimate>,
    /// Estimated hierarchies at the best path.
    pub hierarchies: Vec<HierarchyEstimate>,
}

pub(super) fn diagnose(
    annealable: &impl Annealable,
    climbs: &[Climb],
    levels: &[Level],
    drops: &[Drop],
    best: usize,
) -> Conclusions {
    let (words, counts) = (annealable.words(), annealable.counts());
    let mut findings = Vec::new();
    let mut say =
        |code, severity, message: String| findings.push(Finding::new(code, severity, message));
    // A run that found enough has ended there: the starts that were not needed are no part of it.
    let total = enough(annealable, climbs).unwrap_or(annealable.attempts().count);
    let climb = &climbs[best];

    let failed: Vec<_> = climbs.iter().filter(|c| c.failure.is_some()).collect();
    if let [first, ..] = failed[..] {
        let reason = first.failure.as_ref().map(ToString::to_string);
        say(
            FindingCode::Failures,
            Severity::Warning,
            format!(
                "{} of {total} starting paths met values that are not finite; the first, number \
                {}: {}.",
                failed.len(),
                first.start,
                reason.unwrap_or_default()
            ),
        );
    }
    if levels.is_empty() {
        let advice = match failed.len() == total {
            true => {
                "All of them failed: end the ladder earlier, or mend what the failure above names"
            }
            false => "Resume the run to go on",
        };
        say(
            FindingCode::Unfinished,
            Severity::Problem,
            format!(
                "No starting path has climbed the whole ladder: the furthest did {} rungs, to R_f \
                = {:.3e}. {advice}.",
                climb.rungs.len(),
                climb.rungs.last().map_or(0.0, |rung| rung.model_precision)
            ),
        );
        return Conclusions::unfinished(findings);
    }

    let complete: usize = levels.iter().map(|level| level.starts.len()).sum();
    let stopped: Vec<_> = climbs.iter().filter_map(|climb| climb.stopped).collect();
    if let [first, ..] = stopped[..] {
        say(
            FindingCode::Stopped,
            Severity::Good,
            format!(
                "{} of {total} starting paths were stopped on the way, because their action rose \
                above {}, which noise does not explain. startingPaths.prune: false climbs them to \
                the end.",
                stopped.len(),
                number(first.limit)
            ),
        );
    }
    if complete + failed.len() + stopped.len() < total {
        say(
            FindingCode::Unfinished,
            Severity::Warning,
            format!(
                "{} of {total} starting paths have not climbed the whole ladder yet: lower levels \
                may come. Resume the run to go on.",
                total - complete - failed.len() - stopped.len()
            ),
        );
    }

    // A path that was climbed to the end has a last rung.
    let Some(last) = climb.rungs.last() else {
        return Conclusions::unfinished(findings);
    };
    let fit = annealable.fit(climb);
    let misfit = match &fit {
        Some(fit) => Misfit::of(&counts, last, fit),
        None => Misfit::new(&counts, last.action),
    };
    let noise = match &fit {
        Some(fit) => annealable.noise(climb, fit),
        None => Vec::new(),
    };
    if let Some(outliers) = fit.as_ref().and_then(|fit| fit.downweighted()) {
        say(FindingCode::Outliers, Severity::Warning, outliers);
    }
    let hierarchies = match &fit {
        Some(fit) => annealable.hierarchies(climb, fit),
        None => Vec::new(),
    };
    hierarchy_findings(&hierarchies, &mut say);
    if !noise.is_empty() {
        noise_findings(&noise, &misfit, &mut say);
    }
    let is_met = misfit.is_noiseless() || noise.iter().any(NoiseEstimate::is_none);
    let shows_nothing = counts.is_constant && misfit.tells() && is_met;
    if shows_nothing {
        say(
            FindingCode::ConstantData,
            Severity::Problem,
            format!(
                "All {} data are equal, channel by channel, and a {} that rests meets them: they \
                 show neither their noise nor how fast anything changes, and agree with any \
                 parameters that let the model rest there. Measure while something changes, or \
                 state what is known as values and priors.",
                counts.measured, words.found
            ),
        );
    } else if noise.is_empty() || misfit.is_tested() || !misfit.tells() {
        weigh(&words, &counts, &misfit, fit.as_ref(), &mut say);
    }
    if !obeys_model(&counts, last) {
        let advice = match last.stop.settled() {
            true => {
                "Climb further, by more rungs or a larger factor; if the model error then stays, \
                 the model cannot explain the data."
            }
            false => {
                "The minimiser did not get to the end of so large an R_f: allow more iterations, \
                 or end the ladder earlier."
            }
        };
        say(
            FindingCode::ModelErrorLarge,
            Severity::Problem,
            format!(
                "At the last rung (R_f = {:.3e}) the model error is {:.3e} beside a measurement \
                 error of {:.3e}: the {} does not obey the model. {advice}",
                last.model_precision, last.model_error, last.measurement_error, words.found,
            ),
        );
    }

    // Of data without noise, the residuals are rounding errors.
    let judged = fit
        .as_ref()
        .filter(|_| misfit.tells() && !misfit.is_noiseless() && obeys_model(&counts, last));
    let objections = judged.map_or(Vec::new(), |fit| fit.objections(&misfit));
    let objection_count = objections.len();
    for Objection { code, message } in objections {
        say(code, Severity::Problem, message);
    }
    several_levels(&counts, climbs, levels, &mut say);
    let estimated = annealable.estimated();
    if let Some(fit) = &fit {
        let of_lowest = climbs.iter();
        let of_lowest = of_lowest.filter(|climb| levels[0].starts.contains(&climb.start));
        open_parameters(fit, &counts, last, &estimated, of_lowest, &mut say);
    }
    let bounds = last.active_bounds.iter();
    // Noise at its least value is told of above.
    let own = &estimated[..estimated.len() - counts.noise.min(estimated.len())];
    let bounds = bounds.filter(|b| own.contains(&b.name) || !estimated.contains(&b.name));
    let bounds = bounds.map(|bound| match estimated.contains(&bound.name) {
        true => bound.name.clone(),
        false => format!(
            "{} ({} of {} points)",
            bound.name, bound.points, words.points
        ),
    });
    let bounds: Vec<String> = bounds.collect();
    if !bounds.is_empty() {
        say(
            FindingCode::ActiveBounds,
            Severity::Warning,
            format!(
                "Bounds hold the best {} back: {}. Where a bound is no law of nature, widen it \
                and see whether the level falls.",
                words.found,
                bounds.join(", ")
            ),
        );
    }

    let lowest = levels[0].starts.len();
    let gap = levels.get(1).map(|next| next.action / levels[0].action);
    let next = gap.map_or(String::new(), |ratio| {
        format!(" The next level is {ratio:.3} times as high.")
    });
    // A single starting path agrees with itself: that says nothing.
    if lowest > 1 {
        say(
            FindingCode::LowestLevelShared,
            Severity::Good,
            format!(
                "{lowest} of {total} starting paths reached the lowest level, {}.{next}",
                number(levels[0].action)
            ),
        );
    } else if total > 1 {
        say(
            FindingCode::LowestLevelAlone,
            Severity::Warning,
            format!(
                "Only one of {total} starting paths reached the lowest level, {}: a lower one may \
                exist. More starting paths would tell.{next}",
                number(levels[0].action)
            ),
        );
    }
    if !last.stop.settled() {
        say(
            FindingCode::NotConverged,
            Severity::Warning,
            format!(
                "The last minimisation of the best {} did not settle ({}). If its level still \
                matters, allow more iterations.",
                words.found,
                stop_words(last.stop)
            ),
        );
    }
    if !drops.is_empty() {
        let starts: std::collections::BTreeSet<_> = drops.iter().map(|d| d.start).collect();
        say(
            FindingCode::Drops,
            Severity::Warning,
            format!(
                "The action fell {} while R_f rose, on {} of the starting paths: the {} changed \
                to a lower minimum there, or a minimisation had ended too early. If this happens \
                late, climb in smaller steps or with a smaller tolerance.",
                match drops.len() {
                    1 => "once".to_string(),
                    many => format!("{many} times"),
                },
                starts.len(),
                words.found
            ),
        );
    }
    Conclusions {
        findings,
        verdict: match shows_nothing && obeys_model(&counts, last) {
            true => Verdict::Undetermined,
            false => Verdict::of(&counts, last, &misfit, objection_count),
        },
        chi_square: Some(match &fit {
            Some(fit) => fit.chi_square(&misfit),
            None => ChiSquare::new(&misfit, Vec::new()),
        }),
        step: fit.and_then(|fit| fit.step),
        noise,
        hierarchies,
    }
}

impl Conclusions {
    fn unfinished(findings: Vec<Finding>) -> Self {
        Conclusions {
            findings,
            verdict: Verdict::Unfinished,
            chi_square: None,
            step: None,
            noise: Vec::new(),
            hierarchies: Vec::new(),
        }
    }
}

fn stop_words(stop: StopReason) -> &'static str {
    match stop {
        StopReason::GradientSmall => "the gradient is small",
        StopReason::ValueSettled => "the action settled",
        StopReason::IterationLimit => "the limit of iterations was reached",
        StopReason::LineSearchFailed => "no lower action was found along the search direction",
        StopReason::NotFinite => "all steps led to values that are not finite",
        StopReason::Interrupted => "it was interrupted",
    }
}
