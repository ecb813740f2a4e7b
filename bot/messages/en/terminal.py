"""What the operator reads."""

from typing import Final

SENTENCES: Final = {
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
    # dragoman restore
    "restore.done": "The database {path} is now {copy}; start Dragoman.",
    "restore.replaced": (
        "The database {path} is now {copy}; what was there before lies at {aside}: start Dragoman, "
        "and delete that when you need it no more."
    ),
    # settings that change while “dragoman run” runs
    "reload.taken": "These settings have changed, and hold from now on: {settings}.",
    "reload.restart": "These settings take effect after a restart: {settings}.",
    "reload.same": "The settings were read again, and are as before.",
    "reload.refused": "The settings stay as they are. {problem}",
    # dragoman check
    "check.fine": "The settings are in order and every model they name is here.",
    "check.invite": "Invite the bot to your Discord server: {link}",
    # dragoman health
    "health.fine": "In order.",
    "health.ready": "Everything is in order.",
    "health.silent": "Nobody answers at {address}; is “dragoman run” running?",
    "health.off": "Nothing can be asked: set monitoring.port, or DRAGOMAN_MONITORING__PORT.",
    "health.starting": "The check “{check}” has not been made yet.",
    "health.slow": "The check “{check}” takes too long: the disk or the network may be overloaded.",
    "health.unchecked": "The check “{check}” was last made {seconds} s ago; see the log.",
    "health.database": "The database can't be written ({code}); see to its disk and permissions.",
    "health.disk": "Only {free_mib} MiB are free where the database lies; make some room.",
    "health.disk.unreadable": "The folder of the database can't be looked at; is its disk there?",
    "health.platform": "{platform} is not connected; if that lasts, see the log and the network.",
    "health.worker.stuck": (
        "The worker “{worker}” has been at one call for {seconds} s; start Dragoman again."
    ),
    "health.worker.restarts": (
        "The worker “{worker}” was started {count} times in ten minutes; see the log, and whether "
        "there is enough memory."
    ),
    "health.calls": (
        "{count} calls can't be heard, whatever was tried; leave them and join again."
    ),
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
        "Peak memory: {ours:,.0f} MiB (this process {parent:,.0f}, its worker {child:,.0f}, "
        "its decoder {decoder:,.0f})"
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
    "bench.clone": (
        "{model}, threads {threads}, niceness {niceness}: loaded in {load_s} s, "
        "a voice learnt in {learn_s} s, a clip heard in {hear_s} s, at most {memory_mib:,} MiB; "
        "load {machine_load[0]} before, "
        "{machine_load[1]} after"
    ),
    "bench.clone.spoken": (
        "{characters} characters: {speech_s} s of speech in {took_s} s; {real_time_factor} s each"
    ),
    "bench.clone.text": (
        "To the text of a note, p50: {text_alone_p50_ms:,} ms alone, {text_beside_p50_ms:,} ms "
        "beside a clip that gives way ({slower_percent:+} %), {text_against_p50_ms:,} ms beside "
        "one that does not"
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
