"""What the outside world sees: commands, settings, sentences, and later the chat platforms."""
