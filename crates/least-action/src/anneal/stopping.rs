//! Rules that end a run early: starts are stopped when noise cannot explain their action, and no
//! more are begun when enough have succeeded.

use super::annealable::{Annealable, Counts};
use super::climb::Climb;
use super::levels::LEVEL_TOLERANCE;
use super::misfit::{self, Misfit};
use super::rung::Rung;

/// Ratio of the action to the highest that noise explains, beyond which a start is stopped: below,
/// a path may yet fall to a lower minimum.
const MARGIN: f64 = 1.5;

/// Number of starts that settle a run without a success if they end at one level.
const SETTLING: usize = 4;

/// Number of successes that must share the lowest level where several levels may pass.
const AGREEING: usize = 3;

/// Ratio of the highest misfit that noise explains to the expected one, beyond which wrong paths
/// may pass too.
const ROOM: f64 = 2.0;

/// Number of measured components over that of the states, below which a wrong path may be as close
/// to the data as the right one.
const LITTLE: f64 = 1.0 / 3.0;

/// Action above which starts are stopped; `None` if all are climbed to the end.
pub(super) fn limit(annealable: &impl Annealable) -> Option<f64> {
    if !annealable.attempts().prune {
        return None;
    }
    let counts = annealable.counts();
    if counts.noise > 0 && counts.scatter.is_none() {
        // Nothing is known of the noise before it is estimated.
        return None;
    }
    let room = counts
        .scatter
        .map_or(1.0, |scatter| scatter.highest().max(1.0));
    misfit::highest_level(&counts).map(|level| MARGIN * room * level)
}

/// Number of successes that must share the lowest level before a run ends: several where wrong
/// paths may pass for right ones. That is where few data leave the misfit much room, and where
/// little is observed, unless the differences of the data confirm the noise. `observed` is the
/// number of measured components over that of the states.
pub(super) fn agreeing(counts: &Counts, observed: f64) -> usize {
    let misfit = Misfit::new(counts, 0.0);
    let has_room = !misfit.tells() || misfit.highest() > ROOM * misfit.expected();
    let is_vague = observed < LITTLE || counts.noise > 0;
    match has_room || (is_vague && counts.scatter.is_none()) {
        true => AGREEING,
        false => 1,
    }
}

/// True if a climb to this last rung is a success: noise explains the misfit, as it is stated and
/// as far as the data themselves show it, and the minimisation had come to its end.
fn is_success(counts: &Counts, last: &Rung) -> bool {
    misfit::is_found(counts, last)
        && last.stop.settled()
        && is_in_scatter(counts, last) != Some(false)
}

/// True if the misfit is as small as the scatter of the data; `None` if that is not known.
fn is_in_scatter(counts: &Counts, last: &Rung) -> Option<bool> {
    // Noise of the model lets a path follow the noise of the data.
    let scatter = counts.scatter.filter(|_| !counts.is_noisy_model)?;
    let misfit = Misfit::new(counts, last.action);
    // The error of the scatter has that of the misfit in it.
    Some(misfit.value <= misfit.expected() * scatter.highest())
}

/// True if climbs have ended at a level that noise as stated does not explain, but that of the
/// data, which is larger beyond doubt: those who look for the right path find no better one. As
/// many must share the level as successes would have to, or several where the data show their noise
/// roughly.
fn is_explained(counts: &Counts, ends: &[&Rung], agreeing: usize) -> bool {
    let Some(scatter) = counts.scatter.filter(|s| s.is_above_stated()) else {
        return false;
    };
    let found = ends.iter().copied().filter(|last| {
        is_in_scatter(counts, last) == Some(true)
            && misfit::obeys_model(counts, last)
            && last.stop.settled()
    });
    let found: Vec<&Rung> = found.collect();
    let needed = match scatter.highest() < ROOM * scatter.ratio {
        true => agreeing,
        false => AGREEING,
    };
    sharing(counts, &found, lowest(&found)) >= needed
}

/// True if climbs to the end leave nothing to find although none is a success: the first of a run
/// ended at one level, and the scatter of the data is as large as their misfit; or nothing is known
/// of the scatter, and all starts have been tried.
fn is_settled(counts: &Counts, ends: &[&Rung], are_all: bool) -> bool {
    let lowest = lowest(ends);
    ends.len() >= SETTLING
        && ends.iter().all(|last| last.stop.settled())
        && sharing(counts, ends, lowest) == ends.len()
        && match is_in_scatter(counts, ends[0]) {
            Some(is_in) => is_in,
            None => are_all,
        }
}

fn lowest(ends: &[&Rung]) -> f64 {
    ends.iter()
        .map(|last| last.action)
        .fold(f64::INFINITY, f64::min)
}

/// Number of climbs that ended at the level of the action `lowest`.
fn sharing(counts: &Counts, ends: &[&Rung], lowest: f64) -> usize {
    let highest = lowest * (1.0 + LEVEL_TOLERANCE) + misfit::negligible(counts);
    ends.iter().filter(|last| last.action <= highest).count()
}

/// Number of starts, in their order, that a run needs: all up to that number are over, and among
/// them are as many successes as were asked for, or so many equal failures that more would be
/// equal too. `None` if there are not enough yet.
pub(super) fn enough(annealable: &impl Annealable, climbs: &[Climb]) -> Option<usize> {
    let mut order: Vec<&Climb> = climbs.iter().collect();
    order.sort_by_key(|climb| climb.start);
    let (attempts, counts) = (annealable.attempts(), annealable.counts());
    let (mut ends, mut successes) = (Vec::new(), Vec::new());
    for (expected, climb) in order.into_iter().enumerate() {
        if climb.start != expected || !climb.is_over(annealable) {
            return None;
        }
        let begun = expected + 1;
        if let Some(last) = climb.rungs.last().filter(|_| climb.is_complete(annealable)) {
            ends.push(last);
            if is_success(&counts, last) {
                successes.push(last);
            }
        }
        if successes.len() >= attempts.enough
            && sharing(&counts, &successes, lowest(&successes)) >= attempts.agreeing
        {
            return Some(begun);
        }
        // Who asks for as many successes as there are starts wants to see them all.
        let may_settle = attempts.enough < attempts.count && successes.is_empty();
        let are_all = begun == attempts.count;
        if may_settle && is_explained(&counts, &ends, attempts.agreeing) {
            return Some(begun);
        }
        if may_settle && (begun == ends.len() || are_all) && is_settled(&counts, &ends, are_all) {
            return Some(begun);
        }
    }
    None
}

/// Numbers of the starting paths whose climbs were stopped but must go on, since no start reached a
/// consistent level, the most promising first. Empty as long as starts are not over, if some have
/// succeeded, and if those that went on show that more would end alike.
pub(super) fn reprieved(annealable: &impl Annealable, climbs: &[Climb]) -> Vec<usize> {
    let over = climbs
        .iter()
        .filter(|climb| climb.is_over(annealable))
        .count();
    let counts = annealable.counts();
    let succeeded = climbs.iter().any(|climb| {
        let last = climb.rungs.last().filter(|_| climb.is_complete(annealable));
        last.is_some_and(|last| is_success(&counts, last))
    });
    let attempts = annealable.attempts();
    let wants_more = attempts.reprieve && (!succeeded || attempts.enough > 1);
    if over < attempts.count || !wants_more || enough(annealable, climbs).is_some() {
        return Vec::new();
    }
    let stopped = climbs.iter().filter_map(|climb| {
        let stopped = climb.stopped?;
        Some((
            climb.rungs.last()?.model_precision,
            stopped.action,
            climb.start,
        ))
    });
    let mut stopped: Vec<(f64, f64, usize)> = stopped.collect();
    stopped.sort_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then(a.1.total_cmp(&b.1))
            .then(a.2.cmp(&b.2))
    });
    stopped.into_iter().map(|(_, _, start)| start).collect()
}
