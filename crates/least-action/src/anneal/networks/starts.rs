//! Starting points of networks.

use super::{NetworkStart, Networks};
use crate::random::Random;

/// Activations and weights of starting point number `start`.
pub(super) fn draw(networks: &Networks, start: usize) -> (Vec<f64>, Vec<f64>) {
    let (problem, options) = (&networks.problem, &networks.options.starting_paths);
    let mut random = Random::new(options.seed, start as u64 + 1);
    let network = problem.network();
    let mut weights = vec![0.0; network.weight_count()];
    for set in network.weight_sets() {
        let before = (set.columns + set.inputs).max(1) as f64;
        let reach = 1.0 / before.sqrt();
        let range = options.weights.unwrap_or([-reach, reach]);
        for weight in &mut weights[set.range()] {
            *weight = random.uniform(range);
        }
    }
    if let Some(bounds) = problem.weight_bounds() {
        bounds.project(&mut weights);
    }
    let mut activations = vec![0.0; problem.weight_offset()];
    for layer in 0..network.widths().len() {
        let range = network.activation_range(layer);
        for x in &mut activations[problem.layer_range(layer)] {
            *x = random.uniform(range);
        }
    }
    problem.put_measurements(&mut activations);
    if options.start == NetworkStart::Forward {
        problem.run_forward(&weights, &mut activations);
    }
    (activations, weights)
}
