//! Table as text, put together line by line.

use std::fmt::{Arguments, Write};

/// Lines of a table.
#[derive(Debug, Default)]
pub(crate) struct Table(String);

impl Table {
    /// Adds a line.
    pub fn line(&mut self, line: Arguments) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }

    /// Adds an empty line.
    pub fn gap(&mut self) {
        self.0.push('\n');
    }

    /// Text of all lines.
    pub fn into_text(self) -> String {
        self.0
    }
}
