-- Times are seconds since the epoch. NULL is "not chosen". Sets of languages are codes with spaces
-- between them. Accounts and chats are the platforms' own ids, never names.

CREATE TABLE profiles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    spoken TEXT,
    target TEXT,
    allowed TEXT,
    quick_voice INTEGER CHECK (quick_voice IN (0, 1)),
    voice TEXT,
    speed REAL CHECK (speed BETWEEN 0.5 AND 2),
    locale TEXT
) STRICT;

CREATE TABLE accounts (
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    profile INTEGER NOT NULL REFERENCES profiles ON DELETE CASCADE,
    PRIMARY KEY (platform, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_of_profile ON accounts (profile);

CREATE TABLE chats (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    platform TEXT NOT NULL,
    chat TEXT NOT NULL,
    topic TEXT NOT NULL,
    active INTEGER CHECK (active IN (0, 1)),
    target TEXT,
    allowed TEXT,
    admins_only INTEGER CHECK (admins_only IN (0, 1)),
    UNIQUE (platform, chat, topic)
) STRICT;

-- A term belongs to a profile or to a chat. "folded" is the term without case, to find it again.
CREATE TABLE terms (
    profile INTEGER REFERENCES profiles ON DELETE CASCADE,
    chat INTEGER REFERENCES chats ON DELETE CASCADE,
    folded TEXT NOT NULL,
    term TEXT NOT NULL,
    translation TEXT,
    target TEXT NOT NULL,
    CHECK ((profile IS NULL) <> (chat IS NULL))
) STRICT;
CREATE UNIQUE INDEX terms_of_profile ON terms (profile, folded, target);
CREATE UNIQUE INDEX terms_of_chat ON terms (chat, folded, target);

CREATE TABLE link_codes (
    digest BLOB PRIMARY KEY,
    profile INTEGER NOT NULL UNIQUE REFERENCES profiles ON DELETE CASCADE,
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    expires REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE link_tries (
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    tried REAL NOT NULL
) STRICT;
CREATE INDEX link_tries_of_account ON link_tries (platform, account);

CREATE TABLE notes (
    platform TEXT NOT NULL,
    chat TEXT NOT NULL,
    topic TEXT NOT NULL,
    message TEXT NOT NULL,
    account TEXT NOT NULL,
    taken REAL NOT NULL,
    finished REAL,
    outcome TEXT,
    stages TEXT NOT NULL DEFAULT '{}',
    CHECK ((finished IS NULL) = (outcome IS NULL)),
    PRIMARY KEY (platform, chat, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX notes_of_account ON notes (platform, account);
CREATE INDEX notes_by_time ON notes (taken);
CREATE INDEX notes_unfinished ON notes (taken) WHERE finished IS NULL;

-- The only table that holds what was said, with the bytes each kind takes.
CREATE TABLE cached_sizes (
    kind TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL
) STRICT;
INSERT INTO cached_sizes VALUES ('translation', 0), ('speech', 0);

CREATE TABLE cached (
    kind TEXT NOT NULL REFERENCES cached_sizes,
    key BLOB NOT NULL,
    used REAL NOT NULL,
    expires REAL NOT NULL,
    size INTEGER NOT NULL,
    about TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;
CREATE INDEX cached_by_use ON cached (kind, used, size);
CREATE INDEX cached_by_expiry ON cached (expires);

CREATE TRIGGER cached_added AFTER INSERT ON cached BEGIN
    UPDATE cached_sizes SET bytes = bytes + new.size WHERE kind = new.kind;
END;
CREATE TRIGGER cached_resized AFTER UPDATE OF size ON cached BEGIN
    UPDATE cached_sizes SET bytes = bytes + new.size - old.size WHERE kind = new.kind;
END;
CREATE TRIGGER cached_removed AFTER DELETE ON cached BEGIN
    UPDATE cached_sizes SET bytes = bytes - old.size WHERE kind = old.kind;
END;
