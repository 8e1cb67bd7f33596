//! Errors in the text of an expression.

/// Reason why a text is no expression, with its position.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    /// Position of the fault, in characters from 0.
    pub position: usize,
    /// Description of the fault for the user.
    pub message: String,
    /// Known name that is nearest to an unknown one.
    pub nearest: Option<String>,
}

impl Fault {
    pub fn new(position: usize, message: impl Into<String>) -> Self {
        Fault {
            position,
            message: message.into(),
            nearest: None,
        }
    }
}
