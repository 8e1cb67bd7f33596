//! Conditions with unknown parameters. A condition such as `t < p` changes at a time that p sets.
//! Along points in time nothing tells how far from them that is, so the derivative in p would be
//! zero at all but single values of p. Here such conditions are averaged over the neighbourhood of
//! each point, or refused where that cannot be done.

mod average;
mod jumps;

use std::sync::Arc;

use super::derivative::needed;
use super::graph::{Binary, Node, NodeId, Unary};
use super::{EquationModel, Function, ModelKind};
use crate::error::{Error, Result};

/// Unknown parameters of a problem, and the points in time at which its model is evaluated.
#[derive(Debug, Clone, Copy)]
pub struct Switching<'a> {
    /// Values of all parameters of the model, in its order.
    pub parameters: &'a [f64],
    /// Numbers of the parameters that are estimated, ascending.
    pub estimated: &'a [usize],
    /// Number of the first state that stands for a parameter that changes in time. Such states
    /// follow the model's own.
    pub first_varying: usize,
    /// Bounds of each estimated parameter; infinite where there are none.
    pub bounds: &'a [[f64; 2]],
    /// First and last time.
    pub times: [f64; 2],
    /// Time over which conditions are averaged to either side: the distance of points that a
    /// scheme's weights sum up alike. `None` if the steps of several data sets have no common
    /// multiple.
    pub width: Option<f64>,
}

/// Leaves that a node depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Dependence {
    time: bool,
    /// States, or inputs: their course is not known to the model.
    path: bool,
    unknown: bool,
}

impl EquationModel {
    /// The model with its conditions on time and unknown parameters averaged over time; `None` if
    /// it has no such conditions, or none at which the equations jump. Continuous ones, as of
    /// `max(0, t - p)`, have a derivative as they are. Of a model whose conditions are averaged it
    /// is the original that is taken, so that a finer grid or other unknowns are no matter.
    ///
    /// # Errors
    /// [`Error::WrongShape`] where the equations jump at a condition with an unknown parameter that
    /// cannot be averaged: one on states, inputs or parameters alone, in a map, or of an
    /// observable. Likewise for unknown parameters on which no derivative depends.
    pub fn with_averaged_conditions(&self, at: &Switching) -> Result<Option<EquationModel>> {
        if let Some(model) = &self.unaveraged {
            // Made for another grid, or for other unknowns.
            let averaged = model.with_averaged_conditions(at)?;
            return Ok(Some(averaged.unwrap_or_else(|| (**model).clone())));
        }
        let graph = &self.function.graph;
        let observed = self.observation.iter().flat_map(|f| &f.outputs);
        let outputs: Vec<NodeId> = self
            .function
            .outputs
            .iter()
            .chain(observed)
            .copied()
            .collect();
        let nodes = needed(graph, outputs.iter().copied());
        let mut dependences = vec![Dependence::default(); graph.len()];
        let mut averaged: Vec<NodeId> = Vec::new();
        let mut conditional = false;
        for &id in &nodes {
            let mut all = leaf_dependence(graph.node(id), at);
            for argument in graph.arguments(id) {
                let one = dependences[argument.index()];
                all.time |= one.time;
                all.path |= one.path;
                all.unknown |= one.unknown;
            }
            if all.unknown && is_step(graph.node(id)) {
                conditional = true;
                if !matches!(graph.node(id), Node::Binary(Binary::Equal, ..)) {
                    let jumps = jumps::find(self, at, &nodes, &averaged, id);
                    let is_averaged = all.time && !all.path && self.kind == ModelKind::Flow;
                    match (jumps.at, is_averaged) {
                        (Some(output), true) if output >= self.function.outputs.len() => {
                            return Err(self.refused(at, id, all, output, &averaged));
                        }
                        (Some(output), false) => {
                            return Err(self.refused(at, id, all, output, &averaged))
                        }
                        (None, _) if jumps.is_continuous || !is_averaged => {}
                        (_, true) => {
                            averaged.push(id);
                            // Between its jumps the condition is constant.
                            all = Dependence::default();
                        }
                        (None, false) => {}
                    }
                }
            }
            dependences[id.index()] = all;
        }
        let model = match averaged.is_empty() {
            true => None,
            false => {
                let Some(width) = at.width else {
                    return Err(no_width(&self.unknown_names(at, averaged[0], &[])));
                };
                let mut graph = graph.clone();
                let outputs =
                    average::outputs(&mut graph, &self.function.outputs, &averaged, width)
                        .ok_or_else(|| self.too_entangled(at, averaged[0]))?;
                let leaves = self.function.leaves;
                let observation = self.observation.as_ref();
                Some(EquationModel {
                    observation: observation
                        .map(|f| Function::new(graph.clone(), f.outputs.clone(), leaves)),
                    function: Function::new(graph, outputs, leaves),
                    definition: None,
                    unaveraged: Some(Arc::new(self.clone())),
                    ..self.clone()
                })
            }
        };
        if conditional {
            model.as_ref().unwrap_or(self).check_derivatives(at)?;
        }
        Ok(model)
    }

    /// Refuses unknown parameters that equations or observables contain, but no derivative of them.
    fn check_derivatives(&self, at: &Switching) -> Result<()> {
        let functions = || std::iter::once(&self.function).chain(&self.observation);
        for &p in at.estimated {
            let leaf = Node::Parameter(p as u32);
            let column = self.states.len() + p;
            let stands = functions().any(|f| {
                let nodes = needed(&f.graph, f.outputs.iter().copied());
                f.graph.find(leaf).is_some_and(|id| nodes.contains(&id))
            });
            let matters = functions().any(|f| f.jacobian_sparsity().columns.contains(&column));
            if stands && !matters {
                let name = &self.parameters[p].name;
                return Err(Error::WrongShape {
                    path: format!("estimate.{name}"),
                    message: format!(
                        "{name} stands only where the equations are constant in it, as in \
                         conditions and in floor: no derivative tells where it should go; leave \
                         it out of estimate and compare runs with several values of it"
                    ),
                });
            }
        }
        Ok(())
    }

    /// Names of the unknowns that a node depends on, but for those within averaged conditions.
    fn unknown_names(&self, at: &Switching, id: NodeId, averaged: &[NodeId]) -> Vec<&str> {
        let graph = &self.function.graph;
        let mut found: Vec<NodeId> = Vec::new();
        let mut waiting = vec![id];
        while let Some(id) = waiting.pop() {
            if !found.contains(&id) && !averaged.contains(&id) {
                found.push(id);
                waiting.extend(graph.arguments(id));
            }
        }
        found.sort_unstable();
        let unknown = found.iter().filter_map(|id| match graph.node(*id) {
            Node::Parameter(p) if at.estimated.contains(&(p as usize)) => {
                Some(self.parameters[p as usize].name.as_str())
            }
            Node::State(i) if i as usize >= at.first_varying => {
                Some(self.states[i as usize].as_str())
            }
            _ => None,
        });
        unknown.collect()
    }

    /// Error about a condition at which an output jumps, and that cannot be averaged.
    fn refused(
        &self,
        at: &Switching,
        id: NodeId,
        on: Dependence,
        output: usize,
        averaged: &[NodeId],
    ) -> Error {
        let (condition, names) = (self.text_of(id), self.unknown_names(at, id, averaged));
        let equations = self.function.outputs.len();
        let jumping = match output.checked_sub(equations) {
            None => format!("the equation of {} jumps", self.states[output]),
            Some(h) => format!("the observable {} jumps", self.observables[h]),
        };
        let reason = match () {
            () if output >= equations => {
                "a measurement is on one side of a jump or on the other, and nothing tells how \
                 near the jump is"
            }
            () if on.path => {
                "when that is depends on the path, so that no derivative tells where the jump \
                 should go"
            }
            () if on.time => "a map has no time between its steps at which the jump could be",
            () => "between its jumps it is constant, so that no derivative tells where to go",
        };
        let name = names.first().copied().unwrap_or_default();
        let other = if names.len() > 1 { "them" } else { name };
        let smooth = match on {
            Dependence { path: true, .. } => {
                ", or make the condition smooth: 1/(1 + exp(-(x - p)/w)) instead of x > p, with a \
                 width w over which it changes"
            }
            _ => "",
        };
        let is_varying = self.states[at.first_varying..]
            .iter()
            .any(|state| state == name);
        let option = if is_varying { "varying" } else { "estimate" };
        Error::WrongShape {
            path: format!("{option}.{name}"),
            message: format!(
                "{} in the condition {condition}, at which {jumping}: {reason}; leave {other} out \
                 of {option} and compare runs with several values{smooth}",
                stand(&names)
            ),
        }
    }

    fn too_entangled(&self, at: &Switching, id: NodeId) -> Error {
        let names = self.unknown_names(at, id, &[]);
        Error::WrongShape {
            path: format!("estimate.{}", names.first().unwrap_or(&"")),
            message: format!(
                "{} in conditions of which more than {} meet in one function that is not linear \
                 in them, such as exp: add and multiply them outside of it, or leave {} out of \
                 estimate",
                stand(&names),
                average::MOST_MET,
                names.join(", ")
            ),
        }
    }
}

/// Error about data sets whose steps no width of averages fits.
fn no_width(names: &[&str]) -> Error {
    let name = names.first().copied().unwrap_or_default();
    Error::WrongShape {
        path: format!("estimate.{name}"),
        message: format!(
            "{} in a condition, which is averaged over a time step: the data sets have time steps \
             without a common multiple; give them one timeStep",
            stand(names)
        ),
    }
}

/// Words for names that stand somewhere.
fn stand(names: &[&str]) -> String {
    match names {
        [only] => format!("{only} stands"),
        _ => format!("{} stand", names.join(", ")),
    }
}

impl Switching<'_> {
    /// True if a leaf is an unknown.
    fn is_unknown(&self, leaf: Node) -> bool {
        match leaf {
            Node::Parameter(p) => self.estimated.contains(&(p as usize)),
            Node::State(i) => i as usize >= self.first_varying,
            _ => false,
        }
    }
}

fn leaf_dependence(leaf: Node, at: &Switching) -> Dependence {
    Dependence {
        time: leaf == Node::Time,
        path: matches!(leaf, Node::State(_) | Node::Input(_)) && !at.is_unknown(leaf),
        unknown: at.is_unknown(leaf),
    }
}

/// Tests if an operation is constant but for jumps.
fn is_step(node: Node) -> bool {
    matches!(
        node,
        Node::Binary(Binary::Less | Binary::LessOrEqual | Binary::Equal, ..)
            | Node::Unary(Unary::Sign | Unary::Floor, _)
    )
}
