//! The action and its derivatives against dual numbers, central differences and each other.

use proptest::prelude::*;

use super::*;

const MODEL_PRECISION: f64 = 7.0;

pub(super) fn close(name: &str, ours: &[f64], theirs: &[f64], tolerance: f64) {
    let size = theirs.iter().fold(1e-300f64, |m, v| m.max(v.abs()));
    for (k, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!(
            (a - b).abs() <= tolerance * size,
            "{name}: {a} and {b} at {k}"
        );
    }
}

fn check_against_dual_numbers(case: &Case) {
    let mut action = NetworkAction::new(&case.problem());
    let mut gradient = case.unknowns.clone();
    let value = action
        .gradient(MODEL_PRECISION, &case.unknowns, &mut gradient)
        .unwrap();
    let again = action.evaluate(MODEL_PRECISION, &case.unknowns).unwrap();
    assert_eq!(value, again);
    let sum = value.measurement_error + value.model_error + value.prior_error;
    assert_eq!(value.action, sum);
    let plain: Vec<Dual64> = case.unknowns.iter().map(|&x| Dual64::from(x)).collect();
    let expected = reference(case, MODEL_PRECISION, &plain).re;
    close(&case.name, &[value.action], &[expected], 1e-13);
    let expected = case.dual(&case.unknowns, |x| reference(case, MODEL_PRECISION, x));
    close(&case.name, &gradient, &expected, 1e-13);
}

#[test]
fn gradients_are_those_of_dual_numbers_for_every_kind_of_network() {
    for case in cases(1) {
        check_against_dual_numbers(&case.with(Normalization::Mean));
    }
    for case in cases(2) {
        check_against_dual_numbers(&case.with(Normalization::Posterior));
    }
}

#[test]
fn gradients_are_limits_of_differences() {
    let h = 1e-5;
    for case in cases(3) {
        let mut action = NetworkAction::new(&case.problem());
        let mut gradient = case.unknowns.clone();
        action
            .gradient(MODEL_PRECISION, &case.unknowns, &mut gradient)
            .unwrap();
        let mut x = case.unknowns.clone();
        let differences: Vec<f64> = (0..x.len())
            .map(|k| {
                let mut beside = |s: f64| {
                    x[k] = case.unknowns[k] + s * h;
                    let value = action.evaluate(MODEL_PRECISION, &x).unwrap().action;
                    x[k] = case.unknowns[k];
                    value
                };
                (beside(1.0) - beside(-1.0)) / (2.0 * h)
            })
            .collect();
        close(&case.name, &gradient, &differences, 1e-8);
    }
}

#[test]
fn push_forward_and_pull_back_are_transposes_and_make_the_gauss_newton_hessian() {
    for case in cases(4) {
        let problem = case.problem();
        let mut action = NetworkAction::new(&problem);
        let x = &case.unknowns;
        action.evaluate(MODEL_PRECISION, x).unwrap();
        let v = numbers(x.len(), 5, 1.0);
        let u = numbers(problem.residuals(), 6, 1.0);
        let (mut jv, mut jtu) = (u.clone(), vec![0.0; x.len()]);
        action.push_forward(x, &v, &mut jv).unwrap();
        action.pull_back(x, &u, &mut jtu).unwrap();
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        close(&case.name, &[dot(&u, &jv)], &[dot(&jtu, &v)], 1e-12);
        // Along any direction the residuals change as they are differenced.
        let h = 1e-6;
        let moved = |s: f64| -> Vec<f64> { x.iter().zip(&v).map(|(x, v)| x + s * v).collect() };
        let plus = action.residuals(&moved(h)).unwrap().to_vec();
        let minus = action.residuals(&moved(-h)).unwrap().to_vec();
        let differences: Vec<f64> = plus
            .iter()
            .zip(&minus)
            .map(|(a, b)| (a - b) / (2.0 * h))
            .collect();
        close(&case.name, &jv, &differences, 1e-8);
        // At residuals of zero it is the Hessian: v^T H v is the curvature of measurements and
        // priors, and of the squared J v.
        action.evaluate(MODEL_PRECISION, x).unwrap();
        let (mut rows, mut product) = (u.clone(), x.clone());
        action
            .gauss_newton(MODEL_PRECISION, x, &v, &mut rows, &mut product)
            .unwrap();
        let at = |s: f64| {
            let mut action = NetworkAction::new(&problem);
            let value = action.evaluate(MODEL_PRECISION, &moved(s)).unwrap();
            value.measurement_error + value.prior_error
        };
        // Quadratic, so that any step is exact but for rounding.
        let given = at(1.0) - 2.0 * at(0.0) + at(-1.0);
        let residuals = problem.residuals();
        let weight = 2.0 * MODEL_PRECISION * problem.normalization().factor(residuals);
        let expected = given + weight * dot(&jv, &jv);
        close(&case.name, &[dot(&v, &product)], &[expected], 1e-11);
    }
}

#[test]
fn saturated_neurons_and_relus_kink_have_the_gradients_of_dual_numbers() {
    for activation in Activation::ALL {
        let layer = Layer {
            activation,
            ..Layer::new(3)
        };
        let network = Network::feedforward(2, vec![layer]).unwrap();
        let mut case = Case::new(activation.name(), network, 3, 8);
        let weights = case.problem().weights();
        // Further out the textbook's forms overflow.
        let far = case.unknowns[weights.clone()].iter_mut();
        far.for_each(|w| *w *= 100.0);
        check_against_dual_numbers(&case);
        // Exactly at the kink.
        case.unknowns[weights].fill(0.0);
        check_against_dual_numbers(&case);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Networks of any depth, widths, activations, biases, ties and number of pairs.
    #[test]
    fn gradients_match_at_any_shape(
        widths in prop::collection::vec(1usize..9, 2..6),
        activations in prop::collection::vec(0usize..6, 6),
        forms in prop::collection::vec(0usize..5, 6),
        count in 1usize..7,
        seed in 0u64..1000,
    ) {
        let mut layers = Vec::new();
        for (l, pair) in widths.windows(2).enumerate() {
            let activation = Activation::ALL[activations[l]];
            let layer = Layer { activation, ..Layer::new(pair[1]) };
            layers.push(match forms[l] {
                0 => Layer { bias: Bias::None, ..layer },
                1 => Layer { bias: Bias::Fixed(numbers(pair[1], seed, 1.0)), ..layer },
                2 => Layer { share: Some(format!("{} {}", pair[0], pair[1])), ..layer },
                3 => Layer { forcing: 2, ..layer },
                _ if pair[0] == pair[1] => Layer { residual: Some(0.1), ..layer },
                _ => layer,
            });
        }
        let network = Network::feedforward(widths[0], layers).unwrap();
        let case = Case::new("random", network, count, seed);
        let normalization = Normalization::ALL[seed as usize % 2];
        check_against_dual_numbers(&case.with(normalization));
    }
}
