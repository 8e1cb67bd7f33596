//! Laws that families name, with the fields that each has and the data that it can have made.

use super::super::noise::{Binomial, Huber, Interval, Law, StudentT, Support};
use super::super::{check_interval, Observations};
use super::{ChannelNoise, NoiseFamily};
use crate::error::{check, Error, Result};

/// True for laws whose scale has no unit.
pub(super) fn law_is_relative(family: NoiseFamily) -> bool {
    matches!(
        family,
        NoiseFamily::LogNormal | NoiseFamily::NegativeBinomial
    )
}

impl ChannelNoise {
    /// Family of the channel: a text is one of its own.
    pub(super) fn chosen_family(&self, path: &str) -> Result<NoiseFamily> {
        match (&self.law, self.family) {
            (None, NoiseFamily::Text) => Err(Error::WrongShape {
                path: format!("{path}.law"),
                message: "is missing: give minus the logarithm of the density of y about h, as \
                          \"log(2*s) + abs(y - h)/s\""
                    .into(),
            }),
            (None, family) => Ok(family),
            (Some(_), NoiseFamily::Normal | NoiseFamily::Text) => Ok(NoiseFamily::Text),
            (Some(_), _) => Err(Error::WrongShape {
                path: format!("{path}.law"),
                message: "and family both choose the law: leave one of them out".into(),
            }),
        }
    }

    /// Law of the channel; `path` begins the names of its fields.
    pub(super) fn law(&self, path: &str) -> Result<Law> {
        let at = |field: &str| format!("{path}.{field}");
        let family = self.chosen_family(path)?;
        let own: &[&str] = match family {
            NoiseFamily::Normal => &["below", "above", "rounded", "deviation", "proportional"],
            NoiseFamily::StudentT => &["degrees", "deviation", "proportional"],
            NoiseFamily::Huber => &["threshold", "deviation", "proportional"],
            NoiseFamily::Laplace => &["deviation", "proportional"],
            NoiseFamily::LogNormal => &["deviation"],
            NoiseFamily::Poisson => &[],
            NoiseFamily::NegativeBinomial => &["dispersion"],
            NoiseFamily::Binomial => &["trials"],
            NoiseFamily::Text => &["law", "parameters", "support"],
        };
        let given = [
            ("degrees", self.degrees.is_some()),
            ("threshold", self.threshold.is_some()),
            ("trials", self.trials.is_some()),
            ("below", self.below.is_some()),
            ("above", self.above.is_some()),
            ("rounded", self.rounded.is_some()),
            ("dispersion", self.dispersion.is_some()),
            ("deviation", self.deviation.is_some()),
            ("proportional", self.proportional.is_some()),
            ("parameters", !self.parameters.is_empty()),
            ("support", self.support.is_some()),
        ];
        for (field, is_given) in given {
            if is_given && !own.contains(&field) {
                return Err(Error::WrongShape {
                    path: at(field),
                    message: format!(
                        "is no part of this law, which has {}; leave it out, or choose another \
                         family",
                        match own {
                            [] => "none".into(),
                            own => own.join(", "),
                        }
                    ),
                });
            }
        }
        let positive = |field: &str, given: Option<f64>, default: f64| -> Result<f64> {
            let value = given.unwrap_or(default);
            check::positive(&at(field), value)?;
            Ok(value)
        };
        Ok(match family {
            // A law of the user's own has a place of its own.
            NoiseFamily::Text => Law::Gaussian,
            NoiseFamily::Normal if self.below.or(self.above).or(self.rounded).is_none() => {
                Law::Gaussian
            }
            NoiseFamily::Normal => {
                let (below, above) = (
                    self.below.unwrap_or(f64::NEG_INFINITY),
                    self.above.unwrap_or(f64::INFINITY),
                );
                check_interval(&at("above"), [below, above])?;
                Law::Interval(Interval {
                    below,
                    above,
                    step: match self.rounded {
                        Some(step) => positive("rounded", Some(step), 0.0)?,
                        None => 0.0,
                    },
                })
            }
            NoiseFamily::StudentT => Law::StudentT(StudentT {
                degrees: positive("degrees", self.degrees, 4.0)?,
            }),
            NoiseFamily::Laplace => Law::Laplace,
            NoiseFamily::Huber => Law::Huber(Huber {
                threshold: positive("threshold", self.threshold, 1.345)?,
            }),
            NoiseFamily::LogNormal => Law::LogNormal,
            NoiseFamily::Poisson => Law::Poisson,
            NoiseFamily::NegativeBinomial => Law::NegativeBinomial,
            NoiseFamily::Binomial => Law::Binomial(Binomial {
                trials: match self.trials {
                    Some(trials) => positive("trials", Some(trials), 1.0)?,
                    None => {
                        return Err(Error::WrongShape {
                            path: at("trials"),
                            message: "is missing: give the number of trials".into(),
                        })
                    }
                },
            }),
        })
    }
}

/// Checks that a law can have made the data of a column.
pub(super) fn check_data(
    law: Law,
    support: Option<Support>,
    path: &str,
    name: &str,
    data: &[Observations],
    column: usize,
) -> Result<()> {
    let (holds, expected): (&dyn Fn(f64) -> bool, &str) = match law {
        Law::LogNormal => (
            &|y| y > 0.0,
            "positive number, and has no logarithm: leave such data out (NaN), or say that they are \
             below a limit (normal noise with below)",
        ),
        Law::Poisson | Law::NegativeBinomial => (
            &|y| y >= 0.0 && y.fract() == 0.0,
            "count, a whole number that is not negative: for rates and means choose another law",
        ),
        Law::Binomial(Binomial { trials }) => {
            let holds = move |y: f64| y >= 0.0 && y <= trials && y.fract() == 0.0;
            return each_datum(&holds, "count of at most the number of trials: choose another law or more trials", path, name, data, column);
        }
        _ => match support {
            None | Some(Support::Real) => return Ok(()),
            Some(Support::Positive) => (
                &|y| y > 0.0,
                "positive number: leave such data out (NaN), or choose another support",
            ),
            Some(Support::Counts) => (
                &|y| y >= 0.0 && y.fract() == 0.0,
                "count, a whole number that is not negative: choose another support",
            ),
        },
    };
    each_datum(holds, expected, path, name, data, column)
}

fn each_datum(
    holds: &dyn Fn(f64) -> bool,
    expected: &str,
    path: &str,
    name: &str,
    data: &[Observations],
    column: usize,
) -> Result<()> {
    for set in data {
        let columns = set.columns_of(column);
        for (n, y) in columns.flat_map(|l| set.column(l).enumerate()) {
            if y.is_nan() || holds(y) {
                continue;
            }
            let time = set.time(n);
            return Err(Error::OutOfRange {
                path: format!("{path}.family"),
                value: y,
                expected: format!(
                    "a law that its data fit: {name} at time {time} is no {expected}"
                ),
            });
        }
    }
    Ok(())
}
