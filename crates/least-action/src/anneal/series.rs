//! Options of the further parameters that several data sets bring: values of groups, and deviations
//! of hierarchies.

use super::across::check_sets;
use super::options::{AnnealOptions, Estimate};
use crate::action::{distinct, group_name, spread_name, Problem, Relation, Spread};
use crate::error::Result;
use crate::model::Coordinate;

/// Checks how parameters differ among `sets` data sets.
///
/// # Errors
/// Labels that are not one per data set, and hierarchies that the data sets cannot tell.
pub(super) fn check_series(options: &AnnealOptions, sets: usize) -> Result<()> {
    for (name, estimate) in &options.estimate {
        let path = format!("estimate.{name}");
        check_sets(&path, estimate.across.as_ref(), estimate.hierarchy, sets)?;
    }
    Ok(())
}

/// Adds the options of the further parameters, in whose ranges starting paths begin.
pub(super) fn add_further(options: &mut AnnealOptions) {
    let own = options.action().own;
    for (name, own) in &own {
        match &own.relation {
            Relation::Groups(labels) => {
                let of_group = Estimate {
                    across: None,
                    ..options.estimate[name].clone()
                };
                for label in distinct(labels) {
                    let name = group_name(name, label);
                    options.estimate.insert(name, of_group.clone());
                }
            }
            Relation::Hierarchy(Spread::Estimated(start)) => {
                let log = libm::log(*start);
                let of_spread = Estimate {
                    initial: Some([log, log]),
                    ..Estimate::default()
                };
                let name = Coordinate::Log.name(&spread_name(name));
                options.estimate.insert(name, of_spread);
            }
            Relation::Hierarchy(Spread::Known(_)) | Relation::None => {}
        }
    }
}

/// Range of the values of a parameter that is a state: that in which starting paths begin, or that of
/// the values which data sets state.
pub(super) fn range_of_state(problem: &Problem, options: &AnnealOptions, state: usize) -> [f64; 2] {
    match options.estimate.get(&problem.model().states()[state]) {
        Some(estimate) => estimate.range(),
        None => {
            let own = problem.own().iter().find(|own| own.component == state);
            let known = own.map_or(&[][..], |own| own.known());
            let low = known.iter().copied().fold(f64::INFINITY, f64::min);
            let high = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            [low, high]
        }
    }
}

/// True if something is known of first states beside what data say: by the options, or as values of
/// parameters in single data sets.
pub(super) fn knows_first(problem: &Problem, options: &AnnealOptions) -> bool {
    !options.first_state.is_empty() || problem.own().iter().any(|own| own.is_known())
}
