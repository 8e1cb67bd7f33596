//! Boundary-value problems that the tests of several methods share.

use super::*;
use crate::action::Precision;

/// A problem with the path to begin with.
pub(super) struct BoundaryCase {
    pub system: System,
    pub path: Vec<f64>,
    pub options: BoundaryOptions,
}

impl BoundaryCase {
    pub fn solve(&self, method: BoundaryMethod) -> BoundarySolution {
        self.solve_with(|o| o.method = method)
    }

    pub fn solve_with(&self, change: impl FnOnce(&mut BoundaryOptions)) -> BoundarySolution {
        self.try_with(change).unwrap()
    }

    pub fn try_with(
        &self,
        change: impl FnOnce(&mut BoundaryOptions),
    ) -> crate::error::Result<BoundarySolution> {
        let mut options = self.options.clone();
        change(&mut options);
        solve_boundary_value_problem(&self.system, &self.path, None, &options)
    }
}

/// Measurements of all states at both ends only; NaN where there is none.
pub(super) fn at_ends(steps: usize, time_step: f64, first: &[f64], last: &[f64]) -> Observations {
    let d = first.len();
    let mut values = vec![f64::NAN; (steps + 1) * d];
    values[..d].copy_from_slice(first);
    values[steps * d..].copy_from_slice(last);
    Observations {
        time_step,
        points: steps + 1,
        observed: (0..d).collect(),
        values,
        ..Observations::default()
    }
}

pub(super) fn case(
    model: Arc<dyn Model>,
    data: &Observations,
    precisions: [Precision; 2],
    path: Vec<f64>,
    integrator: IntegrationMethod,
) -> BoundaryCase {
    let [measurement_precision, model_precision] = precisions;
    let options = ContinuousActionOptions {
        measurement_precision,
        model_precision,
        ..ContinuousActionOptions::default()
    };
    BoundaryCase {
        system: System::of_action(ContinuousAction::new(model, data, &options).unwrap()),
        path,
        options: BoundaryOptions {
            integrator,
            time_step: data.time_step,
            tolerance: 1e-10,
            // Steps of a network are layers: there are no errors of steps.
            mesh_tolerance: 0.99,
            second_variation: false,
            ..BoundaryOptions::default()
        },
    }
}

/// A damped oscillator whose first and last states do not fit each other.
pub(super) fn oscillator(steps: usize, integrator: IntegrationMethod) -> BoundaryCase {
    let model = ModelBuilder::new("oscillator")
        .states(["x", "v"])
        .flow(|s, _| vec![s[1], -s[0] - s[1] * 0.3]);
    let data = at_ends(steps, 2.0 / steps as f64, &[1.0, 0.2], &[0.4, -0.9]);
    let precisions = [3.0.into(), Precision::PerComponent(vec![5.0, 2.0])];
    let path = vec![0.5; 2 * (steps + 1)];
    case(
        Arc::new(model.unwrap()),
        &data,
        precisions,
        path,
        integrator,
    )
}

/// Neurons of both pairs, then the weights by rows, then the biases.
pub(super) const NETWORK: usize = 10;

/// Two input and output pairs through a residual network of two neurons, whose weights are states
/// with a prior at the first layer: depth 1.5 in `layers` steps.
pub(super) fn network(layers: usize, prior: f64, integrator: IntegrationMethod) -> BoundaryCase {
    let names = [
        "a0", "a1", "b0", "b1", "w00", "w01", "w10", "w11", "c0", "c1",
    ];
    let model = ModelBuilder::new("network").states(names).flow(|s, _| {
        let neuron = |pair: usize, i: usize| {
            (s[4 + 2 * i] * s[2 * pair] + s[5 + 2 * i] * s[2 * pair + 1] + s[8 + i]).tanh()
        };
        let mut slopes = vec![neuron(0, 0), neuron(0, 1), neuron(1, 0), neuron(1, 1)];
        slopes.extend((4..NETWORK).map(|k| s[k] * 0.0));
        slopes
    });
    let inputs = [1.0, 0.2, -0.3, 0.8];
    let outputs = [0.3, 1.1, 0.6, -0.2];
    let ends = [inputs, outputs].map(|pairs| {
        let mut end = pairs.to_vec();
        end.resize(NETWORK, 0.0);
        end
    });
    let time_step = 1.5 / layers as f64;
    let mut data = at_ends(layers, time_step, &ends[0], &ends[1]);
    // Nothing is known of the last weights.
    data.values[layers * NETWORK + 4..].fill(f64::NAN);
    let per = |neurons: f64, weights: f64| {
        let mut list = vec![neurons; 4];
        list.resize(NETWORK, weights);
        Precision::PerComponent(list)
    };
    let weights = numbers(NETWORK - 4, 11, 0.5);
    let path = (0..=layers).flat_map(|l| {
        let share = l as f64 / layers as f64;
        let neurons = (0..4).map(move |i| (1.0 - share) * inputs[i] + share * outputs[i]);
        neurons.chain(weights.clone())
    });
    let path = path.collect();
    let precisions = [per(10.0, prior), per(100.0, 10.0)];
    case(
        Arc::new(model.unwrap()),
        &data,
        precisions,
        path,
        integrator,
    )
}

pub(super) fn assert_same(a: &BoundarySolution, b: &BoundarySolution, tolerance: f64, what: &str) {
    assert!(a.failure.is_none(), "{what}: {:?}", a.failure);
    assert!(b.failure.is_none(), "{what}: {:?}", b.failure);
    for (a, b) in [(&a.path, &b.path), (&a.momentum, &b.momentum)] {
        let size = a.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs());
        let worst = worst.fold(0.0, f64::max);
        assert!(worst < tolerance * size, "{what}: {worst:e} of {size}");
    }
    let off = (a.action - b.action).abs();
    assert!(
        off < tolerance * a.action.abs(),
        "{what}: action off {off:e}"
    );
}
