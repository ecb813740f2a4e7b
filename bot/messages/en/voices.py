"""Own voices: samples, consent, and what may be wrong with either."""

from typing import Final

SENTENCES: Final = {
    "sample": "This recording can't be used for your voice; please record another one.",
    "sample.too_short": (
        "I need {limit:.0f} seconds of speech and heard {seconds:.0f}; please speak a little "
        "longer."
    ),
    "sample.silent": "I hardly heard you; record it again, closer to the microphone.",
    "sample.clipped": (
        "It is so loud that it crackles; record it again, farther from the microphone or more "
        "quietly."
    ),
    "sample.noisy": "There is too much noise behind you; record it again in a quieter place.",
    "sample.voices": (
        "I hear more than one voice; record it again, alone, and without music or television."
    ),
    "consent": "I have no consent to make this voice; record the sentence again.",
    "consent.words": (
        "I did not hear that sentence; read it aloud exactly as it is shown, in one recording."
    ),
    "consent.voice": (
        "The sentence sounds like another voice than the sample; the same person must record both."
    ),
    "clip.unlike": "What was made in your voice did not say the right words, so it was not sent.",
    "voice.caption": (
        "🤖 Synthetic: this translation is spoken by a computer in a copy of your voice. "
        "It took {seconds:.0f} s."
    ),
    "voice.failed": "Your own voice for this message could not be made. {reason}",
    "latents": "Your stored voice can't be used any more; record a new sample.",
    "engine.unavailable.clone": (
        "Own voices are not installed here; whoever runs this bot can add them."
    ),
}
"""Templates by code."""

CONSENT: Final = "I let Dragoman speak with a copy of my voice: {phrase}."
"""What a person reads aloud; the phrase is drawn anew each time, so that no recording made before
will do."""

PHRASES: Final = (
    "a green boat waits below the old bridge",
    "my grandmother grows roses behind the house",
    "the train to the mountains leaves in the evening",
    "seven birds sleep in the orange tree",
    "warm bread and butter taste best in winter",
    "the children paint a yellow elephant",
    "rain falls softly on the empty market",
    "our neighbour plays the piano every Sunday",
    "a white horse runs along the river",
    "coffee with milk stands on the kitchen table",
    "the doctor reads a long letter at night",
    "fresh fish and lemons lie on the ice",
    "two friends walk through the quiet forest",
    "the teacher forgot his umbrella at school",
    "many stars shine over the dark lake",
    "the black cat watches television with me",
)
"""Everyday words that recognisers know; no names, no figures."""
