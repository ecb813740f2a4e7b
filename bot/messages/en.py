"""English."""

from typing import Final

SENTENCES: Final = {
    # errors, by code
    "error": "Something went wrong; please try again.",
    "audio": "This recording can't be used; please send another one.",
    "audio.missing": "There is no readable file of that name; check the path and try again.",
    "audio.empty": "The recording is empty; please record it again.",
    "audio.unreadable": (
        "This is not a sound file I can read; send a voice note, or Ogg, MP3, M4A, WAV, FLAC, "
        "WebM or MP4."
    ),
    "audio.no_soundtrack": "There are pictures in this file but no sound; send one with sound.",
    "audio.too_long": "The recording is longer than {limit:.0f} seconds; send it in shorter parts.",
    "audio.too_large": (
        "The file is larger than {limit:,.0f} bytes; send it in shorter parts, or compressed."
    ),
    "audio.no_speech": "I heard nobody speak; record it again, closer to the microphone.",
    "language": "That language can't be served; choose another one.",
    "language.unknown": "I know no language “{language}”; write a name or a code such as vi or en.",
    "language.unsupported": "{engine} can't serve {language}; choose another language or model.",
    "model": "A model can't be used; the operator can find out more with “dragoman check”.",
    "model.unknown": "There is no model “{model}”; “dragoman models list” shows those there are.",
    "model.missing": "The model {model} has not been fetched; run “dragoman models fetch {model}”.",
    "model.missing.convert": (
        "The model {model} must be converted first; run “dragoman models convert {model}”."
    ),
    "model.missing.reinstall": "The model {model} is part of Dragoman but missing; reinstall it.",
    "model.damaged": (
        "The file {file} of the model {model} is damaged; run “dragoman models fetch {model}”."
    ),
    "model.forbidden": (
        "The licence of {model} ({licence}) forbids commercial use; use {alternative} instead."
    ),
    "model.gated": (
        "The owner of {model} asks you to agree first: open {page}, agree, and set HF_TOKEN."
    ),
    "model.hub": "The model {model} could not be fetched ({reason}); try again later.",
    "model.hub.offline": (
        "The hub can't be reached, so {model} was not fetched; connect and try again."
    ),
    "model.hub.network": (
        "The hub can't be reached, so {model} was not fetched; connect and try again."
    ),
    "model.hub.timeout": (
        "The hub did not answer in time, so {model} was not fetched; try again later."
    ),
    "model.hub.interrupted": (
        "The download of {model} broke off; run the command again and it goes on from there."
    ),
    "model.hub.disk_full": (
        "There is not enough room on the disk for {model}; make some and try again."
    ),
    "model.hub.not_writable": "The folder for {model} can't be written to; change its permissions.",
    "model.hub.checksum": (
        "What arrived of {model} is not what its owner published; try again later."
    ),
    "model.hub.no_such_repository": (
        "The hub has no {model} any more; choose another with “dragoman models list”."
    ),
    "engine.failed": "{engine} failed on this; please try again.",
    "engine.unavailable": "{engine} is not available now; try again later.",
    "engine.timeout": "{engine} did not answer in time; try again later.",
    "engine.too_long": "{engine} reads at most {limit} characters at once; send shorter parts.",
    "worker": "The computation broke off; please try again.",
    "worker.lost": "The computation broke off; please try again.",
    "worker.timeout": "That took too long and was stopped; send it in shorter parts.",
    "configuration": "The setting {setting} can't be used: {reason}; correct it and start again.",
    "configuration.no_platform": (
        "No chat platform is set up; "
        "put a bot's token under [telegram] into settings.toml, or set DRAGOMAN_TELEGRAM__TOKEN."
    ),
    # what is remembered
    "storage": "What is remembered can't be reached; the operator can find out more in the log.",
    "storage.corrupt": "The database {path} is damaged; put back a backup, or move it away.",
    "storage.foreign": "The database {path} belongs to another program; choose another path.",
    "storage.newer": (
        "The database {path} comes from a newer release; install that one, or put back a backup."
    ),
    "storage.migration": (
        "The database {path} could not be brought up to date and was left as it was; see the log."
    ),
    "storage.locked": "Another process uses the database {path}; stop it and start again.",
    "storage.full": "There is no room left for the database {path}; make some and start again.",
    "storage.unavailable": "The database {path} can't be used; check its folder and permissions.",
    "glossary": "This term can't be kept; write another one.",
    "glossary.term": "A term has 1 to {limit} characters; write a shorter one.",
    "glossary.full": "There are {limit} terms already; remove one first.",
    "link": "These accounts can't be linked; ask for a new code and try again.",
    "link.code": "This code is not valid, or older than {minutes} minutes; ask for a new one.",
    "link.same_account": "This code was made here; enter it on your other account.",
    "link.tries": "Too many wrong codes; try again in {minutes} minutes.",
    # chat platforms
    "platform": "{platform} failed on this; please try again.",
    "platform.refused": "{platform} does not allow this here; check the bot's permissions.",
    "platform.refused.token": (
        "{platform} does not know this token; copy it again from @BotFather into "
        "DRAGOMAN_TELEGRAM__TOKEN."
    ),
    "platform.refused.conflict": (
        "Another copy of this bot takes its messages from {platform}; stop it and start again."
    ),
    "platform.refused.too_large": (
        "{platform} gives bots no file over 20 MB; send it in shorter parts, or compressed."
    ),
    "platform.unreachable": "{platform} can't be reached now; try again in a moment.",
    "interrupted": "Stopped before the end; run the command again to go on.",
    # what people in a chat are told of errors that only the operator can mend
    "public.model": "A model I need is missing or damaged; please tell whoever runs this bot.",
    "public.configuration": "I am not set up for this; please tell whoever runs this bot.",
    "public.storage": "My memory can't be reached now; try again in a few minutes.",
    # the desk
    "busy": "There is too much to do right now; send it again in a few minutes.",
    "busy.person": "Some of your notes still wait; send this one again when they are answered.",
    "busy.chat": "Many notes of this chat still wait; send this one again in a few minutes.",
    "busy.house": "There is too much to do right now; send it again in a few minutes.",
    "busy.stopping": "I am being restarted; please send this note again in a minute.",
    "busy.restarted": "I was restarted while I worked on this note; please send it again.",
    # answers to notes
    "reply.waiting": "Your note is number {place} in the queue; the answer comes by itself.",
    "reply.unspoken": "The voice could not be made this time; the text above is complete.",
    "reply.no_voice": "There is no voice for this language; the text above is complete.",
    "reply.which": "Reply with /translate to the voice note that you want to understand.",
    "reply.aside": (
        "I may not write where you asked me to; ask an admin there, or send me the note here."
    ),
    "reply.unseen": (
        "Telegram shows me no voice notes here yet; make me an admin, or let @BotFather turn off "
        "my group privacy and add me again."
    ),
    # commands, as a menu shows them
    "menu.start": "Begin in three taps",
    "menu.help": "What I can do",
    "menu.language": "What you speak, and what others get",
    "menu.voice": "Hear the answers: on or off, which voice, how fast",
    "menu.settings": "What this group wants, for its admins",
    "menu.glossary": "Names and terms, kept or translated your way",
    "menu.status": "What I am doing, and how long it takes",
    "menu.privacy": "What is kept, and for how long",
    "menu.mydata": "Everything about you: get it, or delete it",
    "menu.link": "Use the same choices on another platform",
    "menu.translate": "Understand the voice note that you reply to",
    "word.add": "add",
    "word.remove": "remove",
    # cards
    "card.help": (
        "Send me a voice note and I answer with what it means, as text and as voice.\nIn "
        "groups, reply to a note with “translate”, or have an admin switch me on in /settings."
    ),
    "card.stale": "This button is too old; send the command again.",
    "card.not_yours": "These buttons are somebody else's; send the command yourself.",
    "card.private_only": "This is for you alone; write to me in a private chat.",
    "card.start.spoken": (
        "Hello! I turn voice notes into the other language.\n1 of 3: what do you speak?"
    ),
    "card.start.voice": "3 of 3: do you want to hear the translation too?",
    "card.start.others": "2 of 3: what shall others get?",
    "card.start.done": (
        "Done. Send me a voice note now; /language and /voice change this at any time."
    ),
    "card.language": (
        "You speak: {spoken}\nOthers get: {target}\nDetection chooses among: {allowed}"
    ),
    "card.language.none": "I know no such language; write another name, or a code such as vi.",
    "card.language.found": "What about it?",
    "card.detected": "whatever I hear",
    "card.first_other": "the first of {languages} that is not spoken",
    "card.every": "all languages",
    "card.automatic": "automatic",
    "card.pick.spoken": "What do you speak? Tap a language, or write its name.",
    "card.pick.target": "What shall your words become? Tap a language, or write its name.",
    "card.pick.allowed": "Which languages may be heard? Tap to add or remove, or write a name.",
    "card.pick.locale": "In which language shall I talk to you?",
    "card.voice.on": "You hear the answers.\nVoice: {voice}\nSpeed: {speed}",
    "card.voice.off": "You get text only.\nVoice: {voice}\nSpeed: {speed}",
    "card.voice.names": "Which voice shall speak {language}?",
    "card.settings": (
        "{where}\nNotes: {active}\nOthers get: {target}\nDetection chooses among: "
        "{allowed}\nWho may change this: {who}"
    ),
    "card.settings.admins": (
        "Only admins of a group may change this; your own choices are under /language."
    ),
    "card.chat": "In this chat",
    "card.topic": "In this topic",
    "card.active": "every voice note is interpreted",
    "card.asked": "interpreted when somebody asks",
    "card.all": "everybody",
    "card.admins": "admins",
    "card.glossary.mine": "Your terms: {count}",
    "card.glossary.chat": "Terms of this chat: {count}",
    "card.glossary.kept": "{term} (kept)",
    "card.glossary.add": "Write a name to keep it as it is, or “term = translation”.",
    "card.status": "Being worked on: {working}. Waiting: {waiting}.",
    "card.status.typical": "A note is usually answered within {seconds} s.",
    "card.status.yours": "Your places in the queue: {places}.",
    "card.privacy": (
        "Recordings are deleted as soon as they are heard, and nothing anybody says goes into "
        "a log. Translated sentences are kept for {hours:g} h and spoken audio for {speech:g} "
        "h, so that the same need not be made twice. That a note was answered, and how long it "
        "took, is kept for 30 days, without a word of it."
    ),
    "card.privacy.gtts": (
        "Some languages are spoken by Google's voice: the translated text is then sent to Google."
    ),
    "card.privacy.libretranslate": (
        "Some sentences are translated by a LibreTranslate server that whoever runs this bot "
        "has chosen."
    ),
    "card.privacy.yours": "/mydata gives you everything there is about you, or deletes it.",
    "card.mydata": (
        "Everything there is about you: your choices, your terms, that notes were answered."
    ),
    "card.mydata.export": "Here is everything there is about you.",
    "card.mydata.sure": (
        "Your choices, terms and notes are deleted on all linked accounts, and every cached "
        "text and voice with them. This can't be undone."
    ),
    "card.mydata.receipt": (
        "Deleted: {accounts} accounts with their choices, {terms} terms, {notes} notes, "
        "{codes} link codes and tries, {cached} cached texts and voices."
    ),
    "card.link": "Accounts that share your choices: {count}.",
    "card.link.code": "Send this to me on the other platform within ten minutes:\n/link {code}",
    "card.link.redeem": "Write the code from the other platform.",
    "card.link.done": "Linked: {count} accounts now share your choices.",
    "card.link.parted": "Parted: this account now has its own copy of your choices.",
    "card.link.alone": "This account was not linked.",
    # buttons
    "tap.back": "← Back",
    "tap.again": "Look again",
    "tap.add": "Add…",
    "tap.spoken": "I speak…",
    "tap.target": "Others get…",
    "tap.allowed": "Languages heard…",
    "tap.locale": "Tiếng Việt / English",
    "tap.none.spoken": "Detect it",
    "tap.none.target": "Automatic",
    "tap.none.allowed": "All languages",
    "tap.offer.spoken": "I speak: {language}",
    "tap.offer.target": "Others get: {language}",
    "tap.start.target": "I speak several",
    "tap.start.voice": "Automatic",
    "tap.voice.on": "Let me hear the answers",
    "tap.voice.off": "Text only, please",
    "tap.voice.text": "Text only",
    "tap.voice.both": "Text and voice",
    "tap.voice": "Choose a voice…",
    "tap.automatic": "Automatic",
    "tap.active": "Interpret every note",
    "tap.asked": "Only when asked",
    "tap.admins": "Only admins decide",
    "tap.all": "Let everybody decide",
    "tap.glossary.mine": "My terms",
    "tap.glossary.chat": "This chat's terms",
    "tap.mydata.export": "Get it as a file",
    "tap.mydata.delete": "Delete it…",
    "tap.mydata.sure": "Delete everything",
    "tap.link.offer": "Make a code",
    "tap.link.redeem": "Enter a code",
    "tap.link.part": "Part this account",
    # doubts, by reason
    "doubt.loop": "repeats itself",
    "doubt.invented": "perhaps nobody said this",
    "doubt.unsure": "heard indistinctly",
    "doubt.numbers": "the numbers differ",
    "doubt.links": "the addresses differ",
    "doubt.length": "something may be missing",
    "doubt.untranslated": "not translated",
    "doubt.terms": "a term of the glossary is missing",
    # dragoman try
    "try.heard": "heard",
    "try.meaning": "meaning",
    "try.spoken": "spoken",
    "try.unspoken": "not spoken",
    "try.doubts": "doubts",
    "try.failed": "failed",
    "try.listening": "listening",
    "try.times": "decode {decode}, hear {hear}, translate {translate}, speak {speak}",
    "try.totals": "text after {text}, all after {total}",
    # dragoman backup
    "backup.done": "The copy is complete: {path}",
    # dragoman check
    "check.fine": "The settings are in order and every model they name is here.",
    # dragoman bench
    "bench.measuring": "measuring",
    "bench.machine": (
        "{cpu}, {cores} cores, {memory_gib} GiB; load {load[0]} before, {load[1]} after"
    ),
    "bench.setup": (
        "{models}; threads {threads}, runs {runs}, window {window}; milliseconds, p50 / p95"
    ),
    "bench.random": "{model} (random weights)",
    "bench.stages": "Speech to text, translation and voice",
    "bench.seconds": "clip",
    "bench.decode": "decode",
    "bench.hear": "hear",
    "bench.translate": "translate",
    "bench.text": "text",
    "bench.speak": "speak",
    "bench.total": "all",
    "bench.factor": "text / clip",
    "bench.recognition": "Recognition side by side, decoding included",
    "bench.who": "by",
    "bench.who.ours": "Dragoman, language detected",
    "bench.who.ours.given": "Dragoman, language given",
    "bench.who.ours.other_window": "Dragoman, window {window}",
    "bench.who.bare": "the libraries with Dragoman's options, language given",
    "bench.who.stock": "faster-whisper with its defaults, language detected",
    "bench.who.stock.given": "faster-whisper with its defaults, language given",
    "bench.who.transformers": "Transformers, float32, random weights",
    "bench.overhead": "To the text, the pipeline adds to the bare libraries: {shares}",
    "bench.passes": (
        "Encoder passes, language detected / given: Dragoman {ours} / {ours_given}, "
        "faster-whisper {stock} / {stock_given}"
    ),
    "bench.cached": "A translation that is remembered: {p50_ms:.1f} / {p95_ms:.1f} ms",
    "bench.narrowed": (
        "Translating the {seconds:g} s clip's text: {wide:,.0f} ms, {narrowed:,.0f} ms narrowed"
    ),
    "bench.memory": (
        "Peak memory: {ours:,.0f} MiB (this process {parent:,.0f}, its worker {child:,.0f})"
    ),
    "bench.memory.other": "Peak memory of {who}: {peak:,.0f} MiB",
    "bench.absent.transformers": (
        "Transformers did not run: that takes --shape and the extra “convert”."
    ),
    "bench.absent.ours.narrowed": "The translator was not narrowed: its vocabulary is small.",
    "bench.nonsense": (
        "Random weights cost what trained ones cost, but say nothing: each wrote a fixed number of "
        "tokens, and its text means nothing."
    ),
    # dragoman models
    "models.model": "model",
    "models.transcriber": "speech to text",
    "models.translator": "translation",
    "models.synthesizer": "voices",
    "models.cloner": "own voice",
    "models.diarizer": "who spoke",
    "models.embedder": "document context",
    "models.state": "state",
    "models.languages": "languages",
    "models.disk": "disk",
    "models.memory": "memory",
    "models.licence": "licence",
    "models.money": "commercial",
    "models.yes": "yes",
    "models.no": "no",
    "models.ready": "ready",
    "models.absent": "not fetched",
    "models.unconverted": "to be converted",
    "models.damaged": "damaged",
    "models.done": "{model}: done.",
    "models.narrowed": (
        "{model} now writes with {kept:,} pieces; “dragoman models widen” undoes it."
    ),
}
"""Templates by code or name."""
