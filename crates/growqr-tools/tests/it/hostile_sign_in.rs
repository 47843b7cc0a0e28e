//! Servers and authorization servers whose documents lie.

use crate::fake_grants::FakeGrants;
use crate::signing_in::sign_in;
use crate::world::{known, servers_with};
use growqr_core::clock::{Clock, Timestamp};
use growqr_testkit::mcp::oauth::OauthMcp;
use growqr_tools::Transport;
use growqr_tools::sign_in::SignInError;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const RESOURCE: &str = "/.well-known/oauth-protected-resource/mcp";
const SERVER: &str = "/.well-known/oauth-authorization-server/as";

struct Never;

impl Clock for Never {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

/// Signs in at a stand-in whose documents are changed so; returns the failure.
async fn failure(stub: &OauthMcp) -> SignInError {
    let (servers, sign_ins) = servers_with(Arc::new(FakeGrants::default()), Arc::new(Never));
    let config = known("far", Transport::Http { url: stub.url(), headers: BTreeMap::new() }).config;
    let failure = sign_in(&sign_ins, &config).await.expect_err("it is hostile");
    servers.close().await;
    assert!(stub.count("GET /as/authorize") == 0, "the person was sent there");
    failure
}

fn resource(stub: &OauthMcp, changes: &Value) -> Value {
    let origin = stub.origin();
    let mut document = json!({"resource": format!("{origin}/mcp"), "authorization_servers": [format!("{origin}/as")]});
    merge(&mut document, changes);
    document
}

fn server(stub: &OauthMcp, changes: &Value) -> Value {
    let place = |name: &str| format!("{}/as/{name}", stub.origin());
    let mut document = json!({
        "issuer": format!("{}/as", stub.origin()),
        "authorization_endpoint": place("authorize"),
        "token_endpoint": place("token"),
        "registration_endpoint": place("register"),
        "code_challenge_methods_supported": ["S256"],
    });
    merge(&mut document, changes);
    document
}

fn merge(document: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().expect("an object") {
        document[name] = value.clone();
    }
}

#[tokio::test]
async fn a_server_that_describes_another_one_or_names_nobody_is_refused() {
    let stub = OauthMcp::start();
    let long = "x".repeat(300 << 10);
    for (changes, expected) in [
        (json!({"resource": "https://bank.example.com/mcp"}), "describes another server"),
        (json!({"resource": format!("{}/other", stub.origin())}), "describes another server"),
        (json!({"authorization_servers": []}), "does not say where"),
        (json!({"authorization_servers": ["http://auth.example.com"]}), "not encrypted"),
        (json!({"authorization_servers": ["https://10.0.0.1"]}), "private network"),
        (json!({"authorization_servers": ["file:///etc/passwd"]}), "cannot be used"),
        (json!({"authorization_servers": ["https://me:pw@auth.example.com"]}), "a name, a password"),
        (json!({ "filling": long }), "cannot be read"),
        (json!({"resource": 7}), "cannot be read"),
    ] {
        let document = resource(&stub, &changes);
        stub.switch(|switches| drop(switches.documents.insert(RESOURCE.to_owned(), document)));
        let failure = failure(&stub).await.to_string();
        assert!(failure.contains(expected), "{failure}");
    }
}

#[tokio::test]
async fn an_authorization_server_that_lies_or_protects_nothing_is_refused() {
    let stub = OauthMcp::start();
    for (changes, expected) in [
        (json!({"issuer": "https://other.example.com"}), "another authorization server"),
        (json!({"issuer": format!("{}/as/more", stub.origin())}), "another authorization server"),
        (json!({"code_challenge_methods_supported": ["plain"]}), "PKCE"),
        (json!({"code_challenge_methods_supported": []}), "PKCE"),
        (json!({"response_types_supported": ["token"]}), "response type code"),
        (json!({"authorization_endpoint": "javascript:alert(1)"}), "the page for signing in"),
        (json!({"authorization_endpoint": "ms-msdt:/id"}), "the page for signing in"),
        (json!({"authorization_endpoint": "http://auth.example.com/"}), "not encrypted"),
        (json!({"token_endpoint": "http://auth.example.com/token"}), "the address for tokens"),
        (json!({"token_endpoint": "https://169.254.169.254/token"}), "private network"),
        (json!({"registration_endpoint": null}), "--client-id"),
        (json!({"registration_endpoint": "https://192.168.0.1/"}), "private network"),
        (json!({"registration_endpoint": format!("{}/nowhere", stub.origin())}), "status 404"),
    ] {
        let document = server(&stub, &changes);
        stub.switch(|switches| drop(switches.documents.insert(SERVER.to_owned(), document)));
        let failure = failure(&stub).await.to_string();
        assert!(failure.contains(expected), "{failure}");
    }
}

#[tokio::test]
async fn a_description_elsewhere_is_checked_like_any_address() {
    let stub = OauthMcp::start();
    for challenge in [
        r#"resource_metadata="http://evil.example.com/""#,
        r#"resource_metadata="https://10.0.0.1/x""#,
        r#"resource_metadata="file:///etc/passwd""#,
        r#"resource_metadata="relative""#,
    ] {
        stub.switch(|switches| switches.challenge = Some(challenge.to_owned()));
        let failure = failure(&stub).await;
        assert!(matches!(failure, SignInError::Address { .. } | SignInError::Private { .. }), "{challenge}: {failure}");
    }
    // Without one, the description is where the RFC puts it.
    stub.switch(|switches| {
        switches.challenge = Some("error=\"invalid_token\"".to_owned());
        switches.documents.insert(RESOURCE.to_owned(), Value::Null);
    });
    assert_eq!(failure(&stub).await, SignInError::NoMetadata);
}

#[tokio::test]
async fn a_site_that_has_a_page_everywhere_is_asked_at_the_next_place() {
    let stub = OauthMcp::start();
    let page = json!("<html>");
    stub.switch(|switches| {
        switches.challenge = Some(String::new());
        let documents = [
            (RESOURCE, page.clone()),
            ("/.well-known/oauth-protected-resource", resource(&stub, &json!({"scopes_supported": ["tools"]}))),
            (SERVER, page.clone()),
            ("/.well-known/openid-configuration/as", server(&stub, &json!({}))),
        ];
        switches.documents = documents.map(|(path, document)| (path.to_owned(), document)).into();
    });
    let (servers, sign_ins) = servers_with(Arc::new(FakeGrants::default()), Arc::new(Never));
    let config = known("far", Transport::Http { url: stub.url(), headers: BTreeMap::new() }).config;
    sign_in(&sign_ins, &config).await.unwrap();
    // There is nothing but pages.
    stub.switch(|switches| switches.documents.values_mut().for_each(|document| *document = page.clone()));
    assert_eq!(sign_in(&sign_ins, &config).await, Err(SignInError::NoMetadata));
    servers.close().await;
}
