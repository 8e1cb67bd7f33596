//! Findings: what results mean, one statement each.

/// Severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Severity {
    /// Nothing is wrong here.
    Good,
    /// Results can be used with care.
    Warning,
    /// Results cannot be used, or not all of them.
    Problem,
}

/// One statement about the results of a computation.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Finding<Code> {
    /// Kind of statement.
    pub code: Code,
    /// Severity of the statement.
    pub severity: Severity,
    /// A sentence or two, with numbers and advice.
    pub message: String,
}

impl<Code> Finding<Code> {
    /// A finding with its message.
    pub fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Finding {
            code,
            severity,
            message: message.into(),
        }
    }
}

/// The messages of findings, one per line.
pub(crate) fn prose<Code>(findings: &[Finding<Code>]) -> String {
    let messages = findings.iter().map(|finding| finding.message.as_str());
    messages.collect::<Vec<_>>().join("\n")
}
