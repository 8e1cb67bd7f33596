//! Findings: statements about the meaning of results, with code and severity.

/// Severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Severity {
    /// Nothing is wrong here.
    Good,
    /// Results can be used with care.
    Warning,
    /// Results cannot be used, or not all of them.
    Problem,
}

/// Statement about the results of a computation.
///
/// ```
/// use least_action::report::{Finding, Severity};
///
/// let finding = Finding::new("few-draws", Severity::Warning, "Only 10 draws were made.");
/// assert_eq!(finding.severity, Severity::Warning);
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Finding<Code> {
    /// Kind of statement, for programs to test.
    pub code: Code,
    /// Severity of the statement.
    pub severity: Severity,
    /// Message of a sentence or two, with numbers and advice.
    pub message: String,
}

impl<Code> Finding<Code> {
    /// Finding with its code, severity and message.
    pub fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Finding {
            code,
            severity,
            message: message.into(),
        }
    }
}

/// Messages of findings, one per line.
pub(crate) fn prose<Code>(findings: &[Finding<Code>]) -> String {
    let messages = findings.iter().map(|finding| finding.message.as_str());
    messages.collect::<Vec<_>>().join("\n")
}
