//! All laws by one test each: derivatives against differences, densities against integrals or sums,
//! moments against random data.

use super::{with_loss, Binomial, Huber, Interval, Law, Loss, ResidualRow, StudentT};
use crate::random::Random;

struct Case {
    law: Law,
    /// Data that are counts.
    counts: bool,
    /// Data, predictions and scales that derivatives are checked at.
    data: &'static [f64],
    predictions: &'static [f64],
}

const SCALES: [f64; 2] = [0.4, 1.3];

fn cases() -> Vec<Case> {
    let real = |law| Case {
        law,
        counts: false,
        data: &[-1.0, 0.3, 4.0],
        predictions: &[-0.7, 0.9, 3.1],
    };
    let counted = |law| Case {
        law,
        counts: true,
        data: &[0.0, 1.0, 7.0],
        predictions: &[-0.4, 0.3, 2.5, 9.2],
    };
    let interval = |below, above, step| Law::Interval(Interval { below, above, step });
    let inf = f64::INFINITY;
    vec![
        real(Law::Gaussian),
        real(Law::StudentT(StudentT { degrees: 4.0 })),
        real(Law::Laplace),
        real(Law::Huber(Huber { threshold: 1.345 })),
        Case {
            data: &[0.02, 1.0, 3.0],
            predictions: &[-0.1, 0.01, 0.9, 4.0],
            ..real(Law::LogNormal)
        },
        counted(Law::Poisson),
        counted(Law::NegativeBinomial),
        counted(Law::Binomial(Binomial { trials: 9.0 })),
        real(interval(-1.0, 4.0, 0.0)),
        real(interval(-inf, inf, 0.5)),
        real(interval(0.3, inf, 0.5)),
    ]
}

/// Half the loss with the normalisation of the scale.
fn half(law: Law, y: f64, h: f64, s: f64) -> f64 {
    with_loss!(law, loss => {
        let row = ResidualRow::new(loss.residual(h, y), y, libm::exp(-2.0 * s));
        0.5 * loss.value(row.precision * row.residual * row.residual, row)
    })
}

#[test]
fn derivatives_are_those_of_the_loss() {
    for case in cases() {
        let law = case.law;
        for &y in case.data {
            for &h in case.predictions {
                for s in SCALES.map(f64::ln) {
                    let value = |h, s| half(law, y, h, s);
                    let e = 1e-4 * (1.0f64).min(h.abs());
                    let first = (value(h + e, s) - value(h - e, s)) / (2.0 * e);
                    let second = (value(h + e, s) - 2.0 * value(h, s) + value(h - e, s)) / (e * e);
                    let of_scale = (value(h, s + e) - value(h, s - e)) / (2.0 * e);
                    let twice = (value(h, s + e) - 2.0 * value(h, s) + value(h, s - e)) / (e * e);
                    let cross = (value(h + e, s + e) - value(h - e, s + e) - value(h + e, s - e)
                        + value(h - e, s - e))
                        / (4.0 * e * e);
                    let (found, terms) = with_loss!(law, loss => {
                        let row = ResidualRow::new(loss.residual(h, y), y, libm::exp(-2.0 * s));
                        let (r, w) = loss.linearize(row);
                        assert!(w > 0.0 && w.is_finite(), "{law:?} {y} {h}");
                        ([r * w, w + loss.curvature(row)], loss.scale(row))
                    });
                    let pairs = [
                        (found[0], first, "first"),
                        (found[1], second, "second"),
                        (terms.slope, of_scale, "slope of the scale"),
                        (terms.second, twice, "second of the scale"),
                        (terms.cross, cross, "cross"),
                    ];
                    assert!(terms.information > 0.0);
                    for (ours, expected, what) in pairs {
                        let room = 2e-4 * (1.0 + expected.abs() + value(h, s).abs());
                        assert!(
                            (ours - expected).abs() < room,
                            "{law:?}, y {y}, h {h}, s {s}: {what} {ours} against {expected}"
                        );
                    }
                }
            }
        }
    }
}

/// Integral or sum over all data of the density at a prediction.
fn total(law: Law, counts: bool, h: f64, s: f64) -> f64 {
    let density = |y: f64| {
        let peak = with_loss!(law, loss => loss.log_peak(libm::exp(-2.0 * s)));
        // Terms of the datum alone, which losses and peaks leave out.
        let of_datum = match law {
            Law::LogNormal => -y.ln(),
            Law::Poisson | Law::NegativeBinomial => {
                let own = if y > 0.0 { y * y.ln() - y } else { 0.0 };
                own - libm::lgamma(y + 1.0)
            }
            Law::Binomial(Binomial { trials: n }) => {
                let part = |a: f64| if a > 0.0 { a * (a / n).ln() } else { 0.0 };
                let ways =
                    libm::lgamma(n + 1.0) - libm::lgamma(y + 1.0) - libm::lgamma(n - y + 1.0);
                ways + part(y) + part(n - y)
            }
            _ => 0.0,
        };
        (0.5 * peak + of_datum - half(law, y, h, s)).exp()
    };
    match law {
        Law::Binomial(Binomial { trials }) => (0..=trials as u32).map(|y| density(y.into())).sum(),
        _ if counts => (0..2000).map(|y| density(y.into())).sum(),
        Law::LogNormal => {
            let steps = 200_000;
            let log = |k: u32| h.ln() + 40.0 * s.exp() * (f64::from(k) / f64::from(steps) - 0.5);
            let width = 40.0 * s.exp() / f64::from(steps);
            (0..steps)
                .map(|k| density(log(k).exp()) * log(k).exp() * width)
                .sum()
        }
        _ => {
            // Heavy tails: points that are dense about the prediction.
            let steps = 400_000;
            let place =
                |k: u32| (std::f64::consts::PI * (f64::from(k) / f64::from(steps) - 0.5)).tan();
            let dense = |k: u32| {
                let x = place(k);
                let width = std::f64::consts::PI / f64::from(steps) * (1.0 + x * x);
                density(h + s.exp() * x) * s.exp() * width
            };
            (1..steps).map(dense).sum()
        }
    }
}

#[test]
fn densities_are_normalised() {
    for case in cases()
        .iter()
        .filter(|c| !matches!(c.law, Law::Interval(_)))
    {
        for h in [1.7, 6.0] {
            for s in SCALES.map(f64::ln) {
                let found = total(case.law, case.counts, h, s);
                assert!(
                    (found - 1.0).abs() < 2e-3,
                    "{:?} {h} {s}: {found}",
                    case.law
                );
            }
        }
    }
    // Rounded data have probabilities, which add up to 1.
    let rounded = Law::Interval(Interval {
        below: f64::NEG_INFINITY,
        above: f64::INFINITY,
        step: 0.5,
    });
    let each = (-100..100).map(|k| (-half(rounded, 0.5 * f64::from(k), 1.2, 0.3)).exp());
    assert!((each.sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn random_data_have_the_moments_misfits_and_scores_of_their_law() {
    const COUNT: usize = 20_000;
    for case in cases() {
        let law = case.law;
        let (h, scale) = (4.0, 0.3);
        let mut random = Random::new(5, 0);
        let precision = 1.0 / (scale * scale);
        let mut sums = [[0.0; 2]; 3];
        for _ in 0..COUNT {
            let (y, rho, score) = with_loss!(law, loss => {
                let y = loss.draw(h, scale, &mut random);
                let row = ResidualRow::new(loss.residual(h, y), y, precision);
                let square = precision * row.residual * row.residual;
                (y, loss.value(square, row), loss.score(row))
            });
            for (sum, x) in sums.iter_mut().zip([y, rho, score]) {
                sum[0] += x;
                sum[1] += x * x;
            }
        }
        let moments = sums.map(|[first, second]| {
            let mean = first / COUNT as f64;
            [mean, second / COUNT as f64 - mean * mean]
        });
        let is_interval = matches!(law, Law::Interval(_));
        let (of_data, of_loss) =
            with_loss!(law, loss => (loss.moments(h, precision), loss.misfit(h)));
        let error = |variance: f64| 4.5 * (variance / COUNT as f64).sqrt();
        if !is_interval || matches!(law, Law::Interval(Interval { above, .. }) if above > 5.0) {
            let [mean, variance] = moments[0];
            assert!(
                (mean - of_data.mean).abs() < error(variance),
                "{law:?} {mean}"
            );
            let wide = matches!(law, Law::StudentT(_));
            let room = if wide { 0.3 } else { 0.08 };
            assert!(
                (variance / of_data.variance - 1.0).abs() < room,
                "{law:?} {variance}"
            );
        }
        if !is_interval && law != Law::NegativeBinomial {
            let [mean, variance] = moments[1];
            assert!(
                (mean - of_loss.mean).abs() < error(variance),
                "{law:?} {mean} {of_loss:?}"
            );
            assert!(
                (variance / of_loss.variance - 1.0).abs() < 0.15,
                "{law:?} {variance}"
            );
        }
        // Scores of counts and of intervals are in the middle of steps.
        if matches!(law, Law::Interval(Interval { above, .. }) if above <= h) {
            continue;
        }
        let [mean, variance] = moments[2];
        let room = if is_interval {
            0.4
        } else if case.counts {
            0.25
        } else {
            0.05
        };
        assert!(mean.abs() < error(1.0) + 0.5 * room, "{law:?} score {mean}");
        assert!((variance - 1.0).abs() < room, "{law:?} score {variance}");
    }
}
