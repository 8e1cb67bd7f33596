//! The mechanics of actions in continuous time: Lagrangians and the Euler-Lagrange operator,
//! Hamiltonians and their canonical equations, maps that integrate them.
//!
//! The action of annealing, `sum (R_m/2) |P (x - y)|^2 + sum (R_f/2) |residual|^2`, is for short
//! steps the integral of a Lagrangian along the path; its stationary paths are orbits of a
//! Hamiltonian flow in the states x and the costates p ([`ContinuousAction`]). The Lagrangians of
//! physics ([`LagrangianDefinition`], [`ClassicalSystem`]) have the same structure, so one module
//! serves both.

mod action;
mod boundary;
mod classical;
mod continuous_network;
mod euler_lagrange;
mod formula;
mod impulse;
mod integrate;
mod layer_map;
mod legendre;
mod lyapunov;
mod named_systems;
mod names;
mod newton;
mod phase_space;
mod system;
#[cfg(test)]
mod tests;
mod time_grid;
mod variational;
mod workspace;

pub use action::{
    ActionHamiltonian, ActionLagrangian, ContinuousAction, ContinuousActionOptions, DataForm,
};
pub use boundary::{
    action_levels, solve_boundary_value_problem, Boundary, BoundaryMethod, BoundaryOptions,
    BoundaryProgress, BoundarySolution, BoundarySolver, BoundaryStatus, Continuation,
    ContinuationRung, SecondVariation, Stationary,
};
pub use classical::{
    ClassicalHamiltonian, ClassicalLagrangian, HamiltonianDefinition, LagrangianDefinition,
};
pub use continuous_network::{ContinuousNetwork, ContinuousNetworkOptions, LayerStep, WeightForm};
pub use euler_lagrange::{acceleration, euler_lagrange};
pub use formula::Formula;
pub use impulse::Impulse;
pub use integrate::{integrate, symplectic_defect, IntegrationMethod, IntegrationOptions, Orbit};
pub use layer_map::{follow_layers, LayerMapOptions, LayerOrbit};
pub use legendre::{momentum, velocity, LegendreTransform};
pub use lyapunov::{lyapunov_exponents, LyapunovExponents, LyapunovOptions};
pub use named_systems::ClassicalSystem;
pub use phase_space::{
    Hamiltonian, Lagrangian, Momentum, PhasePoint, PhaseSpaceFunction, SecondVariable, Velocity,
};
pub use system::System;
pub use variational::{
    integrate_variational, Chord, DiscreteLagrangian, VariationalMethod, VariationalOptions,
};
pub use workspace::PhaseSpaceWorkspace;
