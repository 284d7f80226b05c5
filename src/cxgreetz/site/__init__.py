"""The newsletter's home on the web: letters in, the files of a static site out.

In: the letters that may be read, what the site is called and where it will stand. Out: every
file of it as bytes, by its place; the same letters always give the same bytes. Never: a
network, SQL, a clock, a file written, a script, a letter that nobody approved.

`places` says where each page stands, `text` lets nothing but clean markup through, `pages`
fills the templates, `feeds` and `maps` write what programs read, `proof` looks whether every
link leads somewhere.
"""

from cxgreetz.site.building import build
from cxgreetz.site.home import Home, Public
from cxgreetz.site.proof import faults_in

__all__ = ["Home", "Public", "build", "faults_in"]
