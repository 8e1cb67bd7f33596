//! Results in words: findings with their severity, numbers and tables as text.

mod direction;
mod finding;
mod number;
mod table;

pub(crate) use direction::{Direction, DirectionPart};
pub(crate) use finding::prose;
pub use finding::{Finding, Severity};
pub(crate) use number::{figure, number, shortest};
pub(crate) use table::Table;
