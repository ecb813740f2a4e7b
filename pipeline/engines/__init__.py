"""One library per file, all its quirks inside."""
