"""The hall's room for editions: chosen, written in, made into emails, checked, approved.

In: pieces, and what the editor does. Out: editions, emails with fingerprints, approvals.
Never: anything sent.
"""
