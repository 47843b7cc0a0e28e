//! Why a request got no response, read from the chain of errors.

use crate::amount::amount;
use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use std::error::Error;
use std::{fmt, io};

/// Why a server could not be reached, or did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The certificate of the server is not accepted.
    Certificate(CertificateProblem),
    /// By this computer's clock, the certificate has expired or is not valid yet.
    CertificateTime {
        /// How far the clock is behind the end (positive) or before the beginning (negative) of the certificate, in seconds, if
        /// the system reports it.
        seconds: Option<i64>,
    },
    /// TLS failed for another reason, for example because the other side speaks none.
    Tls,
    /// The name of the host is not known.
    UnknownHost,
    /// The other side refuses connections.
    Refused,
    /// No answer in time.
    Timeout,
    /// Any other failure of the network.
    Network,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateProblem {
    /// It was issued by an authority that this computer does not trust.
    Untrusted,
    /// It is for another host.
    OtherHost,
    /// It is damaged, revoked, or not for servers.
    Invalid,
}

impl Cause {
    /// The cause of a failed request.
    #[must_use]
    pub fn of(error: &reqwest::Error) -> Cause {
        let mut found = if error.is_timeout() { Cause::Timeout } else { Cause::Network };
        if error.is_dns() {
            found = Cause::UnknownHost;
        }
        let mut next: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = next {
            if let Some(tls) = error.downcast_ref() {
                return Cause::of_tls(tls);
            }
            found = error.downcast_ref::<io::Error>().and_then(of_io).unwrap_or(found);
            // The source of such an error is the source of what it wraps, so what it wraps is read first.
            let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            next = wrapped.map(|wrapped| wrapped as &(dyn Error + 'static)).or_else(|| error.source());
        }
        found
    }

    /// Whether a wrong clock of this computer may be the cause.
    #[must_use]
    pub fn is_clock(self) -> bool {
        matches!(self, Cause::CertificateTime { .. })
    }

    /// Whether the server was reached and its identity is in doubt.
    #[must_use]
    pub fn is_certificate(self) -> bool {
        matches!(self, Cause::Certificate(_) | Cause::Tls)
    }

    fn of_tls(error: &rustls::Error) -> Cause {
        let rustls::Error::InvalidCertificate(problem) = error else { return Cause::Tls };
        match problem {
            CertificateError::Expired | CertificateError::NotValidYet => Cause::CertificateTime { seconds: None },
            CertificateError::ExpiredContext { time, not_after } => {
                Cause::CertificateTime { seconds: difference(*time, *not_after) }
            }
            CertificateError::NotValidYetContext { time, not_before } => {
                Cause::CertificateTime { seconds: difference(*time, *not_before) }
            }
            CertificateError::UnknownIssuer => Cause::Certificate(CertificateProblem::Untrusted),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Cause::Certificate(CertificateProblem::OtherHost)
            }
            _ => Cause::Certificate(CertificateProblem::Invalid),
        }
    }
}

/// What follows "… cannot be reached:" or "there is no connection:".
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::Certificate(CertificateProblem::Untrusted) => {
                "its certificate was issued by an authority that this computer does not trust"
            }
            Cause::Certificate(CertificateProblem::OtherHost) => "its certificate is for another host",
            Cause::Certificate(CertificateProblem::Invalid) => "its certificate is not valid",
            Cause::CertificateTime { seconds: Some(seconds) } if *seconds < 0 => {
                return write!(f, "by this computer's clock its certificate is not valid for another {}", amount(*seconds));
            }
            Cause::CertificateTime { seconds: Some(seconds) } => {
                return write!(f, "by this computer's clock its certificate expired {} ago", amount(*seconds));
            }
            Cause::CertificateTime { seconds: None } => {
                "by this computer's clock its certificate has expired or is not valid yet"
            }
            Cause::Tls => "no encrypted connection could be set up",
            Cause::UnknownHost => "the name of its host is not known",
            Cause::Refused => "connections are refused",
            Cause::Timeout => "there was no answer in time",
            Cause::Network => "the connection could not be opened or broke",
        })
    }
}

fn of_io(error: &io::Error) -> Option<Cause> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(Cause::Refused),
        io::ErrorKind::TimedOut => Some(Cause::Timeout),
        _ => None,
    }
}

fn difference(time: UnixTime, limit: UnixTime) -> Option<i64> {
    i64::try_from(time.as_secs()).ok()?.checked_sub(i64::try_from(limit.as_secs()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn of(problem: CertificateError) -> Cause {
        Cause::of_tls(&rustls::Error::InvalidCertificate(problem))
    }

    #[test]
    fn a_certificate_that_is_refused_by_the_clock_names_the_amount() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expired = of(CertificateError::ExpiredContext { time: at(34_560_000), not_after: at(0) });
        assert_eq!(expired, Cause::CertificateTime { seconds: Some(34_560_000) });
        assert_eq!(expired.to_string(), "by this computer's clock its certificate expired 400 days ago");
        let early = of(CertificateError::NotValidYetContext { time: at(0), not_before: at(600) });
        assert_eq!(early.to_string(), "by this computer's clock its certificate is not valid for another 10 minutes");
        assert!(expired.is_clock() && early.is_clock() && of(CertificateError::Expired).is_clock());
    }

    #[test]
    fn other_certificates_are_no_matter_of_the_clock() {
        for (problem, expected) in [
            (CertificateError::UnknownIssuer, CertificateProblem::Untrusted),
            (CertificateError::NotValidForName, CertificateProblem::OtherHost),
            (CertificateError::Revoked, CertificateProblem::Invalid),
        ] {
            assert_eq!(of(problem), Cause::Certificate(expected));
        }
        assert_eq!(Cause::of_tls(&rustls::Error::DecryptError), Cause::Tls);
    }

    async fn failure(url: &str) -> Cause {
        let client = crate::builder(crate::Target { is_local: true, is_plain: false }).unwrap();
        let client = client.timeout(Duration::from_millis(500)).build().unwrap();
        Cause::of(&client.get(url).send().await.unwrap_err())
    }

    #[tokio::test]
    async fn connections_that_fail_have_different_causes() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = listener.local_addr().unwrap();
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(failure(&format!("http://{silent}/")).await, Cause::Timeout);
        assert_eq!(failure(&format!("http://{closed}/")).await, Cause::Refused);
        assert_eq!(failure("http://name.invalid/").await, Cause::UnknownHost);
        let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = plain.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = plain.accept().unwrap();
            std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
            stream
        });
        assert_eq!(failure(&format!("https://{address}/")).await, Cause::Tls);
    }
}
