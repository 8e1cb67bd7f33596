//! Starting points of networks.

use super::{NetworkStartingStrategy, Networks};
use crate::random::Random;

/// Makes activations and weights of starting point number `start`.
pub(super) fn draw(networks: &Networks, start: usize) -> (Vec<f64>, Vec<f64>) {
    let (problem, options) = (&networks.problem, &networks.options.starting_paths);
    let mut random = Random::new(options.seed, start as u64 + 1);
    let network = problem.network();
    let weights = network.draw_weights(options.weights, options.weights, &mut random);
    let mut activations = vec![0.0; problem.activation_count()];
    for layer in 0..network.widths().len() {
        let range = network.activation_range(layer);
        for x in &mut activations[problem.activations(layer)] {
            *x = random.uniform(range);
        }
    }
    problem.put_measurements(&mut activations);
    if options.start == NetworkStartingStrategy::Forward {
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
