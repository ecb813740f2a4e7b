"""Which profile an account belongs to: the one thing that the other aggregates share."""

from storage.database import Transaction
from storage.types import Chat, Person


async def find_profile(transaction: Transaction, person: Person) -> int | None:
    """Return the profile of the person's account, if anything is remembered about them."""
    row = await transaction.row(
        "SELECT profile FROM accounts WHERE platform = ? AND account = ?",
        person.platform,
        person.id,
    )
    return row[0] if row else None


async def make_profile(transaction: Transaction, person: Person) -> int:
    """Return the profile of the person's account; a new one, if there is none yet."""
    found = await find_profile(transaction, person)
    if found is not None:
        return found
    [(profile,)] = await transaction.rows("INSERT INTO profiles DEFAULT VALUES RETURNING id")
    await transaction.run(
        "INSERT INTO accounts (platform, account, profile) VALUES (?, ?, ?)",
        person.platform,
        person.id,
        profile,
    )
    return int(profile)


async def find_chat(transaction: Transaction, chat: Chat) -> int | None:
    """Return the number under which the chat is remembered, if it is."""
    row = await transaction.row(
        "SELECT id FROM chats WHERE platform = ? AND chat = ? AND topic = ?",
        chat.platform,
        chat.id,
        chat.topic,
    )
    return row[0] if row else None


async def make_chat(transaction: Transaction, chat: Chat) -> int:
    """Return the number under which the chat is remembered; a new one, if there is none yet."""
    found = await find_chat(transaction, chat)
    if found is not None:
        return found
    [(number,)] = await transaction.rows(
        "INSERT INTO chats (platform, chat, topic) VALUES (?, ?, ?) RETURNING id",
        chat.platform,
        chat.id,
        chat.topic,
    )
    return int(number)
