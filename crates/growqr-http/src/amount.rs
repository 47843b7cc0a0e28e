//! An amount of time in words.

/// An amount of time in words, such as `90 seconds` or `3 days`. The sign does not matter.
#[must_use]
pub fn amount(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let (number, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_fits_the_amount() {
        for (seconds, expected) in
            [(1, "1 second"), (-90, "90 seconds"), (600, "10 minutes"), (90_000, "25 hours"), (-34_560_000, "400 days")]
        {
            assert_eq!(amount(seconds), expected);
        }
    }
}
