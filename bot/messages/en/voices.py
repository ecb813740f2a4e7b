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
    "consent.drawn_out": (
        "I show one person at most {limit} sentences a day, and you have had them; send /voice "
        "enroll again tomorrow."
    ),
    "consent.voice": (
        "The sentence sounds like another voice than the sample; the same person must record both."
    ),
    "clip.unlike": "What was made in your voice did not say the right words, so it was not sent.",
    "voice.caption": (
        "🤖 Synthetic: this translation is spoken by a computer in a copy of your voice. "
        "It took {seconds:.0f} s."
    ),
    # why there is no clip: the closest to the code that ended it is said
    "voice.failed": "Your own voice for this message could not be made.",
    "voice.failed.clip": (
        "What was made in your voice did not say the right words, so it was not sent."
    ),
    "voice.failed.engine.too_long": (
        "This was too long to be said in your own voice; send it in shorter parts."
    ),
    "voice.failed.latents": (
        "Your stored voice can't be used any more; record a new sample with /voice enroll."
    ),
    "voice.failed.model": (
        "Your own voice could not be made: a model is missing or damaged; please tell whoever runs "
        "this bot."
    ),
    "voice.failed.platform": "Your own voice for this message was made, but could not be sent.",
    "voice.failed.premium": (
        "Today's minutes in your own voice are used up; there are new ones tomorrow."
    ),
    "voice.failed.storage.seal": (
        "Your stored voice can't be read; please tell whoever runs this bot."
    ),
    "voice.failed.worker.timeout": (
        "Your own voice took too long for this and was given up; send it in shorter parts."
    ),
    "latents": "Your stored voice can't be used any more; record a new sample.",
    "engine.unavailable.clone": (
        "Own voices are not installed here; whoever runs this bot can add them."
    ),
    # enrolment: what is said to recordings
    "enrol.sampled": "That is a good sample: {seconds:.0f} seconds of speech.",
    "enrol.collected": (
        "I have {seconds:.0f} seconds of your clean speech now: enough for a sample."
    ),
    "enrol.read": (
        "If you agree, read this aloud in one recording, alone. Nothing is kept until you have; "
        "then your sample and what I learn from it are kept, encrypted, until you delete them or "
        "they expire.\n\n“{sentence}”"
    ),
    "enrol.done": (
        "Done: this is your voice now, until {until}. /voice own lets you try it, keep it longer "
        "or delete it. What is spoken with it always says that it is synthetic."
    ),
    "enrol.one": "I was still listening to the recording before; do as I said there.",
    "enrol.over": "This enrolment is over, and nothing was kept; /voice enroll begins a new one.",
    "enrol.tries": (
        "That was the last try: the enrolment is over, and nothing was kept. /voice enroll begins "
        "a new one."
    ),
    "enrol.forwarded": (
        "Only what you record yourself can be your voice; send no forwarded recording."
    ),
    # commands, as a menu shows them
    "menu.premium": "Own voices: who may have one, until when, how much a day",
    # a person's own voice
    "card.own.none": (
        "I can say translations once more in your own voice, a little after the text. You have not "
        "recorded it yet."
    ),
    "card.own.kept": (
        "I can speak in your voice. You agreed on {since}, in {language}; your sample of "
        "{seconds:.0f} seconds is kept until {until}."
    ),
    "card.own.languages": "Own voices speak: {languages}.",
    "card.own.without": (
        "Your own voice can't speak {language} here; translations into it have the ordinary voice "
        "only."
    ),
    "card.own.unpaid": (
        "Nobody has granted you clips in your own voice here yet: whoever runs me can with "
        "/premium, and in a group or server who manages it."
    ),
    "card.own.left": "Today you may have {minutes:g} more minutes of it here.",
    "card.own.sure": (
        "Your sample and all that I have learnt from it are erased at once, on all linked "
        "accounts, and clips that are not sent yet with them. This can't be undone."
    ),
    "card.own.receipt": (
        "Erased: {voices} samples with their consent, {latents} sets of what was learnt from them, "
        "{jobs} clips that were asked for."
    ),
    "card.own.tested": "It is on its way: a short phrase in your voice follows when it is made.",
    "card.own.tested.again": (
        "You have had that phrase, or it is still on its way; send /voice own to ask for another."
    ),
    "card.enrol": (
        "1. Now record {least:g} to {most:g} seconds of yourself and send them here: alone, in a "
        "quiet place, about anything. I wait {minutes} minutes.\n2. Then I show you a sentence "
        "that says that you agree. Read it aloud."
    ),
    "card.enrol.terms": (
        "Kept, encrypted, for {days:g} days unless you renew it: your sample and what I learn of "
        "your voice from it. It is used for your own translations alone, and every clip says that "
        "it is synthetic. /voice delete erases it all at once."
    ),
    "card.enrol.alone": "This is for the two of us: send me /voice enroll in a private chat.",
    "card.enrol.alone.calls": (
        "This is for the two of us: send /voice enroll in our direct conversation, or attach your "
        "recording to it here."
    ),
    "card.enrol.collecting": (
        "Thank you. For an hour I collect clean speech from the notes that you send me here, in "
        "memory alone, until there are 10 seconds. Then I ask you to read a sentence that says "
        "that you agree; without that nothing is kept."
    ),
    "card.link.voice": (
        "Link only accounts of your own: your own voice is theirs too, to hear translations in and "
        "to delete."
    ),
    "own.phrase": "Hello! This is how I sound when a computer speaks with a copy of my voice.",
    "tap.own": "My own voice…",
    "tap.own.enroll": "Record it…",
    "tap.own.again": "Record it anew…",
    "tap.own.test": "Let me hear it",
    "tap.own.renew": "Keep it longer",
    "tap.own.delete": "Delete it…",
    "tap.own.sure": "Delete my voice",
    "tap.enrol.collect": "Collect it from my notes instead",
    "tap.enrol.cancel": "Cancel",
    "discord.option.recording": "Your sample, or the sentence that you were asked to read",
    "discord.enrol.opened": "I have written to you directly; go on there: {link}",
    "discord.enrol.attach": (
        "I may not write to you directly; allow messages from this server's members, or attach "
        "your recording to /voice enroll."
    ),
    "menu.voice.answers": "Hear the answers: on or off, which voice, how fast",
    "menu.voice.own": "Your own voice: what is kept, try it, keep it longer, delete it",
    "menu.voice.delete": "Delete your own voice, at once and for good",
    "menu.voice.enroll": "Record your own voice, to hear translations spoken in it",
    # what stands under other commands
    "card.status.own": "Clips in people's own voices being made: {working}. Waiting: {waiting}.",
    "card.status.own.place": "Yours is number {place}: {when}.",
    "card.status.own.now": "Yours is being made now: {when}.",
    "card.status.own.made": "Yours is made, and on its way.",
    "card.status.own.again": (
        "Yours is made, but could not be sent yet; I try again in about {minutes} min."
    ),
    "card.status.own.unknown": "how long it takes is not known here yet",
    "card.status.own.seconds": "about {seconds} s from now, if nobody sends notes",
    "card.status.own.minutes": "about {minutes} min from now, if nobody sends notes",
    "card.privacy.own": (
        "Of your own voice, if you have enrolled one, a sample and what was learnt from it are "
        "kept, encrypted, for {days:g} days after your consent or its renewal, and who consented "
        "when. /voice delete erases them. Clips that wait to be sent are encrypted too, and erased "
        "when they are sent."
    ),
    # premium
    "grant": (
        "That is no grant; write the days, at most {days}, and the minutes, at most {minutes}."
    ),
    "card.premium": (
        "You may have clips in your own voice here until {until}: {minutes} minutes a day, {left} "
        "of them left today."
    ),
    "card.premium.none": (
        "You may not have clips in your own voice here; whoever runs me can grant them, and in a "
        "group or server who manages it."
    ),
    "card.premium.ever": "further notice",
    "card.premium.everywhere": "Granted by you, everywhere: {count}",
    "card.premium.here": "Granted here: {count}",
    "card.premium.person": "{id}: until {until}, {minutes} min a day",
    "card.premium.role": "role {id}: until {until}, {minutes} min a day",
    "card.premium.how": (
        "To grant, reply to somebody's message with /premium grant, and if you like the days and "
        "the minutes a day: /premium grant {days} {minutes}. To take back: /premium revoke, or tap "
        "below."
    ),
    "card.premium.how.calls": (
        "To grant: /premium grant, and choose a person or a role. To take back: /premium revoke, "
        "or tap below."
    ),
    "card.premium.who": (
        "Whom do you mean? Reply to a message of theirs, or write the number of their account."
    ),
    "card.premium.managers": "Only who runs me or manages this group or server may do that.",
    "card.premium.nobody": "They have no grant that you could take back.",
    "menu.premium.grant": "Let somebody have clips in their own voice",
    "menu.premium.revoke": "Take that back",
    "menu.premium.list": "What you may have, and what was granted",
    "discord.option.who": "The person or the role",
    "discord.option.days": "For how many days; 30, if you say nothing",
    "discord.option.minutes": "Minutes of speech a day; 10, if you say nothing",
    # the command line
    "voices.account": "account",
    "voices.since": "consent",
    "voices.until": "kept until",
    "voices.seconds": "sample",
    "voices.models": "models",
    "voices.deleted": "Erased: {voices} samples, {latents} sets of latents, {jobs} clips.",
    "voices.none": "No voices are kept.",
    "voices.clip": "clip",
    "voices.platform": "platform",
    "voices.given_up": "given up",
    "voices.tries": "tries",
    "voices.reason": "reason",
    "voices.none_failed": "No clip was given up in the last 30 days.",
    "premium.to": "to",
    "premium.where": "where",
    "premium.minutes": "minutes a day",
    "premium.everywhere": "everywhere",
    "premium.none": "Nothing is granted.",
    "premium.granted": "Granted until {until}: {minutes:g} minutes a day.",
    "premium.revoked": "Taken back.",
    "premium.nobody": "There is no such grant.",
}
"""Templates by code."""
