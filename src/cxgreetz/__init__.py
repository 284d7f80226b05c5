"""cxgreetz: columns in two languages become one monthly email."""

import logging

__version__ = "0.1.0"

# A library says nothing unless whoever runs it wants to hear: Prefect does, the command
# line tells by its reports.
logging.getLogger(__name__).addHandler(logging.NullHandler())
