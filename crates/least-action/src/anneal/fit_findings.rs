//! Findings about the misfit of the best path, and about parameters that are left open.

use super::annealable::{Counts, Words};
use super::climb::Climb;
use super::findings::FindingCode;
use super::fit::{spread, Fit};
use super::misfit::{minus_twice_log_posterior, Misfit};
use super::noise::NoiseEstimate;
use super::rung::Rung;
use crate::report::{figure, Severity};

/// Compares the misfit with what noise explains.
pub(super) fn weigh(
    words: &Words,
    counts: &Counts,
    misfit: &Misfit,
    fit: Option<&Fit>,
    say: &mut impl FnMut(FindingCode, Severity, String),
) {
    let found = words.found;
    let deviations = misfit.deviations().abs();
    let factor = figure(misfit.noise_factor());
    let noise = fit.map(|fit| fit.fitting_noise(misfit));
    let noise = noise.filter(|noise| !noise.is_empty());
    let noise = noise.map_or(String::new(), |noise| format!(" ({noise})"));
    let (code, severity, message) = if !misfit.tells() {
        let priors = match counts.priors {
            0 => String::new(),
            1 => " and 1 prior".into(),
            many => format!(" and {many} priors"),
        };
        let message = format!(
            "{} measurements{priors} cannot determine {} numbers ({}): they agree with any model. \
            Measure more, or estimate less.",
            counts.measured, counts.fitted, words.fitted
        );
        (FindingCode::TooFewMeasurements, Severity::Problem, message)
    } else if let (true, Some(left)) = (
        misfit.above(),
        fit.and_then(|fit| fit.without_outliers(misfit)),
    ) {
        let message = format!(
            "The misfit is larger than noise explains only because of outliers: {misfit}, {left:.1} \
            without them. Do not use the {} before these measurements are looked at.",
            words.parts
        );
        (FindingCode::LevelAboveExpected, Severity::Problem, message)
    } else if misfit.above() {
        let message = format!(
            "The {found} was not found: {misfit}, {deviations:.1} standard deviations more than \
            noise explains. Do not use its {}. Try more starting paths, a smaller initial R_f or \
            factor; if every start ends here, too few components are observed, R_m overstates the \
            precision of the data (noise of {factor} times the stated deviation would fit{noise}), \
            or the model is wrong.",
            words.parts
        );
        (FindingCode::LevelAboveExpected, Severity::Problem, message)
    } else if misfit.below() && misfit.is_noiseless() {
        let message = format!(
            "The {found} meets the data to six digits: {misfit}. Such data have no noise, so \
            R_m says only how they weigh against the model, and intervals that are computed with \
            it mean nothing."
        );
        (FindingCode::LevelBelowExpected, Severity::Warning, message)
    } else if misfit.below() {
        let message = format!(
            "The {found} is closer to the data than the stated noise allows: {misfit}, \
            {deviations:.1} standard deviations less than noise leaves. The {found} may well be \
            right, but the stated noise is not, and intervals that are computed with it are too \
            wide. Noise of {factor} times the stated deviation would fit{noise}: state that R_m."
        );
        (FindingCode::LevelBelowExpected, Severity::Problem, message)
    } else {
        let message =
            format!("The misfit to the data is what the stated noise explains: {misfit}.");
        (FindingCode::LevelAsExpected, Severity::Good, message)
    };
    say(code, severity, message);
}

/// Reports estimated noise, and what the verdict rests on.
pub(super) fn noise_findings(
    noise: &[NoiseEstimate],
    misfit: &Misfit,
    say: &mut impl FnMut(FindingCode, Severity, String),
) {
    let estimated: Vec<String> = noise.iter().filter_map(NoiseEstimate::words).collect();
    if !estimated.is_empty() {
        let rest = match misfit.is_tested() {
            true => {
                "The misfit of these channels is as expected by construction: the verdict rests \
                     on the other ones, on priors, and on the residuals."
            }
            false => {
                "The misfit is as expected by construction and tells nothing: the verdict rests \
                      on what the residuals show, their correlation in time, law, size along the \
                      path and mean. A model that is wrong makes the noise larger: compare it with \
                      what is known of the measurement."
            }
        };
        let message = format!("The noise was estimated: {}. {rest}", estimated.join("; "));
        say(FindingCode::NoiseEstimated, Severity::Good, message);
    }
    let unknown: Vec<&str> = noise
        .iter()
        .filter(|channel| !channel.is_determined() && !channel.is_none())
        .map(|channel| channel.name.as_str())
        .collect();
    let noiseless: Vec<&str> = noise
        .iter()
        .filter(|channel| channel.is_none())
        .map(|channel| channel.name.as_str())
        .collect();
    if !noiseless.is_empty() {
        let message = format!(
            "The data show no noise of {}: the path meets them more closely than its own accuracy. \
             Intervals that are computed with the estimate mean nothing; state a noise.",
            noiseless.join(", ")
        );
        say(FindingCode::NoiseUnknown, Severity::Warning, message);
    }
    if !unknown.is_empty() {
        let message = format!(
            "The data do not tell the noise of {}: the fit may follow all of them, so that next to \
             nothing is left of it. State it (noise: {{ {}: 0.1 }}, a standard deviation), give it \
             a prior, let channels share one, or measure more.",
            unknown.join(", "),
            unknown[0]
        );
        say(FindingCode::NoiseUnknown, Severity::Problem, message);
    }
}

/// True if the ends of two climbs are equally likely, so that parameters which nothing sets apart
/// may differ between them.
fn is_alike(counts: &Counts, end: &Rung, best: &Rung) -> bool {
    let chi_square =
        |rung: &Rung| minus_twice_log_posterior(counts, rung.action) / best.noise_ratio;
    end.stop.settled() && chi_square(end) - chi_square(best) < ALIKE
}

/// Difference in chi-square that is no more than that of three standard deviations.
const ALIKE: f64 = 9.0;

/// Reports what the data leave open: directions that nothing determines, and parameters that differ
/// among the `climbs` of the lowest level.
pub(super) fn open_parameters<'a>(
    fit: &Fit,
    counts: &Counts,
    best: &Rung,
    names: &[String],
    climbs: impl Iterator<Item = &'a Climb>,
    say: &mut impl FnMut(FindingCode, Severity, String),
) {
    let alike = |climb: &&Climb| {
        let end = climb.rungs.last();
        end.is_some_and(|end| is_alike(counts, end, best))
    };
    let climbs: Vec<&Climb> = climbs.filter(alike).collect();
    let (open, spread) = (fit.open(), spread(fit, names, &climbs));
    let mut message = String::new();
    if !open.is_empty() {
        message = format!("The data leave parameters open: {}. ", open.join("; "));
    }
    if !spread.is_empty() {
        message += &format!(
            "Starts that reached the lowest level ended at other parameters: {}. ",
            spread.join(", ")
        );
    }
    if !message.is_empty() {
        message += "Measure something else besides, or give one of them a value or a prior.";
        say(FindingCode::ParametersOpen, Severity::Problem, message);
    }
}
