"""Translation between Dutch and English: everything but the engines themselves.

In: posts, a memory, engines. Out: pieces in the other language, block by block, each with
the origin of its words. Never: network, SQL, an answer that was not verified.

`segments` cuts a block for translation and puts it back; `coded` is the language it is cut
into; `memory` knows what was translated before, `tmx` carries it in and out; `verify`
decides whether an answer is believed (`numerals` and `sentences` help it); `service` asks
the memory, then the engines; `assembly` makes a translated piece of a post.
"""
