//! The pool of ports for containers and the gateway: reserved in the store, tested by binding.

use crate::error::AppError;
use crate::profile::location::Environment;
use growqr_core::clock::Timestamp;
use growqr_core::journal::StackRecords;
use growqr_core::stack::{ReservedPort, StackPart, lowest_free_port};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;

/// The range of ports that is used unless the environment names another.
const DEFAULT_RANGE: RangeInclusive<u16> = 42_000..=42_999;

/// How many ports are tried in one call: a whole range of busy ports is found quickly, a range of 60,000 is not searched.
const TRIES: usize = 2_000;

/// The range that the environment names with `USER_PORT_RANGE_START` and `USER_PORT_RANGE_END`.
///
/// # Errors
/// [`AppError::Config`] if it is not a range of ports.
pub(crate) fn range(environment: &Environment) -> Result<RangeInclusive<u16>, AppError> {
    let port =
        |name: &str, default: u16| match environment.get(name) {
            None => Ok(default),
            Some(text) => text.trim().parse::<u16>().ok().filter(|port| *port >= 1_024).ok_or_else(|| AppError::Config {
                place: name.to_owned(),
                problem: "write a port from 1024 to 65535".to_owned(),
            }),
        };
    let range = port("USER_PORT_RANGE_START", *DEFAULT_RANGE.start())?..=port("USER_PORT_RANGE_END", *DEFAULT_RANGE.end())?;
    if range.is_empty() {
        return Err(AppError::Config {
            place: "USER_PORT_RANGE_START".to_owned(),
            problem: format!("the range {}-{} is empty", range.start(), range.end()),
        });
    }
    Ok(range)
}

/// The port of a part: the reserved one, or the next free one of the range, which is then reserved. `taken` are ports that
/// turned out to be in use although they could be bound.
///
/// # Errors
/// [`AppError::NoFreePort`] if the range is used up; the errors of the store.
pub(crate) async fn reserve(
    store: &dyn StackRecords,
    part: StackPart,
    range: &RangeInclusive<u16>,
    taken: &[u16],
    at: Timestamp,
) -> Result<u16, AppError> {
    let reserved = store.ports().await?;
    if let Some(own) = reserved.iter().find(|held| held.part == part)
        && range.contains(&own.port)
        && !taken.contains(&own.port)
    {
        return Ok(own.port);
    }
    let others: Vec<ReservedPort> = reserved.into_iter().filter(|held| held.part != part).collect();
    let mut in_use = taken.to_vec();
    for _ in 0..TRIES {
        let Some(port) = lowest_free_port(range.clone(), &others, &in_use) else { break };
        if is_free(port) && store.reserve_port(ReservedPort { port, part, reserved_at: at }).await? {
            return Ok(port);
        }
        in_use.push(port);
    }
    Err(AppError::NoFreePort { range: range.clone(), holders: holders(&others, in_use.len()) })
}

/// Whether a port can be bound on the loopback address now.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn holders(reserved: &[ReservedPort], in_use: usize) -> String {
    let own: Vec<String> = reserved.iter().map(|held| format!("{} by {}", held.port, held.part)).collect();
    let own = if own.is_empty() { String::new() } else { format!("; reserved here: {}", own.join(", ")) };
    format!("{in_use} are in use by other programs{own}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use growqr_core::journal::StoreError;
    use growqr_core::stack::{StackContainer, StackRepo};
    use std::sync::Mutex;

    /// The rows about ports.
    #[derive(Default)]
    struct Rows(Mutex<Vec<ReservedPort>>);

    #[async_trait]
    impl StackRecords for Rows {
        async fn containers(&self) -> Result<Vec<StackContainer>, StoreError> {
            Ok(Vec::new())
        }
        async fn save_containers(&self, _: &[StackContainer]) -> Result<(), StoreError> {
            Ok(())
        }
        async fn saw_container(&self, _: StackPart, _: &str, _: Option<&str>, _: Timestamp) -> Result<(), StoreError> {
            Ok(())
        }
        async fn removed_containers(&self, _: Timestamp) -> Result<(), StoreError> {
            Ok(())
        }
        async fn ports(&self) -> Result<Vec<ReservedPort>, StoreError> {
            Ok(self.0.lock().unwrap().clone())
        }
        async fn reserve_port(&self, port: ReservedPort) -> Result<bool, StoreError> {
            let mut rows = self.0.lock().unwrap();
            if rows.iter().any(|row| row.port == port.port && row.part != port.part) {
                return Ok(false);
            }
            rows.retain(|row| row.part != port.part);
            rows.push(port);
            Ok(true)
        }
        async fn free_port(&self, part: StackPart) -> Result<(), StoreError> {
            self.0.lock().unwrap().retain(|row| row.part != part);
            Ok(())
        }
        async fn repos(&self) -> Result<Vec<StackRepo>, StoreError> {
            Ok(Vec::new())
        }
        async fn save_repo(&self, _: &StackRepo) -> Result<(), StoreError> {
            Ok(())
        }
        async fn forget_repo(&self, _: &str) -> Result<(), StoreError> {
            Ok(())
        }
    }

    /// Two ports in a row, both bound by another program.
    fn two_busy_ports() -> (TcpListener, TcpListener, u16) {
        loop {
            let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = first.local_addr().unwrap().port();
            if let Some(next) = port.checked_add(1)
                && let Ok(second) = TcpListener::bind((Ipv4Addr::LOCALHOST, next))
            {
                return (first, second, port);
            }
        }
    }

    #[tokio::test]
    async fn a_port_in_use_is_passed_over_and_the_reserved_one_is_kept() {
        let (busy, next, port) = two_busy_ports();
        drop(next);
        let (rows, range) = (Rows::default(), port..=port + 1);
        let reserved = reserve(&rows, StackPart::Gitea, &range, &[], Timestamp(0)).await.unwrap();
        assert_eq!(reserved, port + 1);
        drop(busy);
        assert_eq!(reserve(&rows, StackPart::Gitea, &range, &[], Timestamp(0)).await.unwrap(), port + 1);
        // Docker reports late that the port is taken.
        assert_eq!(reserve(&rows, StackPart::Gitea, &range, &[port + 1], Timestamp(0)).await.unwrap(), port);
    }

    #[tokio::test]
    async fn a_used_up_range_is_named_with_its_holders() {
        let (_busy, _next, port) = two_busy_ports();
        let rows = Rows::default();
        let error = reserve(&rows, StackPart::OpenCode, &(port..=port + 1), &[], Timestamp(0)).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("No free ports in USER_PORT_RANGE") && text.contains(&format!("{port}-{}", port + 1)), "{text}");
        assert!(text.contains("2 are in use"), "{text}");
    }

    #[test]
    fn the_range_comes_from_the_environment() {
        let named =
            |start, end| range(&Environment::from_variables(&[("USER_PORT_RANGE_START", start), ("USER_PORT_RANGE_END", end)]));
        assert_eq!(named("", "").unwrap(), DEFAULT_RANGE);
        assert_eq!(named("50000", "50009").unwrap(), 50_000..=50_009);
        for (start, end) in [("80", "90"), ("50010", "50000"), ("x", ""), ("1024", "65536")] {
            assert!(named(start, end).is_err(), "{start} {end}");
        }
    }
}
