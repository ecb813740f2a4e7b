"""Dragoman on Discord: voice messages where they are posted, and live calls."""
