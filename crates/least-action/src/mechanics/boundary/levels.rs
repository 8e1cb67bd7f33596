use crate::anneal::{grouped, Level};

/// Relative difference of actions up to which stationary paths are one level: they are solved to
/// many more digits.
const SAME_LEVEL: f64 = 1e-6;

/// Groups the actions of many paths into levels, lowest first, to tell which path is global;
/// `starts` of a level are the places of its actions in the list. Actions that are not finite,
/// those of paths that are not stationary, are left out. Two paths of one level can still differ,
/// where a symmetry leads from one to the other.
pub fn action_levels(actions: &[f64]) -> Vec<Level> {
    let numbered = actions.iter().enumerate();
    let ends = numbered.filter(|(_, action)| action.is_finite());
    let ends: Vec<(f64, usize)> = ends.map(|(k, &action)| (action, k)).collect();
    let largest = ends.iter().fold(0.0f64, |m, (a, _)| m.max(a.abs()));
    grouped(ends, SAME_LEVEL, 1e-12 * largest)
}
