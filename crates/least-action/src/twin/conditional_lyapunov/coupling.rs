//! Coupling of a response to the components of the drive that it receives.

/// Coupling of the response to the drive's observed components: a strength, or complete
/// replacement, the limit of a strong one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(
    feature = "typescript",
    derive(ts_rs::TS),
    ts(type = "number | \"replacement\"")
)]
#[non_exhaustive]
pub enum Coupling {
    /// Coupling strength g, per unit of time: the rate at which an observed component is drawn to
    /// the drive's. For maps, the fraction of the difference that is taken off at each iteration.
    Finite(f64),
    /// Complete replacement: the observed components of the response are those of the drive.
    #[default]
    Replacement,
}

mod read {
    //! Serialisation written by hand: an untagged enum would lose the place of an error.

    use super::Coupling;
    use serde::de::{Deserialize, Deserializer, Error, Visitor};
    use serde::ser::{Serialize, Serializer};

    impl Serialize for Coupling {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Coupling::Finite(coupling) => serializer.serialize_f64(*coupling),
                Coupling::Replacement => serializer.serialize_str("replacement"),
            }
        }
    }

    impl<'de> Deserialize<'de> for Coupling {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(CouplingVisitor)
        }
    }

    struct CouplingVisitor;

    impl Visitor<'_> for CouplingVisitor {
        type Value = Coupling;

        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("a number or \"replacement\"")
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<Coupling, E> {
            Ok(Coupling::Finite(value))
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<Coupling, E> {
            Ok(Coupling::Finite(value as f64))
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<Coupling, E> {
            Ok(Coupling::Finite(value as f64))
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<Coupling, E> {
            match value {
                "replacement" => Ok(Coupling::Replacement),
                other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
            }
        }
    }
}
