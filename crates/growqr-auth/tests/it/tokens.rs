//! Cases 1 to 31 of the list of inputs that every build must refuse: id_tokens. Each case is a complete sign-in.

use crate::world::{World, parameter};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use growqr_auth::{ClockError, HttpError, IdTokenError, OfflineReason, RefreshError, SignInError, Status, TokenError};
use growqr_testkit::clerk::{self, Forgery, Key, Sign};
use serde_json::{Value, json};

const NOW: i64 = 1_795_305_600;

/// Signs in with a manipulated token, asserts that nobody is signed in, and returns why it was refused.
async fn refused(forge: impl Fn(&mut Forgery) + Send + Sync + 'static) -> IdTokenError {
    let world = World::new().await;
    world.clerk.forge(forge);
    let error = world.sign_in().await.unwrap_err();
    world.assert_nobody_is_signed_in();
    match error {
        SignInError::IdToken(refusal) => refusal,
        other => panic!("refused for another reason: {other:?}"),
    }
}

/// Like [`refused`], for each of these values of one claim.
async fn refused_claim(name: &'static str, values: Vec<Value>, expected: &[IdTokenError]) {
    for value in values {
        let shown = format!("{name} = {value}");
        let refusal = refused(move |token| token.claims[name] = value.clone()).await;
        assert!(expected.contains(&refusal), "{shown}: {refusal:?}");
    }
}

fn remove(token: &mut Forgery, name: &str) {
    token.claims.as_object_mut().unwrap().remove(name);
}

#[tokio::test]
async fn case_01_an_expired_token() {
    refused_claim("exp", vec![json!(NOW - 60), json!(NOW - 3600)], &[IdTokenError::Expired]).await;
}

#[tokio::test]
async fn a_clock_within_the_leeway_signs_in() {
    for seconds in [-50, 50] {
        let world = World::new().await;
        world.clerk.forge(|token| {
            token.claims["exp"] = json!(NOW + 10);
            token.claims["nbf"] = json!(NOW);
        });
        world.skew(seconds);
        world.sign_in().await.unwrap();
    }
}

#[tokio::test]
async fn a_clock_that_is_some_minutes_wrong_signs_in_by_the_time_of_the_service() {
    for seconds in [-300, -90, 90, 300] {
        let world = World::new().await;
        world.clerk.forge(|token| token.claims["exp"] = json!(NOW + 10));
        world.skew(seconds);
        world.sign_in().await.unwrap();
    }
}

#[tokio::test]
async fn a_clock_that_is_further_wrong_is_named_with_the_amount() {
    for seconds in [-400 * 86_400, -86_400, -600, 2 * 86_400, 400 * 86_400] {
        let world = World::new().await;
        world.skew(seconds);
        assert_eq!(world.sign_in().await, Err(SignInError::Clock(ClockError { ahead: seconds })));
        world.assert_nobody_is_signed_in();
    }
}

#[tokio::test]
async fn without_the_time_of_the_service_only_the_leeway_counts() {
    let world = World::new().await;
    world.clerk.switch(|switches| switches.tells_time = false);
    world.skew(-90);
    assert_eq!(world.sign_in().await, Err(SignInError::IdToken(IdTokenError::Early)));
}

#[tokio::test]
async fn case_02_a_token_that_is_not_yet_valid() {
    refused_claim("nbf", vec![json!(NOW + 61), json!(NOW + 3600)], &[IdTokenError::Early]).await;
}

#[tokio::test]
async fn case_03_a_token_issued_in_the_future() {
    refused_claim("iat", vec![json!(NOW + 61), json!(NOW + 3600)], &[IdTokenError::Early]).await;
    refused_claim("iat", vec![json!("now"), Value::Null], &[IdTokenError::Malformed]).await;
    assert_eq!(refused(|token| remove(token, "iat")).await, IdTokenError::Malformed);
}

#[tokio::test]
async fn case_04_an_expiry_that_is_missing_or_not_a_number() {
    assert_eq!(refused(|token| remove(token, "exp")).await, IdTokenError::Malformed);
    refused_claim("exp", vec![json!("2099-01-01"), json!("1999999999"), Value::Null, json!(1e300)], &[IdTokenError::Malformed])
        .await;
    refused_claim("exp", vec![json!(-1), json!(1.5)], &[IdTokenError::Malformed]).await;
}

#[tokio::test]
async fn case_05_another_issuer() {
    refused_claim("iss", vec![json!("https://clerk.evil.example"), json!("")], &[IdTokenError::Issuer]).await;
}

#[tokio::test]
async fn case_06_the_issuer_with_a_trailing_slash() {
    let refusal = refused(|token| token.claims["iss"] = json!(format!("{}/", token.claims["iss"].as_str().unwrap()))).await;
    assert_eq!(refusal, IdTokenError::Issuer);
}

#[tokio::test]
async fn case_07_an_issuer_in_an_array_or_missing() {
    let refusal = refused(|token| token.claims["iss"] = json!([token.claims["iss"]])).await;
    assert_eq!(refusal, IdTokenError::Malformed);
    assert_eq!(refused(|token| remove(token, "iss")).await, IdTokenError::Malformed);
}

#[tokio::test]
async fn case_08_another_audience() {
    refused_claim("aud", vec![json!("another"), json!(["another"])], &[IdTokenError::Audience]).await;
}

#[tokio::test]
async fn case_09_no_audience() {
    assert_eq!(refused(|token| remove(token, "aud")).await, IdTokenError::Malformed);
    let either = [IdTokenError::Malformed, IdTokenError::Audience];
    refused_claim("aud", vec![json!(""), json!([]), json!(7), Value::Null, json!({})], &either).await;
}

#[tokio::test]
async fn case_10_a_second_audience() {
    for place in [0, 1] {
        let refusal = refused(move |token| {
            let mut aud = vec![token.claims["aud"].clone()];
            aud.insert(place, json!("evil"));
            token.claims["aud"] = json!(aud);
        });
        assert_eq!(refusal.await, IdTokenError::Audience);
    }
}

#[tokio::test]
async fn case_11_another_authorized_party() {
    refused_claim("azp", vec![json!("another"), json!("")], &[IdTokenError::Audience]).await;
}

#[tokio::test]
async fn case_12_no_subject() {
    assert_eq!(refused(|token| remove(token, "sub")).await, IdTokenError::Malformed);
    refused_claim("sub", vec![json!("")], &[IdTokenError::Subject]).await;
    refused_claim("sub", vec![json!(7), json!(["user_ada"]), Value::Null], &[IdTokenError::Malformed]).await;
}

#[tokio::test]
async fn case_13_the_algorithm_none_in_any_spelling() {
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        for sign in [Sign::Nothing, Sign::Rs256(Key::First)] {
            let refusal = refused(move |token| {
                token.header["alg"] = json!(alg);
                token.sign = sign.clone();
            });
            assert_eq!(refusal.await, IdTokenError::Algorithm, "{alg}");
        }
    }
}

#[tokio::test]
async fn case_14_the_public_key_as_an_hmac_secret() {
    let world = World::new().await;
    let pem = world.clerk.public_key_pem();
    assert!(pem.contains("BEGIN PUBLIC KEY"));
    for (alg, expected) in [("HS256", IdTokenError::Algorithm), ("RS256", IdTokenError::Signature)] {
        let pem = pem.clone();
        world.clerk.forge(move |token| {
            token.header["alg"] = json!(alg);
            token.sign = Sign::Hs256(pem.clone().into_bytes());
        });
        assert_eq!(world.sign_in().await, Err(SignInError::IdToken(expected)));
        world.assert_nobody_is_signed_in();
    }
}

#[tokio::test]
async fn case_15_other_algorithms_with_the_right_key() {
    for (alg, sign) in [("RS384", Sign::Rs384(Key::First)), ("PS256", Sign::Ps256(Key::First)), ("ES256", Sign::Es256)] {
        let refusal = refused(move |token| {
            token.header["alg"] = json!(alg);
            token.sign = sign.clone();
        });
        assert_eq!(refusal.await, IdTokenError::Algorithm, "{alg}");
    }
    for sign in [Sign::Rs384(Key::First), Sign::Ps256(Key::First), Sign::Es256] {
        assert_eq!(refused(move |token| token.sign = sign.clone()).await, IdTokenError::Signature);
    }
}

#[tokio::test]
async fn case_16_an_unknown_key_reloads_the_keys_at_most_once_a_minute() {
    let (world, _) = World::signed_in().await;
    let reads = || world.clerk.count("/.well-known/jwks.json");
    assert_eq!(reads(), 1);
    world.clerk.forge(|token| token.header["kid"] = json!("ins_unknown"));
    for (seconds, expected) in [(0, 2), (30, 2), (31, 3)] {
        world.advance(seconds);
        assert_eq!(world.sign_in().await, Err(SignInError::IdToken(IdTokenError::UnknownKey)));
        assert_eq!(reads(), expected);
    }
}

#[tokio::test]
async fn keys_just_loaded_are_not_reloaded_for_the_same_token() {
    let world = World::new().await;
    world.clerk.forge(|token| token.header["kid"] = json!("ins_unknown"));
    assert_eq!(world.sign_in().await, Err(SignInError::IdToken(IdTokenError::UnknownKey)));
    assert_eq!(world.clerk.count("/.well-known/jwks.json"), 1);
}

#[tokio::test]
async fn a_rotated_key_is_found_by_reloading() {
    let (world, _) = World::signed_in().await;
    world.clerk.rotate_keys();
    world.sign_in().await.unwrap();
    assert_eq!(world.clerk.count("/.well-known/jwks.json"), 2);
}

#[tokio::test]
async fn case_17_the_right_key_id_and_another_key() {
    assert_eq!(refused(|token| token.sign = Sign::Rs256(Key::Foreign)).await, IdTokenError::Signature);
}

#[tokio::test]
async fn a_wrong_signature_reloads_the_keys_at_most_once_a_minute() {
    let (world, _) = World::signed_in().await;
    let reads = || world.clerk.count("/.well-known/jwks.json");
    assert_eq!(reads(), 1);
    world.clerk.forge(|token| token.sign = Sign::Rs256(Key::Foreign));
    for (seconds, expected) in [(0, 2), (30, 2), (31, 3)] {
        world.advance(seconds);
        assert_eq!(world.sign_in().await, Err(SignInError::IdToken(IdTokenError::Signature)));
        assert_eq!(reads(), expected);
    }
}

#[tokio::test]
async fn case_18_a_payload_changed_after_signing() {
    let refusal = refused(|token| {
        token.finish = Some(|text| {
            let parts: Vec<&str> = text.split('.').collect();
            let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
            let claims = claims.replace("user_ada", "user_eve");
            format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims), parts[2])
        });
    });
    assert_eq!(refusal.await, IdTokenError::Signature);
}

#[tokio::test]
async fn case_19_a_signature_that_is_changed_or_empty() {
    assert_eq!(refused(|token| token.sign = Sign::Nothing).await, IdTokenError::Signature);
    let refusal = refused(|token| {
        token.finish = Some(|text| {
            let at = text.rfind('.').unwrap() + 10;
            let other = if &text[at..=at] == "A" { "B" } else { "A" };
            format!("{}{other}{}", &text[..at], &text[at + 1..])
        });
    });
    assert_eq!(refusal.await, IdTokenError::Signature);
}

#[tokio::test]
async fn case_20_a_header_with_its_own_key() {
    for (name, value) in [("jwk", clerk::jwk(Key::Foreign, "ins_test1")), ("jku", json!("https://evil.example/jwks.json"))] {
        for kid in ["ins_test1", "ins_evil"] {
            let value = value.clone();
            let refusal = refused(move |token| {
                token.header[name] = value.clone();
                token.header["kid"] = json!(kid);
                token.sign = Sign::Rs256(Key::Foreign);
            });
            assert!(matches!(refusal.await, IdTokenError::Signature | IdTokenError::UnknownKey));
        }
    }
}

#[tokio::test]
async fn case_21_a_critical_header() {
    for crit in [json!(["b64"]), json!([]), Value::Null, json!("exp")] {
        let refusal = refused(move |token| {
            token.header["crit"] = crit.clone();
            token.header["b64"] = json!(false);
        });
        assert_eq!(refusal.await, IdTokenError::Critical);
    }
}

#[tokio::test]
async fn case_22_another_kind_of_token_as_an_id_token() {
    for typ in ["at+jwt", "application/at+jwt", "logout+jwt", ""] {
        assert_eq!(refused(move |token| token.header["typ"] = json!(typ)).await, IdTokenError::Kind, "{typ}");
    }
    // A session token of Clerk has the same key and issuer, but no audience.
    let refusal = refused(|token| {
        let claims = &token.claims;
        token.claims = json!({
            "iss": claims["iss"], "sub": claims["sub"], "iat": claims["iat"], "exp": claims["exp"], "azp": "https://app.example.com",
            "sid": "sess_1", "v": 2, "fva": [0, -1],
        });
        token.header["cat"] = json!("cl_B7d4PD111AAA");
    });
    assert_eq!(refusal.await, IdTokenError::Malformed);
}

#[tokio::test]
async fn case_23_a_nonce_that_is_missing_wrong_or_from_the_previous_attempt() {
    assert_eq!(refused(|token| remove(token, "nonce")).await, IdTokenError::Nonce);
    refused_claim("nonce", vec![json!("another-nonce"), json!(""), Value::Null], &[IdTokenError::Nonce]).await;
    let world = World::new().await;
    let previous = parameter(&world.begin().await.url, "nonce");
    world.clerk.forge(move |token| token.claims["nonce"] = json!(previous));
    assert_eq!(world.sign_in().await, Err(SignInError::IdToken(IdTokenError::Nonce)));
    world.assert_nobody_is_signed_in();
}

#[tokio::test]
async fn case_24_the_hash_of_another_access_token() {
    refused_claim("at_hash", vec![json!("AAAAAAAAAAAAAAAAAAAAAA"), json!("")], &[IdTokenError::AccessToken]).await;
    let world = World::new().await;
    world.clerk.switch(|switches| switches.gives_at_hash = true);
    world.sign_in().await.unwrap();
}

#[tokio::test]
async fn case_25_a_symmetric_key_with_the_same_id() {
    for (alg, expected) in [("HS256", IdTokenError::Algorithm), ("RS256", IdTokenError::UnknownKey)] {
        let world = World::new().await;
        world.clerk.alter_keys(|document| {
            document["keys"] = json!([{"kty": "oct", "kid": "ins_test1", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode("secret")}]);
        });
        world.clerk.forge(move |token| {
            token.header["alg"] = json!(alg);
            token.sign = Sign::Hs256(b"secret".to_vec());
        });
        assert_eq!(world.sign_in().await, Err(SignInError::IdToken(expected)));
        world.assert_nobody_is_signed_in();
    }
}

#[tokio::test]
async fn case_26_a_weak_rsa_key() {
    let world = World::new().await;
    world.clerk.alter_keys(|document| document["keys"][0]["n"] = json!(URL_SAFE_NO_PAD.encode([0xff; 128])));
    assert_eq!(world.sign_in().await, Err(SignInError::IdToken(IdTokenError::UnknownKey)));
    world.assert_nobody_is_signed_in();
}

#[tokio::test]
async fn case_27_malformed_tokens() {
    for text in ["x", "a.b", "a.b.c", "a.b.c.d", "!!!.e30.AAAA", "e30.e30.", "bnVsbA.e30.AAAA", "..", " . . "] {
        assert_eq!(refused(move |token| token.instead = Some(text.to_owned())).await, IdTokenError::Malformed, "{text}");
    }
    for twice in ["iss", "sub", "aud", "exp", "nonce"] {
        let refusal = refused(move |token| {
            let text = token.claims.to_string();
            let again = format!("{{\"{twice}\":{},{}", token.claims[twice], &text[1..]);
            token.claims_text = Some(again);
        });
        assert_eq!(refusal.await, IdTokenError::Malformed, "{twice}");
    }
    assert_eq!(refused(|token| token.instead = Some("a".repeat(20_000))).await, IdTokenError::Malformed);
    let world = World::new().await;
    world.clerk.forge(|token| token.instead = Some("a".repeat(1024 * 1024)));
    assert_eq!(world.sign_in().await, Err(SignInError::Exchange(TokenError::Http(HttpError::TooLarge))));
    assert_eq!(world.auth.status(), Status::SignedOut);
    assert!(world.vault.is_empty());
}

#[tokio::test]
async fn case_28_a_missing_id_token() {
    let world = World::new().await;
    world.clerk.switch(|switches| switches.gives_id_token = false);
    assert_eq!(world.sign_in().await, Err(SignInError::IdToken(IdTokenError::Missing)));
    world.assert_nobody_is_signed_in();
}

#[tokio::test]
async fn case_29_a_renewed_token_for_another_user() {
    let (world, identity) = World::signed_in().await;
    world.clerk.forge(|token| token.claims["sub"] = json!("user_eve"));
    world.advance(86_300);
    assert_eq!(world.auth.access_token().await.err(), Some(RefreshError::NeedsSignIn));
    assert_eq!(world.auth.status(), Status::NeedsSignIn { identity });
    assert!(world.vault.is_empty());
}

#[tokio::test]
async fn a_renewed_token_that_fails_verification_does_not_end_the_session() {
    let (world, _) = World::signed_in().await;
    world.advance(86_300);
    world.clerk.forge(|token| token.sign = Sign::Rs256(Key::Foreign));
    let unchecked = RefreshError::Offline(OfflineReason::Unchecked(IdTokenError::Signature));
    assert_eq!(world.auth.refresh_now().await, Err(unchecked));
    world.clerk.stop_forging();
    // The new refresh token was saved, so the next attempt needs no new sign-in.
    world.auth.refresh_now().await.unwrap();
    assert!(world.is_online());
}

#[tokio::test]
async fn a_renewed_token_with_another_nonce_is_not_used() {
    let (world, _) = World::signed_in().await;
    world.clerk.forge(|token| token.claims["nonce"] = json!("another-nonce"));
    let unchecked = RefreshError::Offline(OfflineReason::Unchecked(IdTokenError::Nonce));
    assert_eq!(world.auth.refresh_now().await, Err(unchecked));
    world.clerk.forge(|token| remove(token, "nonce"));
    world.auth.refresh_now().await.unwrap();
}

#[tokio::test]
async fn case_30_userinfo_of_another_user() {
    let world = World::new().await;
    world.clerk.switch(|switches| switches.userinfo_sub = Some("user_eve".to_owned()));
    assert_eq!(world.sign_in().await, Err(SignInError::Userinfo));
    world.assert_nobody_is_signed_in();
}

#[tokio::test]
async fn case_31_a_valid_token_of_another_instance() {
    for (kid, key, expected) in [
        ("ins_other", Key::Foreign, IdTokenError::UnknownKey),
        ("ins_test1", Key::Foreign, IdTokenError::Signature),
        ("ins_test1", Key::First, IdTokenError::Issuer),
    ] {
        let refusal = refused(move |token| {
            token.header["kid"] = json!(kid);
            token.sign = Sign::Rs256(key);
            token.claims["iss"] = json!("https://other-instance.clerk.accounts.dev");
        });
        assert_eq!(refusal.await, expected);
    }
}

#[tokio::test]
async fn token_variants_of_other_instances_are_accepted() {
    let world = World::new().await;
    world.clerk.switch(|switches| {
        switches.aud_is_array = true;
        switches.names_key = false;
        switches.jwt_access_token = false;
        switches.token_type = "bearer".to_owned();
        switches.iss = growqr_testkit::clerk::Iss::Absent;
        switches.promises_iss = false;
    });
    world.clerk.forge(|token| remove_header(token, "typ"));
    world.sign_in().await.unwrap();
}

fn remove_header(token: &mut Forgery, name: &str) {
    token.header.as_object_mut().unwrap().remove(name);
}

#[tokio::test]
async fn a_token_without_a_key_id_needs_a_single_key() {
    let world = World::new().await;
    world.clerk.switch(|switches| switches.names_key = false);
    world.clerk.alter_keys(|document| document["keys"].as_array_mut().unwrap().push(clerk::jwk(Key::Foreign, "ins_2")));
    assert_eq!(world.sign_in().await, Err(SignInError::IdToken(IdTokenError::UnknownKey)));
}
