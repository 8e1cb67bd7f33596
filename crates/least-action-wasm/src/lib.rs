//! WebAssembly bindings of least-action: conversions, nothing else.
//!
//! Options cross as JavaScript objects, long arrays as `Float64Array`s, always copied. Errors are
//! thrown as `{ message, facts }`, where `facts` is the core's error as data: `{ code, path, ...
//! }`.

mod action;
mod anneal;
mod boundary;
mod chain;
mod continuous_network;
mod convert;
mod draws;
mod layer_orbit;
mod mechanics;
mod model;
mod network;
mod network_action;
mod panic;
mod profile;
mod uncertainty;
mod words;

pub use action::Action;
pub use anneal::{Annealer, Climber};
pub use chain::{check_sampling, Chain};
pub use continuous_network::ContinuousNetwork;
pub use draws::{diagnose_draws, ensemble_quantile, ensemble_scores, summarize_draws};
pub use layer_orbit::follow_layers;
pub use mechanics::Mechanics;
pub use model::{conditional_lyapunov, describe_model, integrate, twin_experiment};
pub use network::{
    describe_network, network_activations, network_twin, prediction_error, random_weights,
};
pub use network_action::{NetworkAction, Trainer};
pub use panic::{panic_deliberately, take_panic_message};
pub use uncertainty::Uncertainty;
