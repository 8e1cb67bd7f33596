//! Options that say what is known of the states at the first point of data sets.

use std::collections::BTreeMap;

use super::Prior;

/// Mean of a state's first value: a number, or a formula of parameters as text.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum FirstMean {
    /// A number, in the unit of the state.
    Number(f64),
    /// A formula of the model's parameters, and of the time `t` of the data set's first point, in
    /// the language of the equations: `"2*P0 + c"`.
    Formula(String),
}

/// Normal distribution of a state's first value.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FirstDistribution {
    /// Mean, in the unit of the state: a number, or a formula of parameters.
    pub mean: FirstMean,
    /// Standard deviation, zero or more, in the unit of the state. With 0 the mean is the value
    /// itself.
    pub deviation: f64,
}

/// Knowledge of a state's first value before the data.
///
/// ```
/// use least_action::action::{FirstValue, Prior};
///
/// let weighed: FirstValue = 1.5.into();
/// let estimated: FirstValue = "P0".into();
/// let roughly: FirstValue = Prior { mean: 3.0, deviation: 0.5 }.into();
/// assert_ne!(weighed, roughly);
/// assert_ne!(estimated, roughly);
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum FirstValue {
    /// A number that is known exactly, in the unit of the state. The state is not fitted there.
    Number(f64),
    /// A formula of parameters, as [`FirstMean::Formula`], which holds exactly.
    Formula(String),
    /// A normal distribution.
    Distribution(FirstDistribution),
}

impl FirstValue {
    /// The value as a mean with a standard deviation, which is 0 where it is known exactly.
    pub(super) fn as_distribution(&self) -> FirstDistribution {
        let exactly = |mean| FirstDistribution {
            mean,
            deviation: 0.0,
        };
        match self {
            FirstValue::Number(value) => exactly(FirstMean::Number(*value)),
            FirstValue::Formula(text) => exactly(FirstMean::Formula(text.clone())),
            FirstValue::Distribution(distribution) => distribution.clone(),
        }
    }
}

impl From<f64> for FirstValue {
    fn from(value: f64) -> Self {
        FirstValue::Number(value)
    }
}

impl From<&str> for FirstValue {
    fn from(formula: &str) -> Self {
        FirstValue::Formula(formula.into())
    }
}

impl From<Prior> for FirstValue {
    fn from(prior: Prior) -> Self {
        FirstValue::Distribution(FirstDistribution {
            mean: FirstMean::Number(prior.mean),
            deviation: prior.deviation,
        })
    }
}

/// Known first values of states by name: one object for all data sets, or one for each of them.
///
/// ```
/// use least_action::action::{FirstState, FirstValue};
///
/// let weighed = FirstState::PerSet(vec![
///     [("A".to_string(), FirstValue::Number(1.0))].into(),
///     [("A".to_string(), FirstValue::Number(1.2))].into(),
/// ]);
/// assert!(!weighed.is_empty());
/// let second = weighed.of_set(1).and_then(|set| set.get("A"));
/// assert_eq!(second, Some(&FirstValue::Number(1.2)));
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum FirstState {
    /// Values that every data set begins with.
    All(
        #[cfg_attr(
            feature = "typescript",
            ts(type = "{ readonly [state: string]: FirstValue }")
        )]
        BTreeMap<String, FirstValue>,
    ),
    /// Values of each data set, in the order of the data sets.
    PerSet(
        #[cfg_attr(
            feature = "typescript",
            ts(type = "readonly { readonly [state: string]: FirstValue }[]")
        )]
        Vec<BTreeMap<String, FirstValue>>,
    ),
}

impl FirstState {
    /// Known values of one data set, by state; `None` for a number that has no entry, where there
    /// is one for each.
    pub fn of_set(&self, set: usize) -> Option<&BTreeMap<String, FirstValue>> {
        match self {
            FirstState::All(values) => Some(values),
            FirstState::PerSet(sets) => sets.get(set),
        }
    }

    /// True if nothing is known of any data set.
    pub fn is_empty(&self) -> bool {
        match self {
            FirstState::All(values) => values.is_empty(),
            FirstState::PerSet(sets) => sets.iter().all(BTreeMap::is_empty),
        }
    }

    /// This knowledge, with a further value in every data set.
    pub(crate) fn with(mut self, name: &str, value: FirstValue) -> Self {
        let add = |values: &mut BTreeMap<String, FirstValue>| {
            values.insert(name.into(), value.clone());
        };
        match &mut self {
            FirstState::All(values) => add(values),
            FirstState::PerSet(sets) => sets.iter_mut().for_each(add),
        }
        self
    }

    /// Name of a value's field in errors.
    pub(super) fn path(&self, set: usize, name: &str) -> String {
        match self {
            FirstState::All(_) => format!("firstState.{name}"),
            FirstState::PerSet(_) => format!("firstState[{set}].{name}"),
        }
    }
}

impl Default for FirstState {
    fn default() -> Self {
        FirstState::All(BTreeMap::new())
    }
}

impl<V: Into<FirstValue>> FromIterator<(String, V)> for FirstState {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(values: I) -> Self {
        let values = values.into_iter();
        FirstState::All(values.map(|(name, v)| (name, v.into())).collect())
    }
}

impl<V: Into<FirstValue>, const N: usize> From<[(String, V); N]> for FirstState {
    fn from(values: [(String, V); N]) -> Self {
        values.into_iter().collect()
    }
}

mod read {
    //! Deserialisation written by hand: an untagged enum would lose the place of an error.

    use std::fmt;

    use serde::de::value::MapAccessDeserializer;
    use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

    use super::{FirstDistribution, FirstMean, FirstState, FirstValue};

    /// Visitor methods for numbers and texts.
    macro_rules! numbers_and_texts {
        ($type:ident) => {
            fn visit_f64<E: Error>(self, value: f64) -> Result<$type, E> {
                Ok($type::Number(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<$type, E> {
                Ok($type::Number(value as f64))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<$type, E> {
                Ok($type::Number(value as f64))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<$type, E> {
                Ok($type::Formula(text.into()))
            }
        };
    }

    impl<'de> Deserialize<'de> for FirstMean {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct MeanVisitor;
            impl Visitor<'_> for MeanVisitor {
                type Value = FirstMean;

                fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                    f.write_str("a number, or a formula of parameters as text")
                }

                numbers_and_texts!(FirstMean);
            }
            deserializer.deserialize_any(MeanVisitor)
        }
    }

    impl<'de> Deserialize<'de> for FirstValue {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct ValueVisitor;
            impl<'de> Visitor<'de> for ValueVisitor {
                type Value = FirstValue;

                fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                    f.write_str("a number, a formula of parameters, or { mean, deviation }")
                }

                numbers_and_texts!(FirstValue);

                fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FirstValue, A::Error> {
                    let map = MapAccessDeserializer::new(map);
                    FirstDistribution::deserialize(map).map(FirstValue::Distribution)
                }
            }
            deserializer.deserialize_any(ValueVisitor)
        }
    }

    impl<'de> Deserialize<'de> for FirstState {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct StateVisitor;
            impl<'de> Visitor<'de> for StateVisitor {
                type Value = FirstState;

                fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                    f.write_str("an object with a field per state, or an array of them")
                }

                fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<FirstState, A::Error> {
                    let mut sets = Vec::new();
                    while let Some(values) = list.next_element()? {
                        sets.push(values);
                    }
                    Ok(FirstState::PerSet(sets))
                }

                fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FirstState, A::Error> {
                    let map = MapAccessDeserializer::new(map);
                    Deserialize::deserialize(map).map(FirstState::All)
                }
            }
            deserializer.deserialize_any(StateVisitor)
        }
    }
}
