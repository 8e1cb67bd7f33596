//! Starting points of networks.

use super::{NetworkStart, Networks};
use crate::random::Random;

/// Activations and weights of starting point number `start`.
pub(super) fn draw(networks: &Networks, start: usize) -> (Vec<f64>, Vec<f64>) {
    let (problem, options) = (&networks.problem, &networks.options.starting_paths);
    let mut random = Random::new(options.seed, start as u64 + 1);
    let network = problem.network();
    let mut weights = vec![0.0; network.weight_count()];
    let mut drawn = 0;
    for set in network.weight_sets() {
        let before = (set.inputs + set.forcing).max(1) as f64;
        let reach = 1.0 / before.sqrt();
        let range = options.weights.unwrap_or([-reach, reach]);
        // Tied weights are drawn once.
        for weight in &mut weights[set.range().start.max(drawn)..set.range().end.max(drawn)] {
            *weight = random.uniform(range);
        }
        drawn = drawn.max(set.range().end);
    }
    let mut activations = vec![0.0; problem.activation_count()];
    for layer in 0..network.widths().len() {
        let range = network.activation_range(layer);
        for x in &mut activations[problem.activations(layer)] {
            *x = random.uniform(range);
        }
    }
    problem.put_measurements(&mut activations);
    if options.start == NetworkStart::Forward {
        problem.run_forward(&weights, &mut activations);
    }
    if let Some(bounds) = problem.bounds() {
        let mut all = [activations, weights].concat();
        bounds.project(&mut all);
        let weights = all.split_off(problem.activation_count());
        return (all, weights);
    }
    (activations, weights)
}
