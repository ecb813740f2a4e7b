"""Neither the token nor what people say is shown in a log."""

from typing import Final

LIBRARIES: Final = ("discord", "aiohttp")
"""Their lines hold whole messages of people, and addresses that open an interaction."""
