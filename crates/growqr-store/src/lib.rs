//! The journal and its views in SQLite and Postgres, behind core's ports.
