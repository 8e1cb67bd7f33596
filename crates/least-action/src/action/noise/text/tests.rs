//! Laws as text against the same laws in closed form.

use super::{Support, TextLaw};
use crate::action::noise::{with_loss, Law, Loss, ResidualRow, StudentT};
use crate::model::{law, LawNames};
use crate::random::Random;

fn text(text: &str, support: Support, parameters: &[(&str, f64)]) -> TextLaw {
    let names = LawNames {
        estimated: parameters.iter().map(|(name, _)| *name).collect(),
        known: Vec::new(),
        of_model: Vec::new(),
    };
    let found = law("law", text, &names).unwrap();
    let start = parameters.iter().map(|(_, value)| value.ln()).collect();
    TextLaw::new(found.function, support, start, parameters.len())
}

const ROUNDED: &str = "sqrt(((y - h)/s)^2 + 0.0025) - 0.05 + log(2*s) + 0.045473487072";
const TIP: f64 = 0.045473487072;

struct Case {
    text: TextLaw,
    law: Law,
    data: [f64; 3],
    predictions: [f64; 3],
    /// Terms of the datum alone that the law's loss leaves out, with its normalisation.
    constant: fn(f64, f64) -> f64,
}

const NORMAL: &str = "log(s) + log(2*pi)/2 + ((y - h)/s)^2/2";
const STUDENT: &str = "5/2*log(1 + ((y - h)/s)^2/4) + log(s) + log(8/3)";

fn cases() -> Vec<Case> {
    let real = |source: &str, law, constant| Case {
        text: text(source, Support::Real, &[("s", 0.7)]),
        law,
        data: [-1.0, 0.3, 4.0],
        predictions: [-0.7, 0.9, 3.1],
        constant,
    };
    let student = StudentT { degrees: 4.0 };
    vec![
        real(NORMAL, Law::Gaussian, |_, s| {
            s.ln() + 0.5 * std::f64::consts::TAU.ln()
        }),
        // The named law's tip is rounded.
        real(ROUNDED, Law::Laplace, |_, s| (2.0 * s).ln() + TIP),
        real(STUDENT, Law::StudentT(student), |_, s| {
            s.ln() + (8.0f64 / 3.0).ln()
        }),
        Case {
            data: [0.2, 1.0, 3.0],
            predictions: [0.01, 0.9, 4.0],
            ..Case {
                text: text(
                    "log(y*s) + log(2*pi)/2 + (log(y/h)/s)^2/2",
                    Support::Positive,
                    &[("s", 0.7)],
                ),
                ..real(NORMAL, Law::LogNormal, |y, s| {
                    (y * s).ln() + 0.5 * std::f64::consts::TAU.ln()
                })
            }
        },
        Case {
            text: text("h - y*log(h) + lgamma(y + 1)", Support::Counts, &[]),
            law: Law::Poisson,
            data: [0.0, 2.0, 7.0],
            predictions: [-0.4, 0.3, 9.2],
            constant: |y, _| {
                let own = if y > 0.0 { y - y * y.ln() } else { 0.0 };
                own + libm::lgamma(y + 1.0)
            },
        },
        Case {
            text: text(
                "lgamma(1/d) + lgamma(y + 1) - lgamma(y + 1/d) + (y + 1/d)*log(1 + d*h) - \
                 y*log(d*h)",
                Support::Counts,
                &[("d", 0.49)],
            ),
            law: Law::NegativeBinomial,
            data: [0.0, 2.0, 7.0],
            predictions: [-0.4, 0.3, 9.2],
            constant: |y, _| {
                let own = if y > 0.0 { y - y * y.ln() } else { 0.0 };
                own + libm::lgamma(y + 1.0)
            },
        },
    ]
}

#[test]
fn values_derivatives_information_and_scores_are_those_of_the_closed_forms() {
    for case in cases() {
        let count = case.text.arguments;
        // The dispersion is the scale; the others have a deviation.
        let s = case.text.start.first().copied().unwrap_or(0.0);
        for y in case.data {
            for h in case.predictions {
                let mut point = vec![y, h];
                point.extend(&case.text.start);
                let terms = case.text.terms(&point);
                let own = case.text.density(h, &case.text.start);
                let information = own.integrals().information;
                let pairs = with_loss!(case.law, loss => {
                    let row = ResidualRow::new(loss.residual(h, y), y, (-2.0 * s).exp());
                    let square = row.precision * row.residual * row.residual;
                    let (residual, weight) = loss.linearize(row);
                    let scale = loss.scale(row);
                    let whole = loss.share(y).whole;
                    let mut pairs = vec![
                        (terms.value(0), 0.5 * loss.value(square, row)
                            + (case.constant)(y, s.exp()), "value"),
                        (terms.slope(0, 0), residual * weight, "slope"),
                    ];
                    if h > 0.011 {
                        pairs.extend([
                            (terms.second(0, 0, 0), weight + loss.curvature(row), "second"),
                            (own.score(y), loss.score(row), "score"),
                            (information[0], weight, "information"),
                        ]);
                    }
                    if count == 1 {
                        pairs.push((terms.slope(0, 1), whole + scale.slope, "slope of s"));
                    }
                    if count == 1 && h > 0.011 {
                        pairs.extend([
                            (terms.second(0, 1, 1), scale.second, "second of s"),
                            (terms.second(0, 0, 1), scale.cross, "cross"),
                        ]);
                        if case.law != Law::NegativeBinomial {
                            pairs.push((information[1], scale.information, "information of s"));
                        }
                    }
                    pairs
                });
                for (ours, expected, what) in pairs {
                    // The named law's expectations are those of its tip before it is rounded.
                    let is_expected = what == "score" || what.starts_with("information");
                    let is_rounded = case.law == Law::Laplace && is_expected;
                    let room = if is_rounded { 0.08 } else { 2e-6 };
                    assert!(
                        (ours - expected).abs() < room * (1.0 + expected.abs()),
                        "{:?} y {y} h {h}: {what} {ours} against {expected}",
                        case.law
                    );
                }
            }
        }
    }
}

#[test]
fn integrals_and_draws_are_those_of_the_closed_forms() {
    for case in cases() {
        let s = case.text.start.first().copied().unwrap_or(0.0);
        let h = 4.0;
        let density = case.text.density(h, &case.text.start);
        let found = density.integrals();
        assert!((found.total - 1.0).abs() < 1e-7, "{:?} {found:?}", case.law);
        let moments = case.law.moments(h, (-2.0 * s).exp());
        // The named law's moments are those of its tip before it is rounded.
        let room = if case.law == Law::Laplace { 5e-3 } else { 1e-5 };
        let [mean, variance] = density.moments();
        assert!(
            (mean / moments.mean - 1.0).abs() < room,
            "{:?} {mean}",
            case.law
        );
        assert!(
            (variance / moments.variance - 1.0).abs() < room,
            "{:?} {variance} {moments:?}",
            case.law
        );
        let mut random = Random::new(3, 0);
        let draws: Vec<f64> = (0..4000).map(|_| density.draw(&mut random)).collect();
        let mean = draws.iter().sum::<f64>() / 4000.0;
        let error = 4.5 * (moments.variance / 4000.0).sqrt();
        assert!((mean - moments.mean).abs() < error, "{:?} {mean}", case.law);
        let scores = draws.iter().map(|&y| density.score(y));
        let square = scores.map(|z| z * z).sum::<f64>() / 4000.0;
        let room = if case.text.support == Support::Counts {
            0.2
        } else {
            0.1
        };
        assert!((square - 1.0).abs() < room, "{:?} {square}", case.law);
    }
}

#[test]
fn what_is_not_normalised_is_seen() {
    let without = text("log(s) + ((y - h)/s)^2/2", Support::Real, &[("s", 0.7)]);
    let total = without.density(2.0, &without.start).integrals().total;
    assert!(
        (total - std::f64::consts::TAU.sqrt()).abs() < 1e-7,
        "{total}"
    );
}
