"""Dragoman on Telegram: the only package that knows python-telegram-bot."""

import os

# The library's own switch: durations as timedelta, as its next major version has them.
os.environ.setdefault("PTB_TIMEDELTA", "true")
