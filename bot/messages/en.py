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
    "engine.failed": "{engine} failed on this; please try again.",
    "engine.unavailable": "{engine} is not available now; try again later.",
    "engine.timeout": "{engine} did not answer in time; try again later.",
    "worker": "The computation broke off; please try again.",
    "worker.lost": "The computation broke off; please try again.",
    "worker.timeout": "That took too long and was stopped; send it in shorter parts.",
    "configuration": "The setting {setting} can't be used: {reason}; correct it and start again.",
    "interrupted": "Stopped before the end; run the command again to go on.",
    # doubts, by reason
    "doubt.loop": "repeats itself",
    "doubt.invented": "perhaps nobody said this",
    "doubt.unsure": "heard indistinctly",
    "doubt.numbers": "the numbers differ",
    "doubt.links": "the addresses differ",
    "doubt.length": "something may be missing",
    "doubt.untranslated": "not translated",
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
}
"""Templates by code or name."""
