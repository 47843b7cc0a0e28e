//! Prints figures.

use std::time::Duration;

pub fn print(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.3} {unit}");
}

/// Prints the median of these times and the slowest one.
pub fn print_times(name: &str, times: &[Duration]) {
    let mut seconds: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    print(name, median(&mut seconds), "s");
    print(&format!("{name}_slowest"), seconds[seconds.len() - 1], "s");
}

/// Prints the median of the ratios of two times that were measured one after the other, so that the load of the machine is that of
/// both.
pub fn print_ratio(name: &str, times: &[Duration], compared_with: &[Duration]) {
    let mut ratios: Vec<f64> = times.iter().zip(compared_with).map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
    print(name, median(&mut ratios), "");
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
