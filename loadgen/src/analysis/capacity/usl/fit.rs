//! Nonlinear least squares for the law's three parameters.

use super::Estimate;

/// Steps after which a fit that still moves is given up; the published data take seven.
const STEPS_MAX: usize = 200;
/// A step that changes no parameter by more than this part of it is the last.
const TOLERANCE: f64 = 1e-12;
/// Damping of the first step, and what it is divided or multiplied by after each (Marquardt, 1963).
const DAMPING: f64 = 1e-3;
const DAMPING_FACTOR: f64 = 10.0;
const DAMPING_MAX: f64 = 1e12;
/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

type Vector = [f64; 3];
type Matrix = [Vector; 3];

/// Parameters (lambda, sigma, kappa) that fit best, and how sure they are.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    parameters: Vector,
    standard_errors: Vector,
    points: usize,
    square_sum: f64,
}

/// X(N).
pub(super) fn throughput([lambda, sigma, kappa]: Vector, load: f64) -> f64 {
    lambda * load / denominator(sigma, kappa, load)
}

/// The Levenberg-Marquardt algorithm, damped by the diagonal of the normal matrix, from the solution of the law's linear form.
/// `None` where it comes to nothing.
pub(super) fn fit(points: &[(f64, f64)]) -> Option<Fit> {
    let mut parameters = linear_start(points)?;
    let mut square_sum = square_sum(parameters, points);
    let mut damping = DAMPING;
    for _ in 0..STEPS_MAX {
        let (normal, gradient) = normal_equations(parameters, points);
        let step = solve(damped(normal, damping), gradient)?;
        let next: Vector = std::array::from_fn(|at| parameters[at] + step[at]);
        let next_sum = self::square_sum(next, points);
        let is_last = (0..3).all(|at| step[at].abs() <= TOLERANCE * parameters[at].abs());
        if next_sum <= square_sum {
            (parameters, square_sum) = (next, next_sum);
            damping /= DAMPING_FACTOR;
        } else {
            damping *= DAMPING_FACTOR;
        }
        if is_last || damping > DAMPING_MAX {
            return Fit::new(parameters, points, square_sum);
        }
    }
    // A sum of squares that is zero to the last digit has no smallest step.
    Fit::new(parameters, points, square_sum)
}

impl Fit {
    fn new(parameters: Vector, points: &[(f64, f64)], square_sum: f64) -> Option<Self> {
        let (normal, _) = normal_equations(parameters, points);
        let freedom = points.len().checked_sub(3).filter(|freedom| *freedom > 0)?;
        let variance = square_sum / freedom as f64;
        let mut standard_errors = [0.0; 3];
        for (at, error) in standard_errors.iter_mut().enumerate() {
            let mut unit = [0.0; 3];
            unit[at] = 1.0;
            *error = (variance * solve(normal, unit)?[at]).sqrt();
        }
        let found = parameters.iter().chain(&standard_errors);
        found
            .clone()
            .all(|figure| figure.is_finite())
            .then_some(Self {
                parameters,
                standard_errors,
                points: points.len(),
                square_sum,
            })
    }

    /// With their intervals, from the curvature of the sum of squares (the delta method).
    pub(super) fn estimates(&self) -> [Estimate; 3] {
        let t = student_t(self.points - 3);
        std::array::from_fn(|at| {
            let (value, half) = (self.parameters[at], t * self.standard_errors[at]);
            // What a sum of squares of zero has for an interval is how well it was computed.
            let half = half.max(value.abs() * f64::EPSILON.sqrt());
            Estimate {
                value,
                low: value - half,
                high: value + half,
            }
        })
    }

    pub(super) fn parameters(&self) -> Vector {
        self.parameters
    }

    pub(super) fn residual(&self) -> f64 {
        (self.square_sum / (self.points - 3) as f64).sqrt()
    }
}

fn denominator(sigma: f64, kappa: f64, load: f64) -> f64 {
    1.0 + sigma * (load - 1.0) + kappa * load * (load - 1.0)
}

fn square_sum(parameters: Vector, points: &[(f64, f64)]) -> f64 {
    let residual = |(load, found): &(f64, f64)| found - throughput(parameters, *load);
    points.iter().map(|point| residual(point).powi(2)).sum()
}

/// N / X = (1 + sigma (N - 1) + kappa N (N - 1)) / lambda is linear in 1/lambda, sigma/lambda and kappa/lambda; each point counts
/// by the square of its throughput, which keeps small ones from ruling.
fn linear_start(points: &[(f64, f64)]) -> Option<Vector> {
    let (mut normal, mut right) = ([[0.0; 3]; 3], [0.0; 3]);
    for &(load, found) in points.iter().filter(|(_, found)| *found > 0.0) {
        let row = [1.0, load - 1.0, load * (load - 1.0)].map(|term| term * found);
        add(&mut normal, &mut right, row, load);
    }
    let [reciprocal, sigma, kappa] = solve(normal, right)?;
    let lambda = 1.0 / reciprocal;
    (lambda > 0.0 && lambda.is_finite()).then_some([lambda, sigma * lambda, kappa * lambda])
}

fn normal_equations(parameters: Vector, points: &[(f64, f64)]) -> (Matrix, Vector) {
    let [lambda, sigma, kappa] = parameters;
    let (mut normal, mut gradient) = ([[0.0; 3]; 3], [0.0; 3]);
    for &(load, found) in points {
        let denominator = denominator(sigma, kappa, load);
        let by_lambda = load / denominator;
        let by_sigma = -lambda * load * (load - 1.0) / denominator.powi(2);
        let derivatives = [by_lambda, by_sigma, by_sigma * load];
        let residual = found - lambda * by_lambda;
        add(&mut normal, &mut gradient, derivatives, residual);
    }
    (normal, gradient)
}

fn add(normal: &mut Matrix, right: &mut Vector, row: Vector, value: f64) {
    for at in 0..3 {
        right[at] += row[at] * value;
        for across in 0..3 {
            normal[at][across] += row[at] * row[across];
        }
    }
}

fn damped(mut normal: Matrix, damping: f64) -> Matrix {
    for (at, row) in normal.iter_mut().enumerate() {
        row[at] *= 1.0 + damping;
    }
    normal
}

/// Solves a symmetric positive definite system, scaled to a diagonal of ones: lambda and kappa may be ten powers of ten apart.
/// `None` where it is singular.
fn solve(matrix: Matrix, right: Vector) -> Option<Vector> {
    let scale: Vector = std::array::from_fn(|at| matrix[at][at].sqrt());
    if !scale.iter().all(|scale| *scale > 0.0) {
        return None;
    }
    let mut rows: [[f64; 4]; 3] = std::array::from_fn(|at| {
        std::array::from_fn(|across| match across {
            3 => right[at] / scale[at],
            _ => matrix[at][across] / scale[at] / scale[across],
        })
    });
    for pivot in 0..3 {
        let best = (pivot..3).max_by(|&one, &other| {
            let size = |row: usize| rows[row][pivot].abs();
            size(one).total_cmp(&size(other))
        })?;
        rows.swap(pivot, best);
        if rows[pivot][pivot].abs() < f64::EPSILON {
            return None;
        }
        for below in pivot + 1..3 {
            let factor = rows[below][pivot] / rows[pivot][pivot];
            let above = rows[pivot];
            for (cell, above) in rows[below].iter_mut().zip(above) {
                *cell -= factor * above;
            }
        }
    }
    let mut solution = [0.0; 3];
    for at in (0..3).rev() {
        let known: f64 = (at + 1..3).map(|k| rows[at][k] * solution[k]).sum();
        solution[at] = (rows[at][3] - known) / rows[at][at];
    }
    Some(std::array::from_fn(|at| solution[at] / scale[at]))
}

/// The 97.5th percentile of Student's t (Abramowitz & Stegun, 26.7.5): within 1 % from three degrees of freedom on.
fn student_t(freedom: usize) -> f64 {
    let freedom = freedom as f64;
    let first = (Z.powi(3) + Z) / 4.0;
    let second = (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / 96.0;
    let third = (3.0 * Z.powi(7) + 19.0 * Z.powi(5) + 17.0 * Z.powi(3) - 15.0 * Z) / 384.0;
    Z + first / freedom + second / freedom.powi(2) + third / freedom.powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_solved_or_found_singular() {
        let matrix = [[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]];
        let [x, y, z] = solve(matrix, [6.0, 10.0, 8.0]).unwrap();
        assert!((x - 1.0).abs() < 1e-12 && (y - 2.0).abs() < 1e-12 && (z - 3.0).abs() < 1e-12);
        assert_eq!(solve([[1.0; 3]; 3], [1.0; 3]), None);
        assert_eq!(solve([[0.0; 3]; 3], [1.0; 3]), None);
    }

    #[test]
    fn students_t_is_that_of_the_tables() {
        for (freedom, t) in [(3, 3.182), (5, 2.571), (10, 2.228), (29, 2.045)] {
            assert!((student_t(freedom) / t - 1.0).abs() < 0.01, "{freedom}");
        }
    }
}
