-- Live calls: what servers choose, which calls are under way, and what was said in those that a
-- server wants to keep. People who don't want to be heard in calls are remembered, and nothing that
-- they said is.

ALTER TABLE profiles ADD COLUMN unheard INTEGER CHECK (unheard IN (0, 1));

CREATE TABLE call_preferences (
    chat INTEGER PRIMARY KEY REFERENCES chats ON DELETE CASCADE,
    captions TEXT,
    speaks INTEGER CHECK (speaks IN (0, 1)),
    spoken_into TEXT,
    pauses INTEGER CHECK (pauses IN (0, 1)),
    auto_join TEXT,
    keeps INTEGER CHECK (keeps IN (0, 1)),
    role TEXT
) STRICT;

CREATE TABLE open_calls (
    chat INTEGER PRIMARY KEY REFERENCES chats ON DELETE CASCADE,
    channel TEXT NOT NULL,
    place TEXT NOT NULL,
    since REAL NOT NULL
) STRICT;

-- With the number of its lines, and the bytes they take; without any line there is no kept call.
CREATE TABLE kept_calls (
    id INTEGER PRIMARY KEY,
    chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
    call TEXT NOT NULL,
    channel TEXT NOT NULL,
    started REAL NOT NULL,
    lines INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (chat, call)
) STRICT;
CREATE INDEX kept_calls_by_time ON kept_calls (started);

-- Beside "cached" the only table that holds what was said, and the only one with names. "at" and
-- "until" are seconds since the call began.
CREATE TABLE call_lines (
    id INTEGER PRIMARY KEY,
    call INTEGER NOT NULL REFERENCES kept_calls ON DELETE CASCADE,
    at REAL NOT NULL,
    until REAL NOT NULL,
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    original TEXT NOT NULL,
    target TEXT NOT NULL,
    translation TEXT NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX call_lines_of_call ON call_lines (call, at);
CREATE INDEX call_lines_of_account ON call_lines (platform, account);

CREATE TRIGGER call_line_added AFTER INSERT ON call_lines BEGIN
    UPDATE kept_calls SET lines = lines + 1, bytes = bytes + new.bytes WHERE id = new.call;
END;
CREATE TRIGGER call_line_removed AFTER DELETE ON call_lines BEGIN
    UPDATE kept_calls SET lines = lines - 1, bytes = bytes - old.bytes WHERE id = old.call;
    DELETE FROM kept_calls WHERE id = old.call AND lines = 0;
END;

-- Linked to another account, or parted from it: who did not want to be heard is not heard.
CREATE TRIGGER unheard_relinked AFTER UPDATE OF profile ON accounts
WHEN EXISTS (SELECT 1 FROM profiles WHERE id IN (old.profile, new.profile) AND unheard = 1) BEGIN
    UPDATE profiles SET unheard = 1 WHERE id = new.profile;
END;
CREATE TRIGGER unheard_unkept AFTER UPDATE OF unheard ON profiles WHEN new.unheard = 1 BEGIN
    DELETE FROM call_lines WHERE (platform, account) IN
        (SELECT platform, account FROM accounts WHERE profile = new.id);
END;
