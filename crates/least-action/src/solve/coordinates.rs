//! Coordinates in which argmin moves. It knows no bounds, so every bounded unknown is a smooth
//! function of a free variable (F. James and M. Roos, MINUIT, Comput. Phys. Commun. 10, 1975). Far
//! from bounds all of these functions are the identity, so that lengths keep their meaning.

use nalgebra::DVector;

use super::Bounds;

/// Vector of unknowns in argmin.
pub type Vector = DVector<f64>;

/// Share of the interval, or of the unknown's size where there is only one bound, by which starting
/// points at a bound are moved inside. At the bound the function is flat and no gradient leads
/// away.
const INSIDE: f64 = 1e-4;

/// Share of the interval within which a final point is moved to the bound, if the value agrees.
const NEAR: f64 = 1e-3;

/// Function that gives an unknown from a free variable u.
#[derive(Debug, Clone, Copy, PartialEq)]
enum BoundTransform {
    Free,
    /// Unknown whose bounds are equal.
    Fixed(f64),
    /// Unknown between two bounds: middle + half sin(u / half).
    Between {
        lower: f64,
        upper: f64,
        middle: f64,
        half: f64,
    },
    /// Unknown with one bound: bound + sign (sqrt(u^2 + size^2) - size). The sign is 1 for a lower
    /// bound, -1 for an upper one.
    Beyond {
        bound: f64,
        sign: f64,
        size: f64,
    },
}

impl BoundTransform {
    fn new(lower: f64, upper: f64, x: f64) -> Self {
        let beyond = |bound: f64, sign: f64| {
            let size = bound.abs().max(x.abs());
            BoundTransform::Beyond {
                bound,
                sign,
                size: if size > 0.0 { size } else { 1.0 },
            }
        };
        match (lower.is_finite(), upper.is_finite()) {
            (false, false) => BoundTransform::Free,
            (true, false) => beyond(lower, 1.0),
            (false, true) => beyond(upper, -1.0),
            (true, true) => {
                let (middle, half) = (0.5 * lower + 0.5 * upper, 0.5 * upper - 0.5 * lower);
                match half > 0.0 {
                    true => BoundTransform::Between {
                        lower,
                        upper,
                        middle,
                        half,
                    },
                    false => BoundTransform::Fixed(lower),
                }
            }
        }
    }

    /// Value of the unknown at u.
    fn unknown(self, u: f64) -> f64 {
        match self {
            BoundTransform::Free => u,
            BoundTransform::Fixed(x) => x,
            BoundTransform::Between {
                lower,
                upper,
                middle,
                half,
            } => {
                let s = libm::sin(u / half);
                // Near an end that is small beside the interval, the distance from it keeps its
                // digits.
                let x = if s < -0.5 {
                    lower + half * (libm::cos(u / half) * libm::cos(u / half) / (1.0 - s))
                } else if s > 0.5 {
                    upper - half * (libm::cos(u / half) * libm::cos(u / half) / (1.0 + s))
                } else {
                    middle + half * s
                };
                x.max(lower).min(upper)
            }
            BoundTransform::Beyond { bound, sign, size } => bound + sign * distance(u, size),
        }
    }

    /// Variable u of an unknown; true if the unknown had to be moved inside.
    fn variable(self, x: f64) -> (f64, bool) {
        match self {
            BoundTransform::Free => (x, false),
            BoundTransform::Fixed(fixed) => (0.0, x != fixed),
            BoundTransform::Between {
                lower,
                upper,
                middle,
                half,
            } => {
                let margin = 2.0 * half * INSIDE;
                let inside = x.max(lower + margin).min(upper - margin);
                let share = ((inside - middle) / half).clamp(-1.0, 1.0);
                (half * libm::asin(share), inside != x)
            }
            BoundTransform::Beyond { bound, sign, size } => {
                let margin = size * INSIDE;
                let away = sign * (x - bound);
                let inside = away.max(margin);
                ((inside * (inside + 2.0 * size)).sqrt(), inside != away)
            }
        }
    }

    /// Derivative of the unknown in u.
    fn derivative(self, u: f64) -> f64 {
        match self {
            BoundTransform::Free => 1.0,
            BoundTransform::Fixed(_) => 0.0,
            BoundTransform::Between { half, .. } => libm::cos(u / half),
            BoundTransform::Beyond { sign, size, .. } => sign * u / libm::hypot(u, size),
        }
    }

    /// Bound that an unknown with this gradient is pushed against, if it is near.
    fn pushed_against(self, x: f64, gradient: f64) -> Option<f64> {
        let (near, bound) = match self {
            BoundTransform::Free | BoundTransform::Fixed(_) => return None,
            BoundTransform::Between {
                lower, upper, half, ..
            } => {
                let bound = if gradient > 0.0 { lower } else { upper };
                ((x - bound).abs() <= 2.0 * half * NEAR, bound)
            }
            BoundTransform::Beyond { bound, sign, size } => (
                (x - bound).abs() <= size * NEAR && gradient * sign > 0.0,
                bound,
            ),
        };
        (near && gradient != 0.0).then_some(bound)
    }
}

/// Distance from a single bound, sqrt(u^2 + size^2) - size, without cancellation.
fn distance(u: f64, size: f64) -> f64 {
    u * (u / (size + libm::hypot(u, size)))
}

/// Unknowns as functions of the variables `u` that argmin moves, one by one.
#[derive(Debug, Clone)]
pub struct Coordinates {
    /// Functions of all unknowns; empty where there are no bounds and `u` is the unknowns
    /// themselves.
    maps: Vec<BoundTransform>,
}

impl Coordinates {
    /// Coordinates for a minimisation from `x`.
    pub fn new(x: &[f64], bounds: Option<&Bounds>) -> Self {
        Coordinates {
            maps: bounds.map_or(Vec::new(), |bounds| {
                let ends = bounds.lower.iter().zip(&bounds.upper).zip(x);
                ends.map(|((&low, &high), &x)| BoundTransform::new(low, high, x))
                    .collect()
            }),
        }
    }

    /// True if there are bounds.
    pub fn bounded(&self) -> bool {
        !self.maps.is_empty()
    }

    /// Writes the unknowns at `u` to `x`.
    pub fn unknowns(&self, u: &Vector, x: &mut [f64]) {
        x.copy_from_slice(u.as_slice());
        for (x, map) in x.iter_mut().zip(&self.maps) {
            *x = map.unknown(*x);
        }
    }

    /// Variables u of the unknowns; true if any had to be moved inside of its bounds.
    pub fn variables(&self, x: &[f64]) -> (Vector, bool) {
        let mut u = Vector::from_column_slice(x);
        let mut moved = false;
        for (u, map) in u.iter_mut().zip(&self.maps) {
            let (variable, outside) = map.variable(*u);
            *u = variable;
            moved |= outside;
        }
        (u, moved)
    }

    /// Multiplies a gradient by the derivatives of the unknowns in u, which makes it the gradient
    /// in u.
    pub fn chain(&self, u: &Vector, gradient: &mut [f64]) {
        for ((g, map), u) in gradient.iter_mut().zip(&self.maps).zip(u) {
            *g *= map.derivative(*u);
        }
    }

    /// Moves unknowns to the bounds that they are pushed against. Returns true if there are any.
    pub fn snap(&self, x: &mut [f64], gradient: &[f64]) -> bool {
        let mut any = false;
        for ((x, g), map) in x.iter_mut().zip(gradient).zip(&self.maps) {
            if let Some(bound) = map.pushed_against(*x, *g) {
                *x = bound;
                any = true;
            }
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: [(f64, f64); 7] = [
        (f64::NEG_INFINITY, f64::INFINITY),
        (-1.0, 3.0),
        (0.0, 1e10),
        (-1e10, 1e10),
        (0.0, f64::INFINITY),
        (f64::NEG_INFINITY, -2.0),
        (-80.0, f64::INFINITY),
    ];

    #[test]
    fn variables_and_unknowns_belong_together() {
        for (low, high) in ENDS {
            let from = if low.is_finite() { low } else { -10.0 };
            let to = if high.is_finite() { high } else { from + 20.0 };
            for share in [0.01, 0.3, 0.5, 0.9] {
                let x = from + share * (to - from);
                let map = BoundTransform::new(low, high, x);
                let (u, moved) = map.variable(x);
                assert!(!moved);
                let error = (map.unknown(u) - x).abs();
                assert!(
                    error <= 1e-14 * (from.abs() + to.abs()),
                    "{map:?} {x}: {error:e}"
                );
            }
        }
        // A small unknown in a wide interval keeps its digits.
        for (low, high) in [(-1e10, 1e10), (-2.0, 1e12)] {
            let map = BoundTransform::new(low, high, 1.5);
            let BoundTransform::Between { half, middle, .. } = map else {
                panic!("{map:?}")
            };
            let u = half * libm::asin((1.5 - middle) / half);
            assert!((map.unknown(u) - map.unknown(u + 1e-3)).abs() > 1e-9);
        }
    }

    #[test]
    fn every_variable_gives_an_unknown_within_the_bounds() {
        for (low, high) in ENDS {
            let map = BoundTransform::new(low, high, 0.7);
            for k in -2000..2000 {
                for size in [1e-3, 1.0, 1e8] {
                    let x = map.unknown(k as f64 * size);
                    assert!((low..=high).contains(&x), "{map:?} {x}");
                }
            }
        }
    }

    #[test]
    fn derivatives_match_differences() {
        for (low, high) in ENDS {
            let map = BoundTransform::new(low, high, 0.7);
            for u in [-2.0, -0.3, 0.1, 0.4, 2.5] {
                let step = 1e-4;
                let (up, at, down) = (map.unknown(u + step), map.unknown(u), map.unknown(u - step));
                let size = 1.0 + 1e-9 * at.abs() / step;
                assert!(
                    ((up - down) / (2.0 * step) - map.derivative(u)).abs() < 1e-6 * size,
                    "{map:?} {u}"
                );
            }
        }
    }

    #[test]
    fn beginnings_are_moved_inside() {
        for (low, high) in ENDS.into_iter().skip(1) {
            for x in [low, high, low - 1.0, high + 1.0] {
                if !x.is_finite() {
                    continue;
                }
                let map = BoundTransform::new(low, high, x);
                let (u, moved) = map.variable(x);
                assert!(moved, "{map:?} {x}");
                let inside = map.unknown(u);
                assert!(low < inside && inside < high, "{map:?} {x}: {inside}");
                assert!(map.derivative(u).abs() > 1e-3, "{map:?} {x}");
            }
        }
        let fixed = BoundTransform::new(2.0, 2.0, 5.0);
        assert_eq!(fixed.variable(5.0), (0.0, true));
        assert_eq!(fixed.unknown(17.0), 2.0);
    }
}
