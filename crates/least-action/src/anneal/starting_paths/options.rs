//! What a user says about starting paths.

use std::collections::BTreeMap;

use crate::error::{check, Result};

/// How starting paths are made.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(
    feature = "typescript",
    derive(ts_rs::TS),
    ts(rename = "StartingStrategy")
)]
pub enum Start {
    /// `ensemble-filter`, and at every fourth start `growing-window`: quick where the filter finds
    /// the path, and sure where it does not.
    #[default]
    Automatic,
    /// The mean path of an ensemble Kalman filter over states and estimated parameters. It fails
    /// where the ensemble loses the data: with few observed components, or long times between
    /// measurements.
    EnsembleFilter,
    /// Grown from many minimisations over the first points: the best are extended, minimised again,
    /// and the worse ones dropped, until they span the data. Slower, and it fails where the first
    /// points say too little.
    GrowingWindow,
    /// A forward integration with drawn parameters, gently pulled towards the data.
    Nudged,
    /// The same, pulled so strongly that chaotic models synchronise with the data.
    Synchronising,
    /// The data, with straight lines across gaps; what is not observed is constant.
    Data,
    /// White noise; the data where observed.
    Random,
}

impl Start {
    pub const ALL: [Start; 7] = [
        Start::Automatic,
        Start::EnsembleFilter,
        Start::GrowingWindow,
        Start::Nudged,
        Start::Synchronising,
        Start::Data,
        Start::Random,
    ];

    /// The name that options and files use.
    pub fn name(self) -> &'static str {
        match self {
            Start::Automatic => "automatic",
            Start::EnsembleFilter => "ensemble-filter",
            Start::GrowingWindow => "growing-window",
            Start::Nudged => "nudged",
            Start::Synchronising => "synchronising",
            Start::Data => "data",
            Start::Random => "random",
        }
    }

    /// The strategy of one starting path.
    pub(in crate::anneal) fn at(self, start: usize) -> Start {
        match self {
            Start::Automatic if start % 4 == 3 => Start::GrowingWindow,
            Start::Automatic => Start::EnsembleFilter,
            chosen => chosen,
        }
    }
}

/// What observed components of a random starting path are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ObservedStart {
    /// The data, with straight lines across gaps: the first rung starts at its minimum.
    #[default]
    Data,
    /// Random, like the others.
    Random,
}

/// Where states are before any path is found.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
#[cfg_attr(
    feature = "typescript",
    derive(ts_rs::TS),
    ts(rename = "StartingRange")
)]
pub enum Range {
    /// Every state.
    All(#[cfg_attr(feature = "typescript", ts(type = "readonly [number, number]"))] [f64; 2]),
    /// States by name; those not named have the automatic range.
    PerState(
        #[cfg_attr(
            feature = "typescript",
            ts(type = "{ readonly [name: string]: readonly [number, number] }")
        )]
        BTreeMap<String, [f64; 2]>,
    ),
}

impl From<[f64; 2]> for Range {
    fn from(range: [f64; 2]) -> Self {
        Range::All(range)
    }
}

/// The paths that ladders are climbed from.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct StartingPaths {
    /// How many are tried at most; a run ends earlier when `enough` of them have found a path that
    /// the data allow. Default: 20.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub count: usize,
    /// How many starts must reach a level that the chi-square check calls consistent before the run
    /// ends; `count` to climb from all of them. A start counts only if all before it are done, so
    /// the result does not depend on the number of threads. Default: 1.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub enough: usize,
    /// Whether a start is stopped once its action is so high that the noise cannot explain it any
    /// more (along one minimum the action only rises with R_f). If no start gets through, those
    /// stopped are climbed to the end after all. Default: true.
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub prune: bool,
    /// How the paths are made. Default: `automatic`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Start>"))]
    pub start: Start,
    /// Where states are drawn from: one interval for all, or by name. Default: bounds where they
    /// are finite, else what the data reach, else what a forward integration of the model with the
    /// parameters in the middle of their initial ranges reaches.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub range: Option<Range>,
    /// A whole number from 0 on, from TypeScript up to 2^53 - 1. The same seed gives the same bits.
    /// Default: 0.
    #[cfg_attr(feature = "typescript", ts(type = "number", optional))]
    pub seed: u64,
    /// What observed components of a random start are. Default: the data.
    #[cfg_attr(feature = "typescript", ts(as = "Option<ObservedStart>"))]
    pub observed: ObservedStart,
}

impl Default for StartingPaths {
    fn default() -> Self {
        StartingPaths {
            count: 20,
            enough: 1,
            prune: true,
            start: Start::default(),
            range: None,
            seed: 0,
            observed: ObservedStart::default(),
        }
    }
}

impl StartingPaths {
    pub(in crate::anneal) fn validate(&self, path: &str) -> Result<()> {
        check::at_least(&format!("{path}.count"), self.count, 1)?;
        check::at_least(&format!("{path}.enough"), self.enough, 1)?;
        match &self.range {
            None => Ok(()),
            Some(Range::All(range)) => check::range(&format!("{path}.range"), *range),
            Some(Range::PerState(ranges)) => ranges.iter().try_for_each(|(name, range)| {
                check::range(&format!("{path}.range.{name}"), *range)
            }),
        }
    }

    /// Checks the names of states.
    pub(in crate::anneal) fn validate_names(&self, path: &str, states: &[String]) -> Result<()> {
        if let Some(Range::PerState(ranges)) = &self.range {
            for name in ranges.keys() {
                let known = states.iter().map(String::as_str);
                check::position(&format!("{path}.range.{name}"), name, known)?;
            }
        }
        Ok(())
    }
}

mod read {
    //! By hand: an untagged enum would lose the place of an error.

    use std::collections::BTreeMap;
    use std::fmt;

    use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

    use super::Range;

    impl<'de> Deserialize<'de> for Range {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Shape)
        }
    }

    struct Shape;

    impl<'de> Visitor<'de> for Shape {
        type Value = Range;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("an interval [low, high], or an object with an interval per state")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Range, A::Error> {
            let mut range = [0.0; 2];
            for (i, end) in range.iter_mut().enumerate() {
                let next = list.next_element()?;
                *end = next.ok_or_else(|| A::Error::invalid_length(i, &self))?;
            }
            match list.next_element::<f64>()? {
                None => Ok(Range::All(range)),
                Some(_) => Err(A::Error::invalid_length(3, &self)),
            }
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Range, A::Error> {
            let mut ranges = BTreeMap::new();
            while let Some((name, range)) = map.next_entry()? {
                ranges.insert(name, range);
            }
            Ok(Range::PerState(ranges))
        }
    }
}
