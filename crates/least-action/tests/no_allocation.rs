//! The hot path takes no memory: a counting allocator sees none while the action and its gradient
//! are evaluated, of paths and of networks, nor from step to step of an orbit. The memory taken
//! before that is bounded too.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use least_action::mechanics::{
    integrate, integrate_variational, ActionHamiltonian, ActionLagrangian, ContinuousAction,
    ContinuousActionOptions, IntegrationMethod, IntegrationOptions, VariationalMethod,
    VariationalOptions,
};
use least_action::model::Model;
use least_action::models::ModelSpec;
use least_action::network::{
    Activation, Layer, LayerValues, Network, NetworkAction, NetworkOptions, NetworkProblem, Pairs,
    TrainedInputs, Training,
};
use least_action::{Action, ActionOptions, Discretization, Observations, Problem};

struct Counting;

thread_local! {
    /// Number of allocations by this thread alone: the test harness takes memory too, and on a busy
    /// machine while the test has begun.
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

fn allocations() -> usize {
    TAKEN.with(Cell::get)
}

/// Bytes in use, and the most that were in use.
static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.with(|taken| taken.set(taken.get() + 1));
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(held, Ordering::Relaxed);
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        System.dealloc(pointer, layout)
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// The only test of this binary: another one, running beside it, would be counted too.
#[test]
fn evaluations_take_no_memory() {
    for spec in ModelSpec::catalogue() {
        for scheme in Discretization::FLOWS {
            let model = spec.build().unwrap();
            let (points, d) = (131, model.dimension());
            let data = Observations {
                start: 0.0,
                time_step: 0.01,
                points,
                observed: vec![0],
                values: vec![1.0; points],
                inputs: vec![0.1; points * model.inputs().len()],
                ..Observations::default()
            };
            let names: Vec<String> = model.parameters().iter().map(|p| p.name.clone()).collect();
            let parameters: Vec<f64> = model.parameters().iter().map(|p| p.default).collect();
            let options = ActionOptions {
                discretization: Some(scheme),
                estimate: names,
                ..ActionOptions::default()
            };
            let problem = Problem::new(Arc::new(model) as Arc<dyn Model>, data, &options).unwrap();
            let mut action = Action::new(&problem);
            let path = vec![0.5; points * d];
            let mut path_gradient = path.clone();
            let mut parameter_gradient = parameters.clone();
            let mut before = 0;
            // The first call takes memory that all others use again.
            for round in 0..3 {
                if round == 1 {
                    before = allocations();
                }
                action.evaluate(2.0, &path, &parameters).unwrap();
                action
                    .gradient(
                        2.0,
                        &path,
                        &parameters,
                        &mut path_gradient,
                        &mut parameter_gradient,
                    )
                    .unwrap();
            }
            let taken = allocations() - before;
            assert_eq!(taken, 0, "{spec:?} {}", scheme.name());
        }
    }
    networks_take_no_memory();
    mechanics_take_no_memory();
    networks_of_many_pairs_take_a_few_numbers_per_neuron();
}

/// An orbit takes the memory of one step, however many steps it has.
fn mechanics_take_no_memory() {
    let model = Arc::new(least_action::models::lorenz63().unwrap());
    let action = ContinuousAction::of_flow(model, &ContinuousActionOptions::default()).unwrap();
    let action = Arc::new(action);
    let (h, l) = (
        ActionHamiltonian(action.clone()),
        ActionLagrangian(action.clone()),
    );
    let (x, p) = ([1.0, 2.0, 20.0], [0.1, 0.2, 0.3]);
    for method in IntegrationMethod::ALL {
        let taken = |steps_per_point: usize| {
            let options = IntegrationOptions {
                method,
                time_step: 0.001 * steps_per_point as f64,
                steps_per_point,
                tangent: true,
                ..IntegrationOptions::default()
            };
            let before = allocations();
            let orbit = integrate(&h, &x, &p, &[], &options).unwrap();
            assert!(orbit.failure.is_none());
            allocations() - before
        };
        taken(1);
        assert_eq!(taken(2), taken(20), "{}", method.name());
    }
    for method in VariationalMethod::ALL {
        let taken = |steps_per_point: usize| {
            let options = VariationalOptions {
                method,
                time_step: 0.001 * steps_per_point as f64,
                steps_per_point,
                tangent: true,
                ..VariationalOptions::default()
            };
            let before = allocations();
            let orbit = integrate_variational(&l, &x, &p, &[], &options).unwrap();
            assert!(orbit.failure.is_none());
            allocations() - before
        };
        taken(1);
        assert_eq!(taken(2), taken(20), "{}", method.name());
    }
}

/// Handwritten digits: at 1,000 pairs the activations are 824,000 numbers. The data are held twice
/// (as given, and as measured), activations and weights with their slopes; beyond that only layers
/// after the first have memory.
fn networks_of_many_pairs_take_a_few_numbers_per_neuron() {
    let network = Network::feedforward(784, vec![Layer::new(30), Layer::new(10)]).unwrap();
    for count in [100, 1000] {
        let before = HELD.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let inputs = vec![0.5; 784 * count];
        let pairs = Pairs::new(&network, inputs, vec![0.25; 10 * count]).unwrap();
        let problem = NetworkProblem::new(&network, &pairs, &NetworkOptions::default()).unwrap();
        let mut action = NetworkAction::new(&problem);
        let unknowns = vec![0.01; problem.unknowns()];
        let mut gradient = unknowns.clone();
        action.gradient(2.0, &unknowns, &mut gradient).unwrap();
        let numbers = (PEAK.load(Ordering::Relaxed) - before) / 8;
        let (measured, neurons, hidden) = (794 * count, 824 * count, 40 * count);
        let bound = 2 * (measured + neurons + network.weight_count()) + 3 * hidden + (1 << 14);
        assert!(numbers <= bound, "{count} pairs: {numbers} against {bound}");
    }
}

/// Networks of all kinds of layers take no memory from the second call on.
fn networks_take_no_memory() {
    let lorenz = Arc::new(least_action::models::lorenz63().unwrap());
    let layer = |activation: Activation| Layer {
        activation,
        ..Layer::new(3)
    };
    let forced = Layer {
        forcing: 1,
        residual: Some(0.1),
        ..layer(Activation::Tanh)
    };
    let layers = vec![
        layer(Activation::Logistic),
        forced,
        Layer::of_model(lorenz, Some(0.01)),
        layer(Activation::Softmax),
    ];
    let network = Network::feedforward(5, layers).unwrap();
    let mut pairs = Pairs::new(&network, vec![0.1; 35], vec![0.2; 21]).unwrap();
    pairs.forcing = vec![LayerValues {
        layer: 1,
        values: vec![0.3; 7],
    }];
    let problem = NetworkProblem::new(&network, &pairs, &NetworkOptions::default()).unwrap();
    let mut action = NetworkAction::new(&problem);
    let mut training = Training::new(&problem, TrainedInputs::Exact).unwrap();
    let unknowns = vec![0.5; problem.unknowns()];
    let weights = &unknowns[problem.weights()];
    let (mut gradient, mut slopes) = (unknowns.clone(), weights.to_vec());
    let (mut rows, mut product) = (vec![0.0; problem.residuals()], unknowns.clone());
    let mut before = 0;
    for round in 0..3 {
        if round == 1 {
            before = allocations();
        }
        action.gradient(2.0, &unknowns, &mut gradient).unwrap();
        action
            .gauss_newton(2.0, &unknowns, &unknowns, &mut rows, &mut product)
            .unwrap();
        training.gradient(weights, &mut slopes).unwrap();
    }
    assert_eq!(allocations() - before, 0, "networks");
}
