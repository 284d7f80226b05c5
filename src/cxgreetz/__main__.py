"""`python -m cxgreetz`: the command line."""

from cxgreetz.cli import main

main()
