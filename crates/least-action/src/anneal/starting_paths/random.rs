//! Starting paths of white noise.

use super::data::write_data;
use super::{ObservedStart, Setting};
use crate::random::Random;

/// Draws every state at every time uniformly from its range; observed components are the data
/// unless they are to be random as well.
pub(super) fn draw(setting: &Setting, random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let problem = setting.problem;
    let parameters = setting.draw_parameters(random);
    let ranges = setting.climatology.ranges.iter().cycle();
    let mut path: Vec<f64> = ranges
        .take(problem.path_length())
        .map(|&range| random.uniform(range))
        .collect();
    if setting.options.starting_paths.observed == ObservedStart::Data {
        let dimension = problem.model.dimension();
        let mut rest = &mut path[..];
        for data in problem.state_data() {
            let (own, others) = rest.split_at_mut(data.points * dimension);
            write_data(own, data, dimension);
            rest = others;
        }
    }
    setting.start_varying(random, &mut path);
    (path, parameters)
}
