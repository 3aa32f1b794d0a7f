//! `/openvidu/cdr`: the files of records.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tower_http::services::ServeFile;

use super::super::Shared;
use super::fault::Fault;

/// All files, by name. 404 where no records are kept.
async fn files(shared: &Shared) -> Result<Vec<(String, PathBuf)>, Fault> {
    let dir = shared.events.cdr_dir().ok_or(Fault::Status(StatusCode::NOT_FOUND))?;
    let broken = |error: std::io::Error| Fault::Plain(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    let mut found = Vec::new();
    let mut listing = tokio::fs::read_dir(dir).await.map_err(broken)?;
    while let Some(item) = listing.next_entry().await.map_err(broken)? {
        let name = item.file_name().to_string_lossy().into_owned();
        if name.ends_with(".log") {
            found.push((name, item.path()));
        }
    }
    found.sort();
    Ok(found)
}

pub(super) async fn list(State(shared): State<Arc<Shared>>) -> Result<Json<Vec<String>>, Fault> {
    Ok(Json(files(&shared).await?.into_iter().map(|(name, _)| name).collect()))
}

/// One file. What is asked for is looked up among the names that are there; it is no path.
pub(super) async fn download(
    State(shared): State<Arc<Shared>>,
    Path(file): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let found = files(&shared).await?.into_iter().find(|(name, _)| *name == file);
    let (_, path) = found.ok_or(Fault::Status(StatusCode::NOT_FOUND))?;
    match ServeFile::new(path).try_call(request).await {
        Ok(response) => Ok(response.into_response()),
        Err(error) => Err(Fault::Plain(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}
