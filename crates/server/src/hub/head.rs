//! The head of a request that outlives it.

use axum::extract::{OriginalUri, Request};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

/// Copies a request's address and headers out of the connection's buffer. A Socket.IO socket keeps the head of its handshake
/// for as long as it lives, and with it would keep the 16 kB that the head was read into.
pub(super) async fn own(mut request: Request) -> Request {
    if let Ok(uri) = Uri::try_from(request.uri().to_string()) {
        // The router keeps another one beside it.
        request.extensions_mut().insert(OriginalUri(uri.clone()));
        *request.uri_mut() = uri;
    }
    let headers = std::mem::take(request.headers_mut());
    *request.headers_mut() =
        headers.iter().filter_map(|(name, value)| Some((copied(name)?, again(value)?))).collect::<HeaderMap>();
    request
}

/// A name that no constant has is part of the buffer too.
fn copied(name: &HeaderName) -> Option<HeaderName> {
    HeaderName::from_bytes(name.as_str().as_bytes()).ok()
}

fn again(value: &HeaderValue) -> Option<HeaderValue> {
    let mut own = HeaderValue::from_bytes(value.as_bytes()).ok()?;
    own.set_sensitive(value.is_sensitive());
    Some(own)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[tokio::test]
    async fn a_head_stays_what_it_is_and_is_another_one() {
        let request = Request::get("http://host/socket.io/?EIO=4&transport=websocket")
            .header("origin", "http://host")
            .header("x-twice", "one")
            .header("x-twice", "two")
            .body(Body::empty())
            .unwrap();
        let (uri, headers) = (request.uri().clone(), request.headers().clone());
        let owned = own(request).await;
        assert_eq!((owned.uri(), owned.headers()), (&uri, &headers));
        let place = |headers: &HeaderMap| headers.get("x-twice").unwrap().as_bytes().as_ptr();
        assert_ne!(place(owned.headers()), place(&headers));
    }
}
