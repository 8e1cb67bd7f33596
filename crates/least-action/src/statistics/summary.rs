//! Draws summarised in a table.

use super::diagnostics::{
    mean, quantile_of_sorted, sorted, variance, Chains, ConvergenceDiagnostics,
};
use crate::error::{check, Result};
use crate::report::{figure, Table};

/// Draws of a named quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity<'a> {
    /// Name of the quantity.
    pub name: &'a str,
    /// Draws with one slice per chain, all of the same length.
    pub chains: Vec<&'a [f64]>,
}

/// Summary of the draws of one quantity, with diagnostics.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SummaryRow {
    /// Name of the quantity.
    pub name: String,
    /// Mean of the draws.
    pub mean: f64,
    /// Standard deviation of the draws.
    pub deviation: f64,
    /// Monte Carlo standard error of the mean. This and the diagnostics are NaN for draws that
    /// never move, except for an infinite R-hat.
    pub mean_error: f64,
    /// The 5 % quantile.
    pub lower: f64,
    /// The median.
    pub median: f64,
    /// The 95 % quantile.
    pub upper: f64,
    /// Effective sample size for the bulk.
    pub ess_bulk: f64,
    /// Effective sample size in the tails: the smaller one of those for the 5 % and the 95 %
    /// quantile.
    pub ess_tail: f64,
    /// Rank-normalised split R-hat.
    pub r_hat: f64,
}

/// Summary of the draws of several quantities.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Summary {
    /// Number of chains.
    pub chains: usize,
    /// Number of draws of each chain.
    pub draws: usize,
    /// One row per quantity.
    pub rows: Vec<SummaryRow>,
}

/// Summarises the draws of named quantities.
///
/// # Errors
/// No quantity; quantities with different numbers of chains or draws; and the errors of
/// [`super::r_hat`], with the name of the quantity in the path: `draws.alpha[chain][draw]`.
///
/// ```
/// use least_action::statistics::{summarize, Quantity};
///
/// let (a, b) = ([1.0, 3.0, 2.0, 4.0], [2.0, 1.0, 4.0, 3.0]);
/// let summary = summarize(&[Quantity { name: "alpha", chains: vec![&a, &b] }])?;
/// assert_eq!(summary.rows[0].mean, 2.5);
/// println!("{}", summary.table());
/// # Ok::<(), least_action::Error>(())
/// ```
pub fn summarize(quantities: &[Quantity]) -> Result<Summary> {
    check::at_least("draws.length", quantities.len(), 1)?;
    let mut rows = Vec::with_capacity(quantities.len());
    let mut size = None;
    for quantity in quantities {
        let path = format!("draws.{}", quantity.name);
        let chains = Chains::new(&path, &quantity.chains)?;
        let (count, length) = *size.get_or_insert((chains.count(), chains.length()));
        let because = "as many chains as of the first quantity";
        check::length(&path, chains.count(), count, because)?;
        let because = "as many draws as of the first quantity";
        check::length(&format!("{path}[0]"), chains.length(), length, because)?;
        rows.push(row(quantity.name, &chains));
    }
    let (chains, draws) = size.unwrap_or_default();
    Ok(Summary {
        chains,
        draws,
        rows,
    })
}

/// Summary of one quantity.
fn row(name: &str, chains: &Chains) -> SummaryRow {
    let sorted = sorted(chains.all());
    let convergence = ConvergenceDiagnostics::of(chains, &sorted);
    let [lower, median, upper] = [0.05, 0.5, 0.95].map(|p| quantile_of_sorted(&sorted, p));
    SummaryRow {
        name: name.into(),
        mean: mean(chains.all()),
        deviation: libm::sqrt(variance(chains.all())),
        mean_error: convergence.mean_error,
        lower,
        median,
        upper,
        ess_bulk: convergence.ess_bulk,
        ess_tail: convergence.ess_tail,
        r_hat: convergence.r_hat,
    }
}

/// Ending of a noun after a number.
fn plural(count: usize) -> &'static str {
    if count == 1 {
        ""
    } else {
        "s"
    }
}

impl Summary {
    /// Table of all rows as text, below a line with the numbers of chains and draws. `-` stands for
    /// diagnostics of draws that never move.
    pub fn table(&self) -> String {
        let names = self.rows.iter().map(|row| row.name.chars().count());
        let width = names.max().unwrap_or(0).max(8);
        let mut table = Table::default();
        table.line(format_args!(
            "{} chain{} of {} draw{}",
            self.chains,
            plural(self.chains),
            self.draws,
            plural(self.draws)
        ));
        table.gap();
        table.line(format_args!(
            "{:width$}  {:>11}  {:>10}  {:>10}  {:>11}  {:>11}  {:>11}  {:>8}  {:>8}  {:>6}",
            "", "mean", "mcse", "sd", "5 %", "50 %", "95 %", "ess_bulk", "ess_tail", "r_hat"
        ));
        for row in &self.rows {
            table.line(format_args!(
                "{:width$}  {:>11}  {:>10}  {:>10}  {:>11}  {:>11}  {:>11}  {:>8}  {:>8}  {:>6}",
                row.name,
                figure(row.mean),
                figure(row.mean_error),
                figure(row.deviation),
                figure(row.lower),
                figure(row.median),
                figure(row.upper),
                known(row.ess_bulk, 0),
                known(row.ess_tail, 0),
                known(row.r_hat, 3),
            ));
        }
        table.into_text()
    }
}

/// A number with a fixed number of decimals, or `-` for NaN.
fn known(value: f64, decimals: usize) -> String {
    if value.is_nan() {
        "-".into()
    } else {
        format!("{value:.decimals$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_row_per_quantity() {
        let moving: [f64; 8] = [0.5, 0.25, 0.75, 0.125, 0.625, 0.375, 0.875, 0.5];
        let chains = vec![&moving[..], &moving[..]];
        let still = vec![&[2.0; 8][..]; 2];
        let quantities = [
            Quantity {
                name: "forcing",
                chains,
            },
            Quantity {
                name: "held",
                chains: still,
            },
        ];
        let summary = summarize(&quantities).unwrap();
        let row = &summary.rows[0];
        assert_eq!((summary.chains, summary.draws), (2, 8));
        assert_eq!((row.mean, row.median), (0.5, 0.5));
        let table = summary.table();
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines[0], "2 chains of 8 draws");
        assert!(lines[2].ends_with("ess_bulk  ess_tail   r_hat"), "{table}");
        assert!(lines[3].starts_with("forcing       0.50000"), "{table}");
        assert!(
            lines[4].ends_with("2.0000         -         -       -"),
            "{table}"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let good = [0.0, 1.0, 2.0, 3.0];
        let bad = [0.0, 1.0, f64::INFINITY, 3.0];
        let of = |name, chains| Quantity { name, chains };
        let error = summarize(&[of("alpha", vec![&good]), of("x", vec![&bad])]).unwrap_err();
        assert_eq!(error.path(), "draws.x[0][2]");
        let error = summarize(&[of("alpha", vec![&good]), of("x", vec![&good, &good])]);
        assert_eq!(error.unwrap_err().path(), "draws.x");
        assert_eq!(summarize(&[]).unwrap_err().path(), "draws.length");
    }
}
