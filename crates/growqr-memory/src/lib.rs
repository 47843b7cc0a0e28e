//! The memory repository: a git repository that the person owns.
