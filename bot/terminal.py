"""Where commands write: answers to stdout, complaints and progress to stderr."""

from rich.console import Console

_WIDTH = 160
"""Columns of what goes into a file or a pipe, where no line should be broken."""


def answers() -> Console:
    """Return the console for what was asked for; colours only where somebody watches."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH
    return console


def complaints() -> Console:
    """Return the console for errors and progress."""
    return Console(stderr=True, highlight=False, soft_wrap=True)
