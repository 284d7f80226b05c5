"""How the database came to be as it is: one step per file in `versions/`, each of which runs once.

The steps that a database lacks run in one transaction: all of them, or none.
"""
