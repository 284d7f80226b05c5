"""cxgreetz: columns in two languages become one monthly email."""

__version__ = "0.1.0"
