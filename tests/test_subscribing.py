"""Sources in and out as OPML; the workspace file keeps every byte it had."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cxgreetz.cli import app
from cxgreetz.model import Source
from cxgreetz.sources._opml import BadOpmlError, Subscription, read_opml, write_opml

WORKSPACE = """# Mine.
[newsletter]
name = "CX & Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-01-01

[[sources]]   # the blog
name = "blog"
url = "http://www.blog.example/feed/"
"""
OPML = """<?xml version="1.0"?><opml version="2.0"><head><title>Mine</title></head><body>
<outline text="Zorg"><outline type="rss" text="Blog" xmlUrl="https://blog.example/feed"/>
<outline type="rss" text="Zorg &quot;nu&quot; \\ é" title="" xmlUrl="https://zorg.example/rss"/>
</outline>
<outline type="link" text="Archief" url="https://b.example/tag/cx/"/>
<outline type="rss" text="Archief" xmlUrl="https://c.example/feed"/>
<outline type="rss" text="Nog eens" xmlUrl="https://zorg.example/rss/"/>
<outline type="rss" text="Post" xmlUrl="ftp://d.example/"/>
<outline type="rss" text="Geheim" xmlUrl="https://me:secret@e.example/"/>
<outline text="Los"/></body></opml>"""


def call(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def take_in(folder: Path, opml: str | bytes = OPML) -> tuple[int, Any]:
    file = folder / "lijst.opml"
    file.write_bytes(opml.encode() if isinstance(opml, str) else opml)
    code, out, _ = call("sources", "--opml-import", file, "--workspace", folder, "--json")
    return code, json.loads(out)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_what_is_added_leaves_the_rest_as_it_is(tmp_path: Path, newline: str, last: str) -> None:
    file = tmp_path / "cxgreetz.toml"
    before = (WORKSPACE.rstrip() + last).replace("\n", newline).encode()
    file.write_bytes(before)
    code, told = take_in(tmp_path)
    assert code == 0
    after = file.read_bytes()
    assert after.startswith(before)
    assert (b"\r\n" in after) == (newline == "\r\n") and after.count(b"\r\r") == 0
    sources = tomllib.loads(after.decode())["sources"]
    assert [(s["name"], s["url"]) for s in sources[1:]] == [
        ('Zorg "nu" \\ é', "https://zorg.example/rss"),
        ("Archief", "https://b.example/tag/cx/"),
        ("Archief 2", "https://c.example/feed"),
    ]
    assert [s["name"] for s in told["added"]] == [s["name"] for s in sources[1:]]
    assert after.decode().count("# From ") == 3
    reasons = {s["name"]: s["reason"] for s in told["skipped"]}
    assert set(reasons) == {"Blog", "Nog eens", "Post", "Geheim"}
    assert "'blog'" in reasons["Blog"] and "Zorg" in reasons["Nog eens"]
    assert "web address" in reasons["Post"] and "name or password" in reasons["Geheim"]
    # once more adds nothing
    assert take_in(tmp_path)[1]["added"] == []
    assert file.read_bytes() == after


def test_sources_written_inline_cannot_be_added_to(tmp_path: Path) -> None:
    head, _, _ = WORKSPACE.partition("[[sources]]")
    file = tmp_path / "cxgreetz.toml"
    text = 'sources = [{ name = "blog", url = "https://blog.example/" }]\n' + head
    file.write_text(text)
    code, told = take_in(tmp_path)
    assert code == 2 and "nothing can be added at its end" in told["error"]
    assert file.read_text() == text


ENTITY = b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no whole XML"),
        (b"<opml><body>", "is no whole XML"),
        (b"<rss/>", "is no OPML"),
        (b"\xff\xfe\x00", "is no whole XML"),
        (b"<opml>&x;</opml>", "is no whole XML"),
    ],
)
def test_what_is_no_opml_is_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE)
    code, told = take_in(tmp_path, content)
    assert code == 2 and said in told["error"] and "\n" not in told["error"]
    assert (tmp_path / "cxgreetz.toml").read_text() == WORKSPACE


def test_a_file_that_is_missing_and_two_wishes_at_once(tmp_path: Path) -> None:
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE)
    code, _, said = call("sources", "--opml-import", tmp_path / "x", "--workspace", tmp_path)
    assert code == 2 and "cannot be read" in said
    code, _, said = call("sources", "--opml-import", "a", "--opml-export", "b")
    assert code == 2 and "one of them" in said


def test_entities_are_never_resolved() -> None:
    body = b'<opml><body><outline text="a" xmlUrl="https://a.example/&x;"/></body></opml>'
    try:
        found = read_opml(ENTITY + body)
    except BadOpmlError:
        found = []
    assert "root:" not in str(found)
    lol = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 30))
    bomb = b'<!DOCTYPE opml [<!ENTITY l0 "lol">' + lol + b"]>" + body.replace(b"&x;", b"&l29;")
    with pytest.raises(BadOpmlError):
        read_opml(bomb)


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE)
    file = tmp_path / "uit.opml"
    code, out, _ = call("sources", "--opml-export", file, "--workspace", tmp_path, "--json")
    assert (code, json.loads(out)) == (0, {"file": str(file), "sources": 1})
    assert read_opml(file.read_bytes()) == [Subscription("blog", "http://www.blog.example/feed/")]
    assert b"CX &amp; Greetz" in file.read_bytes()
    before = file.read_bytes()
    code, _, said = call("sources", "--opml-export", file, "--workspace", tmp_path)
    assert code == 2 and "stands there already" in said and file.read_bytes() == before
    assert read_opml(write_opml("T\0", [Source("a\x07b", "https://x.example/")]))[0].name == "ab"
    odd = Source('A "b" <c> & é', "https://x.example/?a=1&b=2")
    assert read_opml(write_opml("T", [odd])) == [Subscription(odd.name, odd.url)]
