//! Vertex and crossings of a profile between the values at which it is known.

/// Point of a profile: value of the parameter, and negative logarithm of the profile there.
pub(super) type Point = (f64, f64);

/// Minimum of the parabola through three points of which the middle one is the lowest: its place,
/// and how far it is below the middle point. None if the points are on a line.
pub(super) fn vertex([a, b, c]: [Point; 3]) -> Option<(f64, f64)> {
    let (left, right) = ((b.1 - a.1) / (b.0 - a.0), (c.1 - b.1) / (c.0 - b.0));
    let curvature = 2.0 * (right - left) / (c.0 - a.0);
    // Slope of the parabola at the middle point.
    let slope = (left * (c.0 - b.0) + right * (b.0 - a.0)) / (c.0 - a.0);
    let fall = 0.5 * slope * slope / curvature;
    let place = b.0 - slope / curvature;
    (curvature > 0.0 && place.is_finite()).then(|| (place.clamp(a.0, c.0), fall))
}

/// Value at which a monotone function given at two or three points, `(value, root)`, has the root
/// `target`: inverse interpolation of second order, or linear where that leaves the bracket of the
/// first two points.
pub(super) fn crossing(bracket: [Point; 2], third: Option<Point>, target: f64) -> f64 {
    let [a, b] = bracket;
    let linear = a.0 + (target - a.1) / (b.1 - a.1) * (b.0 - a.0);
    let Some(c) = third else { return linear };
    let divided = |p: Point, q: Point| (q.0 - p.0) / (q.1 - p.1);
    let second = (divided(b, c) - divided(a, b)) / (c.1 - a.1);
    let bent = linear + second * (target - a.1) * (target - b.1);
    let (low, high) = (a.0.min(b.0), a.0.max(b.0));
    match (low..=high).contains(&bent) {
        true => bent,
        false => linear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_has_its_vertex() {
        let f = |x: f64| 3.0 + 2.0 * (x - 0.7) * (x - 0.7);
        let (place, fall) = vertex([0.1, 0.5, 2.0].map(|x| (x, f(x)))).unwrap();
        assert!((place - 0.7).abs() < 1e-14 && (fall - 0.08).abs() < 1e-14);
        assert_eq!(vertex([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]), None);
    }

    #[test]
    fn crossings_are_exact_where_the_inverse_is_a_parabola() {
        // x = r + r^2 / 4, which has the root 1 at 1.25.
        let at = |r: f64| (r + 0.25 * r * r, r);
        let found = crossing([at(0.5), at(1.5)], Some(at(0.1)), 1.0);
        assert!((found - 1.25).abs() < 1e-14, "{found}");
        // Two points are joined by a line.
        assert_eq!(crossing([(0.0, 0.0), (4.0, 2.0)], None, 1.0), 2.0);
    }
}
