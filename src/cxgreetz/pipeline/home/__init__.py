"""The hall's room for what readers find on the web: posts on a blog, the newsletter's site.

In: letters as approved, translated pieces. Out: drafts on the blog, pages and feeds. Never: a
word that no person has seen.
"""
