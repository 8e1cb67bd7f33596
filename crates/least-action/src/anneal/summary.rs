//! Summary of a run as a table.

use super::annealable::Annealable;
use super::climb::Climb;
use super::levels::Level;
use super::rung::Rung;
use crate::report::{number, shortest, Table};

/// Maximum number of levels that the table lists.
const LISTED: usize = 8;

/// Writes the table: levels, the best climb with its parameters, and the work.
pub(super) fn summarize(
    annealable: &impl Annealable,
    climbs: &[Climb],
    levels: &[Level],
    best: usize,
    expected: f64,
) -> String {
    let words = annealable.words();
    let mut table = Table::default();
    table.line(format_args!("{}", words.title));
    let done = &climbs[best].rungs;
    let end = |rung: Option<&Rung>| rung.map_or(f64::NAN, |rung| rung.model_precision);
    table.line(format_args!(
        "{}, {} rungs, R_f from {:.3e} to {:.3e}, R_m {}",
        words.scheme,
        done.len(),
        end(done.first()),
        end(done.last()),
        shortest(annealable.counts().measurement_precision)
    ));
    table.gap();
    if levels.is_empty() {
        table.line(format_args!("no starting path has reached the last rung"));
    } else {
        table.line(format_args!(
            "{:>5}  {:>14}  {:>6}",
            "level", "action", "starts"
        ));
        for (i, level) in levels.iter().take(LISTED).enumerate() {
            table.line(format_args!(
                "{:>5}  {:>14}  {:>6}",
                i + 1,
                number(level.action),
                level.starts.len()
            ));
        }
        if levels.len() > LISTED {
            table.line(format_args!("       and {} more", levels.len() - LISTED));
        }
    }
    table.line(format_args!(
        "{:>5}  {:>14}  (what the noise explains)",
        "",
        number(expected)
    ));
    let climb = &climbs[best];
    if let Some(last) = climb.rungs.last() {
        table.gap();
        table.line(format_args!(
            "best: starting path {}, rung {}, action {} = measurement {} + model {:.3e}",
            climb.start,
            last.rung,
            number(last.action),
            number(last.measurement_error),
            last.model_error
        ));
    }
    let stated = annealable.counts().stated;
    let values = annealable.parameters_at(&climb.parameters[..stated]);
    for (name, value) in annealable.parameter_names().iter().zip(&values) {
        table.line(format_args!("  {name:<12} {:>14}", number(*value)));
    }
    let work = |f: fn(&Rung) -> usize| {
        climbs
            .iter()
            .flat_map(|c| &c.rungs)
            .map(f)
            .fold(0, usize::saturating_add)
    };
    table.line(format_args!(
        "work: {} iterations, {} evaluations of the action with its gradient",
        work(|r| r.iterations),
        work(|r| r.evaluations)
    ));
    table.into_text()
}
