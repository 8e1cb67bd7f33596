use crate::anneal::{grouped, Level};

/// Stationary paths count as one level if their actions differ by less than this share: they are
/// solved to many more digits.
const SAME_LEVEL: f64 = 1e-6;

/// Actions of many paths in groups, lowest level first, to tell which path is global; `starts` are
/// their places in the list. Actions that are not finite, those of paths that are not stationary,
/// are left out. Two paths of one level can still differ, where a symmetry leads from one to the
/// other.
pub fn action_levels(actions: &[f64]) -> Vec<Level> {
    let numbered = actions.iter().enumerate();
    let ends = numbered.filter(|(_, action)| action.is_finite());
    let ends: Vec<(f64, usize)> = ends.map(|(k, &action)| (action, k)).collect();
    let largest = ends.iter().fold(0.0f64, |m, (a, _)| m.max(a.abs()));
    grouped(ends, SAME_LEVEL, 1e-12 * largest)
}
