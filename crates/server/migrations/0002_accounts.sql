-- Who may sign in, and who has.

CREATE TABLE accounts (
    login TEXT NOT NULL PRIMARY KEY,
    -- Argon2id in PHC's form.
    password TEXT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE sessions (
    -- SHA-256 of the token, which is kept nowhere.
    token TEXT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL,
    device TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_login ON sessions (login, created_at);
CREATE INDEX sessions_expired ON sessions (expires_at);

-- Grows with every change of an account, so that running hubs notice.
CREATE TABLE revisions (
    name TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO revisions (name, number) VALUES ('accounts', 0);
