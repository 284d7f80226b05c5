"""Read and write lists of subscriptions in OPML 2.0 (opml.org/spec2.opml).

In: the text of a file, or sources. Out: names and addresses in order, or the text of a
file. Never: an entity resolved, a network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from cxgreetz.model import Source
from cxgreetz.sources._feedxml import writable


class BadOpmlError(ValueError):
    """Why a text cannot be read as OPML; continues a sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class Subscription:
    name: str
    url: str


def read_opml(content: bytes) -> list[Subscription]:
    """Give the subscriptions of a file, those in folders too; raises BadOpmlError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise BadOpmlError(f"is no whole XML: {str(error.msg).partition(', line')[0]}") from None
    if root.tag != "opml":
        raise BadOpmlError("is no OPML; export your subscriptions as OPML")
    found = []
    for outline in root.iter("outline"):
        stated = {name.lower(): str(value).strip() for name, value in outline.attrib.items()}
        linked = stated.get("url") if stated.get("type") == "link" else None
        if url := stated.get("xmlurl") or linked:
            name = " ".join((stated.get("title") or stated.get("text") or "").split())
            found.append(Subscription(name, url))
    return found


def write_opml(title: str, sources: Iterable[Source]) -> bytes:
    """Write sources as a list that readers of feeds understand."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = writable(title)
    body = etree.SubElement(root, "body")
    for source in sources:
        name = writable(source.name)
        etree.SubElement(body, "outline", type="rss", text=name, title=name, xmlUrl=source.url)
    content: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return content
