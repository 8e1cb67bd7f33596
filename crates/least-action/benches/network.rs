//! Times the action of a network with its gradient at the sizes of the paper and of handwritten
//! digits: microseconds, and GFlop/s counting the three matrix products of every layer (2 pairs x
//! outputs x inputs each). JSON at the end.
//!
//! cargo bench --bench network              also ladders
//! cargo bench --bench network -- action    the action alone
//! cargo bench --bench network -- train '"lbfgs"'    training alone, by the minimisers given

use std::hint::black_box;
use std::time::Instant;

use least_action::network::{
    Activation, ByMeasurements, Layer, Network, NetworkAction, NetworkOptions, NetworkProblem,
    Pairs, TrainOptions, TrainedInputs, Trainer, Training,
};
use least_action::solve::{MinimizerOptions, Structured};
use least_action::Error;

fn main() -> Result<(), Error> {
    let deep = Network::feedforward(10, vec![Layer::new(10); 19])?;
    let classes = Layer {
        activation: Activation::Softmax,
        ..Layer::new(10)
    };
    let digits = Network::feedforward(784, vec![Layer::new(30), classes])?;
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "train") {
        let named = arguments[at + 1..].iter().filter(|a| !a.starts_with("--"));
        let minimizers: Vec<MinimizerOptions> = named
            .map(|json| serde_json::from_str(json).expect("a minimiser"))
            .collect();
        for (minimizer, seed) in minimizers.iter().flat_map(|m| [(m, 0), (m, 1)]) {
            train("784-30-10, M = 200", &digits, 200, *minimizer, seed)?;
        }
        return Ok(());
    }
    let mut json = Vec::new();
    for (name, network, pairs) in [
        ("20 x 10, M = 2", &deep, 2),
        ("20 x 10, M = 100", &deep, 100),
        ("784-30-10, M = 100", &digits, 100),
        ("784-30-10, M = 1000", &digits, 1000),
    ] {
        let (action, training) = time(network, pairs)?;
        let layers = network.widths().windows(2);
        let products: usize = layers.map(|w| w[0] * w[1] * pairs).sum();
        let flops = 6.0 * products as f64;
        println!(
            "{name:<20} action + gradient {:9.1} us (best {:9.1} us, {:5.1} GFlop/s)   \
             backpropagation {:9.1} us (best {:9.1})",
            action.0,
            action.1,
            flops / action.1 * 1e-3,
            training.0,
            training.1
        );
        json.push(format!("\"{name}\":{:.2}", action.0));
    }
    let alone = arguments.iter().any(|argument| argument == "action");
    let ladders = if alone {
        &[][..]
    } else {
        &[(2, 436), (10, 60)][..]
    };
    for &(pairs, rungs) in ladders {
        let (seconds, iterations, value) = ladder(&deep, pairs, rungs)?;
        println!(
            "20 x 10, M = {pairs:<3} {rungs} rungs by structured {seconds:.2} s, \
             {iterations} steps, last action {value:.3e}"
        );
        json.push(format!("\"ladder M = {pairs}\":{seconds:.3}"));
    }
    println!("{{{}}}", json.join(","));
    Ok(())
}

/// Seconds and iterations of a ladder of the paper's twin, whose data come from a network with
/// random weights. R_m = 4e4, R_f = 3.8e-3 x 1.1^k, or fewer rungs to the same end.
fn ladder(network: &Network, pairs: usize, rungs: usize) -> Result<(f64, usize, f64), Error> {
    let number = |k: usize, scale: f64| {
        let (sine, _) = ((k as f64 * 78.233).sin() * 43758.5453).fract().sin_cos();
        scale * 2.0 * sine
    };
    let numbers =
        |count: usize, scale: f64| -> Vec<f64> { (0..count).map(|k| number(k, scale)).collect() };
    let truth = numbers(network.weight_count(), 1.0);
    let inputs = numbers(network.widths()[0] * pairs, 1.5);
    let outputs = network.predict(&truth, &inputs, &[])?;
    let data = Pairs::new(network, inputs, outputs)?;
    let options = NetworkOptions {
        measurement_precision: 4e4,
        ..NetworkOptions::default()
    };
    let problem = NetworkProblem::new(network, &data, &options)?;
    let mut x: Vec<f64> = (0..problem.unknowns())
        .map(|k| number(k + 7, 0.4))
        .collect();
    let mut action = NetworkAction::new(&problem);
    let mut memory = ByMeasurements::new(&problem)?;
    let start = Instant::now();
    let (mut iterations, mut value) = (0, f64::NAN);
    let growth = (1.1f64).powf(435.0 / (rungs - 1) as f64);
    for rung in 0..rungs {
        let model_precision = 3.8e-3 * growth.powi(rung as i32);
        let options = Structured::default();
        let minimum = memory.minimize(&mut action, model_precision, &options, &mut x, &|| false)?;
        iterations += minimum.iterations;
        value = minimum.value;
    }
    Ok((start.elapsed().as_secs_f64(), iterations, value))
}

/// Prints where the training of a network leads, on pairs made by one with other weights.
fn train(
    name: &str,
    network: &Network,
    pairs: usize,
    minimizer: MinimizerOptions,
    seed: u64,
) -> Result<(), Error> {
    let truth = network.random_weights(Some([-1.0, 1.0]), None, 17)?;
    let inputs: Vec<f64> = (0..network.widths()[0] * pairs)
        .map(|k| (0.37 * (k * k % 7919) as f64).sin())
        .collect();
    let outputs = network.predict(&truth, &inputs, &[])?;
    let data = Pairs::new(network, inputs, outputs)?;
    let options = TrainOptions {
        minimizer: Some(minimizer),
        seed,
        ..TrainOptions::default()
    };
    let mut trainer = Trainer::new(network, &data, &options)?;
    let start = Instant::now();
    let minimum = trainer.advance(usize::MAX)?;
    println!(
        "{name:<20} {:<20} seed {seed}: loss {:.3e}, {:?}, {} iterations, {} evaluations, {:.2} s",
        minimizer.name(),
        minimum.value,
        minimum.stop,
        minimum.iterations,
        minimum.evaluations,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Median and best microseconds of a call: beside other work only the best says what the code can
/// do.
type Times = (f64, f64);

/// Times of the action with its gradient, and of training with its gradient.
fn time(network: &Network, pairs: usize) -> Result<(Times, Times), Error> {
    let number = |k: usize| 0.5 + 0.5 * (0.7 * k as f64).sin();
    let numbers = |count: usize| -> Vec<f64> { (0..count).map(number).collect() };
    let widths = network.widths();
    let data = Pairs::new(
        network,
        numbers(pairs * widths[0]),
        numbers(pairs * widths[network.depth()]),
    )?;
    let problem = NetworkProblem::new(network, &data, &NetworkOptions::default())?;
    let mut unknowns = numbers(problem.unknowns());
    let weights = problem.weights();
    let scaled = unknowns[weights.clone()].iter_mut();
    scaled.for_each(|w| *w = 0.2 * *w - 0.1);
    let mut gradient = unknowns.clone();
    let mut action = NetworkAction::new(&problem);
    action.gradient(1e3, &unknowns, &mut gradient)?;
    let whole = measure(&mut || {
        let value = action.gradient(1e3, black_box(&unknowns), &mut gradient);
        black_box(value.map_or(f64::NAN, |value| value.action));
    });
    let mut training = Training::new(&problem, TrainedInputs::Exact)?;
    let weights = &unknowns[weights];
    let mut gradient = weights.to_vec();
    let plain = measure(&mut || {
        let value = training.gradient(black_box(weights), &mut gradient);
        black_box(value.map_or(f64::NAN, |value| value.action));
    });
    Ok((whole, plain))
}

fn measure(call: &mut dyn FnMut()) -> Times {
    const ROUNDS: usize = 51;
    let start = Instant::now();
    call();
    let once = start.elapsed().as_secs_f64();
    let calls = (2e-3 / once).clamp(1.0, 200.0) as usize;
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..calls {
                call();
            }
            start.elapsed().as_secs_f64() * 1e6 / calls as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[ROUNDS / 2], times[0])
}
