"""What a person reads aloud to consent to a copy of their voice."""

from typing import Final

CONSENT: Final = "I let Dragoman speak with a copy of my voice: {phrase}."
"""What stands before the colon is the same for everybody; the phrase is drawn for each reading."""

PHRASE: Final = "the {} {} {} a {} {} {}"
"""Filled with one word of each list; nobody has recorded it before."""

# fmt: off
WORDS: Final = (
    (
        "tired", "happy", "clever", "quiet", "hungry", "friendly", "wealthy", "famous", "lonely",
        "polite", "brave", "gentle", "sleepy", "cheerful", "curious", "barefoot", "patient",
        "strange", "young", "stubborn", "grumpy", "honest", "handsome", "elegant",
    ),
    (
        "teacher", "farmer", "doctor", "painter", "driver", "sailor", "student", "acrobat", "baker",
        "grandmother", "uncle", "pilot", "shopkeeper", "fisherman", "gardener", "policeman",
        "cousin", "dentist", "captain", "tourist", "lawyer", "plumber", "musician", "soldier",
        "princess", "librarian", "electrician", "shepherd",
    ),
    (
        "carries", "paints", "washes", "buys", "finds", "hides", "brings", "forgets", "repairs",
        "borrows", "cleans", "admires", "describes", "photographs", "measures", "drops", "chooses",
        "touches", "notices", "unpacks", "polishes", "collects", "delivers", "remembers",
    ),
    (
        "yellow", "wooden", "purple", "heavy", "broken", "tiny", "leather", "dirty", "round",
        "plastic", "shiny", "crooked", "beautiful", "cheap", "green", "silver", "square", "striped",
        "giant", "colorful", "white", "pink", "modern", "simple",
    ),
    (
        "lamp", "basket", "ladder", "bicycle", "piano", "pillow", "guitar", "mirror", "mattress",
        "hammer", "candle", "bottle", "suitcase", "envelope", "sandwich", "sweater", "clock",
        "helmet", "camera", "carpet", "trumpet", "balloon", "newspaper", "telephone", "violin",
        "pumpkin", "umbrella", "statue",
    ),
    (
        "behind the school", "near the station", "at the market", "in the kitchen",
        "under the bridge", "beside the river", "before breakfast", "after the concert",
        "on the balcony", "in the morning", "during the storm", "outside the museum",
        "by the window", "at midnight", "deep in the forest", "every summer", "along the beach",
        "across the street", "inside the airport", "next to the church", "opposite the hospital",
        "before the wedding", "between the trees", "around the corner",
    ),
)
# fmt: on
"""Everyday words that recognisers know; no names, no figures, nothing that denies or refuses."""
