"""The manual, made from the commands themselves: man pages and the reference in docs/reference."""
