//! Laws of noise as text against the same laws by name, and texts that are no laws.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::{ChannelNoise, EstimatedScale, NoiseFamily, NoisePart, Support};
use least_action::anneal::{AnnealOptions, Annealer, Estimate, PartEstimate, Run};
use least_action::model::{EquationModel, ModelBuilder};
use least_action::solve::Hessian;
use least_action::statistics::{Uncertainty, UncertaintyOptions};
use least_action::{Error, Observations};

fn decay() -> EquationModel {
    ModelBuilder::new("decay")
        .states(["x"])
        .parameter("k", 0.5, "")
        .flow(|x, p| vec![-p[0] * x[0]])
        .unwrap()
}

/// Data about `20 exp(-t / 2)` whose noise is a fixed list of numbers in units of `scale`.
fn data(scale: impl Fn(f64) -> f64, round: bool) -> Observations {
    const NOISE: [f64; 21] = [
        0.3, -1.1, 0.6, 1.4, -0.2, -0.9, 0.1, 0.8, -1.6, 0.4, 1.0, -0.5, 2.1, -0.7, 0.2, -0.3, 0.9,
        -1.3, 0.5, 0.7, -0.4,
    ];
    let values = NOISE.iter().enumerate().map(|(k, z)| {
        let x = 20.0 * (-0.05 * k as f64).exp();
        let y = x + scale(x) * z;
        if round {
            y.round().max(0.0)
        } else {
            y
        }
    });
    Observations {
        time_step: 0.1,
        points: 21,
        observed: vec![0],
        values: values.collect(),
        ..Observations::default()
    }
}

fn options(noise: ChannelNoise) -> AnnealOptions {
    let estimate = Estimate {
        initial: Some([0.1, 1.0]),
        ..Estimate::default()
    };
    AnnealOptions {
        noise: Some(BTreeMap::from([("x".to_string(), noise)])),
        estimate: BTreeMap::from([("k".to_string(), estimate)]),
        ..AnnealOptions::default()
    }
}

fn annealed(data: Observations, noise: ChannelNoise) -> (Annealer, Run) {
    let annealer = Annealer::new(Arc::new(decay()), vec![data], options(noise)).unwrap();
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    (annealer, run)
}

fn text(law: &str, parameters: &[(&str, [f64; 2])], support: Support) -> ChannelNoise {
    let part = |initial| {
        NoisePart::Estimated(EstimatedScale {
            initial: Some(initial),
            ..EstimatedScale::default()
        })
    };
    ChannelNoise {
        law: Some(law.into()),
        parameters: parameters
            .iter()
            .map(|&(name, initial)| (name.to_string(), part(initial)))
            .collect(),
        support: Some(support),
        ..ChannelNoise::default()
    }
}

fn family(family: NoiseFamily) -> ChannelNoise {
    ChannelNoise {
        family,
        ..ChannelNoise::default()
    }
}

fn close(found: f64, expected: f64, room: f64, what: &str) {
    let size = expected.abs().max(1e-3);
    assert!(
        (found - expected).abs() < room * size,
        "{what}: {found} against {expected}"
    );
}

/// Compares estimates, their deviations, the noise and the verdict of two runs.
fn compare(
    (annealer, run): &(Annealer, Run),
    (known, expected): &(Annealer, Run),
    parts: Option<(PartEstimate, PartEstimate)>,
    what: &str,
) {
    let room = 2e-3;
    close(
        run.parameter("k").unwrap(),
        expected.parameter("k").unwrap(),
        room,
        what,
    );
    assert_eq!(
        run.verdict,
        expected.verdict,
        "{what}\n{}\n{}",
        run.diagnose(),
        expected.diagnose()
    );
    if let Some((own, other)) = parts {
        close(own.value, other.value, 5e-3, what);
        close(own.degrees_of_freedom, other.degrees_of_freedom, 2e-2, what);
    }
    let of = |annealer: &Annealer, run: &Run| {
        // The second derivative of Laplace's law is zero about every datum.
        let options = UncertaintyOptions {
            hessian: Hessian::GaussNewton,
            ..UncertaintyOptions::default()
        };
        Uncertainty::of_run(annealer, run, &options).unwrap()
    };
    let path = annealer.problem().path_length();
    let deviations = [of(annealer, run), of(known, expected)].map(|found| found.moments().1);
    for place in [0, path / 2, path] {
        close(deviations[0][place], deviations[1][place], 1e-2, what);
    }
    let chi = |run: &Run| run.chi_square.as_ref().unwrap().value;
    close(chi(run), chi(expected), 2e-2, what);
}

#[test]
fn the_normal_law_as_text_gives_what_the_named_one_gives() {
    let law = "log(s) + log(2*pi)/2 + ((y - h)/s)^2/2";
    let own = annealed(
        data(|_| 0.5, false),
        text(law, &[("s", [0.1, 2.0])], Support::Real),
    );
    let other = annealed(data(|_| 0.5, false), family(NoiseFamily::Normal));
    println!("{}\n{}", own.1.diagnose(), own.1.summary());
    let parts = (
        own.1.noise[0].parameters["s"],
        other.1.noise[0].deviation.unwrap(),
    );
    compare(&own, &other, Some(parts), "normal");
    assert_eq!(own.1.noise[0].family, NoiseFamily::Text);
}

#[test]
fn laplace_and_student_as_text_give_what_the_named_ones_give() {
    let laplace = "log(2*s) + abs(y - h)/s";
    let own = annealed(
        data(|_| 0.5, false),
        text(laplace, &[("s", [0.1, 2.0])], Support::Real),
    );
    let other = annealed(data(|_| 0.5, false), family(NoiseFamily::Laplace));
    let parts = (
        own.1.noise[0].parameters["s"],
        other.1.noise[0].deviation.unwrap(),
    );
    println!("{parts:?}");
    compare(&own, &other, Some(parts), "Laplace");
    let student = "5/2*log(1 + ((y - h)/s)^2/4) + log(s) + log(8/3)";
    let own = annealed(
        data(|_| 0.5, false),
        text(student, &[("s", [0.1, 2.0])], Support::Real),
    );
    let other = annealed(data(|_| 0.5, false), family(NoiseFamily::StudentT));
    let parts = (
        own.1.noise[0].parameters["s"],
        other.1.noise[0].deviation.unwrap(),
    );
    compare(&own, &other, Some(parts), "Student");
}

#[test]
fn poisson_as_text_gives_what_the_named_one_gives() {
    let law = "h - y*log(h) + lgamma(y + 1)";
    let own = annealed(data(f64::sqrt, true), text(law, &[], Support::Counts));
    let other = annealed(data(f64::sqrt, true), family(NoiseFamily::Poisson));
    compare(&own, &other, None, "Poisson");
}

#[test]
fn a_law_may_contain_states_parameters_and_two_of_its_own() {
    // The variance is that of a constant and of a share: the same as by its parts.
    let law = "log(a^2 + (b*x)^2)/2 + log(2*pi)/2 + (y - h)^2/(a^2 + (b*x)^2)/2";
    let parameters = [("a", [0.1, 1.0]), ("b", [0.02, 0.2])];
    let own = annealed(
        data(|x| (0.01 + 0.0025 * x * x).sqrt(), false),
        text(law, &parameters, Support::Real),
    );
    println!("{}\n{}", own.1.diagnose(), own.1.summary());
    let k = own.1.parameter("k").unwrap();
    assert!((k - 0.5).abs() < 0.1, "{k}");
    let share = own.1.noise[0].parameters["b"];
    assert!(
        share.interval[0] < 0.05 && share.interval[1] > 0.05,
        "{share:?}"
    );
    let checked = Uncertainty::of_run(&own.0, &own.1, &UncertaintyOptions::default());
    assert!(checked.is_ok());
}

fn refusal(noise: ChannelNoise) -> String {
    let found = Annealer::new(
        Arc::new(decay()),
        vec![data(|_| 0.5, false)],
        options(noise),
    );
    let error: Error = found.err().unwrap();
    println!("{error}");
    error.to_string()
}

#[test]
fn texts_that_are_no_laws_are_refused_with_field_and_remedy() {
    let range = [("s", [0.1, 2.0])];
    let unnormalised = refusal(text("log(s) + ((y - h)/s)^2/2", &range, Support::Real));
    assert!(unnormalised.starts_with("noise.x.law: ") && unnormalised.contains("add up to 1"));
    let counts = refusal(text("h - y*log(h) + lgamma(y + 1)", &[], Support::Counts));
    assert!(
        counts.starts_with("noise.x.family: ") && counts.contains("time 0"),
        "{counts}"
    );
    let unknown = refusal(text("log(s) + abs(y - hh)/s", &range, Support::Real));
    assert!(unknown.contains("unknown name \"hh\"") && unknown.contains("noise.x.law"));
    let shaped = refusal(ChannelNoise {
        parameters: BTreeMap::from([("s".to_string(), NoisePart::Text("estimate".into()))]),
        ..text("log(2*s) + abs(y - h)/s", &[], Support::Real)
    });
    assert!(
        shaped.starts_with("noise.x.parameters.s.initial: is missing"),
        "{shaped}"
    );
    let zero = refusal(ChannelNoise {
        parameters: BTreeMap::from([("s".to_string(), NoisePart::Known(0.0))]),
        ..text("log(2*s) + abs(y - h)/s", &[], Support::Real)
    });
    assert!(zero.starts_with("noise.x.parameters.s: must be"), "{zero}");
    let both = refusal(ChannelNoise {
        family: NoiseFamily::Laplace,
        ..text("log(2*s) + abs(y - h)/s", &range, Support::Real)
    });
    assert!(both.starts_with("noise.x.law: and family both"), "{both}");
    let other = refusal(ChannelNoise {
        deviation: Some(0.5.into()),
        ..text("log(2*s) + abs(y - h)/s", &range, Support::Real)
    });
    assert!(
        other.starts_with("noise.x.deviation: is no part of this law"),
        "{other}"
    );
    let missing = refusal(family(NoiseFamily::Text));
    assert!(missing.starts_with("noise.x.law: is missing"), "{missing}");
}
