//! Errors in the text of an expression.

/// Why a text is no expression, and where.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    /// In characters, from 0.
    pub position: usize,
    pub message: String,
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
