//! A peer connection for webviews that have none.
