"""The review room: the very emails that will go out, on a page for the editor.

In: a workspace. Out: pages on loopback that anyone who may can read. Never: a decision
(the pages show what the verbs report), a script in an email, a visitor without the
address that the command printed.

`overview` and `edition_page` (with `faults` and `history`) gather what the pages say, `editing`
and `sending` answer the forms of an edition, `preview` knows how an email is shown,
`gate` who may come in, `app` puts it together, `server` is the socket.
"""

from cxgreetz.review.app import make_app
from cxgreetz.review.server import serve

__all__ = ["make_app", "serve"]
