"""Keep and share what a local AI stack learns, by plain git."""

__version__ = "0.1.0"
