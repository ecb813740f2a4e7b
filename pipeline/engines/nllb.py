"""NLLB through CTranslate2 and its own tokenizer; neither torch nor transformers."""

from collections.abc import Callable, Sequence
from pathlib import Path

import ctranslate2
from tokenizers import Tokenizer

from pipeline import languages
from pipeline.errors import EngineError, ModelDamagedError, UnsupportedLanguageError
from pipeline.narrowing import VMAP, VMAP_TARGETS
from pipeline.specs import NllbSpec
from pipeline.types import Language

_END = "</s>"
_TOKENIZER = "tokenizer.json"
_BATCH_TOKENS = 1024
"""Source tokens decoded together: bounds the memory of a long text."""


class Nllb:
    """One NLLB model, loaded."""

    def __init__(self, spec: NllbSpec) -> None:
        """Load weights and tokenizer; raises ModelDamagedError when they can't be."""
        self._spec = spec
        self._tokenizer = _tokenizer(spec.path)
        try:
            self._translator = ctranslate2.Translator(
                str(spec.path),
                device="cpu",
                compute_type=spec.compute_type,
                intra_threads=spec.threads,
            )
        except (RuntimeError, ValueError) as error:
            raise ModelDamagedError(model=spec.model, file="model.bin") from error
        self._narrowed = _narrowed(spec.path)

    def translate(self, sentences: Sequence[str], source: Language, target: Language) -> list[str]:
        """Translate each sentence; as many come back as went in.

        A sentence should be one: NLLB drops content when it gets several.
        Raises UnsupportedLanguageError and EngineError.
        """
        before, after = self._token(source), self._token(target)
        readable = [text.encode("utf-8", "replace").decode("utf-8") for text in sentences]
        encoded = self._tokenizer.encode_batch(readable, add_special_tokens=False)
        tokens = [[before, *each.tokens, _END] for each in encoded]
        try:
            results = self._translator.translate_batch(
                tokens,
                target_prefix=[[after]] * len(tokens),
                beam_size=self._spec.beam,
                no_repeat_ngram_size=self._spec.no_repeat_ngram,
                max_batch_size=_BATCH_TOKENS,
                batch_type="tokens",
                max_input_length=0,  # a text that is too long is an error, not cut off
                max_decoding_length=self._longest(tokens),
                use_vmap=after in self._narrowed,
            )
        except (RuntimeError, ValueError) as error:
            raise EngineError(engine=self._spec.model) from error
        return [self._text(result.hypotheses[0][1:]) for result in results]

    def _token(self, language: Language) -> str:
        token = languages.flores(language)
        if self._tokenizer.token_to_id(token) is None:
            raise UnsupportedLanguageError(language=language, engine=self._spec.model)
        return token

    def _longest(self, tokens: Sequence[Sequence[str]]) -> int:
        longest = self._spec.growth * max(map(len, tokens), default=0) + self._spec.slack
        return min(self._spec.max_tokens, round(longest))

    def _text(self, pieces: Sequence[str]) -> str:
        ids = (self._tokenizer.token_to_id(piece) for piece in pieces)
        return str(self._tokenizer.decode([each for each in ids if each is not None]).strip())


def _narrowed(path: Path) -> frozenset[str]:
    """Return the languages, as tokens, that the output layer was narrowed to."""
    targets = path / VMAP_TARGETS
    if not (path / VMAP).exists() or not targets.exists():
        return frozenset()
    return frozenset(targets.read_text("utf-8").split())


def speller(path: Path) -> Callable[[str], list[str]]:
    """Return what spells a text in the pieces of the model's vocabulary.

    Raises ModelDamagedError.
    """
    tokenizer = _tokenizer(path)
    return lambda text: list(tokenizer.encode(text, add_special_tokens=False).tokens)


def _tokenizer(path: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(path / _TOKENIZER))
    except Exception as error:  # the library raises bare Exception
        raise ModelDamagedError(model=path.name, file=_TOKENIZER) from error
