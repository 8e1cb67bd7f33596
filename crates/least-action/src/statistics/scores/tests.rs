use std::f64::consts::PI;

use proptest::prelude::*;

use super::*;
use crate::random::Random;
use crate::Result;

fn normals(random: &mut Random, count: usize) -> Vec<f64> {
    (0..count).map(|_| random.normal()).collect()
}

/// Score of a normal distribution (T. Gneiting et al., Monthly Weather Review 133, 2005).
fn gaussian_crps(z: f64) -> f64 {
    let density = libm::exp(-0.5 * z * z) / (2.0 * PI).sqrt();
    let distribution = 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
    z * (2.0 * distribution - 1.0) + 2.0 * density - 1.0 / PI.sqrt()
}

#[test]
fn scores_of_gaussian_ensembles_are_the_closed_form() -> Result<()> {
    for truth in [0.0, 0.7, -3.0] {
        let large = Members::new(&normals(&mut Random::new(5, 0), 100_000), &[])?;
        let expected = gaussian_crps(truth);
        assert!((large.crps(truth)? - expected).abs() < 0.01);
        // Five members are enough on average for the fair score; the plain one is larger by 1 / (5
        // sqrt(pi)).
        let repetitions = 40_000;
        let (mut plain, mut fair) = (0.0, 0.0);
        for repetition in 0..repetitions {
            let members = Members::new(&normals(&mut Random::new(6, repetition), 5), &[])?;
            plain += members.crps(truth)? / repetitions as f64;
            fair += members.fair_crps(truth)? / repetitions as f64;
        }
        assert!((fair - expected).abs() < 0.01, "{fair} {expected}");
        let bias = 1.0 / (5.0 * PI.sqrt());
        assert!((plain - expected - bias).abs() < 0.01, "{plain}");
    }
    Ok(())
}

#[test]
fn scores_of_few_members_are_their_definition() -> Result<()> {
    let (values, weights) = ([3.0, -1.0, 0.5], [1.0, 2.0, 5.0]);
    let share = weights.map(|w| w / 8.0);
    let members = Members::new(&values, &weights)?;
    for truth in [-2.0, -1.0, 0.0, 0.5, 2.0, 9.0_f64] {
        let (mut distance, mut spread, mut squares) = (0.0, 0.0, 0.0);
        for (x, w) in values.iter().zip(share) {
            distance += w * (x - truth).abs();
            squares += w * w;
            for (y, v) in values.iter().zip(share) {
                spread += 0.5 * w * v * (x - y).abs();
            }
        }
        assert!((members.crps(truth)? - (distance - spread)).abs() < 1e-14);
        let fair = distance - spread / (1.0 - squares);
        assert!((members.fair_crps(truth)? - fair).abs() < 1e-14);
    }
    assert!((Members::new(&[2.0], &[])?.crps(0.5)? - 1.5).abs() < 1e-15);
    assert!((members.mean() - (3.0 - 2.0 + 2.5) / 8.0).abs() < 1e-15);
    Ok(())
}

/// Ranks of 2000 truths among 19 members that are `width` times as wide and shifted.
fn histogram(width: f64, shift: f64) -> Result<(RankHistogram, Coverage)> {
    let mut random = Random::new(11, 0);
    let (mut ranks, mut coverage) = (RankHistogram::new(10)?, Coverage::new(0.8)?);
    for _ in 0..2000 {
        let members: Vec<f64> = normals(&mut random, 19);
        let members: Vec<f64> = members.iter().map(|x| shift + width * x).collect();
        let (members, truth) = (Members::new(&members, &[])?, random.normal());
        ranks.add(&members, truth)?;
        coverage.add(&members, truth)?;
    }
    Ok((ranks, coverage))
}

#[test]
fn histograms_of_exchangeable_members_are_flat() -> Result<()> {
    let (ranks, coverage) = histogram(1.0, 0.0)?;
    let flat = ranks.flatness()?;
    assert!(
        flat.p_value > 0.01 && flat.slope.abs() < 3.0 && flat.curvature.abs() < 3.0,
        "{flat:?}"
    );
    assert_eq!((flat.degrees, ranks.truths), (9, 2000));
    assert!((ranks.counts.iter().sum::<f64>() - 2000.0).abs() < 1e-9);
    // With 19 members the 10 % quantile is a member, so the coverage is exact.
    assert!(coverage.deviation().abs() < 3.0, "{coverage:?}");
    Ok(())
}

#[test]
fn p_values_of_flat_histograms_are_uniform() -> Result<()> {
    let mut small = 0;
    for repetition in 0..400 {
        let mut random = Random::new(repetition, 1);
        let mut ranks = RankHistogram::new(5)?;
        for _ in 0..100 {
            let members = Members::new(&normals(&mut random, 9), &[])?;
            ranks.add(&members, random.normal())?;
        }
        small += usize::from(ranks.flatness()?.p_value < 0.1);
    }
    // 40 are expected, with a standard deviation of 6.
    assert!((20..=60).contains(&small), "{small}");
    Ok(())
}

#[test]
fn histograms_show_what_is_wrong() -> Result<()> {
    let (ranks, coverage) = histogram(0.5, 0.0)?;
    let narrow = ranks.flatness()?;
    assert!(
        narrow.p_value < 1e-6 && narrow.curvature > 10.0,
        "{narrow:?}"
    );
    assert!(coverage.share() < 0.6);
    assert!(ranks.counts[0] > 2.0 * ranks.counts[5], "{ranks:?}");
    let (ranks, coverage) = histogram(2.0, 0.0)?;
    assert!(ranks.flatness()?.curvature < -10.0 && coverage.share() > 0.9);
    let (ranks, _) = histogram(1.0, -1.0)?;
    assert!(ranks.flatness()?.slope > 10.0);
    Ok(())
}

#[test]
fn ties_are_shared_and_weights_count() -> Result<()> {
    let mut ranks = RankHistogram::new(4)?;
    ranks.add(&Members::new(&[1.0, 1.0, 2.0], &[])?, 1.0)?;
    // None to two members below, in equal parts.
    assert_eq!(ranks.counts, [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 0.0]);
    ranks.add(&Members::new(&[1.0, 1.0, 2.0], &[])?, 5.0)?;
    assert_eq!(ranks.counts[3], 1.0);
    let copied = Members::new(&[0.0, 1.0, 2.0], &[2.0, 0.0, 2.0])?;
    assert_eq!(copied, Members::new(&[0.0, 2.0], &[])?);
    assert_eq!(copied.distribution(1.0), [0.5, 0.5]);
    assert_eq!(copied.effective_count(), 2.0);
    Ok(())
}

#[test]
fn quantiles_of_ensembles_are_those_of_definition_six() -> Result<()> {
    // numpy.quantile([1, 2, 4, 8], [0.1, 0.3, 0.5, 0.9], method="weibull")
    let members = Members::new(&[8.0, 1.0, 4.0, 2.0], &[])?;
    for (p, expected) in [(0.1, 1.0), (0.3, 1.5), (0.5, 3.0), (0.9, 8.0)] {
        assert!((members.quantile(p)? - expected).abs() < 1e-12);
    }
    // With many members it is at their weight.
    let values: Vec<f64> = (0..1000).map(f64::from).collect();
    let weights: Vec<f64> = values
        .iter()
        .map(|x| if *x < 500.0 { 1.0 } else { 3.0 })
        .collect();
    let median = Members::new(&values, &weights)?.quantile(0.5)?;
    assert!((median - 666.0).abs() < 2.0, "{median}");
    Ok(())
}

#[test]
fn levels_are_mixed_by_their_weights() -> Result<()> {
    assert_eq!(mixed_weights(&[3.0, 1.0], &[2, 1])?, [0.375, 0.375, 0.25]);
    assert_eq!(mixed_weights(&[1.0, 0.0], &[1, 0])?, [1.0]);
    let path = |levels: &[f64], counts: &[usize]| {
        mixed_weights(levels, counts)
            .unwrap_err()
            .path()
            .to_string()
    };
    assert_eq!(path(&[1.0, 1.0], &[1, 0]), "counts[1]");
    assert_eq!(path(&[1.0, -1.0], &[1, 1]), "levels[1]");
    assert_eq!(path(&[1.0], &[1, 1]), "counts");
    Ok(())
}

#[test]
fn what_is_wrong_is_named() {
    let path = |values: &[f64], weights: &[f64]| {
        Members::new(values, weights)
            .unwrap_err()
            .path()
            .to_string()
    };
    assert_eq!(path(&[], &[]), "members.length");
    assert_eq!(path(&[0.0, f64::NAN], &[]), "members[1]");
    assert_eq!(path(&[0.0, 1.0], &[1.0]), "weights");
    assert_eq!(path(&[0.0, 1.0], &[1.0, -1.0]), "weights[1]");
    assert_eq!(path(&[0.0], &[0.0]), "weights, of which the largest");
    let one = Members::new(&[1.0], &[]).unwrap();
    assert_eq!(one.fair_crps(0.0).unwrap_err().path(), "members.length");
    assert_eq!(one.crps(f64::NAN).unwrap_err().path(), "truth");
    assert_eq!(Coverage::new(1.5).unwrap_err().path(), "probability");
    assert_eq!(
        RankHistogram::new(3)
            .unwrap()
            .flatness()
            .unwrap_err()
            .path(),
        "truths"
    );
}

proptest! {
    #[test]
    fn scores_are_distances(
        given in prop::collection::vec((-1e3..1e3, 0.01..10.0), 2..20),
        truth in -1e3..1e3,
        scale in 0.1..10.0,
        bins in 2..30usize,
    ) {
        let (values, weights): (Vec<f64>, Vec<f64>) = given.into_iter().unzip();
        let members = Members::new(&values, &weights)?;
        let score = members.crps(truth)?;
        prop_assert!(score >= 0.0);
        prop_assert!(score >= members.fair_crps(truth)?);
        // It is not above the mean distance, and it has a unit.
        let total: f64 = weights.iter().sum();
        let distances = values.iter().zip(&weights);
        let distance: f64 = distances.map(|(x, w)| (x - truth).abs() * w / total).sum();
        prop_assert!(score <= distance * (1.0 + 1e-12));
        let scaled: Vec<f64> = values.iter().map(|x| scale * x).collect();
        let scaled = Members::new(&scaled, &weights)?.crps(scale * truth)?;
        prop_assert!(f64::abs(scaled - scale * score) < 1e-9 * (1.0 + scaled));
        // The whole truth is counted, in some bins.
        let mut ranks = RankHistogram::new(bins)?;
        ranks.add(&members, truth)?;
        prop_assert!((ranks.counts.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let [low, high] = members.band(0.9)?;
        prop_assert!(low <= members.quantile(0.5)? && members.quantile(0.5)? <= high);
    }
}
