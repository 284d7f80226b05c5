"""The hall's first room: what the sources gave becomes posts, and posts become pieces.

In: sources, and a person's verdicts on posts. Out: posts and pieces in the store, a report
of every source. Never: a translation, an edition.
"""
