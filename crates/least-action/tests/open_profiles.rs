//! Profiles of valleys without an end: an epidemic of which six numbers of infected are known. As
//! gamma falls, beta runs away: everybody is infected at once, and no larger beta does that faster.

use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::anneal::{AnnealOptions, Annealer, Estimate};
use least_action::model::ModelBuilder;
use least_action::statistics::{ProfileOptions, ProfileSearch, Refit, StrongPosterior};
use least_action::Observations;

const POINTS: usize = 81;
const EVERY: usize = 16;
const TIME_STEP: f64 = 0.2;
const NOISE: f64 = 8.0;

/// Number of each twin of the kind "few data" with its data: `npm run demo -- verdicts --kinds
/// "few data" --models epidemic`.
const TWINS: [(usize, [f64; 6]); 6] = [
    (
        2,
        [
            0.4907489705082906,
            162.83687448824097,
            268.31071523686984,
            91.60123663933324,
            31.21528848091001,
            3.553823253257329,
        ],
    ),
    (
        7,
        [
            2.977002106502751,
            138.19279995651277,
            247.24040481788217,
            100.6384549091153,
            32.00260523515898,
            30.302520699924443,
        ],
    ),
    (
        10,
        [
            13.34968394186689,
            181.5109946609399,
            279.0487743811871,
            87.40673475613778,
            34.67831256588911,
            4.5172762857121285,
        ],
    ),
    (
        19,
        [
            2.435654133999945,
            159.74010538776113,
            275.60265376075876,
            86.51458804658607,
            26.606506061207057,
            0.594154457358675,
        ],
    ),
    (
        22,
        [
            0.4210203310671856,
            140.46589653954487,
            280.6944469844488,
            83.9158113780447,
            23.046840288225688,
            6.968696799642026,
        ],
    ),
    (
        23,
        [
            4.3391681241619215,
            139.0053758683508,
            260.7304169382409,
            100.79120377599395,
            37.703292572094625,
            13.280280835928995,
        ],
    ),
];

fn annealer(seen: &[f64]) -> Annealer {
    let model = ModelBuilder::new("epidemic")
        .states(["S", "I"])
        .parameter("beta", 1.6, "")
        .parameter("gamma", 0.5, "")
        .flow(|x, p| {
            let infected = p[0] * x[0] * x[1] / 1000.0;
            vec![-infected, infected - p[1] * x[1]]
        })
        .unwrap();
    let mut values = vec![f64::NAN; POINTS];
    seen.iter()
        .enumerate()
        .for_each(|(k, y)| values[k * EVERY] = *y);
    let data = Observations {
        time_step: TIME_STEP,
        points: POINTS,
        observed: vec![1],
        values,
        ..Observations::default()
    };
    let estimate = |initial| Estimate {
        initial: Some(initial),
        ..Estimate::default()
    };
    let options = AnnealOptions {
        measurement_precision: (1.0 / (NOISE * NOISE)).into(),
        estimate: [
            ("beta".to_string(), estimate([0.5, 3.0])),
            ("gamma".to_string(), estimate([0.1, 1.0])),
        ]
        .into(),
        ..AnnealOptions::default()
    };
    Annealer::new(Arc::new(model), data, options).unwrap()
}

/// Gamma, and the infimum of half of chi-square over beta and the first state there, of twin 2: by
/// the method of J. A. Nelder and R. Mead (Computer J. 7, 1965) in beta, the first S and the
/// logarithm of the first I, from many starts, in a program of its own with the same steps.
const INFIMA: [(f64, f64); 4] = [
    (0.342, 0.356_851),
    (0.337, 0.386_214),
    (0.333, 0.437_333),
    (0.3235, 0.694_287),
];

#[test]
fn fits_in_an_endless_valley_reach_its_infimum() {
    let (_, seen) = TWINS[0];
    let annealer = annealer(&seen);
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    let best = run.best();
    let mut posterior = StrongPosterior::new(annealer.problem()).unwrap();
    let mut start = [&best.path[..], &best.parameters].concat();
    for (gamma, infimum) in INFIMA {
        let last = start.len() - 1;
        // A short way at a time, as a profile goes.
        while start[last] > gamma {
            start[last] = f64::max(start[last] - 0.003, gamma);
            let found = posterior.refit(&start, 1, 100).unwrap();
            start = found.unknowns;
            if start[last] == gamma {
                let error = found.value - infimum;
                assert!(error.abs() < 3e-4, "{gamma}: {error}");
            }
        }
    }
}

#[test]
fn profiles_of_endless_valleys_have_an_answer() {
    let mut found = 0;
    for (twin, seen) in TWINS {
        let annealer = annealer(&seen);
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        for confidence in [0.5, 0.9] {
            let options = ProfileOptions {
                confidence,
                ..ProfileOptions::default()
            };
            let best = run.best();
            let search = ProfileSearch::of_climb(&annealer, best, "gamma", &options).unwrap();
            let profile = search.run().unwrap();
            println!(
                "{twin} {confidence}: {} values, {:?} {:?}",
                profile.values.len(),
                profile.interval,
                profile.remarks
            );
            found += usize::from(profile.remarks.is_empty());
            for (side, end) in profile.interval.iter().enumerate() {
                assert_eq!(profile.open[side], end.is_infinite(), "{twin}");
            }
        }
    }
    // A side that is open says why.
    assert!(found >= 10, "{found}");
}
