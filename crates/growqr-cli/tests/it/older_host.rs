//! Programs of different versions on one PostgreSQL server.

use crate::program::Program;
use growqr_testkit::anthropic::says;
use growqr_testkit::postgres::{OpenSession, dump, execute, fresh_database};

/// A program whose conversation is on the server.
fn on_server(url: &str) -> Program {
    let program = Program::on_postgres(url.to_owned());
    program.claude.route(|_| Some(says("Hi.")));
    assert_eq!(program.chat("hello").code, Some(0));
    program
}

#[test]
fn a_program_that_is_too_old_for_its_database_says_so_and_changes_nothing() {
    let Some(url) = fresh_database() else { return };
    let program = on_server(&url);
    // What a later version does to the database: a migration of its own, a column, and the version that it needs from now on.
    execute(
        &url,
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
         select 1000, 'later', success, checksum, 0 from _sqlx_migrations where version = 1; \
         alter table events add column later text not null default ''; \
         update app set min_app_version = '99.1.0';",
    );
    let before = dump(&url);
    let asked = program.claude.messages().len();
    for args in [["chat", "and now?"].as_slice(), &["agents", "list"], &["agents", "resume", "grow"], &["db", "migrate"]] {
        let ran = program.run(args);
        assert_eq!(ran.code, Some(1), "{args:?}: {ran:?}");
        assert!(ran.err.contains("needs a newer GrowQR: 99.1.0") && ran.err.contains("Update GrowQR."), "{args:?}: {ran:?}");
    }
    assert!(program.run(&["doctor"]).out.contains("needs a newer GrowQR: 99.1.0"));
    assert_eq!(program.claude.messages().len(), asked, "no model was called");
    assert_eq!(dump(&url), before);
    // A migration that leaves the database readable for this version is no reason to refuse it.
    execute(&url, "update app set min_app_version = '0.4.0';");
    assert_eq!(program.chat("and now?").code, Some(0));
    assert_eq!(program.run(&["audit", "verify"]).code, Some(0));
}

#[test]
fn while_a_host_without_a_fence_has_the_profile_this_one_writes_nothing() {
    let Some(url) = fresh_database() else { return };
    let program = on_server(&url);
    let earlier = OpenSession::after(&url, "select pg_advisory_lock(hashtextextended('growqr local', 0))");
    let before = dump(&url);
    let asked = program.claude.messages().len();
    let ran = program.chat("and now?");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("which uses the same database server") && ran.err.contains("Quit GrowQR there"), "{ran:?}");
    assert_eq!((program.claude.messages().len(), dump(&url) == before), (asked, true));
    drop(earlier);
    assert_eq!(program.chat("and now?").code, Some(0));
    assert_eq!(program.run(&["audit", "verify"]).code, Some(0));
}
