//! The search for model servers on this machine.

use super::world::{MODEL, World, hello};
use growqr_core::model::Model;
use growqr_core::secret::Secret;
use growqr_models::openai::{BaseUrl, PROBE_TIMEOUT, Program, Search, Window, discover};
use growqr_testkit::openai::{OpenAiStub, ServerBehaviour, says};
use std::time::Duration;
use tokio::io::AsyncReadExt;

fn search(servers: &[&OpenAiStub]) -> Search {
    Search { configured: None, ports: servers.iter().map(|server| server.port()).collect(), timeout: Duration::from_secs(5) }
}

#[tokio::test]
async fn each_server_is_recognised_and_its_models_are_listed() {
    let embedding = || vec!["qwen3:8b".to_owned(), "text-embedding-nomic".to_owned()];
    for (behaviour, program, models) in [
        (ServerBehaviour::plain(), Program::Other, vec!["tiny", "qwen3:8b"]),
        (ServerBehaviour::ollama(), Program::Ollama, vec!["tiny", "qwen3:8b"]),
        (ServerBehaviour { models: Vec::new(), ..ServerBehaviour::ollama() }, Program::Ollama, vec![]),
        (ServerBehaviour { models: embedding(), ..ServerBehaviour::lm_studio() }, Program::LmStudio, vec!["qwen3:8b"]),
        (ServerBehaviour::llama_cpp(), Program::LlamaCpp, vec!["tiny", "qwen3:8b"]),
        (ServerBehaviour::vllm(), Program::Vllm, vec!["tiny", "qwen3:8b"]),
    ] {
        let server = OpenAiStub::start(behaviour).await;
        let found = discover(&search(&[&server])).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].program, program);
        assert_eq!(found[0].base.text(), server.base_url());
        assert_eq!(found[0].models.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), models);
    }
}

#[tokio::test]
async fn the_window_is_the_one_the_server_uses_not_the_models_maximum() {
    let reported = |tokens| Window { tokens, is_reported: true };
    let guessed = |tokens| Window { tokens, is_reported: false };
    for (behaviour, before, loaded) in [
        (ServerBehaviour::ollama(), guessed(4_096), reported(32_768)),
        (ServerBehaviour::lm_studio(), guessed(4_096), reported(32_768)),
        (ServerBehaviour::llama_cpp(), reported(32_768), reported(32_768)),
        (ServerBehaviour::vllm(), reported(32_768), reported(32_768)),
        (ServerBehaviour::plain(), guessed(8_192), guessed(8_192)),
    ] {
        let program = behaviour.program;
        let world = World::of(behaviour).await;
        assert!(!world.provider.window(MODEL).is_reported, "unknown before the first probe");
        let (_, window) = world.provider.probe_model(MODEL).await.unwrap();
        assert_eq!(window, before, "{program:?}");
        world.server.will_all([says("hi"), says("hi")]);
        // The first call loads the model. Before the second call the probe finds the window of the loaded model.
        world.answer(&hello()).await;
        world.answer(&hello()).await;
        assert_eq!(world.provider.window(MODEL), loaded, "{program:?}");
        let card = world.provider.card(MODEL);
        assert_eq!((card.context_tokens, card.max_output_tokens), (loaded.tokens, loaded.tokens / 2));
    }
}

#[tokio::test]
async fn the_configured_address_comes_first_once_and_alone_gets_the_key() {
    let secret = "sk-secret";
    let service = OpenAiStub::start(ServerBehaviour { key: Some(secret.to_owned()), ..ServerBehaviour::plain() }).await;
    let ollama = OpenAiStub::start(ServerBehaviour::ollama()).await;
    let base = BaseUrl::parse(&service.base_url().replace("127.0.0.1", "localhost")).unwrap();
    let configured = Some((base, Some(Secret::new(secret))));
    let found = discover(&Search { configured, ..search(&[&ollama, &service]) }).await;
    assert_eq!(found.iter().map(|server| server.program).collect::<Vec<_>>(), [Program::Other, Program::Ollama]);
    assert!(ollama.requests().iter().all(|request| request.header("authorization").is_none()));
    assert!(service.requests().iter().all(|request| request.header("authorization").is_some()));
}

#[tokio::test]
async fn other_programs_and_silent_ports_are_skipped_in_time() {
    // One server accepts connections and never responds. The other is not a model server.
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let other = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let ports = vec![silent.local_addr().unwrap().port(), other.local_addr().unwrap().port()];
    let page = async {
        let (mut stream, _) = other.accept().await.unwrap();
        let mut head = [0; 1024];
        let _ = stream.read(&mut head).await;
        let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\n<html";
        tokio::io::AsyncWriteExt::write_all(&mut stream, page.as_bytes()).await.unwrap();
        std::future::pending::<()>().await;
    };

    let search = Search { configured: None, ports, timeout: PROBE_TIMEOUT };
    // A generous limit, so that a hanging search fails the test.
    let look = async { tokio::time::timeout(PROBE_TIMEOUT * 50, discover(&search)).await.expect("the search ends by itself") };
    let found = tokio::select! {
        found = look => found,
        () = page => unreachable!("this future never ends"),
    };
    assert_eq!(found, []);
}
