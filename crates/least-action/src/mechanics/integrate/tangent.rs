/// Computes the largest entry of `M^T J M - J` with `J = ((0, 1), (-1, 0))`: 0 where the map with
/// the derivative M is symplectic. M is 2 D x 2 D, column-major, coordinates first.
pub fn symplectic_defect(tangent: &[f64]) -> f64 {
    let n = tangent.len().isqrt();
    let d = n / 2;
    let mut worst = 0.0f64;
    for i in 0..n {
        for j in 0..i {
            let (a, b) = (&tangent[i * n..][..n], &tangent[j * n..][..n]);
            let areas = (0..d).map(|k| a[k] * b[d + k] - a[d + k] * b[k]);
            let expected = if i == j + d { -1.0 } else { 0.0 };
            let defect = (areas.sum::<f64>() - expected).abs();
            if defect.is_nan() {
                return f64::NAN;
            }
            worst = worst.max(defect);
        }
    }
    worst
}
