//! Fakes, fixtures and a lossy virtual network for the tests; never shipped.
