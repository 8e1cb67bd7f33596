//! Law of the user's own: minus the logarithm of its density as text, compiled with its exact
//! derivatives. What other laws know in closed form, such as moments and the distribution
//! function, are integrals of that density here (`density.rs`).

mod density;
#[cfg(test)]
mod tests;

pub(crate) use density::Density;

use crate::model::{Function, Points, Scratch};

/// Set of values that a datum can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Support {
    /// All numbers.
    #[default]
    Real,
    /// Numbers above zero.
    Positive,
    /// Whole numbers from zero on.
    Counts,
}

/// Least prediction of a count, and least ratio of a prediction and a positive datum: below, the
/// law goes on as a parabola, so that starts may have any sign.
const LEAST: [f64; 2] = [1e-2, 1e-3];

/// Law of noise as text.
#[derive(Debug, Clone)]
pub(crate) struct TextLaw {
    function: Function,
    /// Number of arguments besides datum and prediction.
    pub arguments: usize,
    pub support: Support,
    /// Values of the arguments that the ladder's noise has: logarithms of the law's estimated
    /// parameters, and after them names of the model at their defaults.
    pub start: Vec<f64>,
    /// Number of the law's own estimated parameters, the first of the arguments.
    pub own: usize,
    /// True if the density depends on the difference of datum and prediction only.
    is_location: bool,
}

/// Values and derivatives of a law at several points. Derivative number 0 is that in the
/// prediction, the others are those in the arguments.
pub(crate) struct LawTerms {
    numbers: Vec<f64>,
    variables: usize,
}

impl LawTerms {
    fn row(&self, point: usize) -> &[f64] {
        let width = TextLaw::outputs(self.variables);
        &self.numbers[point * width..(point + 1) * width]
    }

    /// Minus the logarithm of the density.
    pub fn value(&self, point: usize) -> f64 {
        self.row(point)[0]
    }

    /// First derivative.
    pub fn slope(&self, point: usize, variable: usize) -> f64 {
        self.row(point)[1 + variable]
    }

    /// Second derivative.
    pub fn second(&self, point: usize, a: usize, b: usize) -> f64 {
        self.row(point)[1 + self.variables + place(self.variables, a.min(b), a.max(b))]
    }
}

/// Place of an entry in the upper triangle, row by row.
fn place(size: usize, row: usize, column: usize) -> usize {
    row * size - row * row.saturating_sub(1) / 2 - row + column
}

impl TextLaw {
    pub fn new(function: Function, support: Support, start: Vec<f64>, own: usize) -> Self {
        let mut law = TextLaw {
            function,
            arguments: start.len(),
            support,
            start,
            own,
            is_location: false,
        };
        law.is_location = support == Support::Real && law.depends_on_the_difference();
        law
    }

    fn outputs(variables: usize) -> usize {
        1 + variables + variables * (variables + 1) / 2
    }

    /// True if the value stays when datum and prediction move together.
    fn depends_on_the_difference(&self) -> bool {
        let points: Vec<f64> = [-0.7, 0.4, 1.3]
            .iter()
            .flat_map(|difference| [0.0, 0.37, 2.9, -5.1].map(|h| [h + difference, h]))
            .flat_map(|row| row.into_iter().chain(self.start.iter().copied()))
            .collect();
        let terms = self.plain_terms(&points);
        (0..3).all(|k| {
            let first = terms.value(4 * k);
            (1..4).all(|other| {
                (terms.value(4 * k + other) - first).abs() < 1e-9 * (1.0 + first.abs())
            })
        })
    }

    fn plain_terms(&self, points: &[f64]) -> LawTerms {
        let count = points.len() / (2 + self.arguments);
        let variables = 1 + self.arguments;
        let mut numbers = vec![0.0; count * TextLaw::outputs(variables)];
        let at = Points {
            states: points,
            ..Points::default()
        };
        self.function
            .evaluate(&mut Scratch::default(), at, &mut numbers);
        LawTerms { numbers, variables }
    }

    /// Least prediction for which the law is evaluated, about a datum.
    fn least(&self, datum: f64) -> f64 {
        match self.support {
            Support::Real => f64::NEG_INFINITY,
            Support::Positive => LEAST[1] * datum,
            Support::Counts => LEAST[0],
        }
    }

    /// Prediction that equals a datum, as far as the law can have it.
    pub fn nearest(&self, datum: f64) -> f64 {
        datum.max(self.least(datum))
    }

    /// Values and derivatives at points, each given by datum, prediction and arguments.
    pub fn terms(&self, points: &[f64]) -> LawTerms {
        if self.support == Support::Real {
            return self.plain_terms(points);
        }
        let width = 2 + self.arguments;
        let mut inside = points.to_vec();
        for point in inside.chunks_exact_mut(width) {
            point[1] = point[1].max(self.least(point[0]));
        }
        let mut terms = self.plain_terms(&inside);
        let outputs = TextLaw::outputs(terms.variables);
        let variables = terms.variables;
        let pairs = points.chunks_exact(width).zip(inside.chunks_exact(width));
        for ((point, inside), row) in pairs.zip(terms.numbers.chunks_exact_mut(outputs)) {
            let beyond = point[1] - inside[1];
            if beyond == 0.0 {
                continue;
            }
            // A curvature that depends on no argument.
            let second = match self.support {
                Support::Counts => point[0].max(1.0) / (LEAST[0] * LEAST[0]),
                _ => 1.0 / (inside[1] * inside[1]),
            };
            row[0] += beyond * (row[1] + 0.5 * second * beyond);
            for k in 1..variables {
                row[1 + k] += beyond * row[1 + variables + k];
            }
            row[1] += second * beyond;
            row[1 + variables] = second;
        }
        terms
    }

    /// Density of the data about a prediction.
    pub fn density<'a>(&'a self, prediction: f64, arguments: &'a [f64]) -> Density<'a> {
        let least = match self.support {
            Support::Real => prediction,
            Support::Positive => prediction.max(f64::MIN_POSITIVE),
            Support::Counts => prediction.max(LEAST[0]),
        };
        Density::new(self, least, arguments)
    }

    /// Fisher's information on the prediction and on each argument.
    pub fn information(&self, prediction: f64, arguments: &[f64]) -> Vec<f64> {
        self.density(prediction, arguments).integrals().information
    }

    /// True if the information is the same at both points.
    pub fn shares_information(&self, [h, other]: [f64; 2], a: &[f64], b: &[f64]) -> bool {
        a == b && (self.is_location || h == other)
    }
}
