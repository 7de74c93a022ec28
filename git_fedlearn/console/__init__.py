"""What the verbs share: streams and words, progress, and reading what people name on a command line."""
