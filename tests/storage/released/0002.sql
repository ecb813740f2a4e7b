-- The release with calls, schema 2: what its own stores have written, at 1790000000 and on, and
-- frozen. Sizes in cached_sizes and kept_calls are counted by the schema's triggers.

INSERT INTO profiles (id, spoken, target, allowed, quick_voice, voice, speed, locale, unheard) VALUES (
    1, 'vi', 'en', 'en vi', 1, 'af_heart', 1.25, 'vi', NULL
);
INSERT INTO profiles (id, spoken, target, allowed, quick_voice, voice, speed, locale, unheard) VALUES (
    2, NULL, 'fr', NULL, 0, NULL, NULL, NULL, 1
);
INSERT INTO accounts (platform, account, profile) VALUES (
    'discord', '2002', 1
);
INSERT INTO accounts (platform, account, profile) VALUES (
    'telegram', '1001', 1
);
INSERT INTO accounts (platform, account, profile) VALUES (
    'discord', '3003', 2
);
INSERT INTO chats (id, platform, chat, topic, active, target, allowed, admins_only) VALUES (
    1, 'telegram', '-100500', '', 1, 'en', 'vi', 0
);
INSERT INTO chats (id, platform, chat, topic, active, target, allowed, admins_only) VALUES (
    2, 'telegram', '-100500', '7', 0, NULL, NULL, NULL
);
INSERT INTO chats (id, platform, chat, topic, active, target, allowed, admins_only) VALUES (
    3, 'discord', '900', '', NULL, NULL, NULL, NULL
);
INSERT INTO terms (profile, chat, folded, term, translation, target) VALUES (
    1, NULL, 'phở', 'Phở', 'noodle soup', 'en'
);
INSERT INTO terms (profile, chat, folded, term, translation, target) VALUES (
    NULL, 1, 'hội an', 'Hội An', NULL, ''
);
INSERT INTO link_codes (digest, profile, platform, account, expires) VALUES (
    x'60e8515dfbab52f56df2eeed968e0eed3bbea47cac673426084bed7d5b32daad', 1, 'telegram', '1001',
    1790000600.0
);
INSERT INTO link_tries (platform, account, tried) VALUES (
    'discord', '3003', 1790000000.0
);
INSERT INTO notes (platform, chat, topic, message, account, taken, finished, outcome, stages) VALUES (
    'discord', '77', '', '44', '3003', 1790000000.0, 1790000002.5, 'audio.no_speech',
    '{"decode": 2.0}'
);
INSERT INTO notes (platform, chat, topic, message, account, taken, finished, outcome, stages) VALUES (
    'telegram', '-100500', '7', '42', '1001', 1790000000.0, 1790000002.5, 'done',
    '{"decode": 3.5, "hear": 820.0, "translate": 140.0, "speak": 95.5}'
);
INSERT INTO notes (platform, chat, topic, message, account, taken, finished, outcome, stages) VALUES (
    'telegram', '-100500', '', '43', '1001', 1790000000.0, NULL, NULL, '{}'
);
INSERT INTO cached (kind, key, used, expires, size, about, value) VALUES (
    'translation', x'8aaecd06d85c7f743d3545e7b865f3053c647591f95919c1c0b003046d4757aa',
    1790000002.5, 1790086402.5, 219, '', x'48656c6c6f2c20686f772061726520796f753f'
);
INSERT INTO cached (kind, key, used, expires, size, about, value) VALUES (
    'speech', x'2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', 1790000002.5,
    1790003602.5, 384,
    '{"seconds": 1.5, "waveform": "000102030405060708090a0b0c0d0e0f", "language": "en", "engine": "espeak", "voice": "en-us"}',
    x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f'
);
INSERT INTO call_preferences (chat, captions, speaks, spoken_into, pauses, auto_join, keeps, role) VALUES (
    3, '71', 1, 'vi', 1, '70', 1, '555'
);
INSERT INTO open_calls (chat, channel, place, since) VALUES (
    3, '70', '71', 1790000002.5
);
INSERT INTO kept_calls (id, chat, call, channel, started, lines, bytes) VALUES (
    1, 3, 'c0ffee', '70', 1789999942.5, 0, 0
);
INSERT INTO call_lines (id, call, at, until, platform, account, name, source, original, target, translation, bytes) VALUES (
    1, 1, 1.0, 2.5, 'discord', '2002', 'John', 'en', 'Where is the station?', 'vi',
    'Nhà ga ở đâu?', 258
);
INSERT INTO call_lines (id, call, at, until, platform, account, name, source, original, target, translation, bytes) VALUES (
    2, 1, 3.0, 4.0, 'discord', '4004', 'Chi', 'vi', 'Ở kia.', 'en', 'Over there.', 237
);
