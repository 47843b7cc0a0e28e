//! A search finds messages by any part of their text.

use super::on_both;
use crate::fixtures::{NOW, World, append, local, said, say};
use growqr_core::id::{AgentId, ProfileId, Seq};
use growqr_core::journal::{Author, Head, MessageView, Store, View};

/// Appends a message for each of these texts, oldest first.
async fn all_said(store: &dyn Store, texts: &[&str]) {
    let mut head = Head::default();
    for text in texts {
        head = say(store, &AgentId::grow(), head, text).await.unwrap().head;
    }
}

async fn found(store: &dyn Store, text: &str) -> Vec<String> {
    store.search(text, None, 10).await.unwrap().into_iter().map(|message| message.text).collect()
}

on_both! {
    async fn a_search_ignores_case_has_no_wildcards_and_returns_the_newest_first(world: World) {
        let (store, grow, scout) = (world.store().await, AgentId::grow(), AgentId::new("a-1"));
        let head = say(&*store, &grow, Head::default(), "ÄRGER mit 100% Rabatt").await.unwrap().head;
        say(&*store, &scout, Head::default(), "kein Ärger, 1000 Rabatte").await.unwrap();
        say(&*store, &grow, head, r"C:\temp_dir").await.unwrap();
        let found = async |text: &str| {
            let found = store.search(text, None, 10).await.unwrap();
            found.into_iter().map(|message| message.text).collect::<Vec<_>>()
        };
        assert_eq!(found("ärger").await, ["kein Ärger, 1000 Rabatte", "ÄRGER mit 100% Rabatt"]);
        assert_eq!(found("100%").await, ["ÄRGER mit 100% Rabatt"]);
        assert_eq!(found("p_d").await, [r"C:\temp_dir"]);
        assert_eq!(found("P_D").await, [r"C:\temp_dir"]);
        assert_eq!(found(r":\t").await, [r"C:\temp_dir"]);
        assert_eq!(found("e_p").await, Vec::<String>::new());
    }

    async fn the_limit_of_a_search_in_one_conversation_counts_only_its_messages(world: World) {
        let (store, grow, scout) = (world.store().await, AgentId::grow(), AgentId::new("a-1"));
        let head = say(&*store, &grow, Head::default(), "tea one").await.unwrap().head;
        let scouts = say(&*store, &scout, Head::default(), "tea elsewhere").await.unwrap().head;
        let head = say(&*store, &grow, head, "coffee").await.unwrap().head;
        say(&*store, &grow, head, "tea two").await.unwrap();
        say(&*store, &scout, scouts, "more tea elsewhere").await.unwrap();
        let found = async |agent: &AgentId, limit| {
            let found = store.search("TEA", Some(agent), limit).await.unwrap();
            found.into_iter().map(|message| message.text).collect::<Vec<_>>()
        };
        assert_eq!(found(&grow, 2).await, ["tea two", "tea one"]);
        assert_eq!(found(&grow, 1).await, ["tea two"]);
        assert_eq!(found(&scout, 9).await, ["more tea elsewhere", "tea elsewhere"]);
        assert_eq!(found(&AgentId::new("a-2"), 9).await, Vec::<String>::new());
    }

    async fn any_part_of_a_text_is_found_also_in_alphabets_without_spaces(world: World) {
        let store = world.store().await;
        let texts = ["私は東京で日本語を勉強します", "我在北京学中文", "Ελλάδα ΟΔΟΣ", "Жёлтый ЛИСТ", "x"];
        all_said(&*store, &texts).await;
        for (text, expected) in [
            ("日本語", 0), ("日本", 0), ("ます", 0), ("す", 0), ("東京で日本語を勉強", 0), ("北京", 1), ("中文", 1), ("文", 1),
            ("ελλ", 2), ("ΛΆΔΑ", 2), ("οδος", 2), ("οδοσ", 2), ("ς", 2), ("жёл", 3), ("ЛТЫЙ л", 3), ("т", 3), ("X", 4),
        ] {
            assert_eq!(found(&*store, text).await, [texts[expected]], "{text}");
        }
        for text in ["日語", "語日", "京北", "ελα", "xx", "\u{1}", "\u{1}\u{1}", "x\u{1}"] {
            assert_eq!(found(&*store, text).await, Vec::<String>::new(), "{text:?}");
        }
    }

    async fn operators_of_query_languages_are_ordinary_text(world: World) {
        let store = world.store().await;
        let texts = [r#"she said "no" AND left"#, "a OR b* NOT c", "folded:abc ^x (y)", "{near}(1 2)", "it's -- ; done", "a\0b c"];
        all_said(&*store, &texts).await;
        for (text, expected) in [
            ("\"no\" and", 0), ("\"", 0), ("no\"", 0), ("b* n", 1), ("*", 1), ("or b", 1), ("folded:", 2), ("^x (", 2), ("^", 2),
            ("{near}(", 3), ("it's", 4), ("-- ;", 4), ("'s", 4),
        ] {
            assert_eq!(found(&*store, text).await, [texts[expected]], "{text}");
        }
        assert_eq!(found(&*store, "a\0b").await, ["a\u{fffd}b c"]);
        for text in ["no AND left", "near", "a*", "%", "_"] {
            let expected: Vec<_> = texts.iter().rev().filter(|all| all.to_lowercase().contains(&text.to_lowercase())).collect();
            assert_eq!(found(&*store, text).await, expected.into_iter().map(|&all| all.to_owned()).collect::<Vec<_>>(), "{text}");
        }
    }

    async fn a_long_text_matches_only_messages_that_contain_all_of_it(world: World) {
        let store = world.store().await;
        let words: String = (0..200).map(|n| format!("word{n} ")).collect();
        let nearly = words.replace("word199", "word1990");
        all_said(&*store, &[&words, &nearly, "abc bcd cde", "abcd bcde"]).await;
        assert_eq!(found(&*store, &words).await, std::slice::from_ref(&words));
        assert_eq!(found(&*store, "abcde").await, Vec::<String>::new());
        assert_eq!(found(&*store, "bcd cd").await, ["abc bcd cde"]);
    }

    async fn an_old_message_is_found_behind_many_newer_ones(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let mut append = append(&grow, Head::default(), (0..12_000).map(|_| said("x")).collect());
        for seq in 1..=12_000u64 {
            let text = match seq {
                1 => "Qz 漢字".to_owned(),
                2 => "first of the tea".to_owned(),
                _ => format!("filling {seq}"),
            };
            append.views.push(View::Message(MessageView { agent: grow.clone(), seq: Seq(seq), author: Author::Person, text, attachments: Vec::new(), at: NOW }));
        }
        store.append(append).await.unwrap();
        for text in ["qz", "漢字", "漢", "qz 漢"] {
            assert_eq!(found(&*store, text).await, ["Qz 漢字"], "{text}");
            assert_eq!(store.search(text, Some(&grow), 5).await.unwrap().len(), 1, "{text}");
        }
        assert_eq!(found(&*store, "the tea").await, ["first of the tea"]);
        let newest: Vec<String> = (11_991..=12_000).rev().map(|n| format!("filling {n}")).collect();
        for text in ["", "f", "fi", "filling"] {
            assert_eq!(found(&*store, text).await, newest, "{text:?}");
        }
        assert_eq!(store.search("filling", None, 0).await.unwrap(), []);
    }

    async fn a_search_covers_only_its_own_profile(world: World) {
        let db = world.db().await;
        let mine = db.profile(&local(), NOW).await.unwrap();
        let yours = db.profile(&ProfileId::new("you"), NOW).await.unwrap();
        all_said(&*yours, &["tea, yours"]).await;
        all_said(&*mine, &["tea, mine"]).await;
        for text in ["te", "tea,"] {
            assert_eq!(found(&*mine, text).await, ["tea, mine"]);
            assert_eq!(found(&*yours, text).await, ["tea, yours"]);
        }
    }
}
