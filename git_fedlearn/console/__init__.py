"""Shared by commands: streams, wording, progress, completion and usage errors."""
