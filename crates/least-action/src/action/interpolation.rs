//! Inputs between points.

/// Curve of an input between the points at which it is known, up to where it jumps.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Interpolation {
    /// Straight lines between points.
    #[default]
    Linear,
    /// Cubic polynomial through the two points on either side, so that schemes of fourth order
    /// reach it where the input is smooth.
    Cubic,
}

/// Value of an input at a time between the `n`-th of some points and the next one. `rows` are the
/// inputs at these points, of which the `k`-th of `width` is meant.
pub(super) fn value_at(
    how: Interpolation,
    times: &[f64],
    rows: &[f64],
    [k, width]: [usize; 2],
    n: usize,
    at: f64,
) -> f64 {
    let value = |n: usize| rows[n * width + k];
    let last = times.len() - 1;
    if n >= last {
        return value(last);
    }
    if how == Interpolation::Linear {
        let share = (at - times[n]) / (times[n + 1] - times[n]);
        return value(n) + share * (value(n + 1) - value(n));
    }
    let first = n.saturating_sub(1).min(last.saturating_sub(3));
    let nodes = first..=(first + 3).min(last);
    nodes
        .clone()
        .map(|i| {
            let others = nodes.clone().filter(|&j| j != i);
            let weight: f64 = others
                .map(|j| (at - times[j]) / (times[i] - times[j]))
                .product();
            weight * value(i)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cubic_polynomials_are_met_and_few_points_are_enough() {
        let times = [0.0, 0.3, 1.0, 1.4, 2.5];
        let cubic = |t: f64| 1.0 - 2.0 * t + t * t * (0.5 - 0.3 * t);
        let rows: Vec<f64> = times.iter().flat_map(|&t| [cubic(t), 7.0]).collect();
        for n in 0..4 {
            let at = 0.3 * times[n] + 0.7 * times[n + 1];
            let value = value_at(Interpolation::Cubic, &times, &rows, [0, 2], n, at);
            assert!((value - cubic(at)).abs() < 1e-12);
        }
        let two = value_at(Interpolation::Cubic, &times[..2], &rows, [0, 2], 0, 0.15);
        let line = value_at(Interpolation::Linear, &times, &rows, [0, 2], 0, 0.15);
        assert!((two - line).abs() < 1e-14);
    }
}
