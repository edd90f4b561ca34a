"""The command line of the lead-scoring project."""

__version__ = "0.1.0"
