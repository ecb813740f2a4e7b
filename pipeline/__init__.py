"""Audio in; text and audio out. Imports nothing of the other packages."""
