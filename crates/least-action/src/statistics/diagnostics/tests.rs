//! Comparison with ArviZ 0.23.4 (`arviz.stats.diagnostics`), autoregressive chains whose effective
//! sample size is known, and changes that must not change the result.

use proptest::prelude::*;

use super::*;
use crate::random::Random;
use crate::Error;

/// A chain that any program can make again, from uniform numbers of the generator 1664525 s +
/// 1013904223 modulo 2^32, with memory.
fn chain(seed: u32, length: usize, memory: f64, scale: f64, shift: f64) -> Vec<f64> {
    let (mut s, mut x) = (seed, 0.0);
    let draws = (0..length).map(|_| {
        s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        x = memory * x + (f64::from(s) / 4_294_967_296.0 - 0.5);
        shift + scale * x
    });
    draws.collect()
}

fn slices(chains: &[Vec<f64>]) -> Vec<&[f64]> {
    chains.iter().map(Vec::as_slice).collect()
}

fn chains(count: u32, make: impl Fn(u32) -> Vec<f64>) -> Vec<Vec<f64>> {
    (0..count).map(make).collect()
}

fn close(found: f64, expected: f64) {
    let tolerance = 1e-11 * (1.0 + expected.abs());
    assert!((found - expected).abs() < tolerance, "{found} {expected}");
}

/// Chains, and ArviZ's results for them: the larger R-hat of two, ESS of bulk, tail, mean, standard
/// deviation and median, MCSE of mean, standard deviation and the 10 % quantile, E-BFMI.
type Case = (Vec<Vec<f64>>, [f64; 9], Vec<f64>);

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let tied = |x: f64| (x * 10.0 + 0.5).floor() / 10.0;
    vec![
        (
            chains(4, |c| chain(c + 1, 101, 0.7, 1.0, 0.05 * f64::from(c))),
            [
                1.0138944680210564, 88.14499570151611, 115.85297450522917,
                87.92298185642046, 143.52241046227803, 128.59046732737107,
                0.04190695864960403, 0.02203057395554646, 0.04248110377812897,
            ],
            vec![0.6404121307895999, 0.5992340247162855, 0.7888279487716077, 0.5568467268633591],
        ),
        (
            chains(4, |c| chain(c + 11, 1000, 0.3, 1.0, 0.0).into_iter().map(tied).collect()),
            [
                1.0001571894386965, 2045.2966236333307, 2689.1418031684316,
                2119.816867102866, 3485.3143160539666, 2405.2826492461536,
                0.006624044010134521, 0.002597887060716595, 0.0,
            ],
            vec![1.359093050585934, 1.4572816458710354, 1.3844379168388847, 1.3395781677044887],
        ),
        (
            // Equal means, different widths: the R-hat of the distances shows it.
            chains(3, |c| chain(c + 21, 500, 0.5, 1.0 + f64::from(c), 0.0)),
            [
                1.180884856166127, 480.1409307496344, 132.05064536607608,
                472.4039945713108, 15.538977548286079, 684.5454132774456,
                0.033099970472953356, 0.13923773471997336, 0.18160049227487862,
            ],
            vec![0.9909185739337052, 1.0136627980770045, 1.0718014603592239],
        ),
        (
            chains(1, |_| chain(31, 50, -0.4, 1.0, 0.0)),
            [
                0.9946889220021303, 84.94850021680094, 46.044098573281445,
                84.94850021680094, 33.66536737162705, 84.94850021680094,
                0.03779941166080466, 0.030408737329380195, 0.11322674642830749,
            ],
            vec![2.878330579339276],
        ),
        (
            chains(2, |c| chain(c + 41, 400, 0.9, 1.0, 2.0 * f64::from(c))),
            [
                1.8144607258663026, 3.0542881064835132, 124.34462562660215,
                2.540171572666284, 88.15763895480185, 2.209290862492652,
                0.7917691514009233, 0.060412096580033554, 0.24763854017146036,
            ],
            vec![0.2357858816287689, 0.26015831980719084],
        ),
        (
            chains(2, |c| chain(c + 51, 5, 0.0, 1.0, 0.0)),
            [
                1.3323192533041692, 7.224719895935548, 7.224719895935548,
                7.224719895935548, 7.224719895935548, 7.224719895935548,
                0.11284369160896349, 0.05431929784275867, 0.1667668711161241,
            ],
            vec![1.8521388991145262, 2.304987282018278],
        ),
    ]
}

#[test]
fn numbers_are_those_of_arviz() -> crate::Result<()> {
    for (chains, expected, energies) in cases() {
        let draws = &slices(&chains)[..];
        let found = [
            r_hat(draws)?,
            ess_bulk(draws)?,
            ess_tail(draws)?,
            ess_mean(draws)?,
            ess_sd(draws)?,
            ess_quantile(draws, 0.5)?,
            mcse_mean(draws)?,
            mcse_sd(draws)?,
            mcse_quantile(draws, 0.1)?,
        ];
        found.iter().zip(expected).for_each(|(a, b)| close(*a, b));
        let found = energy_fraction(draws)?;
        found.iter().zip(energies).for_each(|(a, b)| close(*a, b));
    }
    Ok(())
}

#[test]
fn quantiles_are_those_of_arviz() -> crate::Result<()> {
    let (chains, ..) = cases().remove(0);
    let found = quantiles(&chains.concat(), &[0.05, 0.5, 0.95])?;
    let expected = [
        -0.49930914544560456,
        0.08844217982230833,
        0.7619040205254377,
    ];
    found.iter().zip(expected).for_each(|(a, b)| close(*a, b));
    Ok(())
}

/// A stationary autoregressive chain of variance 1. Its effective sample size for the mean is
/// `n (1 - rho) / (1 + rho)`.
fn autoregressive(seed: u64, stream: u64, length: usize, rho: f64) -> Vec<f64> {
    let mut random = Random::new(seed, stream);
    let mut x = random.normal();
    let innovation = (1.0 - rho * rho).sqrt();
    let draws = (0..length).map(|_| {
        x = rho * x + innovation * random.normal();
        x
    });
    draws.collect()
}

#[test]
fn autoregressive_chains_are_worth_what_theory_says() -> crate::Result<()> {
    for rho in [-0.5, 0.0, 0.5, 0.9] {
        let chains = chains(4, |c| autoregressive(3, u64::from(c), 10_000, rho));
        let draws = &slices(&chains)[..];
        let expected = 40_000.0 * (1.0 - rho) / (1.0 + rho);
        for found in [ess_mean(draws)?, ess_bulk(draws)?] {
            assert!((found / expected - 1.0).abs() < 0.1, "{found} {expected}");
        }
        let error = 1.0 / expected.sqrt();
        assert!((mcse_mean(draws)? / error - 1.0).abs() < 0.06);
        assert!(r_hat(draws)? < 1.005);
        // Squares of a Gaussian chain are correlated by rho^2.
        let expected = 40_000.0 * (1.0 - rho * rho) / (1.0 + rho * rho);
        assert!((ess_sd(draws)? / expected - 1.0).abs() < 0.1);
    }
    Ok(())
}

#[test]
fn errors_of_means_are_as_large_as_they_say() -> crate::Result<()> {
    let mut squares = 0.0;
    for repetition in 0..200 {
        let chains = chains(4, |c| {
            autoregressive(100 + repetition, u64::from(c), 500, 0.6)
        });
        let deviation = mean(&chains.concat()) / mcse_mean(&slices(&chains))?;
        squares += deviation * deviation / 200.0;
    }
    // Chi-square with 200 degrees of freedom: a standard deviation of 0.1.
    assert!((squares - 1.0).abs() < 0.35, "{squares}");
    Ok(())
}

#[test]
fn draws_that_never_move_say_nothing() -> crate::Result<()> {
    let same: &[&[f64]] = &[&[2.0; 10], &[2.0; 10]];
    assert!(r_hat(same)?.is_nan());
    assert!(ess_bulk(same)?.is_nan() && ess_tail(same)?.is_nan() && mcse_mean(same)?.is_nan());
    assert!(mcse_quantile(same, 0.5)?.is_nan());
    assert!(energy_fraction(same)?[0].is_nan());
    let apart: &[&[f64]] = &[&[2.0; 10], &[3.0; 10]];
    assert_eq!(r_hat(apart)?, f64::INFINITY);
    close(ess_bulk(apart)?, 5.0);
    let apart: &[&[f64]] = &[&[0.1; 1000], &[0.3; 1000]];
    assert_eq!(r_hat(apart)?, f64::INFINITY);
    close(ess_bulk(apart)?, 2.0161290322580645);
    assert!(energy_fraction(apart)?[1].is_nan());
    // One chain stands still, others move.
    let moving = chain(5, 10, 0.0, 1.0, 0.0);
    assert!(r_hat(&[&[2.0; 10], &moving])? > 1.5);
    Ok(())
}

#[test]
fn a_draw_that_is_no_number_is_an_error_with_its_place() {
    let good = [0.0, 1.0, 2.0, 3.0, 4.0];
    let bad = [0.0, 1.0, 2.0, f64::NAN, 4.0];
    let draws: &[&[f64]] = &[&good, &bad];
    let error = r_hat(draws).unwrap_err();
    assert_eq!(error.path(), "draws[1][3]");
    assert!(error.to_string().contains("draw 3 of chain 1"), "{error}");
    assert_eq!(energy_fraction(draws).unwrap_err().path(), "energies[1][3]");
    let few = ess_bulk(&[&good[..3]]).unwrap_err();
    assert_eq!(few.path(), "draws[0].length");
    assert_eq!(ess_tail(&[]).unwrap_err().path(), "draws.length");
    let uneven = mcse_sd(&[&good, &good[..4]]).unwrap_err();
    assert!(matches!(uneven, Error::WrongLength { .. }), "{uneven}");
    assert_eq!(
        mcse_quantile(&[&good], 1.5).unwrap_err().path(),
        "probability"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_of_chains_and_units_do_not_matter(
        seed in any::<u32>(),
        count in 1..5u32,
        length in 8..60usize,
        memory in -0.9..0.9,
        scale in 0.01..100.0,
        shift in -10.0..10.0,
    ) {
        let seed = |c: u32| seed.wrapping_add(7 * c);
        let shift_of = |c: u32| 0.3 * f64::from(c);
        let original = chains(count, |c| chain(seed(c), length, memory, 1.0, shift_of(c)));
        let reversed: Vec<_> = original.iter().rev().cloned().collect();
        let other = |f: &dyn Fn(f64) -> f64| -> Vec<Vec<f64>> {
            original.iter().map(|chain| chain.iter().map(|x| f(*x)).collect()).collect()
        };
        let same = |a: f64, b: f64| (a - b).abs() < 1e-9 * (1.0 + a.abs());
        let draws = &slices(&original)[..];
        // Scaled by powers of two, which round nothing: two draws are equally far from the median
        // between them, and rounding would rank them at random.
        for changed in [reversed, other(&|x| 0.25 * x), other(&|x| 1024.0 * x)] {
            prop_assert!(same(r_hat(draws)?, r_hat(&slices(&changed))?));
        }
        for changed in [other(&|x| shift - scale * x), other(&|x| shift + scale * x)] {
            prop_assert!(same(ess_bulk(draws)?, ess_bulk(&slices(&changed))?));
            prop_assert!(same(ess_mean(draws)?, ess_mean(&slices(&changed))?));
        }
        // Ranks do not change under a rising function; distances from the median do.
        let bent = other(&|x| libm::exp(3.0 * x));
        prop_assert!(same(ess_bulk(draws)?, ess_bulk(&slices(&bent))?));
        prop_assert!(same(ess_tail(draws)?, ess_tail(&slices(&bent))?));
    }
}
