"""Examples of every check: emails that it says nothing of, and emails in which it finds something.

One module per module of `cxgreetz.checks`, each with its CASES.
"""
