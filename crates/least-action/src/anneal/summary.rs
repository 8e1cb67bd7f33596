//! A run as a table.

use std::fmt::Write;

use super::annealable::Annealable;
use super::climb::Climb;
use super::levels::Level;
use super::number::{number, shortest};
use super::rung::Rung;

/// How many levels the table lists.
const LISTED: usize = 8;

pub(super) fn summarize(
    annealable: &impl Annealable,
    climbs: &[Climb],
    levels: &[Level],
    best: usize,
    expected: f64,
) -> String {
    let words = annealable.words();
    let mut text = String::new();
    // Writing to a string cannot fail.
    let mut line = |arguments: std::fmt::Arguments| {
        let _ = writeln!(text, "{arguments}");
    };
    line(format_args!("{}", words.title));
    let done = &climbs[best].rungs;
    let end = |rung: Option<&Rung>| rung.map_or(f64::NAN, |rung| rung.model_precision);
    line(format_args!(
        "{}, {} rungs, R_f from {:.3e} to {:.3e}, R_m {}",
        words.scheme,
        done.len(),
        end(done.first()),
        end(done.last()),
        shortest(annealable.counts().measurement_precision)
    ));
    line(format_args!(""));
    if levels.is_empty() {
        line(format_args!("no starting path has reached the last rung"));
    } else {
        line(format_args!(
            "{:>5}  {:>14}  {:>6}",
            "level", "action", "starts"
        ));
        for (i, level) in levels.iter().take(LISTED).enumerate() {
            line(format_args!(
                "{:>5}  {:>14}  {:>6}",
                i + 1,
                number(level.action),
                level.starts.len()
            ));
        }
        if levels.len() > LISTED {
            line(format_args!("       and {} more", levels.len() - LISTED));
        }
    }
    line(format_args!(
        "{:>5}  {:>14}  (what the noise explains)",
        "",
        number(expected)
    ));
    let climb = &climbs[best];
    if let Some(last) = climb.rungs.last() {
        line(format_args!(""));
        line(format_args!(
            "best: starting path {}, rung {}, action {} = measurement {} + model {:.3e}",
            climb.start,
            last.rung,
            number(last.action),
            number(last.measurement_error),
            last.model_error
        ));
    }
    for (name, value) in annealable.estimated().iter().zip(&climb.parameters) {
        line(format_args!("  {name:<12} {:>14}", number(*value)));
    }
    let work = |f: fn(&Rung) -> usize| {
        climbs
            .iter()
            .flat_map(|c| &c.rungs)
            .map(f)
            .fold(0, usize::saturating_add)
    };
    line(format_args!(
        "work: {} iterations, {} evaluations of the action with its gradient",
        work(|r| r.iterations),
        work(|r| r.evaluations)
    ));
    text
}
