"""A live call: what is heard, what is shown of it, and what is said into the channel."""
