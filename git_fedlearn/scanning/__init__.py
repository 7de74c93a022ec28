"""Files and history through the privacy engine: what is private where, and the same files without it."""
