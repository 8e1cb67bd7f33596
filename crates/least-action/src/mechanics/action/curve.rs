//! Measurements and inputs between the times at which they are known.

/// A function of time through given points: straight lines, or the natural cubic spline. Before the
/// first point and after the last one it is constant.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Curve {
    times: Vec<f64>,
    values: Vec<f64>,
    /// Second derivatives at the points, all 0 for straight lines.
    seconds: Vec<f64>,
}

impl Curve {
    /// A curve of straight lines. Times ascend; there is at least one.
    pub fn linear(times: Vec<f64>, values: Vec<f64>) -> Curve {
        Curve {
            seconds: vec![0.0; times.len()],
            times,
            values,
        }
    }

    /// The natural spline, whose second derivatives are 0 at its ends (C. de Boor, A Practical
    /// Guide to Splines, 1978). Fewer than three points are joined by straight lines.
    pub fn cubic(times: Vec<f64>, values: Vec<f64>) -> Curve {
        let mut curve = Curve::linear(times, values);
        let n = curve.times.len();
        // The tridiagonal system of the inner second derivatives, by elimination from the first on.
        let mut share = vec![0.0; n];
        for k in 1..n.saturating_sub(1) {
            let (before, after) = (curve.width(k - 1), curve.width(k));
            let slopes = curve.secant(k) - curve.secant(k - 1);
            let pivot = 2.0 * (before + after) - before * share[k - 1];
            share[k] = after / pivot;
            curve.seconds[k] = (6.0 * slopes - before * curve.seconds[k - 1]) / pivot;
        }
        for k in (1..n.saturating_sub(1)).rev() {
            curve.seconds[k] -= share[k] * curve.seconds[k + 1];
        }
        curve
    }

    fn width(&self, k: usize) -> f64 {
        self.times[k + 1] - self.times[k]
    }

    fn secant(&self, k: usize) -> f64 {
        (self.values[k + 1] - self.values[k]) / self.width(k)
    }

    /// Index of the interval that holds a time; `None` outside.
    fn interval(&self, time: f64) -> Option<usize> {
        let after = self.times.partition_point(|&t| t <= time);
        (after > 0 && after < self.times.len()).then(|| after - 1)
    }

    /// Value at a time.
    pub fn value(&self, time: f64) -> f64 {
        let last = self.times.len() - 1;
        let Some(k) = self.interval(time) else {
            let end = if time < self.times[0] { 0 } else { last };
            return self.values[end];
        };
        let h = self.width(k);
        let b = (time - self.times[k]) / h;
        let a = 1.0 - b;
        let line = a * self.values[k] + b * self.values[k + 1];
        let cubic = a * (a * a - 1.0) * self.seconds[k] + b * (b * b - 1.0) * self.seconds[k + 1];
        line + cubic * (h * h / 6.0)
    }

    /// Derivative in time; at a point where it jumps, the one after it.
    pub fn slope(&self, time: f64) -> f64 {
        let Some(k) = self.interval(time) else {
            return 0.0;
        };
        let h = self.width(k);
        let b = (time - self.times[k]) / h;
        let a = 1.0 - b;
        let cubic =
            (3.0 * b * b - 1.0) * self.seconds[k + 1] - (3.0 * a * a - 1.0) * self.seconds[k];
        self.secant(k) + cubic * (h / 6.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times() -> Vec<f64> {
        vec![0.0, 0.5, 0.8, 1.7, 2.0]
    }

    #[test]
    fn curves_pass_their_points_and_stay_constant_outside() {
        let values = vec![1.0, -2.0, 0.3, 4.0, 0.0];
        for curve in [
            Curve::linear(times(), values.clone()),
            Curve::cubic(times(), values.clone()),
        ] {
            for (t, v) in times().iter().zip(&values) {
                assert!((curve.value(*t) - v).abs() < 1e-14);
            }
            assert_eq!((curve.value(-3.0), curve.value(9.0)), (1.0, 0.0));
            assert_eq!((curve.slope(-3.0), curve.slope(9.0)), (0.0, 0.0));
            for t in [0.1, 0.7, 1.2, 1.9] {
                let difference = (curve.value(t + 1e-6) - curve.value(t - 1e-6)) / 2e-6;
                assert!((curve.slope(t) - difference).abs() < 1e-8, "{t}");
            }
        }
    }

    #[test]
    fn splines_are_smooth_and_lines_are_lines() {
        let values = vec![1.0, -2.0, 0.3, 4.0, 0.0];
        let curve = Curve::cubic(times(), values);
        for t in [0.5, 0.8, 1.7] {
            let second = |t: f64| (curve.slope(t + 1e-6) - curve.slope(t - 1e-6)) / 2e-6;
            assert!((curve.slope(t + 1e-9) - curve.slope(t - 1e-9)).abs() < 1e-6);
            assert!((second(t + 1e-5) - second(t - 1e-5)).abs() < 1e-1, "{t}");
        }
        let line: Vec<f64> = times().iter().map(|t| 3.0 - 2.0 * t).collect();
        let curve = Curve::cubic(times(), line);
        assert!((curve.value(1.1) - 0.8).abs() < 1e-14 && (curve.slope(0.2) + 2.0).abs() < 1e-14);
    }
}
