//! Parameters and states as functions of other numbers: the coordinates in which they are
//! estimated.

use super::graph::{Binary, Graph, Node, NodeId, Unary};
use super::{EquationModel, Function, Model};

/// Coordinate of a parameter or a state: the number by which it is described.
///
/// ```
/// use least_action::model::Coordinate;
///
/// assert_eq!(Coordinate::Log10.parameter(2.0).round(), 100.0);
/// assert_eq!(Coordinate::Logit { low: 0.0, high: 4.0 }.of(2.0), 0.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Coordinate {
    /// The parameter itself.
    #[default]
    Linear,
    /// Natural logarithm of the parameter.
    Log,
    /// Decimal logarithm of the parameter.
    Log10,
    /// Logarithm of `(p - low) / (high - p)` of a parameter p.
    Logit {
        /// Lower end of the interval that the parameter lies in.
        low: f64,
        /// Upper end of the interval that the parameter lies in.
        high: f64,
    },
}

impl Coordinate {
    /// Value of the parameter at a coordinate.
    pub fn parameter(self, u: f64) -> f64 {
        match self {
            Coordinate::Linear => u,
            Coordinate::Log => libm::exp(u),
            Coordinate::Log10 => libm::exp(std::f64::consts::LN_10 * u),
            Coordinate::Logit { low, high } => low + (high - low) / (1.0 + libm::exp(-u)),
        }
    }

    /// Coordinate of a value of the parameter; infinite at the ends of the scale, NaN beyond.
    pub fn of(self, parameter: f64) -> f64 {
        match self {
            Coordinate::Linear => parameter,
            Coordinate::Log => libm::log(parameter),
            Coordinate::Log10 => libm::log10(parameter),
            Coordinate::Logit { low, high } => libm::log((parameter - low) / (high - parameter)),
        }
    }

    /// Derivatives of the parameter in its coordinate: the first, and the first and second of the
    /// logarithm of the first.
    pub fn slopes(self, u: f64) -> [f64; 3] {
        match self {
            Coordinate::Linear => [1.0, 0.0, 0.0],
            Coordinate::Log => [self.parameter(u), 1.0, 0.0],
            Coordinate::Log10 => {
                let ten = std::f64::consts::LN_10;
                [ten * self.parameter(u), ten, 0.0]
            }
            Coordinate::Logit { low, high } => {
                let share = 1.0 / (1.0 + libm::exp(-u));
                let slope = share * (1.0 - share);
                [(high - low) * slope, 1.0 - 2.0 * share, -2.0 * slope]
            }
        }
    }

    /// Name of the coordinate of a parameter.
    pub fn name(self, parameter: &str) -> String {
        format!("{}{parameter}", self.prefix())
    }

    /// Name of the parameter whose coordinate has a name.
    pub fn parameter_name(self, name: &str) -> &str {
        name.strip_prefix(self.prefix()).unwrap_or(name)
    }

    fn prefix(self) -> &'static str {
        match self {
            Coordinate::Linear => "",
            Coordinate::Log => "ln ",
            Coordinate::Log10 => "log10 ",
            Coordinate::Logit { .. } => "logit ",
        }
    }

    /// Adds the parameter as a function of the node of its coordinate.
    pub(super) fn node(self, graph: &mut Graph, u: NodeId) -> NodeId {
        match self {
            Coordinate::Linear => u,
            Coordinate::Log => graph.unary(Unary::Exp, u),
            Coordinate::Log10 => {
                let ten = graph.constant(std::f64::consts::LN_10);
                let exponent = graph.multiply(ten, u);
                graph.unary(Unary::Exp, exponent)
            }
            Coordinate::Logit { low, high } => {
                let minus = graph.negate(u);
                let exponential = graph.unary(Unary::Exp, minus);
                let one = graph.constant(1.0);
                let below = graph.add(one, exponential);
                let length = graph.constant(high - low);
                let above = graph.binary(Binary::Divide, length, below);
                let low = graph.constant(low);
                graph.add(low, above)
            }
        }
    }
}

/// Coordinate of a state of a model.
pub(crate) fn state_coordinate(model: &dyn Model, state: usize) -> Coordinate {
    let known = model.state_coordinates().get(state).copied();
    known.unwrap_or_default()
}

/// Name of a state itself, also of one that is described by another coordinate, such as its
/// logarithm.
pub(crate) fn state_name(model: &dyn Model, state: usize) -> &str {
    state_coordinate(model, state).parameter_name(&model.states()[state])
}

impl Function {
    /// The function with the coordinates of parameters in the place of the parameters.
    pub(crate) fn in_coordinates(&self, coordinates: &[Coordinate]) -> Function {
        let (graph, places) = self.graph.rebuilt(|graph, node| match node {
            Node::Parameter(p) => {
                let leaf = graph.intern(node);
                let coordinate = coordinates.get(p as usize).copied();
                coordinate.unwrap_or_default().node(graph, leaf)
            }
            Node::Constant(bits) => graph.constant(f64::from_bits(bits)),
            other => graph.intern(other),
        });
        let outputs = self.outputs.iter().map(|id| places[id.index()]);
        Function::new(graph, outputs.collect(), self.leaves)
    }

    /// The function with the coordinates of states in the place of the states.
    pub(crate) fn in_state_coordinates(&self, coordinates: &[Coordinate]) -> Function {
        let (graph, places) = self.graph.rebuilt(|graph, node| match node {
            Node::State(k) => {
                let leaf = graph.intern(node);
                let coordinate = coordinates.get(k as usize).copied();
                coordinate.unwrap_or_default().node(graph, leaf)
            }
            Node::Constant(bits) => graph.constant(f64::from_bits(bits)),
            other => graph.intern(other),
        });
        let outputs = self.outputs.iter().map(|id| places[id.index()]);
        Function::new(graph, outputs.collect(), self.leaves)
    }
}

impl EquationModel {
    /// The model with the coordinates of its parameters, one each, in the place of the parameters.
    /// They are named after them.
    pub(crate) fn in_coordinates(&self, coordinates: &[Coordinate]) -> EquationModel {
        let mut parameters = self.parameters.clone();
        for (parameter, coordinate) in parameters.iter_mut().zip(coordinates) {
            parameter.default = coordinate.of(parameter.default);
            parameter.name = coordinate.name(&parameter.name);
        }
        let observation = self.observation.as_ref();
        EquationModel {
            parameters,
            function: self.function.in_coordinates(coordinates),
            observation: observation.map(|function| function.in_coordinates(coordinates)),
            events: self
                .events
                .as_ref()
                .map(|events| events.rewritten(|function| function.in_coordinates(coordinates))),
            definition: None,
            unaveraged: None,
            coordinates: coordinates.to_vec(),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ModelBuilder, Points, Scratch};

    const ALL: [Coordinate; 4] = [
        Coordinate::Linear,
        Coordinate::Log,
        Coordinate::Log10,
        Coordinate::Logit {
            low: -2.0,
            high: 5.0,
        },
    ];

    #[test]
    fn coordinates_and_parameters_belong_together() {
        for coordinate in ALL {
            for value in [0.01, 0.7, 4.5] {
                let u = coordinate.of(value);
                assert!(
                    (coordinate.parameter(u) - value).abs() < 1e-14,
                    "{coordinate:?}"
                );
                let step = 1e-4;
                let at = |u: f64| coordinate.parameter(u);
                let [slope, first, second] = coordinate.slopes(u);
                let close = |a: f64, b: f64, size: f64| (a - b).abs() < 1e-6 * size;
                assert!(close(
                    (at(u + step) - at(u - step)) / (2.0 * step),
                    slope,
                    1.0 + slope
                ));
                let log = |u: f64| libm::log(coordinate.slopes(u)[0]);
                assert!(close(
                    (log(u + step) - log(u - step)) / (2.0 * step),
                    first,
                    1.0
                ));
                let one = |u: f64| coordinate.slopes(u)[1];
                assert!(close(
                    (one(u + step) - one(u - step)) / (2.0 * step),
                    second,
                    1.0
                ));
            }
        }
    }

    #[test]
    fn a_model_in_coordinates_has_the_same_values() {
        let model = ModelBuilder::new("powers")
            .states(["x"])
            .parameter("a", 0.1, "")
            .parameter("b", 0.2, "")
            .parameter("c", 0.3, "")
            .parameter("d", 0.4, "")
            .flow(|x, p| vec![p[0] * x[0] + p[1] * p[2] - p[3] * p[3] * x[0] * p[1]])
            .unwrap();
        let changed = model.in_coordinates(&ALL);
        let values = [0.3, 1.5, 2.5, 4.0];
        let coordinates: Vec<f64> = ALL.iter().zip(values).map(|(c, v)| c.of(v)).collect();
        let slope = |model: &EquationModel, parameters: &[f64]| {
            let mut slope = [0.0];
            let states = &[1.7];
            let at = Points {
                states,
                parameters,
                ..Points::default()
            };
            model.evaluate(&mut Scratch::default(), at, &mut slope);
            slope[0]
        };
        let difference = slope(&model, &values) - slope(&changed, &coordinates);
        assert!(difference.abs() < 1e-12);
        assert!((changed.parameters()[1].default - libm::log(0.2)).abs() < 1e-15);
    }
}
