"""The real ``dragoman``, sent to the Discord of the tests: API, GATEWAY, then its own arguments."""

import sys

from bot.__main__ import main
from tests.discord.server.reaching import reaching

if __name__ == "__main__":
    api, gateway, *arguments = sys.argv[1:]
    with reaching(api, gateway):
        sys.exit(main(arguments))
