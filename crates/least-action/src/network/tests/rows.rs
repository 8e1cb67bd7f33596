//! The rows of a network against its action.

use super::super::*;
use crate::action::Prior;
use crate::random::Random;
use crate::solve::{Assembly, BlockMatrix};

/// Value and gradient from rows, against those that are computed layer by layer with all pairs at
/// once.
#[test]
fn rows_add_up_to_the_action_and_its_gradient() {
    let layer = |width, activation| Layer {
        activation,
        ..Layer::new(width)
    };
    let tied = Layer {
        residual: Some(0.3),
        share: Some("tied".into()),
        bias: Bias::None,
        ..layer(4, Activation::Softplus)
    };
    let layers = vec![
        Layer {
            forcing: 2,
            ..layer(4, Activation::Tanh)
        },
        tied.clone(),
        tied,
        Layer {
            bias: Bias::Fixed(vec![0.3, -0.1]),
            ..layer(2, Activation::Relu)
        },
        layer(5, Activation::Logistic),
        layer(3, Activation::Softmax),
    ];
    let network = Network::feedforward(3, layers).unwrap();
    let mut random = Random::new(3, 0);
    let mut draw = |count: usize| -> Vec<f64> { (0..count).map(|_| random.normal()).collect() };
    for bounded in [false, true] {
        let pairs = 7;
        let mut outputs = draw(pairs * 3);
        outputs[4] = f64::NAN;
        let at = |layer: usize, values: Vec<f64>| vec![LayerValues { layer, values }];
        let data = Pairs {
            measurements: at(2, draw(pairs * 4)),
            forcing: at(0, draw(pairs * 2)),
            ..Pairs::new(&network, draw(pairs * 3), outputs).unwrap()
        };
        let prior = Prior {
            mean: 0.2,
            deviation: 0.7,
        };
        let options = NetworkOptions {
            measurement_precision: 3.0,
            bias_prior: Some(prior),
            weight_prior: bounded.then_some(prior),
            weight_bounds: bounded.then_some([-1.0, 1.0]),
            ..NetworkOptions::default()
        };
        let problem = NetworkProblem::new(&network, &data, &options).unwrap();
        let unknowns = draw(problem.unknowns());
        let mut expected = vec![0.0; unknowns.len()];
        let mut action = NetworkAction::new(&problem);
        let value = action.gradient(5.0, &unknowns, &mut expected).unwrap();

        let mut rows = PairRows::new(&problem).unwrap().unwrap();
        let mut x = vec![0.0; rows.layout().unknowns()];
        rows.spread(&unknowns, &mut x);
        let mut now = rows.linearization();
        now.validate(rows.layout()).unwrap();
        rows.linearize(5.0, &x, &mut now);
        assert!((now.value() - value.action).abs() < 1e-12 * value.action);
        let mut gradient = vec![0.0; x.len()];
        let mut hessian = BlockMatrix::new(rows.layout());
        Assembly::new(rows.layout(), &now).assemble(&now, &mut hessian, &mut gradient);
        let mut own = vec![0.0; unknowns.len()];
        rows.gather(&gradient, &mut own);
        for (k, (own, expected)) in own.iter().zip(&expected).enumerate() {
            let error = (own - expected).abs();
            assert!(
                error < 1e-11 * (1.0 + expected.abs()),
                "{k} {own} {expected}"
            );
        }
    }
}
