//! Smooth maps from all numbers to intervals.

use crate::solve::Bounds;

/// Map of one unknown, `x(u)`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum IntervalMap {
    /// No bounds: `x = u`.
    Free,
    /// A lower bound: `x = low + exp(u)`.
    Above(f64),
    /// An upper bound: `x = high - exp(u)`.
    Below(f64),
    /// Two bounds: `x = low + width / (1 + exp(-u))`.
    Between(f64, f64),
    /// Equal bounds: x is held, and u is a standard normal variable that nothing depends on.
    Held(f64),
}

/// Distance from a bound at which an unknown at the bound is taken to be, relative to the width of
/// its interval, or to its size.
const MARGIN: f64 = 1e-3;

impl IntervalMap {
    /// Map onto an interval.
    fn of(low: f64, high: f64) -> Self {
        match (low.is_finite(), high.is_finite()) {
            (true, true) if low == high => IntervalMap::Held(low),
            (false, false) => IntervalMap::Free,
            (true, false) => IntervalMap::Above(low),
            (false, true) => IntervalMap::Below(high),
            (true, true) => IntervalMap::Between(low, high - low),
        }
    }

    /// `x`, `dx/du`, `log |dx/du|` and the derivative of the latter, at u.
    fn outward(self, u: f64) -> (f64, f64, f64, f64) {
        match self {
            IntervalMap::Free => (u, 1.0, 0.0, 0.0),
            IntervalMap::Held(value) => (value, 0.0, -0.5 * u * u, -u),
            IntervalMap::Above(low) => {
                let distance = libm::exp(u);
                (low + distance, distance, u, 1.0)
            }
            IntervalMap::Below(high) => {
                let distance = libm::exp(u);
                (high - distance, -distance, u, 1.0)
            }
            IntervalMap::Between(low, width) => {
                // The smaller share is computed, so that neither is lost in the other.
                let small = libm::exp(-u.abs());
                let whole = 1.0 + small;
                let (share, rest) = match u < 0.0 {
                    true => (small / whole, 1.0 / whole),
                    false => (1.0 / whole, small / whole),
                };
                let log = -u.abs() - 2.0 * libm::log1p(small) + libm::log(width);
                let x = match u < 0.0 {
                    true => low + width * share,
                    false => (low + width) - width * rest,
                };
                (x, width * share * rest, log, rest - share)
            }
        }
    }

    /// The `u` of a value `x` between the bounds.
    fn inward(self, x: f64) -> f64 {
        match self {
            IntervalMap::Free => x,
            IntervalMap::Held(_) => 0.0,
            IntervalMap::Above(low) => libm::log(x - low),
            IntervalMap::Below(high) => libm::log(high - x),
            IntervalMap::Between(low, width) => libm::log((x - low) / (low + width - x)),
        }
    }

    /// Nearest value that is not too close to a bound. A density that falls inwards with `slope`
    /// has its mass within one over the slope.
    fn inside(self, x: f64, slope: f64) -> f64 {
        let scale = |unit: f64, outward: f64| {
            let own = 1.0 / outward.max(0.0);
            match own < unit {
                true => own,
                false => MARGIN * unit,
            }
        };
        match self {
            IntervalMap::Free | IntervalMap::Held(_) => x,
            IntervalMap::Above(low) => x.max(low + scale(low.abs().max(1.0), slope)),
            IntervalMap::Below(high) => x.min(high - scale(high.abs().max(1.0), -slope)),
            IntervalMap::Between(low, width) => {
                let half = 0.5 * width;
                let (from, to) = (
                    low + scale(half, slope).min(half),
                    low + width - scale(half, -slope).min(half),
                );
                x.max(from).min(to)
            }
        }
    }

    /// Part of the second derivative in u that the map adds, for a potential with this slope in x;
    /// only its positive part.
    fn curvature(self, u: f64, slope: f64) -> f64 {
        let (_, first, _, log_slope) = self.outward(u);
        match self {
            IntervalMap::Free => 0.0,
            IntervalMap::Held(_) => 1.0,
            IntervalMap::Above(_) | IntervalMap::Below(_) => (slope * first).max(0.0),
            // -d2/du2 log x' = 2 share rest = (1 - log_slope^2)/2; x'' = x' log_slope.
            IntervalMap::Between(..) => {
                (slope * first * log_slope).max(0.0) + 0.5 * (1.0 - log_slope * log_slope)
            }
        }
    }
}

/// Maps of all unknowns, with their derivatives at the last point.
#[derive(Debug, Clone)]
pub(super) struct Transform {
    maps: Vec<IntervalMap>,
    /// Derivatives `dx/du`.
    pub first: Vec<f64>,
    /// Derivatives `d log |dx/du| / du`.
    log_slope: Vec<f64>,
}

impl Transform {
    /// Maps for all bounds.
    pub fn new(bounds: &Bounds) -> Self {
        let ends = bounds.lower.iter().zip(&bounds.upper);
        let maps: Vec<IntervalMap> = ends
            .map(|(&low, &high)| IntervalMap::of(low, high))
            .collect();
        Transform {
            first: vec![1.0; maps.len()],
            log_slope: vec![0.0; maps.len()],
            maps,
        }
    }

    /// Maps for the unknowns whose bounds are equal, and the bounds of the others; no maps where
    /// there are none of these.
    pub fn held(bounds: &Bounds) -> (Option<Self>, Bounds) {
        let mut others = bounds.clone();
        for (low, high) in others.lower.iter_mut().zip(&mut others.upper) {
            if low == high {
                (*low, *high) = (f64::NEG_INFINITY, f64::INFINITY);
            }
        }
        let mut held = bounds.clone();
        for (low, high) in held.lower.iter_mut().zip(&mut held.upper) {
            if low != high {
                (*low, *high) = (f64::NEG_INFINITY, f64::INFINITY);
            }
        }
        let any = held.lower.iter().any(|low| low.is_finite());
        (any.then(|| Transform::new(&held)), others)
    }

    /// Changes u into x in place. Returns the logarithm of the change of volume.
    pub fn outward(&mut self, u: &mut [f64]) -> f64 {
        let mut log_volume = 0.0;
        for (k, u) in u.iter_mut().enumerate() {
            let (x, first, log, slope) = self.maps[k].outward(*u);
            *u = x;
            self.first[k] = first;
            self.log_slope[k] = slope;
            log_volume += log;
        }
        log_volume
    }

    /// Changes the gradient of the negative log density in x into that in u, in place, at the point
    /// last mapped.
    pub fn gradient(&self, gradient: &mut [f64]) {
        let factors = self.first.iter().zip(&self.log_slope);
        for (g, (first, log_slope)) in gradient.iter_mut().zip(factors) {
            *g = *g * first - log_slope;
        }
    }

    /// Changes x into u in place. Values at a bound, or beyond it, are moved inside by a distance
    /// that depends on the gradient in x.
    pub fn inward(&self, x: &mut [f64], gradient: &[f64]) {
        for ((x, map), &slope) in x.iter_mut().zip(&self.maps).zip(gradient) {
            *x = map.inward(map.inside(*x, slope));
        }
    }

    /// Writes the parts of the second derivatives in u that the maps add.
    pub fn curvature(&self, u: &[f64], gradient: &[f64], into: &mut [f64]) {
        let each = self.maps.iter().zip(u).zip(gradient);
        for (into, ((map, &u), &slope)) in into.iter_mut().zip(each) {
            *into = map.curvature(u, slope);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn map() -> impl Strategy<Value = IntervalMap> {
        prop_oneof![
            Just(IntervalMap::Free),
            (-3.0..3.0).prop_map(IntervalMap::Above),
            (-3.0..3.0).prop_map(IntervalMap::Below),
            (-3.0..3.0, 0.1..5.0).prop_map(|(low, width)| IntervalMap::Between(low, width)),
        ]
    }

    proptest! {
        #[test]
        fn derivatives_are_those_of_the_map(map in map(), u in -6.0..6.0f64) {
            let h = 1e-5;
            let (x, first, log, slope) = map.outward(u);
            let (after, before) = (map.outward(u + h), map.outward(u - h));
            let scale = 1.0 + first.abs();
            prop_assert!(((after.0 - before.0) / (2.0 * h) - first).abs() < 1e-7 * scale);
            prop_assert!((log - libm::log(first.abs())).abs() < 1e-10);
            prop_assert!(((after.2 - before.2) / (2.0 * h) - slope).abs() < 1e-7);
            prop_assert!((map.inward(x) - u).abs() < 1e-9);
        }

        #[test]
        fn the_curvature_is_that_of_the_potential(
            map in map(),
            u in -3.0..3.0f64,
            slope in 0.0..4.0f64,
        ) {
            // A linear potential that rises away from the only bound: all of its second derivative
            // in u comes from the map.
            let slope = if matches!(map, IntervalMap::Below(_)) { -slope } else { slope };
            let h = 1e-4;
            let potential = |u: f64| { let (x, _, log, _) = map.outward(u); slope * x - log };
            let second = (potential(u + h) - 2.0 * potential(u) + potential(u - h)) / (h * h);
            // Between two bounds, only the positive part of what the slope adds is taken.
            let given = map.curvature(u, slope);
            prop_assert!(given > second - 1e-4 * (1.0 + second.abs()));
            if !matches!(map, IntervalMap::Between(..)) || u < 0.0 {
                let close = (given - second).abs() < 1e-4 * (1.0 + second.abs());
                prop_assert!(close, "{given} {second}");
            }
        }
    }

    #[test]
    fn far_from_the_middle_values_stay_inside() {
        let map = IntervalMap::Between(1.0, 2.0);
        for u in [-800.0, -30.0, 30.0, 800.0] {
            let (x, first, log, _) = map.outward(u);
            assert!((1.0..=3.0).contains(&x) && first >= 0.0 && log.is_finite());
        }
        let at_bound = map.inward(map.inside(1.0, 1e6));
        assert!((at_bound - libm::log(0.5e-6)).abs() < 1e-5, "{at_bound}");
    }
}
