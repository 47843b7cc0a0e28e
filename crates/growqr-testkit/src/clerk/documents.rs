//! The metadata documents and the key set of the instance.

use super::State;
use super::keys;
use super::reply::Reply;
use serde_json::{Value, json};

/// The OpenID Connect Discovery document.
pub(super) fn discovery(state: &State) -> Reply {
    let issuer = &state.issuer;
    let mut document = common(state);
    let more = json!({
        "userinfo_endpoint": format!("{issuer}/oauth/userinfo"),
        "introspection_endpoint": format!("{issuer}/oauth/token_info"),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "email", "name"],
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        document[name] = value.clone();
    }
    if let Some(alter) = &state.alter_discovery {
        alter(&mut document);
    }
    Reply::json(200, &document)
}

/// The RFC 8414 metadata, without the userinfo and introspection endpoints.
pub(super) fn metadata(state: &State) -> Reply {
    Reply::json(200, &common(state))
}

fn common(state: &State) -> Value {
    let issuer = &state.issuer;
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "revocation_endpoint": format!("{issuer}/oauth/token/revoke"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": state.switches.scopes,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "none", "client_secret_post"],
    });
    if state.switches.promises_iss {
        document["authorization_response_iss_parameter_supported"] = true.into();
    }
    document
}

/// The JSON Web Key Set.
pub(super) fn keys(state: &State) -> Reply {
    let mut document = json!({"keys": [keys::jwk(state.key, state.kid())]});
    if let Some(alter) = &state.alter_keys {
        alter(&mut document);
    }
    Reply::json(200, &document)
}
