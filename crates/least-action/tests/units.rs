//! Units do not matter: with a state, time or an offset in another unit, by a power of two, a run
//! has the same verdict and the same numbers in the new unit.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::{FirstState, FirstValue, Prior};
use least_action::anneal::{Estimate, Verdict};
use least_action::model::{EquationModel, ModelBuilder};
use least_action::{AnnealOptions, Annealer, Observations, Run};

/// Units of time and of each state, in units of the first form of the problem.
#[derive(Debug, Clone, Copy)]
struct Units {
    time: f64,
    first: f64,
    second: f64,
}

const ONES: Units = Units {
    time: 1.0,
    first: 1.0,
    second: 1.0,
};

fn power(exponent: i32) -> f64 {
    2f64.powi(exponent)
}

/// Standard normal numbers that are the same on every machine: sums of twelve uniform ones.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        let mut sum = -6.0;
        for _ in 0..12 {
            self.0 = (self.0 * 1_103_515_245 + 12345) % 2_147_483_648;
            sum += self.0 as f64 / 2_147_483_648.0;
        }
        sum
    }
}

fn run(model: EquationModel, data: Observations, options: AnnealOptions) -> Run {
    let annealer = Annealer::new(Arc::new(model), data, options).unwrap();
    annealer.run(|_| ControlFlow::Continue(())).unwrap()
}

/// Oscillator `x' = v, v' = -k (x - offset) - c v` of which x is measured.
fn oscillator(units: Units, offset: f64, known: bool) -> Run {
    let stiffness_unit = 1.0 / (units.time * units.time);
    let (ratio, rest) = (units.first / units.second, offset * units.first);
    let model = ModelBuilder::new("oscillator")
        .states(["x", "v"])
        .parameter("k", 1.0, "")
        .parameter("c", 0.1, "")
        .flow(move |x, p| {
            // The velocity's unit is its own: v is second / first times the rate of x.
            let rate = x[1] * ratio / units.time;
            let force = -p[0] * (x[0] - rest) / ratio * units.time - p[1] * x[1];
            vec![rate, force]
        })
        .unwrap();
    let mut noise = Noise(7);
    let (step, points) = (0.1, 201);
    let (k, c) = (1.3f64, 0.1f64);
    let w = (k - 0.25 * c * c).sqrt();
    let values = (0..points).map(|n| {
        let t = n as f64 * step;
        let x = (-0.5 * c * t).exp() * ((w * t).cos() + 0.5 * c / w * (w * t).sin());
        let y = x + 0.05 * noise.next() + offset;
        if n % 2 == 0 {
            y * units.first
        } else {
            f64::NAN
        }
    });
    let data = Observations {
        time_step: step * units.time,
        points,
        observed: vec![0],
        values: values.collect(),
        ..Observations::default()
    };
    let estimate = |low: f64, high: f64, unit: f64| Estimate {
        initial: Some([low * unit, high * unit]),
        ..Estimate::default()
    };
    let mut options = AnnealOptions {
        measurement_precision: (400.0 / (units.first * units.first)).into(),
        estimate: BTreeMap::from([
            ("k".into(), estimate(0.5, 3.0, stiffness_unit)),
            ("c".into(), estimate(0.0, 0.5, 1.0 / units.time)),
        ]),
        ..AnnealOptions::default()
    };
    if known {
        let x = Prior {
            mean: (1.0 + offset) * units.first,
            deviation: 0.01 * units.first,
        };
        options.first_state = FirstState::All(BTreeMap::from([
            ("x".to_string(), x.into()),
            ("v".to_string(), FirstValue::Number(0.0)),
        ]));
    }
    run(model, data, options)
}

/// Compares the parameters and the path of two runs, the second in other units.
fn same(one: &Run, other: &Run, units: Units, scales: &[f64], tolerance: f64) {
    assert_eq!(one.verdict, Verdict::Consistent, "{}", one.diagnose());
    assert_eq!(
        other.verdict,
        one.verdict,
        "{units:?}: {}",
        other.diagnose()
    );
    assert_eq!(other.climbs.len(), one.climbs.len(), "{units:?}");
    let (a, b) = (one.best_rung(), other.best_rung());
    let close = |x: f64, y: f64| (x - y).abs() <= tolerance * x.abs().max(y.abs());
    assert!(
        close(a.measurement_error, b.measurement_error),
        "{units:?}: {} {}",
        a.measurement_error,
        b.measurement_error
    );
    let pairs = one.best().parameters.iter().zip(&other.best().parameters);
    for ((x, y), scale) in pairs.zip(scales) {
        assert!(close(x * scale, *y), "{units:?}: {} {}", x * scale, y);
    }
    let unit = |k: usize| {
        if k.is_multiple_of(2) {
            units.first
        } else {
            units.second
        }
    };
    let pairs = one.best().path.iter().zip(&other.best().path);
    let size = [0, 1].map(|a| {
        let values = one.best().path.iter().skip(a).step_by(2);
        values.fold(0.0f64, |most, x| most.max(x.abs()))
    });
    for (k, (x, y)) in pairs.enumerate() {
        let off = (x - y / unit(k)).abs();
        assert!(
            off <= tolerance * size[k % 2],
            "{units:?}: {k} {x} {}",
            y / unit(k)
        );
    }
}

fn units() -> Vec<Units> {
    let of = |time, first, second| Units {
        time: power(time),
        first: power(first),
        second: power(second),
    };
    vec![
        of(0, 20, 20),
        of(0, -20, -20),
        of(20, 0, -20),
        of(-20, 0, 20),
        of(0, 0, 17),
        of(0, -17, 0),
        of(20, 10, 0),
    ]
}

/// Rounding where the states keep their ratio, of which automatic weights are made. Else the errors
/// of the model have other weights; at the end of the ladder they are negligible, and so is what
/// the weights change.
fn tolerance(units: Units) -> f64 {
    match units.first == units.second {
        true => 1e-9,
        false => 1e-5,
    }
}

#[test]
fn an_oscillator_is_the_same_in_any_unit() {
    for known in [false, true] {
        let one = oscillator(ONES, 0.0, known);
        for units in units() {
            let other = oscillator(units, 0.0, known);
            let rate = 1.0 / units.time;
            same(&one, &other, units, &[rate * rate, rate], tolerance(units));
        }
    }
}

#[test]
fn an_offset_changes_nothing_else() {
    for known in [false, true] {
        let one = oscillator(ONES, 0.0, known);
        let other = oscillator(ONES, 1_048_576.0, known);
        assert_eq!(other.verdict, Verdict::Consistent, "{}", other.diagnose());
        let pairs = one.best().parameters.iter().zip(&other.best().parameters);
        for (x, y) in pairs {
            assert!((x - y).abs() < 1e-3 * x.abs(), "{x} {y}");
        }
    }
}

/// Epidemic of which the infected are counted from day 3 on, with a known beginning.
fn epidemic(units: Units) -> Run {
    let model = ModelBuilder::new("epidemic")
        .states(["S", "I"])
        .parameter("beta", 1.8, "")
        .parameter("gamma", 0.5, "")
        .flow(move |x, p| {
            let infections = p[0] * (x[0] / (1024.0 * units.first)) * x[1];
            let lost = infections * (-units.first / units.second);
            vec![lost, infections - p[1] * x[1]]
        })
        .unwrap();
    let (mut noise, step, points) = (Noise(11), 0.1, 151);
    let (mut s, mut i) = (1020.0f64, 4.0f64);
    let mut values = Vec::new();
    for n in 0..points {
        let counted = n >= 30 && n % 5 == 0;
        let y = i + 5.0 * noise.next();
        values.push(if counted { y * units.second } else { f64::NAN });
        // Heun's method with steps of a thousandth.
        let h = step / 100.0;
        for _ in 0..100 {
            let slope = |s: f64, i: f64| (-1.8 * s * i / 1024.0, 1.8 * s * i / 1024.0 - 0.5 * i);
            let a = slope(s, i);
            let b = slope(s + h * a.0, i + h * a.1);
            s += 0.5 * h * (a.0 + b.0);
            i += 0.5 * h * (a.1 + b.1);
        }
    }
    let data = Observations {
        time_step: step * units.time,
        points,
        observed: vec![1],
        values,
        ..Observations::default()
    };
    let estimate = |low: f64, high: f64| Estimate {
        initial: Some([low / units.time, high / units.time]),
        bounds: Some([0.0, f64::INFINITY]),
        ..Estimate::default()
    };
    let options = AnnealOptions {
        measurement_precision: (0.04 / (units.second * units.second)).into(),
        estimate: BTreeMap::from([
            ("beta".into(), estimate(0.8, 4.0)),
            ("gamma".into(), estimate(0.1, 1.5)),
        ]),
        first_state: FirstState::All(BTreeMap::from([
            ("S".to_string(), (1020.0 * units.first).into()),
            ("I".to_string(), (4.0 * units.second).into()),
        ])),
        ..AnnealOptions::default()
    };
    run(model, data, options)
}

#[test]
fn an_epidemic_is_the_same_in_persons_and_in_shares() {
    let one = epidemic(ONES);
    assert!((one.best().parameters[0] / 1.8 - 1.0).abs() < 0.05);
    let both = |exponent: i32| Units {
        time: 1.0,
        first: power(exponent),
        second: power(exponent),
    };
    for units in [both(-10), both(20)].into_iter().chain(units()) {
        let other = epidemic(units);
        let rate = 1.0 / units.time;
        same(&one, &other, units, &[rate, rate], tolerance(units));
    }
}

/// Epidemic `S' = -beta S I, I' = beta S I - gamma I` of which I is measured and of S nothing is
/// said. Shares, unless the units are others.
fn silent_epidemic(units: Units) -> Run {
    let model = ModelBuilder::new("silentEpidemic")
        .states(["S", "I"])
        .parameter("beta", 1.6, "")
        .parameter("gamma", 0.5, "")
        .flow(move |x, p| {
            let (s, i) = (x[0] / units.first, x[1] / units.second);
            let infection = p[0] * s * i / units.time;
            let rate = infection - p[1] * i / units.time;
            vec![-(infection * units.first), rate * units.second]
        })
        .unwrap();
    let (step, points, parts) = (0.2, 81, 1000);
    let (mut s, mut i) = (0.95, 0.008);
    let mut noise = Noise(5);
    let values = (0..points).map(|_| {
        let y = units.second * (i + 0.008 * noise.next());
        for _ in 0..parts {
            let infection = 1.6 * s * i * step / parts as f64;
            s -= infection;
            i += infection - 0.5 * i * step / parts as f64;
        }
        y
    });
    let data = Observations {
        time_step: step * units.time,
        points,
        observed: vec![1],
        values: values.collect(),
        ..Observations::default()
    };
    let estimate = |low: f64, high: f64| Estimate {
        initial: Some([low, high]),
        ..Estimate::default()
    };
    let options = AnnealOptions {
        measurement_precision: (0.008 * units.second).powi(-2).into(),
        estimate: BTreeMap::from([
            ("beta".into(), estimate(0.5, 3.0)),
            ("gamma".into(), estimate(0.1, 1.0)),
        ]),
        ..AnnealOptions::default()
    };
    run(model, data, options)
}

#[test]
fn states_of_which_nothing_is_said_are_found_in_any_unit() {
    let shares = silent_epidemic(ONES);
    for (time, first, second) in [(0, 0, 20), (20, 20, 20), (-10, 20, -10)] {
        let units = Units {
            time: power(time),
            first: power(first),
            second: power(second),
        };
        same(&shares, &silent_epidemic(units), units, &[1.0, 1.0], 1e-6);
    }
    let parameters = &shares.best().parameters;
    assert!((parameters[0] - 1.6).abs() < 0.3 && (parameters[1] - 0.5).abs() < 0.1);
}
