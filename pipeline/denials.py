"""Words that turn what is said into its opposite: not, never, nobody; I refuse, I forbid."""

import re
import unicodedata
from types import MappingProxyType
from typing import Final

from pipeline.types import Language

_DENYING: Final = MappingProxyType(
    {
        "de": r"nicht|nichts|nie|niemals|niemand\w*|kein\w*|nein|weder|ohne",
        "en": (
            r"not|no|none|nobody|nothing|nowhere|never|neither|nor|cannot|without|\w+n't"
            r"|(?:ca|wo|do|does|did|is|are|was|were|would|could|should|must)nt"
        ),
        "es": r"no|nunca|jamás|nada|nadie|ningun\w*|ningún|ni|sin|tampoco",
        "fr": r"pas|jamais|rien|aucune?|personne|non|ni|sans",
        "it": r"non|no|mai|niente|nulla|nessun\w*|né|senza",
        "nl": r"niet|niets|nooit|niemand|nergens|geen|nee|noch|zonder",
        "pl": r"nie|nigdy|nic|nikt|nikogo|żad\w+|ani|bez",
        "pt": r"não|nunca|jamais|nada|ninguém|nenhum\w*|nem|sem",
        "ru": r"не|нет|ни|никогда|ничего|никто|никого|никак\w*|без",
        "vi": r"không|khong|ko|chưa|đừng|chẳng|chả|chớ",
    }
)
"""Of languages whose negation is a word of its own; others say it by an ending, or in a letter
that recognisers write in several ways."""
_REFUSING: Final = re.compile(
    rf"\b(?:{_DENYING['en']}|{_DENYING['vi']}"
    r"|refus\w+|forbid\w*|forbad\w*|den(?:y|ies|ied)|declin\w+|reject\w*|object\w*|oppose[ds]?"
    r"|disagree\w*|disallow\w*|prohibit\w*|prevent\w*|banned|stop\w*|withdr[ae]w\w*"
    r"|revok\w+|cancel\w*|if|but|only|unless|until|except|against|hardly|barely|instead|hate"
    r"|lie|lying|fake|jok(?:e|ing)|kidding|pretend\w*|[^m\W]\w*\s+voice"
    r"|từ chối|tu choi|phản đối|phan doi|cấm|ngăn|cản|chặn|dừng|ngừng|ngưng|thôi|thoi|hủy|huỷ"
    r"|rút lại|rut lai|chối|bác bỏ|ghét|chống|sai|giả|đùa|khỏi|miễn|trừ|đâu|nỏ|hổng|hông|ứ|éo"
    r"|đếch|đéo|nếu|nhưng|chỉ (?:cho|khi)|của\s+[^t\W]\w*)\b"
)
"""In the languages that consent is given in, besides what denies: words that refuse, take back,
make conditions or fun of it, and whatever else than ``my`` and ``tôi``, or what they are misheard
for, says whose voice it is.
"""


def denials(text: str, language: Language) -> int:
    """Return how often the text denies, as far as its language has words for that."""
    words = _DENYING.get(language.partition("-")[0])
    return len(re.findall(rf"\b(?:{words})\b", _plain(text))) if words else 0


def refusals(text: str) -> list[str]:
    """Return the words by which consent in English or Vietnamese might be none, in order."""
    return _REFUSING.findall(_plain(text))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
