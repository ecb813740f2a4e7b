-- Own voices: what was consented to, who may have it, and the clips that are to be made. "sample",
-- "latents", "text" and "clip" are sealed, each to its place: see storage.sealing.

-- What the key must open, so that another one is noticed at the start.
CREATE TABLE seals (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    proof BLOB NOT NULL
) STRICT;

-- A voice is its consent: there is none without. "sentence" is the digest of what was read aloud;
-- "words" and "likeness" say how much of it was heard, and how alike its voice was to the sample's.
-- It belongs to the account that consented, and serves all accounts that are linked to it.
CREATE TABLE voices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    consented REAL NOT NULL,
    sentence BLOB NOT NULL CHECK (length(sentence) BETWEEN 16 AND 64),
    language TEXT NOT NULL,
    words REAL NOT NULL CHECK (words BETWEEN 0 AND 1),
    likeness REAL NOT NULL CHECK (likeness BETWEEN -1 AND 1),
    expires REAL NOT NULL,
    seconds REAL NOT NULL,
    sample BLOB NOT NULL,
    UNIQUE (platform, account),
    FOREIGN KEY (platform, account) REFERENCES accounts ON DELETE CASCADE
) STRICT;

CREATE TABLE voice_latents (
    voice INTEGER NOT NULL REFERENCES voices ON DELETE CASCADE,
    model TEXT NOT NULL,
    latents BLOB NOT NULL,
    PRIMARY KEY (voice, model)
) STRICT;

-- Which voice each account may be given, and until when.
CREATE VIEW consented AS
    SELECT voices.id AS voice, speaker.platform, speaker.account, voices.expires
    FROM voices
    JOIN accounts AS owner
        ON owner.platform = voices.platform AND owner.account = voices.account
    JOIN accounts AS speaker ON speaker.profile = owner.profile;

-- A grant is a person's or a role's; without a chat it is the operator's, and holds everywhere.
CREATE TABLE grants (
    id INTEGER PRIMARY KEY,
    chat INTEGER REFERENCES chats ON DELETE CASCADE,
    platform TEXT NOT NULL,
    account TEXT,
    role TEXT,
    granted REAL NOT NULL,
    until REAL,
    minutes REAL NOT NULL CHECK (minutes > 0),
    CHECK ((account IS NULL) <> (role IS NULL)),
    CHECK (role IS NULL OR chat IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX grants_once
    ON grants (coalesce(chat, 0), platform, coalesce(account, ''), coalesce(role, ''));
CREATE INDEX grants_of_account ON grants (platform, account);

-- Seconds that were spoken in the person's voice, by days since the epoch, in UTC.
CREATE TABLE voice_use (
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    day INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (platform, account, day)
) STRICT, WITHOUT ROWID;

-- A clip that is to be made and sent. "lease" and "claim" are of who works on it; "due" is when it
-- may be tried, "made" how long making it took. "outcome" is the code of what ended it.
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    voice INTEGER NOT NULL REFERENCES voices ON DELETE CASCADE,
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    chat TEXT NOT NULL,
    topic TEXT NOT NULL,
    message TEXT NOT NULL,
    locale TEXT NOT NULL,
    language TEXT NOT NULL,
    characters INTEGER NOT NULL,
    quota REAL NOT NULL,
    priority INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'claimed', 'working', 'done',
        'delivering', 'delivered', 'failed', 'dropped')),
    created REAL NOT NULL,
    expires REAL NOT NULL,
    due REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    sends INTEGER NOT NULL DEFAULT 0,
    claim TEXT,
    lease REAL,
    served REAL,
    made REAL,
    finished REAL,
    outcome TEXT,
    text BLOB,
    clip BLOB,
    CHECK ((claim IS NULL) = (lease IS NULL)),
    CHECK ((claim IS NULL) = (state NOT IN ('claimed', 'working', 'delivering'))),
    CHECK ((text IS NULL) = (state NOT IN ('queued', 'claimed', 'working'))),
    CHECK ((clip IS NULL) = (state NOT IN ('done', 'delivering'))),
    CHECK ((finished IS NULL) = (state NOT IN ('delivered', 'failed', 'dropped'))),
    CHECK ((outcome IS NULL) = (finished IS NULL)),
    UNIQUE (platform, chat, message, account)
) STRICT;
CREATE INDEX jobs_open ON jobs (state, due) WHERE finished IS NULL;
CREATE INDEX jobs_of_voice ON jobs (voice, served);
CREATE INDEX jobs_of_account ON jobs (platform, account);
CREATE INDEX jobs_finished ON jobs (finished) WHERE finished IS NOT NULL;

-- No clip without a consent that still holds, whoever asks for it and whatever the time he gives.
CREATE TRIGGER job_consented BEFORE INSERT ON jobs
WHEN NOT EXISTS (
    SELECT 1 FROM consented WHERE voice = new.voice AND platform = new.platform
    AND account = new.account
    AND expires > max(new.created, (julianday('now') - 2440587.5) * 86400)
) BEGIN
    SELECT RAISE(ABORT, 'no consent');
END;
CREATE TRIGGER job_stays_consented BEFORE UPDATE OF voice, platform, account ON jobs
WHEN NOT EXISTS (
    SELECT 1 FROM consented WHERE voice = new.voice AND platform = new.platform
    AND account = new.account AND expires > (julianday('now') - 2440587.5) * 86400
) BEGIN
    SELECT RAISE(ABORT, 'no consent');
END;

-- With their voice, people and their accounts take what was to be made of it away. This is said
-- twice, for programs that don't look after references.
CREATE TRIGGER voice_removed BEFORE DELETE ON voices BEGIN
    DELETE FROM jobs WHERE voice = old.id;
    DELETE FROM voice_latents WHERE voice = old.id;
END;
