"""Logs carry events and facts, and nothing that anybody said."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot import logs

CANARY = "nhà vệ sinh ở đâu"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers = root.handlers[:]
    loggers = [root, *map(logging.getLogger, (*logs.OURS, *logs.CHATTY))]
    levels = [each.level for each in loggers]
    yield
    root.handlers[:] = handlers
    for each, level in zip(loggers, levels, strict=True):
        each.setLevel(level)


def test_a_line_for_machines_holds_the_event_and_its_facts() -> None:
    stream = io.StringIO()
    logs.begin(stream, verbose=False)
    logging.getLogger("pipeline.pipeline").warning("voice failed", extra={"engine": "gtts"})
    line = json.loads(stream.getvalue())
    assert (line["event"], line["engine"], line["level"]) == ("voice failed", "gtts", "warning")


def test_sentences_in_the_operator_s_language_can_be_read_in_it() -> None:
    stream = io.StringIO()
    logs.begin(stream, verbose=False)
    logging.getLogger("bot.reloading").info("Các thiết lập vẫn như cũ.\n{}\u2028\x1b[2J")
    assert "Các thiết lập vẫn như cũ." in stream.getvalue()
    assert stream.getvalue().splitlines() == [stream.getvalue().strip()], "in one line"
    assert "\x1b" not in stream.getvalue()


def test_where_letters_can_t_be_written_the_line_is_there_all_the_same() -> None:
    for encoding in ("ascii", "latin-1", "utf-8"):
        sink = io.BytesIO()
        stream = io.TextIOWrapper(sink, encoding, errors="backslashreplace")
        logs.begin(stream, verbose=False)
        logging.getLogger("bot").warning("Tệp à \ud800")
        stream.flush()
        assert json.loads(sink.getvalue().decode(encoding))["event"] == "Tệp à \ud800"


def test_a_line_for_a_terminal_reads_in_one_breath() -> None:
    stream = Terminal()
    logs.begin(stream, verbose=False)
    logging.getLogger("bot").warning("voice failed", extra={"engine": "gtts"})
    assert stream.getvalue().endswith("warning bot voice failed engine=gtts\n")


def test_progress_is_told_only_when_asked_for() -> None:
    for verbose in (False, True):
        stream = io.StringIO()
        logs.begin(stream, verbose=verbose)
        logging.getLogger("bot").info("model loaded")
        assert bool(stream.getvalue()) == verbose


def test_libraries_that_log_addresses_and_texts_stay_silent() -> None:
    stream = io.StringIO()
    logs.begin(stream, verbose=True)
    for name in ("httpx", "urllib3.connectionpool", "gtts.tts", "huggingface_hub.file_download"):
        logging.getLogger(name).info(CANARY)
        logging.getLogger(name).debug(CANARY)
    assert not stream.getvalue()


def test_a_traceback_names_places_and_never_quotes() -> None:
    stream = io.StringIO()
    logs.begin(stream, verbose=False)
    try:
        raise ValueError(CANARY)  # noqa: TRY301 - it is the traceback that is tested
    except ValueError:
        logging.getLogger("bot").exception("worker failed")
    line = json.loads(stream.getvalue())
    assert line["exception"][0] == "ValueError"
    assert "test_a_traceback" in line["exception"][1]
    assert CANARY not in stream.getvalue()


def test_a_fact_that_is_no_plain_value_is_named_by_its_kind() -> None:
    stream = io.StringIO()
    logs.begin(stream, verbose=False)
    logging.getLogger("bot").warning("odd", extra={"fact": {CANARY}})
    assert json.loads(stream.getvalue())["fact"] == "set"
