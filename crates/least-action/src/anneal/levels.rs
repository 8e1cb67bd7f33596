//! Action levels: groups of starting paths that ended at the same action, and falls of the action.

use super::climb::Climb;

/// Level of starting paths whose action at the last rung agrees.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Level {
    /// Lowest action of the level.
    pub action: f64,
    /// Numbers of the starting paths, lowest action first.
    pub starts: Vec<usize>,
}

/// A rung at which the action fell although R_f rose. Along one minimum the action can only rise
/// with R_f, so the path moved to another, lower one, or the minimisation before had ended too
/// early. Falls after a minimisation that did not settle are not counted: there was no minimum to
/// leave.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Drop {
    /// Number of the starting path.
    pub start: usize,
    /// Number of the rung after the fall.
    pub rung: usize,
    /// Action before the fall.
    pub from: f64,
    /// Action after the fall.
    pub to: f64,
}

/// Relative difference from the lowest action of a group up to which actions are one level.
pub const LEVEL_TOLERANCE: f64 = 0.01;

/// Relative fall of the action beyond which it counts as a drop; less is the minimiser's tolerance.
pub const DROP_TOLERANCE: f64 = 1e-3;

/// Groups the climbs that are `complete` into levels, lowest first. Differences below `negligible`
/// do not count.
pub(super) fn cluster(
    climbs: &[Climb],
    complete: impl Fn(&Climb) -> bool,
    negligible: f64,
) -> Vec<Level> {
    let ends = climbs
        .iter()
        .filter(|climb| complete(climb))
        .filter_map(|climb| Some((climb.rungs.last()?.action, climb.start)));
    grouped(ends.collect(), LEVEL_TOLERANCE, negligible)
}

/// Groups actions, given with the numbers of their starts, into levels, lowest first. A group's
/// actions differ from its lowest by no more than `tolerance` times that. Differences below
/// `negligible` do not count.
pub(crate) fn grouped(mut ends: Vec<(f64, usize)>, tolerance: f64, negligible: f64) -> Vec<Level> {
    ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut levels: Vec<Level> = Vec::new();
    for (action, start) in ends {
        match levels.last_mut() {
            Some(level) if action <= level.action + tolerance * level.action.abs() + negligible => {
                level.starts.push(start)
            }
            _ => levels.push(Level {
                action,
                starts: vec![start],
            }),
        }
    }
    levels
}

/// Finds all drops of more than `negligible`, in the order of starting paths and rungs.
pub(super) fn drops(climbs: &[Climb], negligible: f64) -> Vec<Drop> {
    let mut drops = Vec::new();
    for climb in climbs {
        for pair in climb.rungs.windows(2) {
            let (from, to) = (pair[0].action, pair[1].action);
            // Where noise is set free, the action is another one.
            let is_same = pair[0].noise_ratio == pair[1].noise_ratio;
            if is_same && pair[0].stop.settled() && to < from * (1.0 - DROP_TOLERANCE) - negligible
            {
                drops.push(Drop {
                    start: climb.start,
                    rung: pair[1].rung,
                    from,
                    to,
                });
            }
        }
    }
    drops
}

#[cfg(test)]
mod tests {
    use super::super::rung::Rung;
    use super::*;
    use crate::solve::StopReason;

    fn climb(start: usize, actions: &[f64]) -> Climb {
        let rung = |(rung, &action): (usize, &f64)| Rung {
            rung,
            model_precision: 1.0,
            action,
            measurement_error: action,
            model_error: 0.0,
            prior_error: 0.0,
            noise_ratio: 1.0,
            varying_error: 0.0,
            parameters: vec![],
            stop: StopReason::ValueSettled,
            iterations: 1,
            evaluations: 1,
            factorizations: 0,
            active_bounds: vec![],
        };
        Climb {
            start,
            rungs: actions.iter().enumerate().map(rung).collect(),
            path: vec![],
            parameters: vec![],
            failure: None,
            stopped: None,
        }
    }

    #[test]
    fn equal_heights_are_one_level() {
        let climbs = [
            climb(0, &[0.1, 5.0]),
            climb(1, &[0.1, 1.005]),
            climb(2, &[0.1, 1.0]),
            climb(3, &[0.1]),
        ];
        let levels = cluster(&climbs, |climb| climb.rungs.len() == 2, 0.0);
        assert_eq!(levels.len(), 2);
        assert_eq!(levels[0].action, 1.0);
        assert_eq!(levels[0].starts, [2, 1]);
        assert_eq!(levels[1].starts, [0]);
    }

    #[test]
    fn rounding_errors_are_one_level() {
        let climbs = [climb(0, &[1e-26]), climb(1, &[3e-27])];
        assert_eq!(cluster(&climbs, |_| true, 1e-9).len(), 1);
        assert_eq!(drops(&[climb(0, &[3e-26, 1e-27])], 1e-9), []);
    }

    #[test]
    fn falls_from_unfinished_minimisations_are_not_drops() {
        let mut climb = climb(0, &[2.0, 1.0]);
        climb.rungs[0].stop = StopReason::IterationLimit;
        assert_eq!(drops(&[climb], 0.0), []);
    }

    #[test]
    fn falls_of_the_action_are_reported() {
        let found = drops(&[climb(4, &[1.0, 2.0, 1.5, 1.4999])], 0.0);
        assert_eq!(
            found,
            [Drop {
                start: 4,
                rung: 2,
                from: 2.0,
                to: 1.5
            }]
        );
    }
}
