//! The hot path takes no memory: a counting allocator sees none while the action and its gradient are evaluated.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use least_action::model::Model;
use least_action::models::ModelSpec;
use least_action::network::{
    Activation, Layer, Network, NetworkAction, NetworkOptions, NetworkProblem, Pairs,
};
use least_action::{Action, ActionOptions, Discretization, Observations, Problem};

struct Counting;

static TAKEN: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.fetch_add(1, Ordering::Relaxed);
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
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
            // What the first call takes is kept for all others.
            for round in 0..3 {
                if round == 1 {
                    before = TAKEN.load(Ordering::Relaxed);
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
            let taken = TAKEN.load(Ordering::Relaxed) - before;
            assert_eq!(taken, 0, "{spec:?} {}", scheme.name());
        }
    }
    evaluations_of_networks_take_no_memory();
}

fn evaluations_of_networks_take_no_memory() {
    for activation in Activation::ALL {
        let deep = Layer::new(7, activation).share("deep").step(0.1);
        let layers = [Layer::new(7, activation), deep.clone(), deep];
        let network = Network::feedforward(5, &layers).unwrap();
        let pairs = Pairs::new(&network, vec![0.5; 5 * 67], vec![0.5; 7 * 67]);
        let problem = NetworkProblem::new(network, pairs, &NetworkOptions::default()).unwrap();
        let mut action = NetworkAction::new(&problem);
        let unknowns = vec![0.3; problem.unknowns()];
        let mut gradient = unknowns.clone();
        let before = TAKEN.load(Ordering::Relaxed);
        action.evaluate(2.0, &unknowns, &mut gradient).unwrap();
        let taken = TAKEN.load(Ordering::Relaxed) - before;
        assert_eq!(taken, 0, "{activation}");
    }
}
