//! Chi-square distribution, by the incomplete gamma function (W. H. Press et al., Numerical
//! Recipes, 3rd edition 2007, chapter 6.2).

use super::bisect;

/// Number of terms after which series and fractions have converged for all arguments in use.
const TERMS: usize = 100_000;

/// Value of the chi-square variable with `degrees` of freedom below which it is with a
/// `probability`.
pub(crate) fn chi_square_quantile(probability: f64, degrees: f64) -> f64 {
    let a = 0.5 * degrees;
    // The logarithm of the variable: quantiles of few degrees of freedom are tiny.
    let root = bisect(-700.0, 700.0, |log| {
        lower_gamma(a, 0.5 * libm::exp(log)) < probability
    });
    libm::exp(root)
}

/// Regularised lower incomplete gamma function P(a, x).
fn lower_gamma(a: f64, x: f64) -> f64 {
    let front = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..TERMS {
            term *= x / (a + n as f64);
            sum += term;
            if term < sum * f64::EPSILON {
                break;
            }
        }
        return front * sum;
    }
    // Lentz's method for the fraction of 1 - P.
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / f64::MIN_POSITIVE, 1.0 / b);
    let mut fraction = d;
    for n in 1..TERMS {
        let an = -(n as f64) * (n as f64 - a);
        b += 2.0;
        d = 1.0 / nonzero(an * d + b);
        c = nonzero(b + an / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    1.0 - front * fraction
}

fn nonzero(x: f64) -> f64 {
    if x.abs() < f64::MIN_POSITIVE {
        f64::MIN_POSITIVE
    } else {
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_tables() {
        // Tables of chi-square: 2.5 % and 97.5 % with 1, 3, 10 and 100 degrees of freedom.
        for (degrees, low, high) in [
            (1.0, 0.000_982, 5.0239),
            (3.0, 0.215_795, 9.3484),
            (10.0, 3.246_97, 20.4832),
            (100.0, 74.2219, 129.5612),
        ] {
            let found = [0.025, 0.975].map(|p| chi_square_quantile(p, degrees));
            assert!((found[0] / low - 1.0).abs() < 2e-4, "{found:?}");
            assert!((found[1] / high - 1.0).abs() < 2e-5, "{found:?}");
        }
        let large = chi_square_quantile(0.5, 1e6);
        assert!((large / (1e6 - 2.0 / 3.0) - 1.0).abs() < 1e-9);
    }
}
