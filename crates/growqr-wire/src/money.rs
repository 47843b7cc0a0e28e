//! Amounts of money for terminals. The window formats its own.

/// USD micro-cents as dollars: `$0.25`, and small amounts to the hundredth of a cent, rounded up.
#[must_use]
pub fn usd(micro_cents: u64) -> String {
    let rounded = micro_cents.div_ceil(10_000);
    let (whole, rest) = (rounded / 10_000, rounded % 10_000);
    if rest.is_multiple_of(100) { format!("${whole}.{:02}", rest / 100) } else { format!("${whole}.{rest:04}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_as_dollars() {
        assert_eq!(usd(0), "$0.00");
        assert_eq!(usd(25_000_000), "$0.25");
        assert_eq!(usd(1), "$0.0001");
        assert_eq!(usd(1_234_000_000), "$12.34");
    }
}
