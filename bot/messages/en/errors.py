"""Errors, by code."""

from typing import Final

SENTENCES: Final = {
    "error": "Something went wrong; please try again.",
    "audio": "This recording can't be used; please send another one.",
    "audio.missing": "There is no readable file of that name; check the path and try again.",
    "audio.missing.folder": "There is no file in it; name a folder with recordings, or a file.",
    "audio.empty": "The recording is empty; please record it again.",
    "audio.unreadable": (
        "This is not a sound file I can read; send a voice note, or Ogg, MP3, M4A, WAV, FLAC, "
        "WebM or MP4."
    ),
    "audio.no_soundtrack": "There are pictures in this file but no sound; send one with sound.",
    "audio.too_long": "The recording is longer than {limit:.0f} seconds; send it in shorter parts.",
    "audio.too_large": (
        "The file is larger than {limit}; send it in shorter parts, or compressed."
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
    "configuration": "The setting {setting} can't be used: {reason}; correct it.",
    "configuration.no_platform": (
        "No chat platform is set up; "
        "put a bot's token under [discord] or [telegram] into settings.toml, or set "
        "DRAGOMAN_DISCORD__TOKEN or DRAGOMAN_TELEGRAM__TOKEN."
    ),
    "configuration.unknown": (
        "There is no setting {setting}; docs/settings.md shows those there are."
    ),
    "configuration.misspelt": ("There is no setting {setting}; write {nearest} if you mean that."),
    "configuration.json": (
        'The variable {setting} is not JSON; write a list as \'["vi", "en"]\' and a table as '
        '\'{{"vi": "whisper-small"}}\'.'
    ),
    "configuration.home": (
        "Nobody here has the name behind the “~” of the setting {setting}; "
        "write out the whole path."
    ),
    "configuration.missing": "The setting {setting} is missing; write it.",
    "configuration.whole": ("The setting {setting} is not a whole number; write one, such as 3."),
    "configuration.number": "The setting {setting} is not a number; write one, such as 2.5.",
    "configuration.boolean": (
        "The setting {setting} is neither true nor false; write one of them."
    ),
    "configuration.text": "The setting {setting} is not text; put it in quotation marks.",
    "configuration.list": "The setting {setting} is not a list; write it in square brackets.",
    "configuration.table": (
        "The setting {setting} is not a table; write names and values in braces."
    ),
    "configuration.choice": (
        "The setting {setting} can't have this value; choose one of: {choices}."
    ),
    "configuration.over": "The setting {setting} is too small; write a number over {limit:g}.",
    "configuration.least": "The setting {setting} is too small; write {limit:g} or more.",
    "configuration.under": "The setting {setting} is too large; write a number under {limit:g}.",
    "configuration.most": "The setting {setting} is too large; write {limit:g} or less.",
    "configuration.too_few": (
        "The setting {setting} has too few characters; write {limit} or more."
    ),
    "configuration.too_many": (
        "The setting {setting} has too many characters; write {limit} or fewer."
    ),
    "configuration.address": (
        "The setting {setting} is not an address; write one that begins with http:// or https://."
    ),
    "configuration.https": (
        "The setting {setting} is not a safe address; write one that begins with https://."
    ),
    "configuration.account": (
        "The setting {setting} is not the id of an account; write its digits in quotation marks."
    ),
    "configuration.language": (
        "The setting {setting} names no language that I know, but “{value}”; write a name or a "
        "code such as vi or en."
    ),
    "configuration.none": "The setting {setting} is empty; name at least one language.",
    "configuration.rising": (
        "smaller_after_s, text_only_after_s and refuse_after_s under [{setting}] do not rise; "
        "write them so that they do."
    ),
    "configuration.pause": (
        "provisional_ms under [{setting}] is not less than end_silence_ms; make it less."
    ),
    "configuration.secret": (
        "The setting {setting} has other characters than letters, digits, _ and -; write only "
        "those."
    ),
    "configuration.key": (
        "The setting {setting} is not 32 random bytes in base64 or hex; make a key with “openssl "
        "rand -base64 32”."
    ),
    "configuration.keyless": (
        "What is set in {setting}.models has no key beside it; set {setting}.key to what “openssl "
        "rand -base64 32” prints."
    ),
    "configuration.token.discord": (
        "What is set in {setting} can't be a token; copy it again from discord.com/developers/"
        "applications, page Bot."
    ),
    "configuration.token.telegram": (
        "What is set in {setting} can't be a token; copy it again from @BotFather."
    ),
    "configuration.clone": (
        "The setting {setting} needs more: the extra “clone” is not installed; docs/own-voice.md "
        "says how."
    ),
    "configuration.kind": (
        "The model {model} is not of the kind that {setting} needs; “dragoman models list” shows "
        "the kinds."
    ),
    "configuration.no_translator": (
        "Nothing can be translated, as {setting} is empty; name a model there, or set "
        "translating.libretranslate."
    ),
    "configuration.encoding": "The file {setting} is not UTF-8 text; save it as such.",
    "configuration.toml": "The file {setting} is not TOML ({where}); correct it there.",
    # what is remembered
    "storage": "What is remembered can't be reached; the operator can find out more in the log.",
    "storage.corrupt": (
        "The database {path} is damaged; put back a copy with “dragoman restore FILE”, or move it "
        "away."
    ),
    "storage.corrupt.another": (
        "The file {path} is damaged, or is no copy of Dragoman's database; name another one."
    ),
    "storage.foreign": "The database {path} belongs to another program; choose another path.",
    "storage.newer": (
        "The database {path} comes from a newer release; install that one, or go back to an older "
        "copy with “dragoman restore FILE”."
    ),
    "storage.migration": (
        "The database {path} could not be brought up to date and was left as it was; see the log."
    ),
    "storage.copy": (
        "No copy could be kept at {path} ({reason}), so the upgrade was not begun; make room, or "
        "see to the permissions there, and start again."
    ),
    "storage.locked": "Another process uses the database {path}; stop it and start again.",
    "storage.full": "There is no room left for the database {path}; make some and start again.",
    "storage.unavailable": "The database {path} can't be used; check its folder and permissions.",
    "storage.unavailable.missing": "There is no file {path}; check its name.",
    "storage.unavailable.itself": "{path} is the database itself; name another file.",
    "storage.seal": "What is kept of voices can't be read; see the log.",
    "storage.seal.missing": (
        "The key to people's voices is not set; put it back into own_voice.key, or set "
        "DRAGOMAN_OWN_VOICE__KEY."
    ),
    "storage.seal.wrong": (
        "The key in own_voice.key does not open the voices that are kept; put back the key they "
        "were kept with."
    ),
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
    "platform.refused.token.discord": (
        "{platform} does not know this token; copy it again from discord.com/developers/"
        "applications, page Bot, into DRAGOMAN_DISCORD__TOKEN."
    ),
    "platform.refused.intents.discord": (
        "{platform} does not let this bot read messages; switch on “Message Content Intent” on "
        "discord.com/developers/applications, page Bot, and start again."
    ),
    "platform.refused.gone": "{platform} does not have this any more; send it again.",
    "platform.refused.late": "That took longer than {platform} allows; use the command again.",
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
    "busy.wait": (
        "So many notes wait that this one would take about {minutes} min; send it again later."
    ),
    "busy.stopping": "I am being restarted; please send this note again in a minute.",
    "busy.restarted": "I was restarted while I worked on this note; please send it again.",
}
