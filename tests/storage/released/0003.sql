-- The release with own voices, schema 3: what its own stores have written, at 1790000000 and on, and
-- frozen. Sizes in cached_sizes and kept_calls are counted by the schema's triggers.
-- Sealed with the key of bytes 0 to 31.

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
    x'1e877f7b1d59b9ab1caaafa92cb7fb65e49505da3f3925adc36298485323fbe7', 1, 'telegram', '1001',
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
INSERT INTO seals (id, proof) VALUES (
    1,
    x'53d2981bbf36d994ec334056682e61400eb4a03107fca00c1b83a186bb8304c1ce68a5e7981eb329f5b4984052b41e7f'
);
INSERT INTO voices (id, platform, account, consented, sentence, language, words, likeness, expires, seconds, sample) VALUES (
    1, 'telegram', '1001', 1790000002.5,
    x'c2e2e7015634e96133f1ccf6a010105c2544bbfb842f042342f132f77f36bfc6', 'vi', 1.0, 0.8,
    4122800002.5, 0.05,
    x'6d36bffe0bf7b8878af506cd199cf21563ab95948c57a1a6e2c6d1c5f8d402b0d1e0bead33368dae9a7ebeef4bb690fdf2c471ad9ece5fb31b9a1cbce0f1289ea89031acf4aab1c83e26b9fa9f3db1e2fb2d2930fe1f72ad6dd9af0d0ed7b6f2bb701147f45e56502839540ab9fa53544cb07ea16e91a355823f2df90a9ee6a4162776c08e12e7a2eae860481501953e4269e6c57a63b4f1f5ee32d6edb9b1c95ac21d87adaf7c880909ae0dfe26b32778042adc8d365b8fe559caa55ead0328b053ce85b93686a9ca86a1e6d20dbcce33c7eb9927b87c9a6688cdeb75582b3e7a2e6d8fb9741dd5926f4b68144c949db8167cbeb44ab3b44ee2dabbc2609abd1c5551713606d021a6e0b56dbfb8f15868f8d55cace42f08d3329b2f2bc9db6d2b8527e9d808871ba4c2d607291ccd8a1c5a2fd5e3bd9c52e82356bbc8fed00480f2f176a0c06ceb610fe296cc05561224faf86c0be8c4b9f7bf5e4fd8f4a5a309ed16575dfd2e2d88982cdb2751bbc99b747ef1a9b68327201fcd7c5bee72c18a9db1dba8ebe17e85141c346af3d0133ad818f97318ea9d0d6a855bbe5baa3fdd6835cb44d107b76b97934d754faed916d8804895c2eefc150ecf10e53bf6a3bbd3fcb32ee91a2e9005e907a3f3fe325e80f1787ec43dad5fc6ca6f6f14d69c85b9a396cba7c1c9ea4606523f2a480475986a5db579d5ab79d30f4de5ff456e9816d4f52de883fec9275edf551fabf7fd957ac1bb5652cec18720ced37ed0cfc7fc7947ae98b01811353641e660911fd375389bcf19a5209263d47bf19e212bdc55983a341fb6c29f1aa00b6c96da2bf72602778a0341f3d88f42a1045b58637431823c6513fe24912bb98017a36f8b7d54db65e426f269b2e5ccf42f1768bd3d3c607602271b63617cf5f41b9e08c3f7a5bb2aea7ca42057fad85dadeec70a21dcafedfb9150798281dc13d6392957e6bf559804d2fae7fc837f713ab14e6abb5d7f820e51325a21f7164caa0bbab40c1ecc8a25b974e297793ef44250f7241ac80865fe703d383bbeaf3cdbe4447344ba199ebd02a6f3ee6ce83da66e5524f3c8c6fa4c68509dce4870577e5ffa7261666886f4ced11a74f001a5fa04b5b15a33f28413f6f42e86329d4364878f8687d7f46a2eebeeafa5f5e7444f5e842c15c74e0e8e7f09340f3a1d9df84c886b12e8720fc198c7e56396574d1976b3a76fa2baeee7c693d701eeb2db90f943a9c8acf4abf1f0f6b5096652d5308c4c604e08be46b1bdb001b69d54f69a2e866c937c70239b6bb0521ecafa44aedc9b511ffdf2fef15d410a5beade0d443c6af2bad8526cda2d7c29574610c3f287ef3efa77a8f274e9d5e75119a1bf18cecf93b621f8a88674f2adede1e4bbff34dd5bbc1d3fea992f6c3fee75822c6826577a367fea03e1dfc4889687eb8b12694a43fb162c200bed0c007445d82c1373e529cd8bfd59a15c189be78b2ec7b7dcfb42e4ca3d913acf253854dd02da9cd376151d01daaaa35c6c5f732dccbe5148ea24c8de4f4d8b45b61d1d40c379c459bb69b324ca5b718365c97cd78606ae925f03fb10d7c1f1478d83d1f1b555afb809764b42392f3b94724199d712739b461a6b70a9fdc6c412b76760c719d8afed3d7e5eece362866d258461b9234ebc686a37659746e408d76f5f7c71a0ca68082b4048d0f02c699793bdabe62711459ac5245327692bd0a16c4fb32a735d2748715e08d09a029ee88640fb42d63d7cc9b1a05445ecdb904b1e5dea1ef2627da134ed9d8395470e7e3f99231652cb9cd87f18d629faf4a2f5cce4804f853e3d3551d4d367bcde9e20220a941018d690d734ded0e3fbe01611b2494eedb7bd53287231fd41924f3b36313c6281960f43467429a7d719f9a1dbc2d9faa085525269463d69150e735a6a84e545f5b6de1191f52b48b66a46990385afec8f4f51c784624b74a14a08f61649a644e92f448927af8f3b1b9a0bde71d0895cb18368452a9ae8993d0ba144fcb3bcb3cd869975c8edb74c629c017128a8942a91339c30728fe5e94c8dd19b7a9643d9e95a49121fd0a958f216b5eb90c3749760ce8253c40fd738facf985f4c7410f2e5870161297329d5d28f310539357681525d29d9d499f917c759f83ca7c51ae4074f9b8be1d4be992ecca4fb9f2fde797d5a4e7a59ba5691449cd43fca1b9c10dd1cc25dd8a653df5a0353d5467e16059fdeacfc21b1a34d333926d93747244d5cf745a136478ff0b4941d5fe538e42f18f11d8966f285a6725ad96bdccc9d79c18a2fa140b0ad443da550e7d2308fb7aca303ac9ea31bc9872a40c98b4c07e62ec31bd5e689baeb0e68de52c1f5ffcae34b065d17b509962dec2ab41ee6b87939065303ef25d529598f4665042a0cdf468da57550b4ce127755455a0223427ba8454f4a95a2439978c3c4e79944191df489e420337457e4bd25d321a8b419e6789b6db257e7397a8d58f7756e837bd3dc994516d86ad3d668f3438a8468c35e4f889187fb539d71d4a45fcfe1ef1ac1a333ab5b31d2e780493ee58444b126ad1344bca7c33f263eeeb9170df2bfb167115b5a0f189553af284034470c66808934373efb88cb555e842bbfbf8760557de272db9a7b7319675dbe7f2f61e46c004348e6f0633da60ef414c2816f3814a97015c36e13d7b0e109226a3b21652321b7b299e993bfe1021c2c13a0b5a159d1991224c362a1c7f35f900de0ea1855cd6249640ec68359702c35a179001c8c5c0e60bc070f21b0dec0f60cee7d7b74dac58b1bf8821ded31381f9af3f61ffa488bb22d44058881482c0a1227f6c089e8a1dd7524eccf9fce9fdd94d896cd60f6170441918465d0ba9113a8f6ecc5128a2157a88e229034d7c537ec20cc0bc81867688ec856cbf8ab528a372e0168df144deaa1eff50024becc3726bc0992744719e5795ed8c68d4d372e7d03b4553ee1583887f8a76c6ffc97dc08ce4162da03a683722eb2e6ea9021bba43385f9131ff818d62991609dc5f46ce41fa7ff9f18f0c44b9b10eada667ab7279df86f12f52f5a1559068c8954f3d4a96ea72ff0a6b0a9bc054c4d788ce34b509dfe1e6cb5c8277cabb3b2bf8dd6fa9cc0616ae88b9ae51d15821604ea74c57346904e878c1dc2f67e6f089e8abc6e7d2935a2172b8e25fe2143a782608744d39c40fc91079003cb2f255abead219afb2b253cebbd915367649bb26e10730fef46badc9dfcfbc477d4e77b6978a5660de01eaa7f8c83d05a0f5128e089fab112afeffc6db74951820a31785acfd3df3b9b6990d86401e562e3ea018b0be1d5348763cac4628200d166cf2fd5921d8da8024b97e871d020cca6493597bff6d395fd16664aceaee428fe9eabc3768f3c66e1501df2b0872088da3e991d52ed5dd98251e7846c050eb3295eaccd6b3bf400365ec1a9019088a0'
);
INSERT INTO voice_latents (voice, model, latents) VALUES (
    1, 'xtts-v2',
    x'8d4de4f8dc9e58c8431774906f17e06a61afef5d83703858425b51ffb268bb1d3151365daa58570308514f2239e00027b93dbb58966bd781de6ced1c540da212ee2070aefec67957c48d5b5cdf01909f0d97d2bac6e7a7b37d09e9148688f8b191d079e5'
);
INSERT INTO grants (id, chat, platform, account, role, granted, until, minutes) VALUES (
    1, NULL, 'telegram', '1001', NULL, 1790000002.5, 1792592002.5, 10.0
);
INSERT INTO grants (id, chat, platform, account, role, granted, until, minutes) VALUES (
    2, 3, 'discord', '3003', NULL, 1790000002.5, NULL, 5.0
);
INSERT INTO grants (id, chat, platform, account, role, granted, until, minutes) VALUES (
    3, 3, 'discord', NULL, '555', 1790000002.5, NULL, 3.0
);
INSERT INTO voice_use (platform, account, day, seconds) VALUES (
    'telegram', '1001', 20717, 12.5
);
INSERT INTO jobs (id, voice, platform, account, chat, topic, message, locale, language, characters, quota, priority, state, created, expires, due, tries, sends, claim, lease, served, made, finished, outcome, text, clip) VALUES (
    1, 1, 'telegram', '1001', '-100500', '7', '50', 'vi', 'en', 28, 600.0, 0, 'done',
    1790000002.5, 4122800002.5, 1790000006.5, 1, 0, NULL, NULL, 1790000006.5, 9.5, NULL, NULL,
    NULL,
    x'd4eaf3c3cba9777bf6fba588d6e85c5414c687e26ebb3bacffa5e8e80faaac9779234028660349c1ebce804351949b738b30a010ce58182414d819deac0a94346e18fbf6bc09bb11d357a95c5bb0638139c50cc51604cb6fc083211d4d3dff1b6f8f9d9e5f1746f048f388e5d529c1c8e5f3b94b68d0e4e7d93e5c1e64a5b74c65b6965f441596ef686169ad413a6a03b41fc4db2c81de057ce6986ca7ab03e046ebbb112ea9e5417a5799de8a67654cd9f603a943bf2e8051b78de16e44d08f'
);
INSERT INTO jobs (id, voice, platform, account, chat, topic, message, locale, language, characters, quota, priority, state, created, expires, due, tries, sends, claim, lease, served, made, finished, outcome, text, clip) VALUES (
    2, 1, 'telegram', '1001', '-100500', '7', '51', 'vi', 'en', 9, 600.0, 0, 'failed',
    1790000003.5, 4122800003.5, 1790000003.5, 1, 0, NULL, NULL, 1790000006.5, NULL, 1790000006.5,
    'engine.failed', NULL, NULL
);
INSERT INTO jobs (id, voice, platform, account, chat, topic, message, locale, language, characters, quota, priority, state, created, expires, due, tries, sends, claim, lease, served, made, finished, outcome, text, clip) VALUES (
    3, 1, 'telegram', '1001', '-100500', '7', '52', 'vi', 'en', 16, 600.0, 0, 'working',
    1790000004.5, 4122800004.5, 1790000004.5, 1, 0, '119971a087ae1e2d', 1790000066.5,
    1790000006.5, NULL, NULL, NULL,
    x'844f9136abd9a10e3f674ab42aa38c0764d3d994e270897d094713d9cc7a71e3e6d88c5e5f2a2ee2ee3020b02912621e9dbcdf8d7908c219',
    NULL
);
INSERT INTO jobs (id, voice, platform, account, chat, topic, message, locale, language, characters, quota, priority, state, created, expires, due, tries, sends, claim, lease, served, made, finished, outcome, text, clip) VALUES (
    4, 1, 'telegram', '1001', '-100500', '7', '53', 'vi', 'en', 8, 600.0, 0, 'queued',
    1790000005.5, 4122800005.5, 1790000005.5, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL,
    x'fc85ddd7efe28945f9b47dadbda621fda0851856d9ff213296d81f0527e01ce858b474d7ac10c2f47bd86d27abb43274',
    NULL
);
