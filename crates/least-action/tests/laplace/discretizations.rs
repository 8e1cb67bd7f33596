//! Corrected means of one posterior by several discretisations, against sums over a grid of
//! parameters and first state, with the model solved exactly.

use least_action::model::ModelBuilder;
use least_action::statistics::LaplaceFindingCode;
use least_action::{ActionOptions, Discretization};

use super::*;

const NOISE: f64 = 0.2;
const MODEL_PRECISION: f64 = 1e7;

/// An amount that is used up: `S' = -Vm S / (Km + S)`, measured at times 0 to `last`.
struct Saturating {
    last: usize,
    values: Vec<f64>,
}

/// Amount at a time, from `Km ln(S / S0) + S - S0 = -Vm t`, solved for ln S by Newton's method.
fn amount(vm: f64, km: f64, s0: f64, time: f64) -> f64 {
    let constant = km * s0.ln() + s0 - vm * time;
    let mut y = if constant > km {
        constant.ln()
    } else {
        constant / km
    };
    for _ in 0..60 {
        let step = (km * y + y.exp() - constant) / (km + y.exp());
        y -= step;
        if step.abs() < 1e-13 * (1.0 + y.abs()) {
            break;
        }
    }
    y.exp()
}

impl Saturating {
    fn new(seed: u64, last: usize) -> Self {
        let noise = numbers(3 * (last + 1), seed, NOISE);
        let value = |t: usize| {
            // The sum of three uniform numbers has the variance of one times three.
            let noise: f64 = noise[3 * t..][..3].iter().sum();
            amount(1.0, 0.3, 10.0, t as f64) + noise
        };
        Saturating {
            last,
            values: (0..=last).map(value).collect(),
        }
    }

    /// Means and deviations of Vm, Km and S0 under uniform priors.
    fn exact(&self, centre: [f64; 3], deviation: [f64; 3]) -> ([f64; 3], [f64; 3]) {
        const HALF: i32 = 18;
        let (mut sum, mut first, mut second) = (0.0, [0.0; 3], [0.0; 3]);
        let place = |i: usize, k: i32| centre[i] + deviation[i] * f64::from(k) * 6.0 / 18.0;
        for a in -HALF..=HALF {
            // Km is skewed to the right.
            for b in -HALF..=2 * HALF {
                for c in -HALF..=HALF {
                    let at = [place(0, a), place(1, b), place(2, c)];
                    if at[1] <= 1e-3 {
                        continue;
                    }
                    let misfit = |(t, value): (usize, &f64)| {
                        ((amount(at[0], at[1], at[2], t as f64) - value) / NOISE).powi(2)
                    };
                    let chi: f64 = self.values.iter().enumerate().map(misfit).sum();
                    let weight = (-0.5 * (chi - self.values.len() as f64)).exp();
                    sum += weight;
                    for i in 0..3 {
                        first[i] += weight * at[i];
                        second[i] += weight * at[i] * at[i];
                    }
                }
            }
        }
        let mean = first.map(|m| m / sum);
        let deviation = |i: usize| (second[i] / sum - mean[i] * mean[i]).sqrt();
        (mean, std::array::from_fn(deviation))
    }

    fn laplace(&self, discretization: Discretization, steps: usize) -> Laplace {
        let model = ModelBuilder::new("saturating")
            .states(["S"])
            .parameter("Vm", 1.0, "")
            .parameter("Km", 0.3, "")
            .flow(|x, p| vec![-p[0] * x[0] / (p[1] + x[0])])
            .unwrap();
        let points = self.last * steps + 1;
        let mut values = vec![f64::NAN; points];
        for (t, value) in self.values.iter().enumerate() {
            values[t * steps] = *value;
        }
        let options = ActionOptions {
            discretization: Some(discretization),
            measurement_precision: (1.0 / (NOISE * NOISE)).into(),
            estimate: vec!["Vm".into(), "Km".into()],
            ..ActionOptions::default()
        };
        let time_step = 1.0 / steps as f64;
        let data = observations(points, time_step, vec![0], values);
        let path = (0..points).map(|n| amount(1.0, 0.3, 10.0, n as f64 * time_step));
        let start: Vec<f64> = path.chain([1.0, 0.3]).collect();
        laplace(&posterior(model, data, &options, MODEL_PRECISION), &start)
    }
}

#[test]
fn all_discretizations_correct_means_alike() {
    let (case, unknown) = (
        Saturating::new(4, 20),
        |found: &Laplace, i: usize| match i {
            2 => 0,
            _ => found.mode().len() - 2 + i,
        },
    );
    let reference = case.laplace(Discretization::Rk4, 10);
    let of = |found: &Laplace, values: &[f64]| -> [f64; 3] {
        std::array::from_fn(|i| values[unknown(found, i)])
    };
    let deviation = of(&reference, &reference.deviations());
    let (mean, exact) = case.exact(of(&reference, reference.mode()), deviation);
    for (discretization, steps) in [
        (Discretization::Rk4, 10),
        (Discretization::SimpsonHermite, 10),
        (Discretization::SimpsonHermite, 40),
        (Discretization::Trapezoid, 40),
        (Discretization::Midpoint, 40),
    ] {
        let found = case.laplace(discretization, steps);
        let shift = found.mean_shift().unwrap();
        let (mode, shift) = (of(&found, found.mode()), of(&found, &shift));
        let determinants = of(&found, &found.step_determinant_shift().unwrap());
        for i in 0..3 {
            let off = (mode[i] + shift[i] - mean[i]) / exact[i];
            assert!(
                off.abs() < 0.06,
                "{} {steps} {i}: {off}",
                discretization.name()
            );
        }
        // Without the determinants, implicit steps would be far off.
        let is_large = (determinants[1] / exact[1]).abs() > 1.0;
        assert_eq!(is_large, !discretization.is_explicit(), "{determinants:?}");
        let skewed = found.findings(Some(&found.mean_shift().unwrap())).unwrap();
        let skewed = skewed.iter().find(|f| f.code == LaplaceFindingCode::Skewed);
        let skewed = skewed.map_or("", |finding| &finding.message);
        assert!(
            !skewed.contains("Km (+1") && !skewed.contains("Km (+2"),
            "{skewed}"
        );
    }
}
