//! Positive states, against least squares of the equations in natural units: an integrator of this
//! file, which knows nothing of logarithms, with steps twenty times finer than the grid.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::{FirstState, FirstValue, Prior};
use least_action::anneal::{Estimate, Verdict};
use least_action::model::{EquationModel, ModelBuilder};
use least_action::statistics::{Uncertainty, UncertaintyOptions};
use least_action::twin::Horizon;
use least_action::{AnnealOptions, Annealer, Observations, Run};
use nalgebra::{DMatrix, DVector};

/// Rates of change in natural units: states, parameters.
type Rates = fn(&[f64], &[f64]) -> Vec<f64>;

/// Classical Runge-Kutta steps between the points of a grid.
fn integrated(rates: Rates, first: &[f64], p: &[f64], step: f64, points: usize) -> Vec<Vec<f64>> {
    const FINER: usize = 20;
    let h = step / FINER as f64;
    let moved = |x: &[f64], k: &[f64], by: f64| -> Vec<f64> {
        x.iter().zip(k).map(|(x, k)| x + by * k).collect()
    };
    let mut path = vec![first.to_vec()];
    for _ in 1..points {
        let mut x = path[path.len() - 1].clone();
        for _ in 0..FINER {
            let a = rates(&x, p);
            let b = rates(&moved(&x, &a, 0.5 * h), p);
            let c = rates(&moved(&x, &b, 0.5 * h), p);
            let d = rates(&moved(&x, &c, h), p);
            for (i, x) in x.iter_mut().enumerate() {
                *x += h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]);
            }
        }
        path.push(x);
    }
    path
}

/// Nearly normal numbers.
fn normals(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    let mut uniform = move || {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        state as f64 / 2_147_483_648.0
    };
    move || (0..12).map(|_| uniform()).sum::<f64>() - 6.0
}

/// Problem with data of functions of the states: every `every`-th point.
struct Twin {
    rates: Rates,
    first: Vec<f64>,
    parameters: Vec<f64>,
    step: f64,
    points: usize,
    every: usize,
    noise: f64,
    /// Number of the first columns of what is seen that are measured, and the functions.
    measured: usize,
    seen: fn(&[f64]) -> Vec<f64>,
}

impl Twin {
    fn predictions(&self, first: &[f64], parameters: &[f64]) -> Vec<f64> {
        let path = integrated(self.rates, first, parameters, self.step, self.points);
        let rows = path.iter().step_by(self.every);
        rows.flat_map(|x| (self.seen)(x)).collect()
    }

    /// Measured values at all points of the grid.
    fn data(&self, observed: Vec<usize>) -> Observations {
        let mut normal = normals(7);
        let values = self.predictions(&self.first, &self.parameters);
        let noisy: Vec<f64> = values.iter().map(|v| v + self.noise * normal()).collect();
        let row = |n: usize| match n.is_multiple_of(self.every) {
            true => noisy[n / self.every * self.measured..][..self.measured].to_vec(),
            false => vec![f64::NAN; self.measured],
        };
        Observations {
            time_step: self.step,
            points: self.points,
            observed,
            values: (0..self.points).flat_map(row).collect(),
            ..Observations::default()
        }
    }

    /// Logarithms of parameters and then of first states with the least sum of squares, and their
    /// deviations, by steps of Gauss and Newton from the truth.
    fn least_squares(&self, data: &Observations) -> (DVector<f64>, DVector<f64>) {
        let values = data.values.iter().filter(|y| !y.is_nan());
        let values: Vec<f64> = values.copied().collect();
        let count = self.parameters.len();
        let errors = |z: &DVector<f64>| -> DVector<f64> {
            let natural: Vec<f64> = z.iter().map(|z| z.exp()).collect();
            let predictions = self.predictions(&natural[count..], &natural[..count]);
            let pairs = predictions.iter().zip(&values);
            DVector::from_iterator(values.len(), pairs.map(|(p, y)| (p - y) / self.noise))
        };
        let truth = self.parameters.iter().chain(&self.first);
        let mut z = DVector::from_iterator(count + self.first.len(), truth.map(|x| x.ln()));
        let mut matrix = DMatrix::zeros(z.len(), z.len());
        for _ in 0..12 {
            let mut slopes = DMatrix::zeros(values.len(), z.len());
            for k in 0..z.len() {
                let mut ends = [z.clone(), z.clone()];
                ends[0][k] += 1e-5;
                ends[1][k] -= 1e-5;
                slopes.set_column(k, &((errors(&ends[0]) - errors(&ends[1])) / 2e-5));
            }
            matrix = slopes.transpose() * &slopes;
            let gradient = slopes.transpose() * errors(&z);
            z -= matrix.clone().cholesky().unwrap().solve(&gradient);
        }
        let covariance = matrix.cholesky().unwrap().inverse();
        (z, covariance.diagonal().map(f64::sqrt))
    }
}

fn estimate(ranges: &[(&str, f64, f64)]) -> BTreeMap<String, Estimate> {
    let each = ranges.iter().map(|&(name, low, high)| {
        let estimate = Estimate {
            initial: Some([low, high]),
            scale: least_action::action::ParameterScale::Log,
            ..Estimate::default()
        };
        (name.to_string(), estimate)
    });
    each.collect()
}

fn annealed(model: EquationModel, data: Observations, options: AnnealOptions) -> (Annealer, Run) {
    let annealer = Annealer::new(Arc::new(model), data, options).unwrap();
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    (annealer, run)
}

/// Compares estimates with least squares: parameters and first states to `share` of their
/// deviations, and the deviations by Laplace's method to a twentieth.
fn compare(annealer: &Annealer, run: &Run, twin: &Twin, data: &Observations, share: f64) {
    let what = run.diagnose();
    assert_eq!(run.verdict, Verdict::Consistent, "{what}");
    let (expected, deviations) = twin.least_squares(data);
    let found = Uncertainty::new(annealer, &[run.best()], &UncertaintyOptions::default()).unwrap();
    let (means, own) = found.moments();
    let count = twin.parameters.len();
    let path = means.len() - count;
    // Parameters are in the order of the model, and all of them have logarithms.
    let places = (path..path + count).chain(0..twin.first.len());
    for (k, place) in places.enumerate() {
        let error = (means[place] - expected[k]) / deviations[k];
        assert!(error.abs() < share, "{k}: {} {}", means[place], expected[k]);
        let ratio = own[place] / deviations[k];
        assert!((ratio - 1.0).abs() < 0.05, "{k}: {ratio}");
    }
}

fn predators(x: &[f64], p: &[f64]) -> Vec<f64> {
    vec![x[0] * (p[0] - x[1]), x[1] * (x[0] - p[1])]
}

#[test]
fn troughs_of_1e_minus_15_are_no_obstacle() {
    let twin = Twin {
        rates: predators,
        first: vec![20.0, 1e-8],
        parameters: vec![2.0, 1.5],
        step: 0.01,
        points: 2201,
        every: 5,
        noise: 0.5,
        measured: 2,
        seen: |x| x.to_vec(),
    };
    let model = ModelBuilder::new("predators")
        .states(["prey", "predators"])
        .positive(["prey", "predators"])
        .parameter("a", 2.0, "")
        .parameter("d", 1.5, "")
        .flow(|x, p| vec![x[0] * (p[0] - x[1]), x[1] * (x[0] - p[1])])
        .unwrap();
    let path = integrated(predators, &twin.first, &twin.parameters, 0.01, 2201);
    let least = path.iter().flatten().fold(1.0f64, |least, x| least.min(*x));
    assert!(least < 1e-14, "{least}");
    let data = twin.data(vec![0, 1]);
    let options = AnnealOptions {
        measurement_precision: 4.0.into(),
        estimate: estimate(&[("a", 1.0, 4.0), ("d", 0.7, 3.0)]),
        ..AnnealOptions::default()
    };
    let (annealer, run) = annealed(model, data.clone(), options);
    compare(&annealer, &run, &twin, &data, 0.05);
    // What is predicted is in natural units.
    let horizon = Horizon {
        until: 24.0,
        ..Horizon::default()
    };
    let problem = annealer.problem();
    let future = least_action::twin::predict(problem, run.best(), horizon).unwrap();
    let natural = problem.states_at(&run.best().path);
    assert_eq!(future.path[..2], natural[natural.len() - 2..]);
    assert!(natural.iter().all(|x| *x > 0.0));
}

fn viral(x: &[f64], p: &[f64]) -> Vec<f64> {
    let infected = p[0] * x[0] * x[1];
    vec![-0.05 * x[0] - infected, 0.9 * infected - p[1] * x[1]]
}

/// Target cells and virus, of which the decimal logarithm is measured.
fn viral_model(positive: bool) -> EquationModel {
    let builder = ModelBuilder::new("virus")
        .states(["P", "D"])
        .observables(["load"])
        .parameter("b", 0.002, "")
        .parameter("d", 0.5, "");
    let builder = match positive {
        true => builder.positive(["P", "D"]),
        // In natural units a path must be told where to begin, or it goes through zero.
        false => builder.initial_state([1000.0, 1.0]),
    };
    builder
        .flow(|x, p| {
            let infected = p[0] * x[0] * x[1];
            vec![
                x[0] * -0.05 - infected,
                infected * 0.9 - p[1] * x[1],
                x[1].ln() / std::f64::consts::LN_10,
            ]
        })
        .unwrap()
}

fn viral_twin() -> Twin {
    Twin {
        rates: viral,
        first: vec![1000.0, 1.0],
        parameters: vec![0.002, 0.5],
        step: 0.25,
        points: 105,
        every: 4,
        noise: 0.1,
        measured: 1,
        seen: |x| vec![x[1].log10()],
    }
}

#[test]
fn a_logarithm_is_measured_and_nothing_says_how_large_the_states_are() {
    let twin = viral_twin();
    let data = twin.data(vec![2]);
    let options = AnnealOptions {
        measurement_precision: 100.0.into(),
        estimate: estimate(&[("b", 5e-4, 1e-2), ("d", 0.1, 2.0)]),
        ..AnnealOptions::default()
    };
    let roughly = |mean: f64, deviation: f64| FirstValue::from(Prior { mean, deviation });
    let first: FirstState = [
        ("P".to_string(), roughly(1000.0, 1.0)),
        ("D".to_string(), roughly(1.0, 0.01)),
    ]
    .into();
    let known = AnnealOptions {
        first_state: first,
        ..options.clone()
    };
    let (_, positive) = annealed(viral_model(true), data.clone(), known.clone());
    let (_, natural) = annealed(viral_model(false), data.clone(), known);
    for run in [&positive, &natural] {
        assert_eq!(run.verdict, Verdict::Consistent, "{}", run.diagnose());
    }
    // One likelihood, whatever the coordinates are; the prior is precise in both. The error of the
    // time step, a tenth of a deviation of 0.04, is another in each.
    let pairs = positive.best().parameters.iter();
    for (a, b) in pairs.zip(&natural.best().parameters) {
        assert!((a - b).abs() < 6e-3, "{a} {b}");
    }
    // Without a prior too, as the cells are used up.
    let (annealer, run) = annealed(viral_model(true), data.clone(), options);
    compare(&annealer, &run, &twin, &data, 0.1);
}

fn epidemic(x: &[f64], p: &[f64]) -> Vec<f64> {
    let infected = p[0] * x[0] * x[1];
    vec![-infected, infected - p[1] * x[1]]
}

#[test]
fn a_hidden_positive_state_gets_its_size_from_rates_in_any_unit() {
    for unit in [1.0, 4e6] {
        let twin = Twin {
            rates: epidemic,
            first: vec![0.9 * unit, 0.01 * unit],
            parameters: vec![1.6 / unit, 0.4],
            step: 0.25,
            points: 101,
            every: 2,
            noise: 0.004 * unit,
            measured: 1,
            seen: |x| vec![x[1]],
        };
        let model = ModelBuilder::new("epidemic")
            .states(["S", "I"])
            .positive(["S", "I"])
            .parameter("beta", 1.0 / unit, "")
            .parameter("gamma", 1.0, "")
            .flow(|x, p| {
                let infected = p[0] * x[0] * x[1];
                vec![-infected, infected - p[1] * x[1]]
            })
            .unwrap();
        let data = twin.data(vec![1]);
        let precision = 1.0 / (twin.noise * twin.noise);
        let options = AnnealOptions {
            measurement_precision: precision.into(),
            estimate: estimate(&[("beta", 0.5 / unit, 5.0 / unit), ("gamma", 0.1, 2.0)]),
            ..AnnealOptions::default()
        };
        let (annealer, run) = annealed(model, data.clone(), options);
        compare(&annealer, &run, &twin, &data, 0.05);
    }
}

#[test]
fn first_states_of_positive_states_are_said_in_natural_units() {
    let twin = viral_twin();
    let data = twin.data(vec![2]);
    let with = |first: FirstState| AnnealOptions {
        measurement_precision: 100.0.into(),
        estimate: estimate(&[("b", 5e-4, 1e-2), ("d", 0.1, 2.0)]),
        first_state: first,
        bounds: BTreeMap::from([("P".to_string(), [0.0, 1e5])]),
        ..AnnealOptions::default()
    };
    let of = |p: FirstValue, d: FirstValue| -> FirstState {
        [("P".to_string(), p), ("D".to_string(), d)].into()
    };
    let held = with(of(1000.0.into(), 1.0.into()));
    let formula = with(of("500/d".into(), "2*d".into()));
    for (options, exact) in [(held, true), (formula, false)] {
        let (annealer, run) = annealed(viral_model(true), data.clone(), options);
        assert_eq!(run.verdict, Verdict::Consistent, "{}", run.diagnose());
        let problem = annealer.problem();
        let first = problem.states_at(&run.best().path[..2]);
        let d = problem.parameters_at(&run.best().parameters)[1];
        let expected = match exact {
            true => [1000.0, 1.0],
            false => [500.0 / d, 2.0 * d],
        };
        for (own, value) in first.iter().zip(expected) {
            assert!((own / value - 1.0).abs() < 1e-5, "{own} {value}");
        }
    }
    let refused = |first: FirstState| {
        let model = Arc::new(viral_model(true));
        let error = Annealer::new(model, data.clone(), with(first)).err();
        error.map(|error| error.to_string()).unwrap_or_default()
    };
    let zero = refused(of(0.0.into(), 1.0.into()));
    assert!(
        zero.contains("firstState.P") && zero.contains("positive"),
        "{zero}"
    );
    let beyond = refused(of(2e5.into(), 1.0.into()));
    assert!(beyond.contains("bounds.P, from 0 to 1"), "{beyond}");
}
