//! Hierarchies of a run: the distribution that the own values of data sets come from.

use super::climb::Climb;
use super::findings::FindingCode;
use super::fit::Fit;
use crate::action::Problem;
use crate::distribution::chi_square_quantile;
use crate::report::{figure, Severity};

/// Probability of the intervals.
const CONFIDENCE: f64 = 0.95;
/// Least sum of the shares `1 - h` of data sets that tells a deviation between them.
const LEAST_DEGREES: f64 = 0.5;
/// Fall of the logarithm of a deviation from its start at which it is zero as far as data tell.
const ZERO: f64 = 4.0;

/// Estimated distribution of a parameter between data sets, on the parameter's scale: normal about a
/// mean, such as the log-normal distribution on the scale `log`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HierarchyEstimate {
    /// Name of the parameter.
    pub name: String,
    /// Value of the parameter at the mean of the distribution: on the scale `log` the exponential
    /// of the mean, which is the median of the values.
    pub typical: f64,
    /// Mean on the parameter's scale.
    pub mean: f64,
    /// Standard deviation between data sets, on the parameter's scale.
    pub deviation: f64,
    /// Interval that holds the deviation with a probability of 95 %. Its ends are those of the
    /// search where the data do not tell, and 0 to the estimate where they show no difference
    /// between data sets. A deviation that is known has itself at both ends.
    #[cfg_attr(feature = "typescript", ts(type = "readonly [number, number]"))]
    pub interval: [f64; 2],
    /// Degrees of freedom that the deviation rests on: less than the number of data sets by what
    /// their own values are uncertain. Infinite where the deviation is known.
    pub degrees_of_freedom: f64,
    /// True if the data show a difference between data sets. Where they do not, the deviation is
    /// zero as far as they tell, and all data sets may share one value.
    pub is_determined: bool,
}

impl HierarchyEstimate {
    /// Estimates at the end of a climb.
    pub(super) fn of(problem: &Problem, climb: &Climb, fit: &Fit) -> Vec<Self> {
        let own = problem.own().iter().filter(|own| own.is_hierarchy);
        let each = own.zip(&fit.hierarchies).filter_map(|(own, told)| {
            let mean = climb.parameters[own.mean()?];
            let coordinate = problem.state_coordinate(own.component);
            let start = libm::log(own.deviation());
            let (deviation, is_known, is_zero) = match own.spread {
                None => (own.deviation(), true, false),
                Some(place) => {
                    let log = climb.parameters[place];
                    (libm::exp(log), false, start - log > ZERO)
                }
            };
            let degrees = told.information;
            let tells = told.degrees >= LEAST_DEGREES && degrees > 0.0;
            let is_determined = is_known || (tells && !is_zero);
            let end = |probability: f64| {
                deviation * (degrees / chi_square_quantile(probability, degrees)).sqrt()
            };
            Some(HierarchyEstimate {
                name: problem.state_name(own.component).to_string(),
                typical: coordinate.parameter(mean),
                mean,
                deviation,
                interval: match (is_known, is_determined) {
                    (true, _) => [deviation; 2],
                    (_, true) => [0.5 * (1.0 + CONFIDENCE), 0.5 * (1.0 - CONFIDENCE)].map(end),
                    (_, false) if is_zero => [0.0, deviation],
                    (_, false) => [0.0, f64::INFINITY],
                },
                degrees_of_freedom: if is_known { f64::INFINITY } else { degrees },
                is_determined,
            })
        });
        each.collect()
    }
}

/// Reports hierarchies.
pub(super) fn hierarchy_findings(
    hierarchies: &[HierarchyEstimate],
    say: &mut impl FnMut(FindingCode, Severity, String),
) {
    let estimated = hierarchies.iter();
    let estimated = estimated.filter(|h| h.is_determined && h.degrees_of_freedom.is_finite());
    let words = estimated.map(|h| {
        let [low, high] = h.interval.map(figure);
        format!("{} {} ({low} to {high})", h.name, figure(h.deviation))
    });
    let words: Vec<String> = words.collect();
    if !words.is_empty() {
        let message = format!(
            "The deviations between data sets were estimated: {}. Own values and their intervals \
             rest on these numbers as if they were known.",
            words.join("; ")
        );
        say(FindingCode::HierarchyEstimated, Severity::Good, message);
    }
    let equal = hierarchies.iter().filter(|h| !h.is_determined);
    let names: Vec<&str> = equal.map(|h| h.name.as_str()).collect();
    if !names.is_empty() {
        let message = format!(
            "The data show no difference between data sets in {}: the deviation between them is \
             zero as far as they tell. All data sets may share one value: leave across out, or \
             state the deviation.",
            names.join(", ")
        );
        say(FindingCode::HierarchyUnknown, Severity::Warning, message);
    }
}
