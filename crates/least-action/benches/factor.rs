//! Times of the block solver by itself: assembly, factorisation, solve, over layouts.
//! `cargo bench --bench factor`

use std::hint::black_box;
use std::time::Instant;

use least_action::solve::{
    Assembly, BlockMatrix, BlockQr, Cholesky, Layout, Linearization, RowGroup,
};

fn main() {
    println!(
        "microseconds          D      N   P   assembly  gradient    factor     solve \
         square root   GFlop/s of factor"
    );
    // An argument such as `-- 20` selects the problems of this dimension.
    let only: Option<usize> = std::env::args().find_map(|a| a.parse().ok());
    for (dimension, points, parameters) in [
        (1, 1001, 0),
        (3, 1001, 1),
        (4, 6001, 18),
        (5, 161, 1),
        (10, 161, 1),
        (20, 161, 1),
        (50, 161, 1),
        (100, 81, 1),
        (200, 41, 1),
    ]
    .into_iter()
    .filter(|&(d, ..)| only.is_none_or(|only| only == d))
    {
        for simpson in [true, false] {
            measure(dimension, points, parameters, simpson);
        }
    }
}

/// Rows like those of Lorenz96: every component depends on its neighbours (all of them, where these
/// are few) and on all parameters.
fn problem(
    dimension: usize,
    points: usize,
    parameters: usize,
    simpson: bool,
) -> (Layout, Linearization) {
    let d = dimension;
    let neighbours = |i: usize| {
        let mut list: Vec<usize> = (0..4).map(|k| (i + d * 2 + 1 - k) % d).collect();
        list.sort_unstable();
        list.dedup();
        list
    };
    let row = |i: usize, full: &[usize], single: &[usize], span: usize| -> Vec<u32> {
        let mut columns: Vec<usize> = single.iter().map(|p| p * d + i).collect();
        columns.extend(
            full.iter()
                .flat_map(|p| neighbours(i).into_iter().map(move |j| p * d + j)),
        );
        columns.extend((0..parameters).map(|k| span * d + k));
        columns.sort_unstable();
        columns.dedup();
        columns.into_iter().map(|c| c as u32).collect()
    };
    let mut groups = Vec::new();
    let mut couples = vec![1u8; points];
    if simpson {
        let mut pattern: Vec<_> = (0..d).map(|i| row(i, &[0, 1, 2], &[], 3)).collect();
        pattern.extend((0..d).map(|i| row(i, &[0, 2], &[1], 3)));
        let first = (0..points - 2).step_by(2).map(|p| p as u32).collect();
        groups.push(RowGroup::new(3, first, &pattern));
        for p in (0..points).step_by(2) {
            couples[p] = 2;
        }
    } else {
        let pattern: Vec<_> = (0..d).map(|i| row(i, &[0, 1], &[], 2)).collect();
        groups.push(RowGroup::new(2, (0..points as u32 - 1).collect(), &pattern));
    }
    couples[points - 1] = 0;
    let pattern: Vec<_> = (0..d).map(|i| vec![i as u32]).collect();
    groups.push(RowGroup::new(1, (0..points as u32).collect(), &pattern));
    let mut state = 1u64;
    let mut random = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    for group in &mut groups {
        group.values.iter_mut().for_each(|v| *v = random());
        group.residuals.iter_mut().for_each(|v| *v = random());
    }
    (
        Layout::new(d, points, parameters, couples).unwrap(),
        Linearization { groups },
    )
}

fn measure(dimension: usize, points: usize, parameters: usize, simpson: bool) {
    let (layout, linearization) = problem(dimension, points, parameters, simpson);
    linearization.validate(&layout).unwrap();
    let assembly = Assembly::new(&layout, &linearization);
    let mut hessian = BlockMatrix::new(&layout);
    let mut factor = Cholesky::new(&layout);
    let mut gradient = vec![0.0; layout.unknowns()];
    let mut step = vec![0.0; layout.unknowns()];
    let shift = vec![1e-3; layout.unknowns()];
    let assembled = time(|| assembly.assemble(&linearization, &mut hessian, &mut gradient));
    let factored = time(|| factor.factor(&hessian, &shift, &[]).unwrap());
    let solved = time(|| {
        step.copy_from_slice(&gradient);
        factor.solve(&mut step);
    });
    let mut after = vec![0.0; layout.unknowns()];
    let refined = time(|| assembly.gradient_after(&linearization, &step, &mut after));
    let mut form = BlockQr::new(&layout, &linearization);
    let rooted = time(|| form.step(&linearization, &shift, &[], &mut step).unwrap());
    let flops: f64 = layout
        .couples
        .iter()
        .map(|&c| {
            let (d, below) = (
                dimension as f64,
                (dimension * c as usize + parameters) as f64,
            );
            d * d * d / 3.0 + d * d * below + d * below * below
        })
        .sum();
    println!(
        "{:16} {dimension:6} {points:6} {parameters:3} {assembled:10.1} {refined:9.1} \
         {factored:9.1} {solved:9.1} {rooted:11.1} {:10.1}",
        if simpson {
            "simpson-hermite"
        } else {
            "one-step"
        },
        flops / factored / 1e3
    );
}

/// The shortest of many runs, in microseconds.
fn time(mut run: impl FnMut()) -> f64 {
    let begin = Instant::now();
    let mut best = f64::INFINITY;
    while begin.elapsed().as_secs_f64() < 0.3 {
        let start = Instant::now();
        run();
        black_box(());
        best = best.min(start.elapsed().as_secs_f64() * 1e6);
    }
    best
}
