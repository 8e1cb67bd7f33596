//! Choice of a minimiser, with its options.

use super::{Lbfgs, Minimizer, Minimum, Objective, Structured};
use crate::error::{Error, Result};

/// Minimiser with its options. As data it is a name, or an object with the name as `method` beside
/// the options. Without `method` they are options of the default, `structured`.
///
/// ```
/// use least_action::solve::{Lbfgs, MinimizerOptions};
///
/// let named: MinimizerOptions = serde_json::from_str(r#""lbfgs""#)?;
/// assert_eq!(named.name(), "lbfgs");
/// let chosen: MinimizerOptions = serde_json::from_str(r#"{ "method": "lbfgs", "memory": 5 }"#)?;
/// assert_eq!(chosen, MinimizerOptions::Lbfgs(Lbfgs { memory: 5, ..Lbfgs::default() }));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(tag = "method", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MinimizerOptions {
    /// Limited-memory BFGS, for any smooth function.
    Lbfgs(Lbfgs),
    /// Structured minimiser, for paths. It is the default.
    Structured(Structured),
}

impl Default for MinimizerOptions {
    fn default() -> Self {
        MinimizerOptions::Structured(Structured::default())
    }
}

impl MinimizerOptions {
    /// All minimisers with their default options, in the order of their declaration.
    pub fn catalogue() -> [MinimizerOptions; 2] {
        [
            MinimizerOptions::Lbfgs(Lbfgs::default()),
            MinimizerOptions::Structured(Structured::default()),
        ]
    }

    /// Name in options and files: `lbfgs` or `structured`.
    pub fn name(&self) -> &'static str {
        match self {
            MinimizerOptions::Lbfgs(_) => "lbfgs",
            MinimizerOptions::Structured(_) => "structured",
        }
    }

    /// Minimiser of this name with its default options; `path` names the option in errors.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the nearest name.
    pub fn by_name(path: &str, name: &str) -> Result<Self> {
        let all = Self::catalogue();
        let named = all.iter().find(|options| options.name() == name);
        named
            .copied()
            .ok_or_else(|| Error::unknown_name(path, name, all.iter().map(MinimizerOptions::name)))
    }

    /// Checks the options; `path` names them in errors.
    ///
    /// # Errors
    /// An option out of range, as `{path}.{option}`.
    pub fn validate(&self, path: &str) -> Result<()> {
        match self {
            MinimizerOptions::Lbfgs(options) => options.validate(path),
            MinimizerOptions::Structured(options) => options.validate(path),
        }
    }

    /// Largest number of iterations.
    pub fn max_iterations(&self) -> usize {
        match self {
            MinimizerOptions::Lbfgs(options) => options.max_iterations,
            MinimizerOptions::Structured(options) => options.max_iterations,
        }
    }

    /// Approximate number of points and gradients that a minimisation keeps in memory.
    pub(crate) fn paths_in_memory(&self) -> usize {
        match self {
            MinimizerOptions::Lbfgs(options) => options.paths_in_memory(),
            _ => 32,
        }
    }
}

impl Minimizer for MinimizerOptions {
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum> {
        match self {
            MinimizerOptions::Lbfgs(options) => options.minimize(objective, x),
            MinimizerOptions::Structured(options) => options.minimize(objective, x),
        }
    }
}

impl From<Lbfgs> for MinimizerOptions {
    fn from(options: Lbfgs) -> Self {
        MinimizerOptions::Lbfgs(options)
    }
}

impl From<Structured> for MinimizerOptions {
    fn from(options: Structured) -> Self {
        MinimizerOptions::Structured(options)
    }
}

/// Deserialisation of the options. It is written by hand because serde's untagged and tagged forms
/// would lose the field that an error is in.
mod reading {
    use std::fmt;

    use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};

    use super::MinimizerOptions;
    use crate::error::Error;
    use crate::solve::Hessian;

    /// Text of an error without the path, which serde's own errors carry.
    fn text(error: Error) -> String {
        let whole = error.to_string();
        match whole.strip_prefix(&format!("{}: ", error.path())) {
            Some(rest) => rest.to_string(),
            None => whole,
        }
    }

    /// Seed that fails at a value, so that the error's path ends in its key.
    struct Refuse(String);

    impl<'de> DeserializeSeed<'de> for Refuse {
        type Value = ();

        fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
            Err(D::Error::custom(self.0))
        }
    }

    struct Name;

    impl<'de> DeserializeSeed<'de> for Name {
        type Value = MinimizerOptions;

        fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
            from.deserialize_str(Choice)
        }
    }

    struct Choice;

    /// Names of all options of all minimisers.
    const OPTIONS: [&str; 5] = ["method", "memory", "maxIterations", "tolerance", "hessian"];

    #[derive(Default)]
    struct Given {
        memory: Option<usize>,
        max_iterations: Option<usize>,
        tolerance: Option<f64>,
        hessian: Option<Hessian>,
    }

    /// Moves the given options that a minimiser has to its own; the others stay.
    macro_rules! take {
        ($given:ident, $options:ident, $($field:ident),*) => {
            $(if let Some(value) = $given.$field.take() { $options.$field = value; })*
        };
    }

    impl Given {
        fn put(mut self, into: &mut MinimizerOptions) -> Result<(), String> {
            let given = &mut self;
            match into {
                MinimizerOptions::Lbfgs(options) => {
                    take!(given, options, memory, max_iterations, tolerance);
                }
                MinimizerOptions::Structured(options) => {
                    take!(given, options, max_iterations, tolerance, hessian);
                }
            }
            let left = match (given.memory, given.hessian) {
                (Some(_), _) => "memory",
                (None, Some(_)) => "hessian",
                (None, None) => return Ok(()),
            };
            let name = into.name();
            Err(format!(
                "\"{left}\" is no option of {name}; leave it out or choose another method"
            ))
        }
    }

    impl<'de> Visitor<'de> for Choice {
        type Value = MinimizerOptions;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a minimiser's name, or an object with its options")
        }

        fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
            MinimizerOptions::by_name("", name).map_err(|error| E::custom(text(error)))
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(A::Error::custom(
                "must be a name or an object, got an array",
            ))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut options = MinimizerOptions::default();
            let mut given = Given::default();
            while let Some(key) = map.next_key::<String>()? {
                match key.as_str() {
                    "method" => options = map.next_value_seed(Name)?,
                    "memory" => given.memory = Some(map.next_value()?),
                    "maxIterations" => given.max_iterations = Some(map.next_value()?),
                    "tolerance" => given.tolerance = Some(map.next_value()?),
                    "hessian" => given.hessian = Some(map.next_value()?),
                    _ => {
                        let error = Error::unknown_name("", &key, OPTIONS.into_iter());
                        map.next_value_seed(Refuse(text(error)))?;
                    }
                }
            }
            given.put(&mut options).map_err(A::Error::custom)?;
            Ok(options)
        }
    }

    impl<'de> Deserialize<'de> for MinimizerOptions {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            from.deserialize_any(Choice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> std::result::Result<MinimizerOptions, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn every_minimizer_has_a_name_and_comes_back_from_its_data() {
        for options in MinimizerOptions::catalogue() {
            let name = options.name();
            assert_eq!(read(&format!("\"{name}\"")).unwrap(), options);
            assert_eq!(
                read(&format!("{{\"method\":\"{name}\"}}")).unwrap(),
                options
            );
            let json = serde_json::to_string(&options).unwrap();
            assert!(
                json.starts_with(&format!("{{\"method\":\"{name}\",")),
                "{json}"
            );
            assert_eq!(read(&json).unwrap(), options);
            assert_eq!(options.validate("minimizer"), Ok(()));
        }
        assert_eq!(read("{}").unwrap(), MinimizerOptions::default());
    }

    #[test]
    fn options_may_come_before_the_method() {
        let json = r#"{ "memory": 3, "tolerance": 0.5, "method": "lbfgs" }"#;
        let expected = Lbfgs {
            memory: 3,
            tolerance: 0.5,
            ..Lbfgs::default()
        };
        assert_eq!(read(json).unwrap(), expected.into());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, expected) in [
            (
                r#""lbfg""#,
                r#"unknown name "lbfg"; did you mean "lbfgs"? (known: lbfgs, structured)"#,
            ),
            (
                r#""trust-region""#,
                "unknown name \"trust-region\"; did you mean \"structured\"? \
                 (known: lbfgs, structured)",
            ),
            (r#"{ "method": "newton-cg" }"#, "(known: lbfgs, structured)"),
            (
                r#"{ "memry": 3 }"#,
                r#"unknown name "memry"; did you mean "memory"?"#,
            ),
            (
                r#"{ "memory": 3, "method": "structured" }"#,
                r#""memory" is no option of structured"#,
            ),
            (
                r#"{ "hessian": "exact", "method": "lbfgs" }"#,
                r#""hessian" is no option of lbfgs"#,
            ),
            ("[10]", "must be a name or an object, got an array"),
            (
                "3",
                "expected a minimiser's name, or an object with its options",
            ),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(expected), "{json}: {error}");
        }
        let error = MinimizerOptions::by_name("minimizer", "conjugate-gradient").unwrap_err();
        assert_eq!(error.path(), "minimizer");
    }

    #[test]
    fn options_out_of_range_are_named_by_their_field() {
        for (json, path) in [
            (r#"{ "method": "lbfgs", "memory": 0 }"#, "minimizer.memory"),
            (
                r#"{ "method": "lbfgs", "maxIterations": 0 }"#,
                "minimizer.maxIterations",
            ),
            (
                r#"{ "method": "structured", "maxIterations": 0 }"#,
                "minimizer.maxIterations",
            ),
            (
                r#"{ "method": "lbfgs", "tolerance": 1 }"#,
                "minimizer.tolerance",
            ),
        ] {
            let error = read(json).unwrap().validate("minimizer").unwrap_err();
            assert_eq!(error.path(), path);
        }
    }
}
