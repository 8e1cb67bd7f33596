//! Paths between two ends, against closed forms and other routes to them.

mod chaos;
mod closed_forms;
mod discrete_action;
mod linear;
mod minimise;
mod second_variation;

use std::collections::BTreeMap;

use super::method::{BestPath, IterativeMethod};
use super::minimise::Minimisation;
use super::problem::BoundaryProblem;
use super::{Boundary, BoundaryOptions};
use crate::error::Result;
use crate::mechanics::tests::{distance, slopes};
use crate::mechanics::{ClassicalLagrangian, IntegrationMethod, LagrangianDefinition, System};

fn options(boundary: Boundary, integrator: IntegrationMethod, time_step: f64) -> BoundaryOptions {
    BoundaryOptions {
        boundary,
        integrator,
        time_step,
        ..BoundaryOptions::default()
    }
}

/// A Lagrangian given by its text, in coordinates q, r and velocities v, w; `d` is the number of
/// them.
fn lagrangian(d: usize, text: &str) -> ClassicalLagrangian {
    let names = |all: [&str; 2]| all[..d].iter().map(|&n| n.into()).collect();
    let definition = LagrangianDefinition {
        coordinates: names(["q", "r"]),
        velocities: names(["v", "w"]),
        lagrangian: text.into(),
        ..LagrangianDefinition::default()
    };
    definition.build(&BTreeMap::new()).unwrap()
}

/// Straight lines between two states.
fn straight(points: usize, from: &[f64], to: &[f64]) -> Vec<f64> {
    let share = |n: usize| n as f64 / (points - 1) as f64;
    let states = (0..points).flat_map(|n| {
        let pairs = from.iter().zip(to);
        pairs.map(move |(a, b)| a + share(n) * (b - a))
    });
    states.collect()
}

fn problem(system: &System, path: &[f64], options: &BoundaryOptions) -> BoundaryProblem {
    BoundaryProblem::new(system.clone(), path, options).unwrap()
}

/// Minimises until the path is solved or the method fails.
fn minimise(
    system: &System,
    path: &[f64],
    options: &BoundaryOptions,
) -> (BestPath, Result<Minimisation>) {
    let problem = problem(system, path, options);
    let mut solver = Minimisation::new(&problem, path, options).unwrap();
    let failure = loop {
        match solver.iterate() {
            Ok(iteration) if iteration.solved => break None,
            Ok(_) => {}
            Err(error) => break Some(error),
        }
        assert!(solver.work().iterations <= options.most_iterations());
    };
    (solver.best_path(), failure.map_or(Ok(solver), Err))
}

/// The least path.
fn least(system: &System, path: &[f64], options: &BoundaryOptions) -> BestPath {
    let (found, solver) = minimise(system, path, options);
    if let Err(error) = solver {
        panic!("{error}");
    }
    found
}
