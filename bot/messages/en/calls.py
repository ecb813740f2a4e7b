"""Live calls, and what is said about them."""

from typing import Final

SENTENCES: Final = {
    "call": "The call can't be interpreted; use /join to try again.",
    "call.refused": "I can't join that call; choose another voice channel.",
    "call.refused.nowhere": "You are in no voice channel; join one, or name it: /join channel.",
    "call.refused.permission": (
        "I may not see, join or speak in that channel; a server admin can allow it."
    ),
    "call.refused.full": "That channel is full; make room for one more, then use /join again.",
    "call.refused.elsewhere": "I am in another channel here; use /leave there first, then /join.",
    "call.refused.stopping": "I am about to restart; use /join again in a minute.",
    "call.refused.voice": "Discord did not let me into the call; try /join again in a minute.",
    "call.missed": "Some of what was said could not be interpreted.",
    "call.lost": "I lost the call; use /join to have me back.",
    "call.lost.kicked": "I was taken out of the call; use /join to have me back.",
    "call.lost.gone": "The voice channel is gone; use /join in another one.",
    "call.lost.deaf": (
        "I can't hear this call any more, and joining again did not help; try /leave and /join "
        "in a minute."
    ),
    "call.lost.restart": "I restarted and could not come back to the call; use /join.",
    "call.lost.connection": "The connection to the call broke; use /join to have me back.",
    # commands, as a menu shows them
    "menu.join": "Bring me into your voice channel, or one that you name",
    "menu.leave": "Send me out of the call",
    "menu.skip": "Stop what I am saying, and go on with the next",
    "menu.transcript": "What was said in a call, as a file, where this server keeps it",
    "menu.voice-test": "Say something, and see whether I hear you",
    # a call, and what is said to those who use its commands
    "call.notice": (
        "I am listening in this call: what is said is captioned in the other language, and no "
        "sound is kept. If you don't want to be heard, tap below."
    ),
    "call.notice.kept": "This server keeps what is said as a transcript for {days:g} days.",
    "call.declined": (
        "I don't listen to you in calls any more, and what was kept of your words is erased; "
        "/privacy takes that back."
    ),
    "call.joined": "I am in {channel} and listening; captions come in {place}.",
    "call.back": "I am back in the call.",
    "call.left": "I have left the call.",
    "call.left.alone": "Everybody has gone, so I have left too; /join brings me back.",
    "call.none": "I am in no call here; /join brings me into yours.",
    "call.managers": (
        "In this server only those may do this who manage it, or have the role it has chosen."
    ),
    "call.skipped": "Skipped.",
    "call.quiet": "I am saying nothing right now.",
    "transcript.here": "What was said in the call: {lines} lines.",
    "transcript.none": "There is no transcript: nothing has been said in a call since I keep them.",
    "transcript.not_kept": (
        "This server keeps no transcripts; those who manage it can change that in /settings."
    ),
    "transcript.hidden": "You may read only what was said in channels that you can enter.",
    "voice_test.listening": "Say a sentence now, and I show you what I hear.",
    "voice_test.heard": "I heard, in {language}: {text}",
    "voice_test.meant": "In {language}: {text}",
    "voice_test.sealed": (
        "Your voice reaches me, but Discord has not given me the key to it yet; try again in a "
        "minute, or leave the channel and come back."
    ),
    "voice_test.wordless": (
        "I hear sound from you, but no words; come closer to the microphone, and say a whole "
        "sentence."
    ),
    "call.somebody": "Somebody",
    "voice_test.nothing": (
        "I have heard nothing from you for {seconds:g} s; check your microphone, and that you are "
        "not muted."
    ),
    "voice_test.deafened": "You are deafened, so I don't listen to you; undeafen and try again.",
    "voice_test.soon": (
        "I don't listen to you yet: you have just come in, or too many people are in this call; "
        "try again in a moment."
    ),
    "voice_test.declined": (
        "You have chosen not to be heard in calls, so I can't test your voice; /privacy changes "
        "that."
    ),
    "voice_test.elsewhere": "You are not in the call; join {channel} and try again.",
    # what stands under other commands
    "card.help.calls": (
        "In a server, /join brings me into your voice channel: I caption what is said in the other "
        "language, and speak it."
    ),
    "card.status.call": (
        "In the call I hear {people} of you, and {share} % of the sound. Translations waiting to "
        "be spoken: {waiting}; left out because they had grown too old: {dropped}."
    ),
    "card.status.call.silent": "I am in the call, and nobody has spoken yet.",
    "card.privacy.calls": (
        "In calls I listen to those who have not declined, and keep no sound. Captions are "
        "messages like any other."
    ),
    "card.privacy.kept": (
        "Transcripts are kept only where a server wants them, for {days:g} days; yours in "
        "/mydata, and never if you have declined."
    ),
    "tap.unheard": "Don't listen to me in calls",
    "tap.heard": "Listen to me in calls again",
    "tap.decline": "Don't listen to me",
    # what a server chooses
    "card.calls": (
        "Calls in this server\nSpoken into the channel: {spoken}\nWhile people speak: "
        "{pauses}\nTranscripts: {keeps}\nCaptions: {captions}\nI join unasked: "
        "{auto_join}\nWho may summon me: {role}\n\nCaptions, the channel that I join unasked and "
        "the role are options of /settings."
    ),
    "card.calls.managers": "Only those who manage this server may change what it wants of calls.",
    "card.calls.spoken": "every translation",
    "card.calls.spoken_into": "translations into {language}",
    "card.calls.silent": "nothing",
    "card.calls.pauses": "I wait",
    "card.calls.at_once": "I speak all the same",
    "card.calls.kept": "kept for {days:g} days",
    "card.calls.not_kept": "not kept",
    "card.calls.own_chat": "in the voice channel's own chat",
    "card.calls.when_asked": "nowhere",
    "card.calls.all": "everybody",
    "card.calls.gone": "something that is gone; choose again",
    "card.calls.sure": (
        "Transcripts are then not kept any more, and all that this server has kept is erased. "
        "This can't be undone."
    ),
    "card.calls.unkept": "Whoever runs this bot does not let it keep transcripts.",
    "card.pick.into": (
        "Into which language shall translations be spoken? Tap one, or write its name."
    ),
    "tap.none.into": "Every translation",
    "tap.calls": "Calls…",
    "tap.calls.into": "Speak only…",
    "tap.calls.speaks.on": "Speak translations",
    "tap.calls.speaks.off": "Captions only",
    "tap.calls.pauses.on": "Wait while people speak",
    "tap.calls.pauses.off": "Don't wait for a pause",
    "tap.calls.keeps.on": "Keep transcripts",
    "tap.calls.keeps.off": "Keep no transcripts…",
    "tap.calls.sure": "Erase them",
    "option.channel": "The voice channel; yours, if you name none",
    "option.call": "Which call; the latest, if you choose none",
    "option.format": "As which kind of file",
    "option.captions": "The channel or thread where captions go",
    "option.auto_join": "The voice channel that I join when somebody comes in",
    "option.unset": "Take a choice back",
    "option.unset.captions": "Captions in the voice channel's own chat",
    "option.unset.auto_join": "Join only when asked",
    "option.unset.role": "Everybody may summon me",
    "option.role": "The role whose members may summon me and change these settings",
    # Discord: around notes and commands
    "discord.translate": "Translate",
    "discord.which": (
        "Open the menu of the voice message and choose Apps → Translate, or reply to it with "
        "“translate”."
    ),
    "discord.nothing": (
        "There is no recording in that message; choose a voice message or a sound file."
    ),
    "discord.unseen": (
        "Discord shows me no recordings here yet. Whoever runs me can switch on “Message Content "
        "Intent” on discord.com/developers/applications, page Bot; until then, open the menu of a "
        "voice message and choose Apps → Translate."
    ),
    "discord.type": "Type…",
    "discord.option.speak": "What you speak",
    "discord.option.into": "What others get",
    "discord.option.term": "A name to keep as it is, or: term = translation",
    "discord.option.code": "The code from your other account",
    "discord.option.where": "Settings of this channel, or of the whole server",
    "discord.where.channel": "This channel",
    "discord.where.server": "The whole server",
}
