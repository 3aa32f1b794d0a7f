-- What the hub keeps. The same text for SQLite and PostgreSQL. Times are milliseconds since 1970; `body` is JSON, whose
-- members may grow without a migration.

CREATE TABLE people (
    login TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE devices (
    login TEXT NOT NULL,
    device TEXT NOT NULL,
    -- The number of its newest event: events are forgotten, their numbers are not.
    seq BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (login, device)
);

CREATE TABLE events (
    login TEXT NOT NULL,
    device TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    name TEXT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (login, device, seq)
);
CREATE INDEX events_at ON events (at);

-- Calls that are alive, and those that ended lately and still answer repeated requests.
CREATE TABLE calls (
    id TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);

-- One row for each person of a call, as that person sees it.
CREATE TABLE history (
    login TEXT NOT NULL,
    call_id TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (login, call_id)
);
CREATE INDEX history_newest ON history (login, started_at);
CREATE INDEX history_oldest ON history (started_at);
