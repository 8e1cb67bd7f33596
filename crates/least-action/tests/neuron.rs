//! The neuron of `examples/neuron_twin.rs`: 18 parameters and three gates from one noisy voltage.

#[allow(dead_code)]
#[path = "../examples/neuron_twin.rs"]
mod neuron_twin;

use std::ops::ControlFlow;

use least_action::anneal::Verdict;
use neuron_twin::{experiment, path_error, spikes, BOUNDS};

#[test]
fn all_parameters_and_gates_are_recovered_and_spikes_predicted() {
    let (annealer, twin, inputs) = experiment(1).unwrap();
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    let best = run.best().rungs.last().unwrap();
    assert!(
        matches!(run.verdict, Verdict::Consistent),
        "{}",
        run.diagnose()
    );
    // The level is below that of the noise alone along the truth. The minimum is the same from four
    // seeds, to all digits.
    assert!((best.action - 0.992653).abs() < 2e-6, "{}", best.action);
    for ((name, [low, high]), truth) in BOUNDS.iter().zip(&twin.parameters) {
        let estimate = run.parameter(name).unwrap();
        // Errors are a few thousandths to hundredths of the allowed range, as the noise explains.
        assert!(
            (estimate - truth).abs() < 0.02 * (high - low),
            "{name} {estimate} {truth}"
        );
    }
    for (state, most) in [(0, 0.2), (1, 0.01), (2, 0.01), (3, 0.01)] {
        let error = path_error(&run, &twin, state);
        assert!(error < most, "{state} {error}");
    }
    let [predicted, truth] = spikes(&annealer, &run, &twin, &inputs).unwrap();
    assert_eq!((predicted.len(), truth.len()), (6, 6));
    for (predicted, truth) in predicted.iter().zip(&truth) {
        assert!((predicted - truth).abs() < 0.05, "{predicted} {truth}");
    }
    // The number is pinned, so that a loss of a factor of two shows here.
    let rungs = run.climbs.iter().flat_map(|climb| &climb.rungs);
    let iterations: usize = rungs.map(|rung| rung.iterations).sum();
    assert!(iterations < 350, "{iterations}");
}
