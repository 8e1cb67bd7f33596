//! The mechanics of actions in continuous time: Lagrangians and the Euler-Lagrange operator,
//! Hamiltonians and their canonical equations, maps that integrate them.
//!
//! The action of annealing, `sum (R_m/2) |P (x - y)|^2 + sum (R_f/2) |residual|^2`, is for short
//! steps the integral of a Lagrangian along the path; its stationary paths are orbits of a
//! Hamiltonian flow in the states x and the costates p ([`ContinuousAction`]). The same holds for
//! Lagrangians of physics ([`LagrangianDefinition`], [`ClassicalSystem`]), so one room serves both.

mod action_hamiltonian;
mod action_lagrangian;
mod boundary;
mod classical;
mod continuous_action;
mod continuous_network;
mod continuous_options;
mod curve;
mod formula;
mod hamiltonian;
mod impulse;
mod integrate;
mod lagrangian;
mod layer_map;
mod legendre;
mod lyapunov;
mod newton;
mod system;
mod systems;
#[cfg(test)]
mod tests;
mod variational;
mod workspace;

pub use action_hamiltonian::ActionHamiltonian;
pub use action_lagrangian::ActionLagrangian;
pub use boundary::{
    action_levels, solve_boundary_value_problem, Boundary, BoundaryMethod, BoundaryOptions,
    BoundaryProgress, BoundarySolution, BoundarySolver, BoundaryStatus, Continuation,
    ContinuationRung, SecondVariation, Stationary,
};
pub use classical::{
    ClassicalHamiltonian, ClassicalLagrangian, HamiltonianDefinition, LagrangianDefinition,
};
pub use continuous_action::ContinuousAction;
pub use continuous_network::{ContinuousNetwork, ContinuousNetworkOptions, LayerStep, WeightForm};
pub use continuous_options::{ContinuousActionOptions, DataForm};
pub use hamiltonian::Hamiltonian;
pub use impulse::Impulse;
pub use integrate::{integrate, symplectic_defect, IntegrationMethod, IntegrationOptions, Orbit};
pub use lagrangian::{acceleration, euler_lagrange, momentum, velocity, Lagrangian};
pub use layer_map::{follow_layers, LayerMapOptions, LayerOrbit};
pub use legendre::{HamiltonianOf, LagrangianOf};
pub use lyapunov::{lyapunov_exponents, LyapunovExponents, LyapunovOptions};
pub use system::System;
pub use systems::ClassicalSystem;
pub use variational::{
    integrate_variational, Chord, DiscreteLagrangian, VariationalMethod, VariationalOptions,
};
pub use workspace::Workspace;
