//! Noise of the ladder, before it is estimated: from the scatter of the data.

use crate::action::noise::{Binomial, Interval, Law};
use crate::action::{spread, NoiseDefinition, Observations, Precision, Problem};
use crate::anneal::scatter::{ColumnScatter, Scatter};
use crate::model::LogScale;

/// Noise as a share of a column's spread where the scatter of the data does not show it.
const SHARE: f64 = 0.03;
/// Dispersion of counts on the ladder.
const DISPERSION: f64 = 0.1;
/// Least noise of the ladder beside that.
const LEAST: f64 = 1e-4;

/// Logarithms of the scales of all estimated parts.
pub(super) fn values(problem: &Problem) -> Vec<f64> {
    let Some(noise) = problem.noise() else {
        return Vec::new();
    };
    let (mut sums, mut counts) = (
        vec![0.0; noise.parameters.len()],
        vec![0.0; noise.parameters.len()],
    );
    for channel in &noise.channels {
        let column = channel.scale.column;
        let is_logarithm = channel.law == Law::LogNormal;
        let deviation = deviation(problem.data(), column, is_logarithm);
        let both = channel.parameters.iter().all(Option::is_some);
        for &(_, parameter) in &channel.own {
            if let Some([low, high]) = noise.parameters[parameter].details.initial {
                sums[parameter] += libm::log((low * high).sqrt());
                counts[parameter] += 1.0;
            }
        }
        for (k, parameter) in channel.parameters.iter().enumerate() {
            let Some(parameter) = *parameter else {
                continue;
            };
            // Two parts have half of the variance each.
            let own = if both {
                deviation * 0.5f64.sqrt()
            } else {
                deviation
            };
            let value = match noise.parameters[parameter].details.initial {
                Some([low, high]) => (low * high).sqrt(),
                None if k == 0 || is_logarithm => match channel.law {
                    Law::NegativeBinomial => DISPERSION,
                    _ => own,
                },
                None => {
                    own / mean_square(problem.data(), column)
                        .sqrt()
                        .max(f64::MIN_POSITIVE)
                }
            };
            sums[parameter] += libm::log(value);
            counts[parameter] += 1.0;
        }
    }
    let means = sums.iter().zip(&counts).map(|(sum, count)| sum / count);
    let bounded = means.zip(&noise.parameters);
    bounded
        .map(|(value, parameter)| value.max(parameter.bounds[0]).min(parameter.bounds[1]))
        .collect()
}

/// Precision of every datum with these values of the parameters, and the data in place of the
/// predictions.
pub(super) fn precision(problem: &Problem, values: &[f64]) -> Precision {
    let Some(noise) = problem.noise() else {
        return Precision::default();
    };
    let mut rows = Vec::new();
    for set in problem.data() {
        for row in set.values.chunks_exact(set.observed.len()) {
            let each = row.iter().zip(&set.observed);
            rows.push(
                each.map(|(y, &column)| of_datum(problem, noise, values, *y, column))
                    .collect(),
            );
        }
    }
    Precision::PerDatum { per_datum: rows }
}

fn of_datum(
    problem: &Problem,
    noise: &NoiseDefinition,
    values: &[f64],
    datum: f64,
    column: usize,
) -> f64 {
    let Some(channel) = noise.channels.iter().find(|c| c.scale.column == column) else {
        return 1.0;
    };
    let square = |part: Option<LogScale>| match part {
        None => 0.0,
        Some(LogScale::Known(log)) => libm::exp(2.0 * log),
        Some(LogScale::Parameter(k)) => libm::exp(2.0 * values[k]),
    };
    if let (Some(law), false) = (&channel.text, datum.is_nan()) {
        // Least squares that have the information of the law.
        let information = law.information(law.nearest(datum), &law.start)[0];
        if information > 0.0 && information.is_finite() {
            return information;
        }
        let deviation = deviation(problem.data(), column, false);
        return 1.0 / (deviation * deviation);
    }
    let scale = &channel.scale;
    let [a, b] = [square(scale.deviation), square(scale.proportional)];
    let size = datum * datum + scale.floor * scale.floor;
    let count = datum.max(1.0);
    let variance = match &scale.formula {
        None if datum.is_nan() => 1.0,
        None if channel.law == Law::LogNormal => a * size,
        None if channel.law == Law::Poisson => count,
        None if channel.law == Law::NegativeBinomial => count * (1.0 + count * a.sqrt()),
        Some(_) => {
            let deviation = deviation(problem.data(), column, false);
            deviation * deviation
        }
        None => match channel.law {
            Law::Binomial(Binomial { trials }) => count * (1.0 - count / trials).max(1.0 / trials),
            Law::Interval(Interval { step, .. }) => a + b * size + step * step / 12.0,
            _ => a + b * size,
        },
    };
    match variance > 0.0 {
        true => 1.0 / variance,
        false => 1.0,
    }
}

/// Logarithms of the scales of all data with these values of the parameters, and the data in place
/// of the predictions, by slot: what normalisations are relative to.
pub(super) fn reference(problem: &Problem, values: &[f64], stated: Vec<f64>) -> Vec<f64> {
    let Some(noise) = problem.noise() else {
        return stated;
    };
    let channels = problem.channels_of_slots();
    let each = stated.into_iter().zip(channels);
    let of = |(stated, channel): (f64, usize)| {
        let channel = &noise.channels[channel];
        if channel.text.is_some() {
            return 0.0;
        }
        match (channel.law, channel.scale.deviation) {
            // Their scales are no deviations of the data.
            (Law::LogNormal | Law::NegativeBinomial, Some(LogScale::Known(log))) => log,
            (Law::LogNormal | Law::NegativeBinomial, Some(LogScale::Parameter(k))) => values[k],
            (Law::Poisson | Law::Binomial(_), _) => 0.0,
            _ => stated,
        }
    };
    each.map(of).collect()
}

/// Deviation of a column's noise, or of that of its logarithm: from the differences of its data;
/// where they do not tell, between the least that they allow and a share of the spread.
fn deviation(data: &[Observations], column: usize, is_logarithm: bool) -> f64 {
    let spread = match is_logarithm {
        false => spread(data, column),
        // A share of a value is as much in its logarithm.
        true => 1.0,
    };
    let guess = SHARE * spread;
    match Scatter::of_column(data, column, is_logarithm) {
        ColumnScatter::Estimate(variance) => variance.sqrt(),
        ColumnScatter::AtMost(variance) => match variance.sqrt() {
            // Channels whose noise is unlike on the ladder, but not in truth, lead to wrong paths.
            most if most > guess && most < spread => (most * guess).sqrt(),
            most => most.clamp(LEAST * guess, guess),
        },
    }
}

/// Mean square of a column.
fn mean_square(data: &[Observations], column: usize) -> f64 {
    let columns = data.iter().flat_map(|set| {
        let columns = set.columns_of(column);
        columns.map(|l| set.column(l).filter(|y| !y.is_nan()))
    });
    let (mut sum, mut count) = (0.0, 0.0);
    for y in columns.flatten() {
        sum += y * y;
        count += 1.0;
    }
    sum / f64::max(count, 1.0)
}
