"""Which extras are installed here: some tests need one, some are of what is said without it.

``@pytest.mark.needs("clone")`` and ``@pytest.mark.lacks("clone")`` say so; see conftest.py.
"""

from importlib.util import find_spec
from typing import Final

_MODULES: Final = {"clone": ("torch", "TTS"), "convert": ("torch", "transformers")}
HERE: Final = {
    extra: all(find_spec(module) is not None for module in modules)
    for extra, modules in _MODULES.items()
}
"""Whether each of them is."""
HAS_CLONE: Final = HERE["clone"]
