//! Prints figures.

use std::time::Duration;

pub fn print(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.3} {unit}");
}

/// Prints the median of these times and the slowest one. Returns the median.
pub fn print_times(name: &str, times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    let median = times[times.len() / 2].as_secs_f64();
    print(name, median, "s");
    print(&format!("{name}_slowest"), times[times.len() - 1].as_secs_f64(), "s");
    median
}
