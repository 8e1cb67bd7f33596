//! Draws have the moments of the densities that they are drawn from.

mod densities;
mod determinants;
mod paths;
mod targets;
