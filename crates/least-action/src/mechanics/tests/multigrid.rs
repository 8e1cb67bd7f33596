//! Two levels in time.
