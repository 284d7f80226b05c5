"""Read HTML: the one door to BeautifulSoup and nh3.

In: the HTML of posts, archives and feeds, as strange as the web has it. Out: clean inline
HTML, blocks, archives and articles. Never: a network, a markup that a mail program would
choke on, a word lost that a reader would have read.

`inline` writes clean inline HTML, `blocks` cuts a body into blocks, `boilerplate` takes
from the end what is not the column, `archives` and `articles` read whole pages by the
`parts` that themes show; `weight` tells beforehand what would take too long to read. The
`rules` are data and stand in `boilerplate.toml`; `own_rules` adds those of a workspace.
"""

from cxgreetz.markup.archives import (
    Archive,
    Entry,
    FeedLink,
    PageLink,
    find_feeds,
    find_links,
    is_teaser,
    read_archive,
)
from cxgreetz.markup.articles import Article, is_one_post, read_article
from cxgreetz.markup.blocks import blocks_of
from cxgreetz.markup.boilerplate import Attribution, cut_boilerplate
from cxgreetz.markup.inline import clean_inline, links_of, plain_text
from cxgreetz.markup.own_rules import check_own_rules, rules_for
from cxgreetz.markup.parts import BadSelectorError
from cxgreetz.markup.rules import Rules, load_rules
from cxgreetz.markup.weight import too_heavy

__all__ = [
    "Archive",
    "Article",
    "Attribution",
    "BadSelectorError",
    "Entry",
    "FeedLink",
    "PageLink",
    "Rules",
    "blocks_of",
    "check_own_rules",
    "clean_inline",
    "cut_boilerplate",
    "find_feeds",
    "find_links",
    "is_one_post",
    "is_teaser",
    "links_of",
    "load_rules",
    "plain_text",
    "read_archive",
    "read_article",
    "rules_for",
    "too_heavy",
]
