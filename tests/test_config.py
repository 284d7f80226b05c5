"""The workspace file: every problem at once, each with its path and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxgreetz.config import api_key, load_config, option_table, service_url
from cxgreetz.errors import ConfigError
from cxgreetz.ports import plugin, shelf

GOOD = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-01-01

[[sources]]
name = "blog"
url = "https://blog.example/feed/"
"""


def load(folder: Path, text: str) -> list[str]:
    """The problems of a file, as its reader sees them."""
    (folder / "cxgreetz.toml").write_text(text, encoding="utf-8")
    try:
        load_config(folder, plugin)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_a_short_file_is_enough(tmp_path: Path) -> None:
    (tmp_path / "cxgreetz.toml").write_text(GOOD)
    config = load_config(tmp_path, plugin)
    assert config.newsletter.languages == ["nl", "en"]
    assert config.newsletter.timezone == "Europe/Amsterdam"
    assert config.provider.name == "outbox"
    assert config.store.url == "sqlite:///cxgreetz.db"
    assert config.start.isoformat() == "2025-12-31T23:00:00+00:00"
    assert config.private_hosts() == {"blog.example"}
    assert config.plain_hosts() == frozenset()
    assert config.source_list()[0].url == "https://blog.example/feed/"


def test_every_option_of_the_contract_is_known(tmp_path: Path) -> None:
    (tmp_path / "glossary.csv").write_text("")
    assert (
        load(
            tmp_path,
            """
[newsletter]
name = "CX Greetz"
from = "Name <a@b.nl>"
languages = ["nl", "en"]
layout = "combined"
template = "newsletter"
timezone = "Europe/Amsterdam"
start = 2026-01-01
[[sources]]
name = "customerfirst"
url = "https://a.example/"
kind = "feed"
author = "Anna"
language = "nl"
excerpt_limit = 300
expected_per_month = 2
[translation]
engines = ["deepl"]
glossary = "glossary.csv"
address = "je"
[provider]
name = "outbox"
audience = { nl = "1", en = "2" }
url = "https://api.example"
[notify]
urls = ["mailto://x"]
[store]
url = "postgresql+psycopg://cx@db/cx"
""",
        )
        == []
    )


def test_all_problems_come_at_once_with_their_paths(tmp_path: Path) -> None:
    problems = load(
        tmp_path,
        """
[newsletter]
name = "CX"
from = "no address"
languages = ["nl", "de"]
timezone = "Mars/Olympus"
colour = "blue"
start = "soon"
[[sources]]
name = "a"
url = "https://a.example/"
[[sources]]
name = "b"
url = "b.example"
kind = 3
langauge = "nl"
[translation]
address = "jij"
[provider]
audience = { fr = "1" }
""",
    )
    text = "\n".join(problems)
    for path in (
        "newsletter.from",
        "newsletter.languages",
        "newsletter.timezone",
        "newsletter.colour",
        "newsletter.start",
        "sources[1].url",
        "sources[1].kind",
        "sources[1].langauge",
        "translation.address",
        "provider.audience.fr",
    ):
        assert any(p.startswith(f"{path}") for p in problems), (path, text)
    assert "newsletter.colour: unknown key; known here: name, from, languages" in text
    assert "'de' is neither Dutch nor English" in text


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("2026-01-01", "01-02-2019", "line 5: a day is written the other way round; write it as "
         "2019-02-01"),
        ("2026-01-01", "31/12/2019 # oud", "write it as 2019-12-31"),
        ("2026-01-01", "12.31.2019", "write it as 2019-12-31"),
        ("2026-01-01", "2019-1-1", "write it as 2019-01-01"),
        ("2026-01-01", "2019-13-01", "line 5: is no day; a day is written as 2026-01-31"),
        ("2026-01-01", '"2019-01-01"', "newsletter.start: '2019-01-01' is no day; write it "
         "without quotes"),
        ('Greetz"', "Greetz", "line 3: its closing quote is missing"),
        ('feed/"\n', "feed/", "line 9: its closing quote is missing"),
        ('"CX Greetz"', '"""CX Greetz', "line 3: its closing quote is missing"),
        ("[[sources]]", "[sources]", "sources: write [[sources]], with two pairs of brackets"),
        ("[[sources]]", '[sources]\nname = "a"\n[sources]', "line 9: write [[sources]], with two"),
        ("[[sources]]", '[[sources]]\nname = "a"\n[sources]', "line 9: write [[sources]], with"),
        ('name = "CX Greetz"', "name = CX", "is not valid TOML: Invalid value (at line 3"),
    ],
)  # fmt: skip
def test_what_toml_says_has_a_remedy(tmp_path: Path, before: str, after: str, problem: str) -> None:
    assert before in GOOD
    (told,) = load(tmp_path, GOOD.replace(before, after, 1))
    assert problem in told


def test_a_line_with_a_password_is_not_repeated(tmp_path: Path) -> None:
    (told,) = load(tmp_path, GOOD + 'url = "https://anna:hunter2@x\n')
    assert "closing quote" in told and "hunter2" not in told


def test_a_list_is_counted_as_people_count(tmp_path: Path) -> None:
    second = '[[sources]]\nname = "magazine"\nurl = "magazine.example"\nlangauge = "nl"\n'
    problems = load(tmp_path, GOOD + second + "[[sources]]\nname = 3\n")
    (key,) = (p for p in problems if "langauge" in p)
    assert key.startswith("sources[1].langauge: unknown key; known here: name, url")
    assert key.endswith('; did you mean language? (source 2, "magazine")')
    (address,) = (p for p in problems if p.startswith("sources[1].url"))
    assert address.endswith('(source 2, "magazine")')
    (missing,) = (p for p in problems if p.startswith("sources[2].url"))
    assert missing.endswith("(source 3)")


def test_a_missing_option_says_what_it_is_for(tmp_path: Path) -> None:
    problems = load(tmp_path, GOOD.replace('from = "Marijke <marijke@example.org>"\n', ""))
    assert problems == ["newsletter.from: is missing: who it comes from: `Name <address>`"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('kind = "rss"', "sources[0].kind: 'rss' is unknown; the shelf has: feed, page, wordpress"),
        ('language = "de"', "sources[0].language: 'de' is neither Dutch nor English"),
        ("excerpt_limit = 0", "sources[0].excerpt_limit: input should be greater than"),
        ('api_key = "s3cret"', "sources[0].api_key: secrets do not belong in this file"),
    ],
)
def test_a_wrong_line_of_a_source(tmp_path: Path, line: str, problem: str) -> None:
    problems = load(tmp_path, GOOD + line)
    assert any(p.startswith(problem) for p in problems), problems
    assert "s3cret" not in "".join(p for p in problems if "secrets" in p)


def test_unknown_plugins_list_their_shelf(tmp_path: Path) -> None:
    text = GOOD + '[translation]\nengines = ["deepl", "babelfish"]\n[provider]\nname = "pigeon"\n'
    problems = load(tmp_path, text)
    assert problems == [
        "translation.engines[1]: 'babelfish' is unknown; the shelf has: "
        + ", ".join(shelf("engines")),
        f"provider.name: 'pigeon' is unknown; the shelf has: {', '.join(shelf('providers'))}",
    ]


def test_an_import_path_is_a_plugin_too(tmp_path: Path) -> None:
    text = GOOD + '[provider]\nname = "cxgreetz.providers.outbox"\n'
    assert load(tmp_path, text) == []
    problems = load(tmp_path, GOOD + '[provider]\nname = "nowhere.to.be.found"\n')
    assert "provider.name: 'nowhere.to.be.found' cannot be used" in problems[0]


@pytest.mark.parametrize("name", ["os.path", ".", ":", "./x", "cxgreetz.net", "a..b"])
def test_what_is_no_plugin_is_refused(tmp_path: Path, name: str) -> None:
    (problem,) = load(tmp_path, GOOD + f'[provider]\nname = "{name}"\n')
    assert problem.startswith(f"provider.name: '{name}'") and "outbox" in problem


def test_a_value_that_may_hold_a_password_is_not_repeated(tmp_path: Path) -> None:
    text = GOOD + '[notify]\nurls = "mailto://u:hunter2@x"\n[store]\nurl = ["p://u:hunter2@h/db"]\n'
    problems = load(tmp_path, text)
    assert len(problems) == 2 and "hunter2" not in "".join(problems)
    query = GOOD + '[store]\nurl = "postgresql+psycopg://h/db?password=hunter2"\n'
    assert "PGPASSWORD" in load(tmp_path, query)[0]


def test_a_file_of_notepad_is_read(tmp_path: Path) -> None:
    (tmp_path / "cxgreetz.toml").write_text(GOOD, encoding="utf-8-sig")
    assert load_config(tmp_path, plugin).newsletter.name == "CX Greetz"


def test_two_sources_with_one_name(tmp_path: Path) -> None:
    text = GOOD + '[[sources]]\nname = "blog"\nurl = "https://b.example"\n'
    assert load(tmp_path, text) == [
        "sources[1].name: 'blog' is also sources[0] (source 2, \"blog\")"
    ]


def test_passwords_in_addresses_are_refused_and_not_repeated(tmp_path: Path) -> None:
    text = GOOD.replace("https://blog", "https://anna:hunter2@blog")
    text += '[store]\nurl = "postgresql+psycopg://cx:hunter2@db/cx"\n'
    problems = load(tmp_path, text)
    assert len(problems) == 2
    assert "hunter2" not in "".join(problems)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[newsletter\n", "is not valid TOML"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (None, "make one with: cxgreetz init"),
        (b"", "newsletter: is missing"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, problem: str) -> None:
    if content is not None:
        (tmp_path / "cxgreetz.toml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path, plugin)
    assert problem in str(caught.value)
    assert caught.value.exit_code == 2


def test_secrets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXGREETZ_DEEPL_API_KEY", "k")
    monkeypatch.setenv("CXGREETZ_DEEPL_URL", "http://127.0.0.1:1")
    assert api_key("deepl") == "k"
    assert service_url("deepl") == "http://127.0.0.1:1"
    assert api_key("google") is None
    assert api_key("my.plugins.deepl") == "k"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('tags = ["zorg", "cx"]\nselectors = { entry = ".kaart" }', None),
        ('kind = "page"\nselectors = { body = ".stuk" }', None),
        ('tags = "zorg"', "sources[0].tags: input should be a valid list, not 'zorg'"),
        ('tags = [""]', "sources[0].tags[0]: string should have at least 1 character, not ''"),
        (
            'selectors = { titel = "h2" }',
            "sources[0].selectors.titel: unknown key; known here: "
            "entry, title, date, author, body, older; did you mean title?",
        ),
        (
            'kind = "feed"\nselectors = { entry = ".kaart" }',
            'sources[0].selectors: are for a page; leave them out, or use kind = "page"',
        ),
    ],
)
def test_filters_of_a_source(tmp_path: Path, lines: str, problem: str | None) -> None:
    place = ' (source 1, "blog")'
    assert load(tmp_path, f"{GOOD}{lines}\n") == ([problem + place] if problem else [])


def test_the_readme_has_the_table_of_options() -> None:
    readme = Path(__file__).parents[1] / "README.md"
    assert option_table() in readme.read_text(encoding="utf-8")
