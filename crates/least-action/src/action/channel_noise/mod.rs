//! Noise of measured channels that is estimated, or has a law of its own: options
//! (`options.rs`), the law that they choose (`laws.rs`, `law_text.rs`), and the parameters that
//! they become (`define.rs`, `definition.rs`).

mod define;
mod definition;
mod law_text;
mod laws;
mod options;

pub(crate) use define::{define, spread};
pub(crate) use definition::NoiseDefinition;
pub use options::{ChannelNoise, EstimatedScale, NoiseFamily, NoisePart};
