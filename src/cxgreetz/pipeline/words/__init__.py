"""The hall's room for words: passages are translated, remembered and laid side by side.

In: the texts of pieces. Out: translations with their origin, cost and findings. Never: an
email, a word to a provider.
"""
