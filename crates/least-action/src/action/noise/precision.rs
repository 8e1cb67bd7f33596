//! Precisions (inverse covariances): one number, one per component, one per time, or a full matrix.

use nalgebra::{Cholesky, DMatrix};

use crate::error::{check, Result};

/// Precision: the inverse of a variance, in one over the square of the quantity's unit.
///
/// ```
/// use least_action::action::Precision;
///
/// let one_number: Precision = 4.0.into();
/// assert_eq!(one_number, Precision::Scalar(4.0));
/// let one_per_component = Precision::PerComponent(vec![4.0, 0.25]);
/// let matrix = Precision::Matrix(vec![vec![2.0, 0.5], vec![0.5, 1.0]]);
/// # let _ = (one_per_component, matrix);
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Precision {
    /// One number for all components and times.
    Scalar(f64),
    /// One number per component.
    PerComponent(#[cfg_attr(feature = "typescript", ts(type = "readonly number[]"))] Vec<f64>),
    /// Full symmetric positive-definite matrix over the components, row by row.
    Matrix(
        #[cfg_attr(feature = "typescript", ts(type = "readonly (readonly number[])[]"))]
        Vec<Vec<f64>>,
    ),
    /// One number per point of the path, through all data sets one after the other.
    PerTime {
        /// Precisions, one per point of the path.
        #[serde(rename = "perTime")]
        #[cfg_attr(feature = "typescript", ts(type = "readonly number[]"))]
        per_time: Vec<f64>,
    },
    /// One number per datum: a row per point of the path, through all data sets one after the
    /// other, with a number per observed component. Numbers of missing data are not read.
    PerDatum {
        /// Precisions, a row per point of the path.
        #[serde(rename = "perDatum")]
        #[cfg_attr(feature = "typescript", ts(type = "readonly (readonly number[])[]"))]
        per_datum: Vec<Vec<f64>>,
    },
}

impl From<f64> for Precision {
    fn from(value: f64) -> Self {
        Precision::Scalar(value)
    }
}

impl Default for Precision {
    /// Precision of 1.
    fn default() -> Self {
        Precision::Scalar(1.0)
    }
}

/// Largest difference of two entries across the diagonal of a matrix that counts as symmetric,
/// relative to the largest entry.
const ASYMMETRY: f64 = 1e-12;

impl Precision {
    /// Checks a precision over `components` and `points`; `path` names it in errors.
    ///
    /// # Errors
    /// Entries that are no precisions, wrong lengths, and matrices that are not symmetric or not
    /// positive definite.
    pub(crate) fn validate(&self, path: &str, components: usize, points: usize) -> Result<()> {
        match self {
            Precision::Scalar(value) => check::precision(path, *value),
            Precision::PerComponent(values) => {
                check::length(path, values.len(), components, "one per component")?;
                each(path, values)
            }
            Precision::PerTime { per_time } => {
                let path = format!("{path}.perTime");
                check::length(&path, per_time.len(), points, "one per point of the path")?;
                each(&path, per_time)
            }
            Precision::PerDatum { per_datum } => {
                let path = format!("{path}.perDatum");
                check::length(
                    &path,
                    per_datum.len(),
                    points,
                    "one row per point of the path",
                )
            }
            Precision::Matrix(rows) => {
                check::length(path, rows.len(), components, "one row per component")?;
                for (i, row) in rows.iter().enumerate() {
                    let path = format!("{path}[{i}]");
                    check::length(&path, row.len(), components, "one per component")?;
                    for (j, value) in row.iter().enumerate() {
                        check::finite(&format!("{path}[{j}]"), *value)?;
                    }
                }
                self.check_symmetric(path, rows)?;
                let positive = Cholesky::new(matrix(rows)).is_some();
                let least = rows.iter().enumerate().map(|(i, row)| row[i]);
                check::require(
                    positive,
                    path,
                    least.fold(f64::INFINITY, f64::min),
                    "a positive-definite matrix (all eigenvalues above zero); the smallest \
                     diagonal entry is shown",
                )
            }
        }
    }

    fn check_symmetric(&self, path: &str, rows: &[Vec<f64>]) -> Result<()> {
        let largest = rows.iter().flatten().fold(0.0f64, |m, v| m.max(v.abs()));
        for (i, row) in rows.iter().enumerate() {
            for (j, &value) in row.iter().enumerate().take(i) {
                check::require(
                    (value - rows[j][i]).abs() <= ASYMMETRY * largest,
                    &format!("{path}[{i}][{j}]"),
                    value,
                    &format!(
                        "{}, as across the diagonal: the matrix must be symmetric",
                        rows[j][i]
                    ),
                )?;
            }
        }
        Ok(())
    }

    /// Covariance over the components, if the precision is a full matrix.
    pub(crate) fn covariance(&self) -> Option<DMatrix<f64>> {
        match self {
            Precision::Matrix(rows) => matrix(rows).try_inverse(),
            _ => None,
        }
    }

    /// Weight of component `l` at point `n`. For a matrix it is the diagonal entry.
    pub(crate) fn weight(&self, n: usize, l: usize) -> f64 {
        match self {
            Precision::Scalar(value) => *value,
            Precision::PerComponent(values) => values[l],
            Precision::PerTime { per_time } => per_time[n],
            Precision::PerDatum { per_datum } => per_datum[n][l],
            Precision::Matrix(rows) => rows[l][l],
        }
    }
}

fn each(path: &str, values: &[f64]) -> Result<()> {
    // Names are written for wrong values only: to write them takes longer than the check.
    let mut wrong = values
        .iter()
        .enumerate()
        .filter(|(_, value)| check::precision("", **value).is_err());
    wrong.try_for_each(|(i, value)| check::precision(&format!("{path}[{i}]"), *value))
}

pub(super) fn matrix(rows: &[Vec<f64>]) -> DMatrix<f64> {
    DMatrix::from_fn(rows.len(), rows.len(), |i, j| rows[i][j])
}

mod read {
    //! Deserialisation of precisions. It is written by hand because an untagged enum would lose the
    //! place of an error.

    use super::Precision;
    use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

    impl<'de> Deserialize<'de> for Precision {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(PrecisionVisitor)
        }
    }

    struct PrecisionVisitor;

    enum PrecisionEntry {
        Number(f64),
        Row(Vec<f64>),
    }

    impl<'de> Visitor<'de> for PrecisionVisitor {
        type Value = Precision;

        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str(
                "a number, a list with a number per component, a matrix as a list of rows, \
                 { perTime: [...] }, or { perDatum: [[...], ...] }",
            )
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<Precision, E> {
            Ok(Precision::Scalar(value))
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<Precision, E> {
            Ok(Precision::Scalar(value as f64))
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<Precision, E> {
            Ok(Precision::Scalar(value as f64))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Precision, A::Error> {
            let (mut numbers, mut rows) = (Vec::new(), Vec::new());
            while let Some(entry) = list.next_element::<PrecisionEntry>()? {
                match entry {
                    PrecisionEntry::Number(value) => numbers.push(value),
                    PrecisionEntry::Row(row) => rows.push(row),
                }
            }
            match (numbers.is_empty(), rows.is_empty()) {
                (false, false) => Err(A::Error::custom(
                    "must be all numbers or all rows of a matrix, not both",
                )),
                (_, true) => Ok(Precision::PerComponent(numbers)),
                (true, false) => Ok(Precision::Matrix(rows)),
            }
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Precision, A::Error> {
            let mut found = None;
            while let Some(key) = map.next_key::<String>()? {
                found = Some(match key.as_str() {
                    "perTime" => Precision::PerTime {
                        per_time: map.next_value()?,
                    },
                    "perDatum" => Precision::PerDatum {
                        per_datum: map.next_value()?,
                    },
                    _ => {
                        return Err(A::Error::custom(format!(
                            "unknown field \"{key}\", expected perTime or perDatum"
                        )))
                    }
                });
            }
            found.ok_or_else(|| A::Error::missing_field("perTime"))
        }
    }

    impl<'de> Deserialize<'de> for PrecisionEntry {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct EntryShape;
            impl<'de> Visitor<'de> for EntryShape {
                type Value = PrecisionEntry;

                fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                    f.write_str("a number or a row of numbers")
                }

                fn visit_f64<E: Error>(self, value: f64) -> Result<PrecisionEntry, E> {
                    Ok(PrecisionEntry::Number(value))
                }

                fn visit_i64<E: Error>(self, value: i64) -> Result<PrecisionEntry, E> {
                    Ok(PrecisionEntry::Number(value as f64))
                }

                fn visit_u64<E: Error>(self, value: u64) -> Result<PrecisionEntry, E> {
                    Ok(PrecisionEntry::Number(value as f64))
                }

                fn visit_seq<A: SeqAccess<'de>>(
                    self,
                    mut list: A,
                ) -> Result<PrecisionEntry, A::Error> {
                    let mut row = Vec::new();
                    while let Some(value) = list.next_element()? {
                        row.push(value);
                    }
                    Ok(PrecisionEntry::Row(row))
                }
            }
            deserializer.deserialize_any(EntryShape)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_checked() {
        let says = |rows: Vec<Vec<f64>>| {
            let error = Precision::Matrix(rows).validate("p", 2, 9).unwrap_err();
            error.to_string()
        };
        assert!(says(vec![vec![1.0, 0.0]]).contains("expected 2"));
        assert!(says(vec![vec![1.0, 0.5], vec![0.4, 1.0]]).contains("symmetric"));
        assert!(says(vec![vec![1.0, 2.0], vec![2.0, 1.0]]).contains("positive-definite"));
    }
}
