//! Polynomials within a step, and the quadrature points at which the Lagrangian is evaluated.

use super::VariationalMethod;

const ROOT_3: f64 = 1.732_050_807_568_877_2;
const ROOT_5: f64 = 2.236_067_977_499_79;
const ROOT_15: f64 = 3.872_983_346_207_417;

/// Quadrature points within a step of length 1, and the values of the basis there.
#[derive(Debug, Clone)]
pub(super) struct Basis {
    /// Control points, s + 1 of them, the first at 0 and the last at 1: the path takes its values
    /// there.
    pub nodes: &'static [f64],
    /// Quadrature points, at which L is evaluated.
    pub places: &'static [f64],
    /// Weights of the quadrature points.
    pub weights: &'static [f64],
    /// Values of the basis, places x nodes: the polynomial that is 1 at one node and 0 at the
    /// others.
    pub values: Vec<f64>,
    /// Slopes of the basis, places x nodes.
    pub slopes: Vec<f64>,
}

impl Basis {
    pub fn new(method: VariationalMethod) -> Basis {
        const LINE: &[f64] = &[0.0, 1.0];
        const PARABOLA: &[f64] = &[0.0, 0.5, 1.0];
        const CUBIC: &[f64] = &[0.0, 0.5 - ROOT_5 / 10.0, 0.5 + ROOT_5 / 10.0, 1.0];
        let (nodes, places, weights): (_, &[f64], &[f64]) = match method {
            VariationalMethod::Euler => (LINE, &[0.0], &[1.0]),
            VariationalMethod::Midpoint => (LINE, &[0.5], &[1.0]),
            VariationalMethod::Trapezoid => (LINE, LINE, &[0.5, 0.5]),
            VariationalMethod::Gauss4 => (
                PARABOLA,
                &[0.5 - ROOT_3 / 6.0, 0.5 + ROOT_3 / 6.0],
                &[0.5, 0.5],
            ),
            VariationalMethod::Gauss6 => (
                CUBIC,
                &[0.5 - ROOT_15 / 10.0, 0.5, 0.5 + ROOT_15 / 10.0],
                &[5.0 / 18.0, 4.0 / 9.0, 5.0 / 18.0],
            ),
            VariationalMethod::Lobatto4 => (PARABOLA, PARABOLA, &[1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0]),
            VariationalMethod::Lobatto6 => (
                CUBIC,
                CUBIC,
                &[1.0 / 12.0, 5.0 / 12.0, 5.0 / 12.0, 1.0 / 12.0],
            ),
        };
        let (mut values, mut slopes) = (Vec::new(), Vec::new());
        for &place in places {
            for own in 0..nodes.len() {
                let (value, slope) = lagrange(nodes, own, place);
                values.push(value);
                slopes.push(slope);
            }
        }
        Basis {
            nodes,
            places,
            weights,
            values,
            slopes,
        }
    }

    /// Degree s of the polynomials.
    pub fn degree(&self) -> usize {
        self.nodes.len() - 1
    }
}

/// Lagrange polynomial of one node, and its derivative.
fn lagrange(nodes: &[f64], own: usize, place: f64) -> (f64, f64) {
    let (mut value, mut slope) = (1.0, 0.0);
    for (k, node) in nodes.iter().enumerate() {
        if k != own {
            let width = nodes[own] - node;
            slope = (slope * (place - node) + value) / width;
            value *= (place - node) / width;
        }
    }
    (value, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quadratures_are_exact_to_their_order() {
        for method in VariationalMethod::ALL {
            let basis = Basis::new(method);
            for power in 0..method.order() {
                let pairs = basis.places.iter().zip(basis.weights);
                let sum: f64 = pairs.map(|(c, b)| b * c.powi(power as i32)).sum();
                let exact = 1.0 / (power + 1) as f64;
                assert!((sum - exact).abs() < 1e-15, "{} {power}", method.name());
            }
        }
    }

    #[test]
    fn polynomials_pass_their_points() {
        let basis = Basis::new(VariationalMethod::Gauss6);
        for (i, t) in basis.places.iter().enumerate() {
            let of = |row: &[f64]| -> f64 {
                let pairs = row[4 * i..4 * i + 4].iter().zip(basis.nodes);
                pairs.map(|(v, node)| v * (2.0 - node * node * node)).sum()
            };
            assert!((of(&basis.values) - (2.0 - t * t * t)).abs() < 1e-14);
            assert!((of(&basis.slopes) + 3.0 * t * t).abs() < 1e-14);
        }
    }
}
