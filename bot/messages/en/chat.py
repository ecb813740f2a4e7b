"""What people in a chat read: commands, cards, buttons, doubts."""

from typing import Final

SENTENCES: Final = {
    # answers to notes
    "reply.waiting": "Your note is number {place} in the queue; the answer comes by itself.",
    "reply.unspoken": "The voice could not be made this time; the text above is complete.",
    "reply.no_voice": "There is no voice for this language; the text above is complete.",
    "reply.which": "Reply with /translate to the voice note that you want to understand.",
    "reply.aside": (
        "I may not write where you asked me to; ask an admin there, or send me the note here."
    ),
    "reply.unseen": (
        "Telegram shows me no voice notes here yet; make me an admin, or let @BotFather turn off "
        "my group privacy and add me again."
    ),
    # commands, as a menu shows them
    "menu.start": "Begin in three taps",
    "menu.help": "What I can do",
    "menu.language": "What you speak, and what others get",
    "menu.voice": "Hear the answers: on or off, which voice, how fast",
    "menu.settings": "What this group or server wants, for its admins",
    "menu.glossary": "Names and terms, kept or translated your way",
    "menu.status": "What I am doing, and how long it takes",
    "menu.privacy": "What is kept, and for how long",
    "menu.mydata": "Everything about you: get it, or delete it",
    "menu.link": "Use the same choices on another platform",
    "menu.translate": "Understand the voice note that you reply to",
    "word.add": "add",
    "word.remove": "remove",
    # cards
    "card.help": (
        "Send me a voice note and I answer with what it means, as text and as voice.\nIn "
        "groups, reply to a note with “translate”, or have an admin switch me on in /settings."
    ),
    "card.stale": "This button is too old; send the command again.",
    "card.not_yours": "These buttons are somebody else's; send the command yourself.",
    "card.private_only": "This is for you alone; write to me in a private chat.",
    "card.start.spoken": (
        "Hello! I turn voice notes into the other language.\n1 of 3: what do you speak?"
    ),
    "card.start.voice": "3 of 3: do you want to hear the translation too?",
    "card.start.others": "2 of 3: what shall others get?",
    "card.start.done": (
        "Done. Send me a voice note now; /language and /voice change this at any time."
    ),
    "card.language": (
        "You speak: {spoken}\nOthers get: {target}\nDetection chooses among: {allowed}"
    ),
    "card.language.none": "I know no such language; write another name, or a code such as vi.",
    "card.language.found": "What about it?",
    "card.detected": "whatever I hear",
    "card.first_other": "the first of {languages} that is not spoken",
    "card.every": "all languages",
    "card.automatic": "automatic",
    "card.pick.spoken": "What do you speak? Tap a language, or write its name.",
    "card.pick.target": "What shall your words become? Tap a language, or write its name.",
    "card.pick.allowed": "Which languages may be heard? Tap to add or remove, or write a name.",
    "card.pick.locale": "In which language shall I talk to you?",
    "card.voice.on": "You hear the answers.\nVoice: {voice}\nSpeed: {speed}",
    "card.voice.off": "You get text only.\nVoice: {voice}\nSpeed: {speed}",
    "card.voice.names": "Which voice shall speak {language}?",
    "card.settings": (
        "{where}\nNotes: {active}\nOthers get: {target}\nDetection chooses among: "
        "{allowed}\nWho may change this: {who}"
    ),
    "card.settings.admins": (
        "Only admins of a group may change this; your own choices are under /language."
    ),
    "card.chat": "In this chat",
    "card.topic": "In this topic",
    "card.server": "In this server",
    "card.channel": "In this channel",
    "card.active": "every voice note is interpreted",
    "card.asked": "interpreted when somebody asks",
    "card.all": "everybody",
    "card.admins": "admins",
    "card.glossary.mine": "Your terms: {count}",
    "card.glossary.chat": "Terms of this chat: {count}",
    "card.glossary.kept": "{term} (kept)",
    "card.glossary.add": "Write a name to keep it as it is, or “term = translation”.",
    "card.status": "Being worked on: {working}. Waiting: {waiting}.",
    "card.status.smaller": (
        "Many notes wait, so I hear them in more haste than usual; send what can wait later."
    ),
    "card.status.text_only": (
        "Very many notes wait, so answers are text only for now; send what can wait later."
    ),
    "card.status.typical": "A note is usually answered within {seconds} s.",
    "card.status.yours": "Your places in the queue: {places}.",
    "card.privacy": (
        "Recordings are deleted as soon as they are heard, and nothing anybody says goes into "
        "a log. Translated sentences are kept for {hours:g} h and spoken audio for {speech:g} "
        "h, so that the same need not be made twice. That a note was answered, and how long it "
        "took, is kept for 30 days, without a word of it."
    ),
    "card.privacy.gtts": (
        "Some languages are spoken by Google's voice: the translated text is then sent to Google."
    ),
    "card.privacy.libretranslate": (
        "Some sentences are translated by a LibreTranslate server that whoever runs this bot "
        "has chosen."
    ),
    "card.privacy.yours": "/mydata gives you everything there is about you, or deletes it.",
    "card.mydata": (
        "Everything there is about you: your choices, your terms, that notes were answered, what "
        "you said in calls whose transcripts are kept, and your own voice."
    ),
    "card.mydata.export": "Here is everything there is about you.",
    "card.mydata.sure": (
        "Your choices, terms, notes, own voice and words in kept calls are deleted on all linked "
        "accounts, and every cached text and voice with them. If you have chosen not to be heard "
        "in calls, that is forgotten too. This can't be undone."
    ),
    "card.mydata.receipt": (
        "Deleted: {accounts} accounts with their choices, {terms} terms, {notes} notes, "
        "{codes} link codes and tries, {lines} lines of calls, {cached} cached texts and voices, "
        "{voices} voices of your own with {clips} clips and {grants} grants."
    ),
    "card.link": "Accounts that share your choices: {count}.",
    "card.link.code": "Send this to me on the other platform within ten minutes:\n/link {code}",
    "card.link.redeem": "Write the code from the other platform.",
    "card.link.done": "Linked: {count} accounts now share your choices.",
    "card.link.parted": "Parted: this account now has its own copy of your choices.",
    "card.link.alone": "This account was not linked.",
    # buttons
    "tap.back": "← Back",
    "tap.again": "Look again",
    "tap.add": "Add…",
    "tap.spoken": "I speak…",
    "tap.target": "Others get…",
    "tap.allowed": "Languages heard…",
    "tap.locale": "Tiếng Việt / English",
    "tap.none.spoken": "Detect it",
    "tap.none.target": "Automatic",
    "tap.none.allowed": "All languages",
    "tap.offer.spoken": "I speak: {language}",
    "tap.offer.target": "Others get: {language}",
    "tap.start.target": "I speak several",
    "tap.start.voice": "Automatic",
    "tap.voice.on": "Let me hear the answers",
    "tap.voice.off": "Text only, please",
    "tap.voice.text": "Text only",
    "tap.voice.both": "Text and voice",
    "tap.voice": "Choose a voice…",
    "tap.automatic": "Automatic",
    "tap.active": "Interpret every note",
    "tap.asked": "Only when asked",
    "tap.admins": "Only admins decide",
    "tap.all": "Let everybody decide",
    "tap.glossary.mine": "My terms",
    "tap.glossary.chat": "This chat's terms",
    "tap.mydata.export": "Get it as a file",
    "tap.mydata.delete": "Delete it…",
    "tap.mydata.sure": "Delete everything",
    "tap.link.offer": "Make a code",
    "tap.link.redeem": "Enter a code",
    "tap.link.part": "Part this account",
    # doubts, by reason
    "doubt.loop": "repeats itself",
    "doubt.invented": "perhaps nobody said this",
    "doubt.unsure": "heard indistinctly",
    "doubt.numbers": "the numbers differ",
    "doubt.links": "the addresses differ",
    "doubt.length": "something may be missing",
    "doubt.untranslated": "not translated",
    "doubt.terms": "a term of the glossary is missing",
    "doubt.hurried": "heard in a hurry, as many notes wait",
    "doubt.unspoken": "no voice this time, as many notes wait",
}
