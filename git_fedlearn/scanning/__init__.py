"""Scan files and history for private data, and redact files."""
