//! The endpoints for tokens, revocation, introspection and userinfo.

use super::State;
use super::keys::{self, Sign};
use super::reply::Reply;
use super::switches::Forgery;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Lifetime of an id_token in seconds: a day, as documented.
const ID_TOKEN_LIFE: i64 = 86_400;

/// The fields of a form. A repeated name is an error.
pub(super) struct Form<'a>(pub &'a [(String, String)]);

impl Form<'_> {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    fn is_ambiguous(&self) -> bool {
        self.0.iter().enumerate().any(|(at, one)| self.0[..at].iter().any(|other| other.0 == one.0))
    }
}

/// The token endpoint.
pub(super) fn token(state: &mut State, form: &Form<'_>, has_authorization: bool) -> Reply {
    if let Some(refusal) = check_client(state, form, has_authorization) {
        return refusal;
    }
    let status = state.switches.grant_error_status;
    let invalid_grant = |why: &str| Reply::oauth(status, "invalid_grant", why);
    let now = state.now();
    let (grant, used) = match form.get("grant_type") {
        "authorization_code" => {
            let verifier = form.get("code_verifier");
            if !(43..=128).contains(&verifier.len()) {
                return invalid_grant("The PKCE code verifier must be at least 43 characters.");
            }
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
            match state.grants.redeem(form.get("code"), form.get("client_id"), form.get("redirect_uri"), &challenge, now) {
                Ok(grant) => (grant, None),
                Err(why) => return invalid_grant(why),
            }
        }
        "refresh_token" => match state.grants.rotate(form.get("refresh_token"), form.get("client_id")) {
            Ok(grant) => (grant, Some(form.get("refresh_token"))),
            Err(why) => return invalid_grant(why),
        },
        _ => return Reply::oauth(401, "unsupported_grant_type", "The authorization grant type is not supported."),
    };
    Reply::json(200, &issue_tokens(state, grant, used))
}

fn check_client(state: &State, form: &Form<'_>, has_authorization: bool) -> Option<Reply> {
    if form.is_ambiguous() {
        return Some(Reply::oauth(400, "invalid_request", "A parameter is repeated."));
    }
    let has_secret = has_authorization || !form.get("client_secret").is_empty();
    (has_secret || form.get("client_id") != state.client_id)
        .then(|| Reply::oauth(401, "invalid_client", "Client authentication failed."))
}

fn issue_tokens(state: &mut State, grant: usize, used: Option<&str>) -> Value {
    let now = state.now();
    let (switches, owner) = (state.switches.clone(), state.grants.grant(grant).clone());
    let id = state.grants.next_access();
    let life = i64::try_from(switches.expires_in.unwrap_or(86_400)).unwrap_or(i64::MAX / 2);
    let access = if switches.jwt_access_token {
        let claims = json!({
            "iss": state.issuer, "sub": owner.user.sub, "client_id": state.client_id, "scope": owner.scope.join(" "),
            "jti": id, "iat": now, "nbf": now, "exp": now + life,
        });
        let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": state.kid()});
        keys::sign(&header, &claims.to_string(), &Sign::Rs256(state.key))
    } else {
        id
    };
    state.grants.add_access_token(&access, grant, now + life);
    let mut body = json!({"access_token": access, "token_type": switches.token_type, "scope": owner.scope.join(" ")});
    if let Some(expires_in) = switches.expires_in {
        body["expires_in"] = expires_in.into();
    }
    let is_offline_granted = owner.scope.iter().any(|scope| scope == "offline_access");
    if switches.gives_refresh_token && (is_offline_granted || !switches.needs_consent_for_refresh_token) {
        body["refresh_token"] = state.grants.new_refresh(grant).into();
    } else if let Some(used) = used {
        state.grants.undo_rotation(used);
    }
    if switches.gives_id_token && owner.scope.iter().any(|scope| scope == "openid") {
        body["id_token"] = id_token(state, grant, &access).into();
    }
    let tokens = ["access_token", "refresh_token", "id_token"].iter().filter_map(|name| body[*name].as_str());
    state.issued_secrets.extend(tokens.map(str::to_owned));
    body
}

fn id_token(state: &State, grant: usize, access: &str) -> String {
    let (owner, now) = (state.grants.grant(grant), state.now());
    let user = &owner.user;
    let mut header = json!({"alg": "RS256", "typ": "JWT"});
    if state.switches.names_key {
        header["kid"] = state.kid().into();
    }
    let aud = if state.switches.aud_is_array { json!([owner.client_id]) } else { json!(owner.client_id) };
    let mut claims = json!({
        "iss": state.issuer, "sub": user.sub, "aud": aud, "iat": now, "exp": now + ID_TOKEN_LIFE, "jti": format!("id-{now}"),
        "nonce": owner.nonce, "name": user.name, "picture": user.picture, "email": user.email, "email_verified": true,
    });
    if state.switches.gives_at_hash {
        claims["at_hash"] = URL_SAFE_NO_PAD.encode(&Sha256::digest(access)[..16]).into();
    }
    let mut forgery = Forgery::new(header, claims, state.key);
    if let Some(forge) = &state.forge {
        forge(&mut forgery);
    }
    if let Some(instead) = forgery.instead {
        return instead;
    }
    let claims = forgery.claims_text.unwrap_or_else(|| forgery.claims.to_string());
    let token = keys::sign(&forgery.header, &claims, &forgery.sign);
    forgery.finish.map_or(token.clone(), |finish| finish(token))
}

/// Revocation. An unknown token is no error; a JWT cannot be revoked.
pub(super) fn revoke(state: &mut State, form: &Form<'_>, has_authorization: bool) -> Reply {
    if let Some(refusal) = check_client(state, form, has_authorization) {
        return refusal;
    }
    let token = form.get("token");
    if token.is_empty() {
        return Reply::oauth(400, "invalid_request", "The token is missing.");
    }
    if token.matches('.').count() == 2 {
        return Reply::oauth(400, "unsupported_token_type", "JWT access tokens cannot be revoked.");
    }
    state.grants.revoke(token);
    Reply::json(200, &json!({}))
}

/// Introspection. It needs a client secret, which a public client does not have.
pub(super) fn introspect() -> Reply {
    Reply::oauth(401, "invalid_client", "Client authentication failed.")
}

/// The userinfo endpoint.
pub(super) fn userinfo(state: &State, bearer: Option<&str>) -> Reply {
    let Some(token) = bearer else { return Reply::clerk(401, "authentication_invalid", "Invalid authentication") };
    let Some(grant) = state.grants.by_access(token, state.now()) else {
        return Reply::clerk(401, "oauth_token_invalid", "The access token is invalid or has expired");
    };
    let sub = state.switches.userinfo_sub.as_ref().unwrap_or(&grant.user.sub);
    let user = &grant.user;
    Reply::json(
        200,
        &json!({
            "object": "oauth_user_info", "sub": sub, "user_id": sub, "email": user.email, "email_verified": true,
            "name": user.name, "picture": user.picture,
        }),
    )
}
