//! Times of the action of networks with its gradient. `cargo bench --bench network`

use std::hint::black_box;
use std::time::Instant;

use least_action::network::{
    Activation, Layer, Network, NetworkAction, NetworkOptions, NetworkProblem, Pairs,
};

fn main() {
    println!("network                 pairs    unknowns  microseconds  GFlop/s of the products");
    let deep = vec![Layer::new(10, Activation::Logistic); 19];
    let digits = [
        Layer::new(30, Activation::Logistic),
        Layer::new(10, Activation::Logistic),
    ];
    let linear = [
        Layer::new(30, Activation::Linear),
        Layer::new(10, Activation::Linear),
    ];
    for (name, inputs, layers, pairs) in [
        ("20 x 10", 10, &deep[..], 2),
        ("20 x 10", 10, &deep[..], 100),
        ("784-30-10", 784, &digits[..], 100),
        ("784-30-10", 784, &digits[..], 1000),
        ("784-30-10 linear", 784, &linear[..], 100),
    ] {
        measure(name, Network::feedforward(inputs, layers).unwrap(), pairs);
    }
}

fn measure(name: &str, network: Network, pairs: usize) {
    let mut state = 1u64;
    let mut random = |count: usize| -> Vec<f64> {
        let numbers = (0..count).map(|_| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
        });
        numbers.collect()
    };
    let last = network.widths()[network.depth()];
    let (inputs, outputs) = (random(pairs * network.widths()[0]), random(pairs * last));
    let data = Pairs::new(&network, inputs, outputs);
    let products = network.weight_sets().iter().map(|s| s.rows * s.columns);
    // A multiplication and an addition, in each of three products.
    let flops = (6 * pairs * products.sum::<usize>()) as f64;
    let problem = NetworkProblem::new(network, data, &NetworkOptions::default()).unwrap();
    let mut action = NetworkAction::new(&problem);
    let unknowns = random(problem.unknowns());
    let mut gradient = unknowns.clone();
    let best = time(|| {
        let value = action.evaluate(3.0, black_box(&unknowns), &mut gradient);
        black_box(value.unwrap());
    });
    println!(
        "{name:20} {pairs:8} {:11} {best:13.1} {:8.2}",
        problem.unknowns(),
        flops / best / 1e3
    );
}

/// The shortest of many runs, in microseconds.
fn time(mut run: impl FnMut()) -> f64 {
    let begin = Instant::now();
    let mut best = f64::INFINITY;
    while begin.elapsed().as_secs_f64() < 0.5 {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed().as_secs_f64() * 1e6);
    }
    best
}
