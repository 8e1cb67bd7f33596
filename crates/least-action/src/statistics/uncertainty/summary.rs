//! Uncertainty of a run as tables.

use super::Uncertainty;
use crate::report::{number, shortest, Table};

/// Levels, parameters and states as tables in text.
pub(super) fn summarize(uncertainty: &Uncertainty) -> String {
    let lowest = uncertainty.lowest();
    let problem = lowest.problem();
    let mut table = Table::default();
    let precision = match lowest.model_precision() {
        f64::INFINITY => "infinite R_f".into(),
        finite => format!("R_f = {}", shortest(finite)),
    };
    table.line(format_args!(
        "exp(-A) at {precision}, {} points x {} states, {} parameters",
        problem.points(),
        problem.model().dimension(),
        problem.estimated().len()
    ));
    table.gap();
    table.line(format_args!(
        "{:>5}  {:>5}  {:>14}  {:>14}  {:>10}",
        "level", "start", "-log posterior", "log evidence", "weight"
    ));
    for (k, level) in uncertainty.levels().iter().enumerate() {
        table.line(format_args!(
            "{:>5}  {:>5}  {:>14}  {:>14}  {:>10.3e}",
            k + 1,
            level.start,
            number(level.gaussian.value()),
            number(level.gaussian.log_evidence()),
            level.weight
        ));
    }
    let (means, deviations) = uncertainty.moments();
    let path = problem.path_length();
    // Cannot fail, as the probability is between 0 and 1.
    let quantiles = |probability| uncertainty.quantiles(probability).unwrap_or_default();
    if problem.estimated().len() > 0 {
        let (low, high) = (quantiles(0.05), quantiles(0.95));
        table.gap();
        table.line(format_args!(
            "{:<12}  {:>14}  {:>14}  {:>14}  {:>14}",
            "parameter", "mean", "deviation", "5 %", "95 %"
        ));
        for (p, name) in problem.estimated().enumerate() {
            table.line(format_args!(
                "{name:<12}  {:>14}  {:>14}  {:>14}  {:>14}",
                number(means[path + p]),
                number(deviations[path + p]),
                number(low[path + p]),
                number(high[path + p])
            ));
        }
    }
    table.gap();
    table.line(format_args!(
        "{:<12}  {:>14}  {:>14}  {:>14}",
        "deviation of", "least", "rms", "most"
    ));
    let d = problem.model().dimension();
    for (i, name) in problem.model().states().iter().enumerate() {
        let along = || deviations[..path].iter().skip(i).step_by(d).copied();
        let squares: f64 = along().map(|s| s * s).sum();
        table.line(format_args!(
            "{name:<12}  {:>14}  {:>14}  {:>14}",
            number(along().fold(f64::INFINITY, f64::min)),
            number((squares / problem.points() as f64).sqrt()),
            number(along().fold(0.0, f64::max))
        ));
    }
    table.into_text()
}
