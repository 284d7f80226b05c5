"""The memory goes out as TMX 1.4 and comes back; other tools' files are read too."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cxgreetz.errors import ConfigError
from cxgreetz.model import Origin
from cxgreetz.translation.memory import Entry
from cxgreetz.translation.tmx import read_tmx, write_tmx

NOON = datetime(2026, 11, 2, 12, 30, 15, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def entry(dutch: str, english: str, **changes: object) -> Entry:
    values: dict[str, object] = {"origin": Origin.EDITOR, "author": "redactie", "changed": NOON}
    return Entry("nl", "en", dutch, english, **{**values, **changes})  # type: ignore[arg-type]


ENTRIES = [
    entry("Een klant", "A customer"),
    entry(
        "<g1>Een <x2/> klant</g1> &lt;3 &amp; meer", "More &amp; <g1>a <x2/> customer</g1> &lt;3"
    ),
    entry("<g1>een</g1> <g2>twee</g2>", "<g2>two</g2> <g1>one</g1>", origin=Origin.ENGINE),
    entry("É\xa0“ja” 🎉", "E\xa0‘yes’ 🎉", author='A "B" & <C>', origin=Origin.MEMORY),
    entry("zonder naam", "without a name", author=None),
    Entry("en", "nl", "A reader", "Een lezer", Origin.AUTHOR, None, LATER),
    entry("met noot", "with a note", note="vraag het <aan> haar & wacht\ntwee"),
]


def tmx(body: str, header: str = 'srclang="nl"', head: str = "") -> str:
    return f'{head}<tmx version="1.4"><header {header}/><body>{body}</body></tmx>'


def read(tmp_path: Path, text: str | bytes) -> tuple[list[Entry], Counter[str]]:
    file = tmp_path / "in.tmx"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    skipped: Counter[str] = Counter()
    return list(read_tmx(file, skipped)), skipped


def unit(dutch: str, english: str, attributes: str = "") -> str:
    return (
        f'<tu {attributes}><tuv xml:lang="nl"><seg>{dutch}</seg></tuv>'
        f'<tuv xml:lang="en"><seg>{english}</seg></tuv></tu>'
    )


def test_round_trip(tmp_path: Path) -> None:
    file = tmp_path / "memory.tmx"
    assert write_tmx(file, ENTRIES, created=LATER) == len(ENTRIES)
    assert list(read_tmx(file)) == ENTRIES
    assert [path.name for path in tmp_path.iterdir()] == ["memory.tmx"]


def test_the_file_is_tmx(tmp_path: Path) -> None:
    """Attributes the specification requires, and markup where other tools look for it."""
    file = tmp_path / "memory.tmx"
    write_tmx(file, ENTRIES, created=LATER)
    root = ElementTree.parse(file).getroot()
    header = root.find("header")
    assert root.get("version") == "1.4"
    assert header is not None
    required = {"creationtool", "creationtoolversion", "segtype", "o-tmf", "adminlang"}
    assert required | {"srclang", "datatype"} <= set(header.attrib)
    assert header.get("creationdate") == "20261201T000000Z"
    marked = root.findall("body/tu")[1].findall("tuv")
    assert [[(e.tag, e.attrib) for e in tuv.iterfind("seg/*")] for tuv in marked] == [
        [("bpt", {"i": "1", "x": "1"}), ("ph", {"x": "2"}), ("ept", {"i": "1"})]
    ] * 2
    assert marked[1].get("changedate") == "20261102T123015Z"
    assert marked[1].get("changeid") == "redactie"


def test_the_same_entries_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.tmx", "b.tmx"):
        write_tmx(tmp_path / name, ENTRIES)
    assert (tmp_path / "a.tmx").read_bytes() == (tmp_path / "b.tmx").read_bytes()
    assert list(read_tmx(tmp_path / "a.tmx")) == ENTRIES


def test_languages_are_written_with_their_regions_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "memory.tmx"
    write_tmx(file, ENTRIES, regions={"nl": "nl-NL", "en": "en-GB"})
    units = ElementTree.parse(file).getroot().findall("body/tu")[:-1]
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert [tuv.get(lang) for tuv in units[-1].findall("tuv")] == ["en-GB", "nl-NL"]
    assert units[-1].get("srclang") == "en-GB"
    assert list(read_tmx(file)) == ENTRIES


def test_what_xml_cannot_hold_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "memory.tmx"
    write_tmx(file, [entry("a\x00b\x0b", "c\x1fd", author="e\x08f")], created=NOON)
    assert list(read_tmx(file)) == [entry("ab", "cd", author="ef")]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "memory.tmx"
    file.write_text("old")

    def broken() -> Iterator[Entry]:
        yield ENTRIES[0]
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError):
        write_tmx(file, broken(), created=NOON)
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["memory.tmx"]


def test_no_folder_to_write_in(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.*cannot be written: No such file"):
        write_tmx(tmp_path / "nowhere" / "memory.tmx", [], created=NOON)


@pytest.mark.parametrize(
    ("dutch", "english"), [("NL-NL", "EN-GB"), ("nl_BE", "en"), ("Nl", "en-us")]
)
@pytest.mark.parametrize("attribute", ["xml:lang", "lang"])
def test_languages_go_by_their_primary_subtag(
    tmp_path: Path, attribute: str, dutch: str, english: str
) -> None:
    body = (
        f'<tu><tuv {attribute}="{english}"><seg>A customer</seg></tuv>'
        f'<tuv {attribute}="{dutch}"><seg>Een klant</seg></tuv></tu>'
    )
    (found,), _ = read(tmp_path, tmx(body, f'srclang="{dutch}"'))
    assert (found.source_language, found.source_text) == ("nl", "Een klant")
    assert (found.target_language, found.target_text) == ("en", "A customer")
    assert found.origin is Origin.MEMORY
    # Without a declared source, the first one is it.
    (found,), _ = read(tmp_path, tmx(body, 'srclang="*all*"'))
    assert (found.source_language, found.source_text) == ("en", "A customer")


def test_what_is_of_no_use_is_counted(tmp_path: Path) -> None:
    german = '<tuv xml:lang="de"><seg>Ein Kunde</seg></tuv>'
    body = (
        f'<tu><tuv xml:lang="nl"><seg>Een klant</seg></tuv>{german}</tu>'
        f'<tu><tuv><seg>geen taal</seg></tuv><tuv xml:lang="en"><seg>no tongue</seg></tuv></tu>'
        + unit("leeg", " ")
        + unit("een <ph/>klant", "a customer")
        + unit("goed", "good").replace("</tu>", german + "</tu>")
    )
    found, skipped = read(tmp_path, tmx(body))
    assert [e.source_text for e in found] == ["goed"]
    assert skipped == {"another language": 2, "empty": 1, "markup differs": 1}


@pytest.mark.parametrize(
    ("dutch", "english", "source", "target"),
    [
        # By x, whatever i says.
        ('<bpt i="4" x="2">x</bpt>een<ept i="4">x</ept> <bpt i="7" x="1"/>twee<ept i="7"/>',
         '<bpt i="1" x="1"/>two<ept i="1"/> <bpt i="2" x="2"/>one<ept i="2"/>',
         "<g1>een</g1> <g2>twee</g2>", "<g2>two</g2> <g1>one</g1>"),
        # By i where there is no x.
        ('<bpt i="1">a</bpt>een<ept i="1">b</ept> <bpt i="2"/>twee<ept i="2"/>',
         '<bpt i="2"/>two<ept i="2"/> <bpt i="1"/>one<ept i="1"/>',
         "<g1>een</g1> <g2>twee</g2>", "<g2>two</g2> <g1>one</g1>"),
        # One counter for both kinds, in order of opening.
        ('een<ph x="9">&lt;br&gt;</ph><bpt i="3" x="5"/>twee<ept i="3"/><it pos="begin" x="6"/>!',
         'one<ph x="9"/><bpt i="1" x="5"/>two<ept i="1"/><it pos="begin" x="6"/>!',
         "een<x1/><g2>twee</g2><x3/>!", "one<x1/><g2>two</g2><x3/>!"),
        # Half a pair is a void element.
        ('een<bpt i="1"/> twee', 'one<bpt i="1"/> two', "een<x1/> twee", "one<x1/> two"),
        # Nested; only pointed at; native codes with text in them.
        ('<bpt i="1"/>een <bpt i="2"/>twee<ept i="2"/><ept i="1"/> <hi>drie</hi>',
         '<bpt i="1"/>one <bpt i="2"/>two<ept i="2"/><ept i="1"/> <hi>three</hi>',
         "<g1>een <g2>twee</g2></g1> drie", "<g1>one <g2>two</g2></g1> three"),
        ('een <ph>&lt;a title="<sub>uitleg</sub>"&gt;</ph>', "one <ph>code</ph>",
         "een <x1/>", "one <x1/>"),
        ("R&amp;D &lt;g1&gt;\n  hier", "R&amp;D &lt;g1&gt; here",
         "R&amp;D &lt;g1&gt; hier", "R&amp;D &lt;g1&gt; here"),
    ],
)  # fmt: skip
def test_markup(tmp_path: Path, dutch: str, english: str, source: str, target: str) -> None:
    (found,), _ = read(tmp_path, tmx(unit(dutch, english)))
    assert (found.source_text, found.target_text) == (source, target)


def test_who_and_when(tmp_path: Path) -> None:
    body = (
        unit("een", "one", 'creationid="tu" creationdate="20200101T000000Z"')
        + unit("twee", "two", 'changeid="last" creationid="first" changedate="20210101T000000Z"')
        + unit("drie", "three").replace('"en"', '"en" changeid="tuv" changedate="20220101T000000Z"')
        + unit("vier", "four", 'changedate="yesterday"')
    )
    found, _ = read(tmp_path, tmx(body, 'srclang="nl" creationdate="20190101T000000Z"'))
    assert [(e.author, e.changed.year) for e in found] == [
        ("tu", 2020),
        ("last", 2021),
        ("tuv", 2022),
        (None, 2019),
    ]


@pytest.mark.parametrize(
    ("written", "origin"),
    [("engine", "engine"), ("editor", "editor"), ("waiting", "memory"), ("nobody", "memory")],
)
def test_whose_words(tmp_path: Path, written: str, origin: str) -> None:
    prop = f'<prop type="x-cxgreetz-origin">{written}</prop>'
    head, sign, rest = unit("een", "one").partition("<tuv")
    (found,), _ = read(tmp_path, tmx(head + prop + sign + rest))
    assert found.origin == origin


def test_what_people_noted(tmp_path: Path) -> None:
    body = (
        "<tu><note>ask  her\n first</note>"
        '<tuv xml:lang="nl"><note>formal</note><seg>u</seg></tuv>'
        '<tuv xml:lang="en"><note>formal</note><seg>you</seg></tuv></tu>' + unit("een", "one")
    )
    found, _ = read(tmp_path, tmx(body))
    assert [e.note for e in found] == ["ask her first\nformal", None]


def test_without_any_date_the_file_has_one(tmp_path: Path) -> None:
    (found,), _ = read(tmp_path, tmx(unit("een", "one")))
    written = (tmp_path / "in.tmx").stat().st_mtime
    assert found.changed.timestamp() == pytest.approx(written)


@pytest.mark.parametrize(
    "text",
    [
        tmx(unit("café", "café"), head='<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd">'),
        tmx(unit("café", "café"), head='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"),
        tmx(unit("café", "café"), head='<?xml version="1.0" encoding="iso-8859-1"?>').encode(
            "latin-1"
        ),
    ],
)
def test_doctypes_and_encodings_of_other_tools(tmp_path: Path, text: str | bytes) -> None:
    (found,), _ = read(tmp_path, text)
    assert found.source_text == "café"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: this is no whole XML (no element found)"),
        ("<tmx><body>\n<tu>\n</body></tmx>", "line 3: this is no whole XML (mismatched tag)"),
        ("<tmx><body>\n<tu></tu>\n", "line 3: this is no whole XML (no element found)"),
        ("<html></html>", "line 1: a TMX file begins with <tmx>, this one with <html>"),
        ('<!DOCTYPE tmx [\n<!ENTITY a "b">]><tmx/>', "line 2: it declares an entity"),
        ('<?xml version="1.0" encoding="klingon"?><tmx/>', "line 1: its encoding cannot be read"),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'in.tmx'}: {says}")
    assert "\n" not in str(caught.value)


def test_an_external_entity_is_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    text = f'<!DOCTYPE tmx [<!ENTITY e SYSTEM "{tmp_path / "secret"}">]><tmx>&e;</tmx>'
    with pytest.raises(ConfigError, match="declares an entity"):
        read(tmp_path, text)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        list(read_tmx(tmp_path / "none.tmx"))


def test_a_long_file_is_read_in_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "long.tmx"
    write_tmx(file, (entry(f"Klant {n}", f"Customer {n}") for n in range(4000)), created=NOON)
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_tmx(file))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 4000
    assert peak < file.stat().st_size < 3_000_000
