"""Translations remembered in memory, for programs that keep nothing on disk."""

from cachetools import TTLCache

_CHARACTERS = 4_000_000
"""Bounds the cache to some 16 MB of text."""


class MemoryCache:
    """Remembers translations for a while, the least recently used going first."""

    def __init__(self, hours: float) -> None:
        """``hours`` is how long; 0 remembers nothing."""
        self._values: TTLCache[str, str] = TTLCache(
            maxsize=_CHARACTERS, ttl=hours * 3600, getsizeof=len
        )

    async def get(self, key: str) -> str | None:
        """Return what was put under the key, unless it has expired or been dropped."""
        return self._values.get(key)

    async def put(self, key: str, value: str) -> None:
        """Remember the value, if it is not larger than the whole cache."""
        if len(value) < _CHARACTERS:
            self._values[key] = value
