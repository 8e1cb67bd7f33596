//! Rules that end a run early: starts are stopped when noise cannot explain their action, and no
//! more are begun when enough have succeeded.

use super::annealable::Annealable;
use super::climb::Climb;
use super::misfit;

/// Ratio of the action to the highest that noise explains, beyond which a start is stopped: below,
/// a path may yet fall to a lower minimum.
const MARGIN: f64 = 1.5;

/// Action above which starts are stopped; `None` if all are climbed to the end.
pub(super) fn limit(annealable: &impl Annealable) -> Option<f64> {
    match annealable.attempts().prune {
        true => misfit::highest_level(&annealable.counts()).map(|level| MARGIN * level),
        false => None,
    }
}

/// Number of starts, in their order, that a run needs: all up to that number are over, and among
/// them are as many successes as were asked for. `None` if there are not enough yet.
pub(super) fn enough(annealable: &impl Annealable, climbs: &[Climb]) -> Option<usize> {
    let mut order: Vec<&Climb> = climbs.iter().collect();
    order.sort_by_key(|climb| climb.start);
    let (attempts, counts) = (annealable.attempts(), annealable.counts());
    let mut found = 0;
    for (expected, climb) in order.into_iter().enumerate() {
        if climb.start != expected || !climb.is_over(annealable) {
            return None;
        }
        let last = climb.rungs.last().filter(|_| climb.is_complete(annealable));
        found += usize::from(last.is_some_and(|last| misfit::is_found(&counts, last)));
        if found >= attempts.enough {
            return Some(expected + 1);
        }
    }
    None
}

/// Numbers of the starting paths whose climbs were stopped but must go on, since no start reached a
/// consistent level, the most promising first. Empty as long as starts are not over, and if enough
/// of them have succeeded.
pub(super) fn reprieved(annealable: &impl Annealable, climbs: &[Climb]) -> Vec<usize> {
    let over = climbs
        .iter()
        .filter(|climb| climb.is_over(annealable))
        .count();
    if over < annealable.attempts().count || enough(annealable, climbs).is_some() {
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
