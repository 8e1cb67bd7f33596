//! Errors of the crate. Each names the field, the value and the remedy.

use std::fmt;

/// Result of everything in this crate that can fail.
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
    /// A number outside the interval that the field allows, such as a negative precision, zero
    /// rungs or an infinite range.
    #[error("{path}: must be {expected}, got {}", Number(*value))]
    OutOfRange {
        /// Field at fault, as a caller would write it.
        path: String,
        /// The number that was given.
        value: f64,
        /// Words for what is allowed.
        expected: String,
    },
    /// An array of the wrong length.
    #[error("{path}: expected {expected} values ({because}), got {length}")]
    WrongLength {
        /// Field at fault, as a caller would write it.
        path: String,
        /// Number of values that were given.
        length: usize,
        /// Number of values that are needed.
        expected: usize,
        /// Words for what there must be one value of.
        because: String,
    },
    /// An index past the end, for instance an observed component that the model does not have.
    #[error(
        "{path}: index {index} is out of range; the model has {count} components, so use 0 to {}",
        count.saturating_sub(1)
    )]
    IndexOutOfRange {
        /// Field at fault, as a caller would write it.
        path: String,
        /// The index that was given, from 0.
        index: usize,
        /// Number of components that there are.
        count: usize,
    },
    /// A name or number that is listed twice.
    #[error("{path}: {value} is listed twice; list each once")]
    Duplicate {
        /// Field at fault, as a caller would write it.
        path: String,
        /// The name or number that is there twice.
        value: String,
    },
    /// A name that is not known, such as that of a parameter.
    #[error("{path}: unknown name \"{name}\"{}", Suggestion(nearest, known))]
    UnknownName {
        /// Field at fault, as a caller would write it.
        path: String,
        /// The name that was given.
        name: String,
        /// The known name that was probably meant, if one is similar.
        nearest: Option<String>,
        /// All names that are known.
        known: Vec<String>,
    },
    /// An equation, or a definition used in equations, that cannot be understood.
    #[error("{path}: {message}{}\n{}", Meant(nearest), Excerpt(text, *position))]
    Equation {
        /// Field at fault, as a caller would write it.
        path: String,
        /// The equation as it was given.
        text: String,
        /// Place in `text` at which reading stopped, in characters from 0.
        position: usize,
        /// The cause in words.
        message: String,
        /// The known name that was probably meant.
        nearest: Option<String>,
    },
    /// A number of points that the discretization cannot use.
    #[error(
        "{path}: {discretization} needs {need}, got {points}; use {} points or another \
         discretization",
        points + 1
    )]
    WrongPointCount {
        /// Field at fault, as a caller would write it.
        path: String,
        /// Number of points that were given.
        points: usize,
        /// Name of the discretization.
        discretization: String,
        /// Words for the numbers of points that it can use.
        need: String,
    },
    /// A value that the field cannot hold: a wrong type, an unknown or a missing field.
    #[error("{path}: {message}")]
    WrongShape {
        /// Field at fault, as a caller would write it.
        path: String,
        /// The cause in words.
        message: String,
    },
    /// Observations of which none is finite.
    #[error("{path}: no observation is present; give at least one finite value")]
    NoObservations {
        /// Field at fault, as a caller would write it.
        path: String,
    },
    /// A value of a model along a path that is not finite.
    #[error(
        "{path}: {} is {} at time {time} (point {point}); {}",
        Term(term, state),
        Number(*value),
        Advice(term, *value)
    )]
    NotFinite {
        /// Field at fault, as a caller would write it.
        path: String,
        /// Time of the point, in the model's unit.
        time: f64,
        /// Number of the point, from 0.
        point: usize,
        /// Name of the state, or of the observable.
        state: String,
        /// Words for the term, such as "residual"; "observable" for one that is not defined.
        term: String,
        /// The value that is not finite.
        value: f64,
    },
    /// A value of a network that is not finite.
    #[error(
        "{path}: {term} of neuron {neuron} in layer {layer} is {} at pair {pair}; check the data \
         of that pair, the starting range and the weights",
        Number(*value)
    )]
    NotFiniteInLayer {
        /// Field at fault, as a caller would write it.
        path: String,
        /// Number of the layer; 0 is the layer of the inputs.
        layer: usize,
        /// Number of the pair, from 0.
        pair: usize,
        /// Number of the neuron in its layer, from 0.
        neuron: usize,
        /// Words for the term, such as "activation".
        term: String,
        /// The value that is not finite.
        value: f64,
    },
    /// A singular matrix in equations of motion, or in the equations of a step.
    #[error("{path}: {matrix} is singular at time {time}; {remedy}")]
    Singular {
        /// Field at fault, as a caller would write it.
        path: String,
        /// Formula of the matrix.
        matrix: String,
        /// Time at which it is singular, in the model's unit.
        time: f64,
        /// Advice to the user in words.
        remedy: String,
    },
    /// A stationary point that is no minimum: the action falls along a direction, both ways.
    #[error(
        "{path}: the stationary path is a saddle: along {direction} the action falls on both \
         sides; {remedy}"
    )]
    Saddle {
        /// Field at fault, as a caller would write it.
        path: String,
        /// The direction in words, each unknown in its own unit.
        direction: String,
        /// Second derivative along the direction, in units in which the diagonal of the Hessian is
        /// 1.
        curvature: f64,
        /// Advice to the user in words.
        remedy: String,
    },
    /// A direction in which the action does not change, to rounding.
    #[error("{path}: the Hessian is singular: data and priors leave {direction} free; {remedy}")]
    Undetermined {
        /// Field at fault, as a caller would write it.
        path: String,
        /// The direction in words, each unknown in its own unit: `k1 - 0.01 k2`.
        direction: String,
        /// Advice to the user in words.
        remedy: String,
    },
    /// An iteration that did not converge.
    #[error(
        "{path}: {equations} at time {time} are not solved after {iterations} iterations: {}; \
         {remedy}",
        Change(*change)
    )]
    NotConverged {
        /// Field at fault, as a caller would write it.
        path: String,
        /// Words for the equations.
        equations: String,
        /// Time at which they are to be solved, in the model's unit.
        time: f64,
        /// Number of iterations that were done.
        iterations: usize,
        /// Smallest change of the unknowns by an iteration, relative to their size; infinite if no
        /// values were finite.
        change: f64,
        /// Advice to the user in words.
        remedy: String,
    },
    /// A minimisation that ended before its minimum.
    #[error(
        "{path}: {what} is not at its minimum after {iterations} steps: the negative log posterior \
         would still fall by {decrease:.1e}; {remedy}"
    )]
    NotMinimized {
        /// Field at fault, as a caller would write it.
        path: String,
        /// Words for what was minimised.
        what: String,
        /// Number of steps that were done.
        iterations: usize,
        /// Fall of the negative log posterior that another step predicts; NaN where it is not
        /// known.
        decrease: f64,
        /// Advice to the user in words.
        remedy: String,
    },
    /// A Markov chain, or a step of one of its trajectories, that cannot go on.
    #[error("{path}: {message}; {remedy}")]
    ChainFailed {
        /// Field at fault, as a caller would write it.
        path: String,
        /// The cause in words.
        message: String,
        /// Advice to the user in words.
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

    /// Field at fault, as a caller would write it, for example `modelPrecision.initial`.
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
            | Error::NotMinimized { path, .. }
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

/// Term of [`Error::NotFinite`] for an observable.
pub(crate) const OBSERVABLE: &str = "observable";

/// Term of a state that is not finite, or an observable.
struct Term<'a>(&'a str, &'a str);

impl fmt::Display for Term<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            OBSERVABLE => write!(f, "{OBSERVABLE} {}", self.1),
            term => write!(f, "{term} of {}", self.1),
        }
    }
}

/// Advice on a term that is not finite.
struct Advice<'a>(&'a str, f64);

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 != OBSERVABLE && !self.1.is_nan() {
            return f.write_str("check the model there, the starting range and the parameters");
        }
        f.write_str(
            "check the model there, the starting range and the parameters: a logarithm, root or \
             power is not defined for states at or below zero; declare them positive in the model, \
             { positive: true }, keep them so by bounds, such as [0, Infinity], or say how they \
             begin by firstState or the model's initialState",
        )
    }
}

/// Words for the smallest change by an iteration, see [`Error::NotConverged`].
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

/// The name in `known` that is most similar to `name`, if any is similar enough to be meant.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|k| (strsim::normalized_damerau_levenshtein(k, name), k))
        .filter(|(similarity, _)| *similarity > 0.4)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k.to_string())
}

/// Words for the name that was probably meant.
struct Meant<'a>(&'a Option<String>);

impl fmt::Display for Meant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(nearest) => write!(f, "; did you mean \"{nearest}\"?"),
            None => Ok(()),
        }
    }
}

/// Line of a text around a position, with a caret below the position.
struct Excerpt<'a>(&'a str, usize);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Most characters that are shown on either side of the position.
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

/// Words for the name that was probably meant, and for all known names.
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

/// Checks that all options share, so that the same mistake has the same message everywhere.
pub(crate) mod check {
    use super::{Error, Result};

    /// Checks that a number is finite and greater than zero.
    pub fn positive(path: &str, value: f64) -> Result<()> {
        require(
            value.is_finite() && value > 0.0,
            path,
            value,
            "finite and greater than zero",
        )
    }

    /// Checks a precision: it must be positive, and its products and squares must stay in range.
    pub fn precision(path: &str, value: f64) -> Result<()> {
        positive(path, value)?;
        require(
            (1e-100..=1e100).contains(&value),
            path,
            value,
            "between 1e-100 and 1e100; choose other units",
        )
    }

    /// Checks that a number is finite.
    pub fn finite(path: &str, value: f64) -> Result<()> {
        require(value.is_finite(), path, value, "finite")
    }

    /// Checks that every value is finite; the error names the place of the first one that is not.
    pub fn all_finite(path: &str, values: &[f64]) -> Result<()> {
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(i) => finite(&format!("{path}[{i}]"), values[i]),
        }
    }

    /// Checks that a whole number is `least` or more.
    pub fn at_least(path: &str, value: usize, least: usize) -> Result<()> {
        require(
            value >= least,
            path,
            value as f64,
            &format!("a whole number of at least {least}"),
        )
    }

    /// Checks that a whole number is `most` or less.
    pub fn at_most(path: &str, value: usize, most: usize) -> Result<()> {
        require(
            value <= most,
            path,
            value as f64,
            &format!("a whole number of at most {most}"),
        )
    }

    /// Checks a closed interval: finite ends, lower end first.
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

    /// Checks the length of a list; `because` says what there must be one value of.
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

    /// Fails with [`Error::OutOfRange`] unless `holds`.
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

    /// Position of `name` among `known`, or an error with the most similar name.
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
