-- The first release, schema 1: what its own stores have written, at 1790000000 and on, and
-- frozen. Sizes in cached_sizes and kept_calls are counted by the schema's triggers.

INSERT INTO profiles (id, spoken, target, allowed, quick_voice, voice, speed, locale) VALUES (
    1, 'vi', 'en', 'en vi', 1, 'af_heart', 1.25, 'vi'
);
INSERT INTO profiles (id, spoken, target, allowed, quick_voice, voice, speed, locale) VALUES (
    2, NULL, 'fr', NULL, 0, NULL, NULL, NULL
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
INSERT INTO terms (profile, chat, folded, term, translation, target) VALUES (
    1, NULL, 'phở', 'Phở', 'noodle soup', 'en'
);
INSERT INTO terms (profile, chat, folded, term, translation, target) VALUES (
    NULL, 1, 'hội an', 'Hội An', NULL, ''
);
INSERT INTO link_codes (digest, profile, platform, account, expires) VALUES (
    x'dbb0ea6e7a8ac23d99b4e8ba41e12d39507f5fc68a0acb470c9a18986055b1aa', 1, 'telegram', '1001',
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
