//! Who runs an agent: inbox, sleep, wake, delivery, supervision; the local host.
