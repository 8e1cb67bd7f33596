//! What can go wrong, with the field, the value and the remedy in it.

use std::fmt;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// An error that a caller can act on: its code is stable, its path names the field, the message
/// says the remedy.
#[derive(Debug, Clone, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(
    tag = "code",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "ErrorFacts"))]
#[non_exhaustive]
pub enum Error {
    /// A number outside what the field allows (negative precision, zero rungs, an infinite range
    /// ...).
    #[error("{path}: must be {expected}, got {}", Number(*value))]
    OutOfRange {
        path: String,
        value: f64,
        expected: String,
    },
    /// An array of the wrong length.
    #[error("{path}: expected {expected} values ({because}), got {length}")]
    WrongLength {
        path: String,
        length: usize,
        expected: usize,
        because: String,
    },
    /// An index past the end, for instance an observed component that the model does not have.
    #[error("{path}: index {index} is out of range; the model has {count} components, so use 0 to {}", count.saturating_sub(1))]
    IndexOutOfRange {
        path: String,
        index: usize,
        count: usize,
    },
    /// The same thing named twice.
    #[error("{path}: {value} is listed twice; list each once")]
    Duplicate { path: String, value: String },
    /// A name that nothing here has.
    #[error("{path}: unknown name \"{name}\"{}", Suggestion(nearest, known))]
    UnknownName {
        path: String,
        name: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    /// An equation, or a definition of its, that is not understood.
    #[error("{path}: {message}{}\n{}", Meant(nearest), Excerpt(text, *position))]
    Equation {
        path: String,
        text: String,
        /// Where in `text`, in characters from 0.
        position: usize,
        message: String,
        /// The known name that was probably meant.
        nearest: Option<String>,
    },
    /// A number of points that the discretization cannot use.
    #[error(
        "{path}: {discretization} needs {need}, got {points}; use {} points or another discretization",
        points + 1
    )]
    WrongPointCount {
        path: String,
        points: usize,
        discretization: String,
        need: String,
    },
    /// Something is there that the field cannot hold: a wrong type, an unknown or missing field.
    #[error("{path}: {message}")]
    WrongShape { path: String, message: String },
    /// No finite observation at all.
    #[error("{path}: no observation is present; give at least one finite value")]
    NoObservations { path: String },
    /// The mathematics produced a value that is not finite.
    #[error(
        "{path}: {term} of {state} is {} at time {time} (point {point}); check the model there, the starting range and the parameters",
        Number(*value)
    )]
    NotFinite {
        path: String,
        time: f64,
        point: usize,
        state: String,
        term: String,
        value: f64,
    },
    /// The mathematics of a network produced a value that is not finite.
    #[error(
        "{path}: {term} of neuron {neuron} in layer {layer} is {} at pair {pair}; check the data of that pair, the starting range and the weights",
        Number(*value)
    )]
    NotFiniteInLayer {
        path: String,
        layer: usize,
        pair: usize,
        neuron: usize,
        term: String,
        value: f64,
    },
    /// A matrix that equations of motion or of a step are solved with is singular.
    #[error("{path}: {matrix} is singular at time {time}; {remedy}")]
    Singular {
        path: String,
        /// Which one, by its formula.
        matrix: String,
        time: f64,
        remedy: String,
    },
    /// A stationary point that is no minimum: the action falls on both sides of it.
    #[error("{path}: the stationary path is a saddle: along {direction} the action falls on both sides; {remedy}")]
    Saddle {
        path: String,
        /// Its largest parts, by name.
        direction: String,
        /// The second derivative along it, in units in which the diagonal of the Hessian is 1.
        curvature: f64,
        remedy: String,
    },
    /// A direction in which the action does not change, as far as rounding lets one see.
    #[error(
        "{path}: the Hessian is singular: data and priors say nothing about {direction}; {remedy}"
    )]
    Undetermined {
        path: String,
        /// Its largest parts, by name.
        direction: String,
        remedy: String,
    },
    /// An iteration did not come to an end.
    #[error(
        "{path}: {equations} at time {time} are not solved after {iterations} iterations: {}; {remedy}",
        Change(*change)
    )]
    NotConverged {
        path: String,
        equations: String,
        time: f64,
        iterations: usize,
        /// The smallest change of the unknowns by an iteration, relative to their size; infinite
        /// where no values were finite.
        change: f64,
        remedy: String,
    },
    /// A Markov chain, or a step of one of its trajectories, cannot go on.
    #[error("{path}: {message}; {remedy}")]
    ChainFailed {
        path: String,
        message: String,
        remedy: String,
    },
}

impl Error {
    /// [`Error::UnknownName`] with the name that was probably meant.
    pub fn unknown_name<'a>(
        path: &str,
        name: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Self {
        let nearest = nearest(name, known.clone());
        Error::UnknownName {
            path: path.into(),
            name: name.into(),
            nearest,
            known: known.map(str::to_string).collect(),
        }
    }

    /// The field at fault, as a caller would write it: `modelPrecision.initial`.
    pub fn path(&self) -> &str {
        match self {
            Error::OutOfRange { path, .. }
            | Error::WrongLength { path, .. }
            | Error::IndexOutOfRange { path, .. }
            | Error::Duplicate { path, .. }
            | Error::UnknownName { path, .. }
            | Error::Equation { path, .. }
            | Error::WrongPointCount { path, .. }
            | Error::WrongShape { path, .. }
            | Error::NoObservations { path }
            | Error::NotFinite { path, .. }
            | Error::NotFiniteInLayer { path, .. }
            | Error::Singular { path, .. }
            | Error::Saddle { path, .. }
            | Error::Undetermined { path, .. }
            | Error::NotConverged { path, .. }
            | Error::ChainFailed { path, .. } => path,
        }
    }
}

/// Prints numbers as people write them: `NaN`, `Infinity`, `0.5`, `1e300`.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_infinite() {
            let sign = if self.0 < 0.0 { "-" } else { "" };
            write!(f, "{sign}Infinity")
        } else if self.0 != 0.0 && !(1e-6..1e21).contains(&self.0.abs()) && !self.0.is_nan() {
            write!(f, "{:e}", self.0)
        } else {
            write!(f, "{}", self.0)
        }
    }
}

/// How far an iteration is from its end.
struct Change(f64);

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_finite() {
            write!(
                f,
                "the best one still changed the unknowns by {:.1e} of their size",
                self.0
            )
        } else {
            f.write_str("their values are not finite")
        }
    }
}

/// The one of `known` that was probably meant by `name`.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|k| (strsim::normalized_damerau_levenshtein(k, name), k))
        .filter(|(similarity, _)| *similarity > 0.4)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k.to_string())
}

struct Meant<'a>(&'a Option<String>);

impl fmt::Display for Meant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(nearest) => write!(f, "; did you mean \"{nearest}\"?"),
            None => Ok(()),
        }
    }
}

/// The line of a text that holds a position, and a caret below it.
struct Excerpt<'a>(&'a str, usize);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Characters that are shown on either side.
        const MARGIN: usize = 50;
        let Excerpt(text, position) = *self;
        let before = text.chars().take(position);
        let line = before.fold(Vec::new(), |mut line, c| {
            match c {
                '\n' => line.clear(),
                c => line.push(c),
            }
            line
        });
        let after = text.chars().skip(position).take_while(|&c| c != '\n');
        let after: Vec<char> = after.take(MARGIN + 1).collect();
        let (cut, start) = match line.len() > MARGIN {
            true => ("...", line.len() - MARGIN),
            false => ("", 0),
        };
        let shown: String = line[start..]
            .iter()
            .chain(after.iter().take(MARGIN))
            .collect();
        let end = if after.len() > MARGIN { "..." } else { "" };
        let width = cut.len() + line.len() - start;
        writeln!(f, "  {cut}{}{end}", shown.replace(['\t', '\r'], " "))?;
        write!(f, "  {:width$}^", "")
    }
}

struct Suggestion<'a>(&'a Option<String>, &'a [String]);

impl fmt::Display for Suggestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nearest) = self.0 {
            write!(f, "; did you mean \"{nearest}\"?")?;
        }
        if self.1.is_empty() {
            write!(f, " (there are none)")
        } else {
            write!(f, " (known: {})", self.1.join(", "))
        }
    }
}

/// Checks that every options struct shares, so that all say the same words.
pub(crate) mod check {
    use super::{Error, Result};

    pub fn positive(path: &str, value: f64) -> Result<()> {
        require(
            value.is_finite() && value > 0.0,
            path,
            value,
            "finite and greater than zero",
        )
    }

    /// A precision: positive, and of a size whose products and squares stay in range.
    pub fn precision(path: &str, value: f64) -> Result<()> {
        positive(path, value)?;
        require(
            (1e-100..=1e100).contains(&value),
            path,
            value,
            "between 1e-100 and 1e100; choose other units",
        )
    }

    pub fn finite(path: &str, value: f64) -> Result<()> {
        require(value.is_finite(), path, value, "finite")
    }

    /// As [`finite`] of every value: the first that is not is named by its place.
    pub fn all_finite(path: &str, values: &[f64]) -> Result<()> {
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(i) => finite(&format!("{path}[{i}]"), values[i]),
        }
    }

    pub fn at_least(path: &str, value: usize, least: usize) -> Result<()> {
        require(
            value >= least,
            path,
            value as f64,
            &format!("a whole number of at least {least}"),
        )
    }

    pub fn at_most(path: &str, value: usize, most: usize) -> Result<()> {
        require(
            value <= most,
            path,
            value as f64,
            &format!("a whole number of at most {most}"),
        )
    }

    /// A closed interval with finite ends, lower end first.
    pub fn range(path: &str, [low, high]: [f64; 2]) -> Result<()> {
        finite(&format!("{path}[0]"), low)?;
        finite(&format!("{path}[1]"), high)?;
        require(
            low <= high,
            &format!("{path}[1]"),
            high,
            &format!("at least the lower end, {low}"),
        )?;
        require(
            (high - low).is_finite(),
            &format!("{path}[1]"),
            high,
            "close enough to the lower end that their difference is finite",
        )
    }

    pub fn length(path: &str, length: usize, expected: usize, because: &str) -> Result<()> {
        if length == expected {
            return Ok(());
        }
        Err(Error::WrongLength {
            path: path.into(),
            length,
            expected,
            because: because.into(),
        })
    }

    pub fn require(holds: bool, path: &str, value: f64, expected: &str) -> Result<()> {
        if holds {
            return Ok(());
        }
        Err(Error::OutOfRange {
            path: path.into(),
            value,
            expected: expected.into(),
        })
    }

    /// The position of `name` among `known`, or an error with the nearest name.
    pub fn position<'a>(
        path: &str,
        name: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<usize> {
        known
            .clone()
            .position(|k| k == name)
            .ok_or_else(|| Error::unknown_name(path, name, known))
    }
}
