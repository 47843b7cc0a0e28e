//! Why the sign-in service has not confirmed a sign-in, for people: one sentence, its code and the next step for each cause.

use growqr_auth::{ClockError, DiscoveryError, HttpError, IdTokenError, OfflineReason, TokenError};
use growqr_wire::{Error, ErrorCode};

const CHECK_NETWORK: &str = "Check the network connection and try again. Everything on this computer works without it.";
const SET_CLOCK: &str = "Set this computer's clock, then try again.";
const LATER: &str = "Try again later. Everything on this computer works without it.";

/// The cause of a failed request.
pub(super) fn http(error: HttpError) -> Error {
    let cannot_be_reached = |code| Error::new(code, format!("the sign-in service cannot be reached: {error}")).retryable();
    let cannot_be_trusted = |code| Error::new(code, format!("the sign-in service cannot be trusted: {error}"));
    match error {
        HttpError::Unreachable(cause) if cause.is_clock() => cannot_be_trusted(ErrorCode::Clock).retryable().next(SET_CLOCK),
        HttpError::Unreachable(cause) if cause.is_certificate() => cannot_be_trusted(ErrorCode::Certificate)
            .next("Check whether a program or network on the way reads encrypted connections. Nothing was sent."),
        HttpError::Unreachable(_) => cannot_be_reached(ErrorCode::Network).next(CHECK_NETWORK),
        HttpError::Proxy(_) => cannot_be_reached(ErrorCode::Network).next("Correct or remove that variable."),
        HttpError::NoCertificates => {
            cannot_be_trusted(ErrorCode::Certificate).next("Install the certificates of this system (ca-certificates).")
        }
        HttpError::Busy { .. } => cannot_be_reached(ErrorCode::Network).next(LATER),
        HttpError::Redirected | HttpError::Refused(_) | HttpError::TooLarge | HttpError::Unreadable => {
            let text = format!("the sign-in service gave no valid answer: {error}");
            Error::new(ErrorCode::SignIn, text).retryable().next(
                "Check CLERK_ISSUER, and whether this network asks for a sign-in of its own in the browser; then try again.",
            )
        }
    }
}

/// Why the endpoints of the service are not used.
pub(super) fn discovery(error: DiscoveryError) -> Error {
    match error {
        DiscoveryError::Http(error) => http(error),
        DiscoveryError::Issuer => Error::new(ErrorCode::Issuer, format!("this is not the configured sign-in service: {error}"))
            .next("Correct CLERK_ISSUER or CLERK_PUBLISHABLE_KEY."),
        DiscoveryError::Insecure(_) | DiscoveryError::Pkce => {
            Error::new(ErrorCode::SignIn, format!("the sign-in service is not safe to use: {error}"))
                .next("Tell the owner of the service.")
        }
    }
}

/// A clock that is wrong by more than is corrected.
pub(super) fn clock(error: ClockError) -> Error {
    Error::new(ErrorCode::Clock, error.to_string()).retryable().next(SET_CLOCK)
}

/// Why the service gave no tokens.
pub(super) fn token(error: TokenError) -> Error {
    match error {
        TokenError::Http(error) => http(error),
        refused => {
            Error::new(ErrorCode::SignIn, format!("the sign-in service refused: {refused}")).retryable().next("Sign in again.")
        }
    }
}

/// Why an id_token is refused.
pub(super) fn id_token(error: IdTokenError) -> Error {
    match error {
        IdTokenError::Keys(error) => http(error),
        IdTokenError::Issuer => {
            Error::new(ErrorCode::Issuer, format!("the answer is not from the configured sign-in service: {error}"))
                .next("Correct CLERK_ISSUER or CLERK_PUBLISHABLE_KEY.")
        }
        error => {
            let code = if error.is_clock_error() { ErrorCode::Clock } else { ErrorCode::SignIn };
            let step = if error.is_clock_error() { SET_CLOCK } else { "Sign in again." };
            Error::new(code, format!("the answer of the sign-in service is not valid: {error}")).retryable().next(step)
        }
    }
}

/// Why the service has not confirmed a sign-in. `None` if it was not asked yet.
pub(super) fn offline(because: OfflineReason) -> Option<Error> {
    Some(match because {
        OfflineReason::NotAsked => return None,
        OfflineReason::Network(error) => http(error),
        OfflineReason::Discovery(error) => discovery(error),
        OfflineReason::Clock(error) => clock(error),
        OfflineReason::Vault(error) => Error::new(ErrorCode::SignIn, format!("the sign-in cannot be read: {error}"))
            .retryable()
            .next("Unlock the keychain, then try again."),
        OfflineReason::Refused(error) => token(error),
        OfflineReason::Unchecked(error) => id_token(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_auth::{Cause, CertificateProblem};
    use std::collections::BTreeSet;

    #[test]
    fn causes_of_a_failed_sign_in_are_told_apart() {
        let unreachable = |cause| http(HttpError::Unreachable(cause));
        let errors = [
            unreachable(Cause::UnknownHost),
            unreachable(Cause::Certificate(CertificateProblem::Untrusted)),
            unreachable(Cause::CertificateTime { seconds: Some(34_560_000) }),
            clock(ClockError { ahead: -90 * 60 }),
            discovery(DiscoveryError::Issuer),
        ];
        let codes = [ErrorCode::Network, ErrorCode::Certificate, ErrorCode::Clock, ErrorCode::Clock, ErrorCode::Issuer];
        assert_eq!(errors.each_ref().map(|error| error.code), codes);
        let sentences: BTreeSet<&str> = errors.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(sentences.len(), errors.len());
        let steps: BTreeSet<&str> = errors.iter().filter_map(|error| error.next_step.as_deref()).collect();
        assert_eq!(steps.len(), 4, "both errors of the clock have the same: {steps:?}");
        assert!(errors[2].message.contains("400 days") && errors[3].message.contains("90 minutes behind"));
    }
}
