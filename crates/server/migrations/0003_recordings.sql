-- Recordings that the hub has had made for calls. Who may see one is who was in its call: see `history`.

CREATE TABLE recordings (
    id TEXT NOT NULL PRIMARY KEY,
    call_id TEXT NOT NULL,
    session TEXT NOT NULL,
    -- The media server's id of it.
    media_id TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    -- As the media server described it last.
    body TEXT NOT NULL
);
CREATE INDEX recordings_call ON recordings (call_id);
CREATE INDEX recordings_newest ON recordings (started_at);
