"""The email: both languages, every length, and templates of one's own."""

from __future__ import annotations

import re
import textwrap
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html

from cxgreetz.errors import ConfigError, TemplateError
from cxgreetz.model import (
    BlockKind,
    BlockView,
    EditionKey,
    EmailView,
    EventView,
    Image,
    ItemView,
    Language,
    Origin,
)
from cxgreetz.push import fit as fit_to_provider
from cxgreetz.render import find_template, render, template
from cxgreetz.render.prose import credit, fit, groups, plain, teaser, web_address, wrapped

BUILT_IN = Path(__file__).parents[1] / "templates" / "newsletter"
TITLES = {
    "nl": ["Het loket dat terugbelde", "Acht minuten stilte", "Post van de buurvrouw"],
    "en": ["The counter that called back", "Eight minutes of silence", "Mail from next door"],
}
BODY = {
    "nl": "Op een dinsdag belde het loket zelf terug. Niemand had daarom gevraagd, en juist "
    "daarom vertelde de klant het aan de hele straat. Sindsdien staat het in de agenda.",
    "en": "On a Tuesday the counter called back by itself. Nobody had asked for it, which is "
    "why the customer told the whole street. It has been in the diary ever since.",
}


def an_item(number: int = 0, language: Language = "nl", **changes: Any) -> ItemView:
    titles = TITLES[language]
    item = ItemView(
        key=f"piece-{number}",
        title=titles[number % 3] + (f" {number}" if number > 2 else ""),
        title_language=language,
        blocks=(BlockView(BODY[language], language),),
        origin=Origin.AUTHOR,
        url=f"https://blog.example/{language}/{number}",
        url_language=language,
        author="Sanne Brinkhuis",
        publication="CustomerFirst",
        published=date(2026, 10, 7),
    )
    return replace(item, **changes)


def a_view(count: int = 1, language: Language = "nl", **changes: Any) -> EmailView:
    view = EmailView(
        edition=EditionKey("2026-11"),
        language=language,
        newsletter="CX Greetz",
        sender="Sanne Brinkhuis <sanne@blog.example>",
        subject={"nl": "Het loket belt terug", "en": "The counter calls back"}[language],
        preheader={"nl": "Over wachten, en wie dan belt", "en": "On waiting"}[language],
        month=date(2026, 11, 1),
        items=tuple(an_item(i, language) for i in range(count)),
        greeting="Dag,\n\nEen korte brief deze keer.\nSanne",
    )
    return replace(view, **changes)


def with_lead(**changes: Any) -> EmailView:
    return a_view(items=(an_item(**changes),))


def tree(view: EmailView | list[EmailView], folder: Path | None = None) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(render(view, folder).html)


def words_in(element: lxml_html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def own_template(folder: Path, body: str, head: str = "") -> Path:
    """A workspace's template with `body` from its line 5 on; it shows nothing of the view."""
    folder.mkdir(exist_ok=True)
    frame = f'<mjml lang="nl" dir="ltr">\n<mj-head>{head}</mj-head>\n<mj-body>\n'
    frame += f"<mj-section><mj-column>\n{body}\n</mj-column></mj-section>\n</mj-body>\n</mjml>\n"
    (folder / "email.mjml").write_text(frame, encoding="utf-8")
    return folder


# What is wrong with a template, and where -------------------------------------------------


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("<mj-text>goed</mj-text>\n<mj-text><p>mis<b></p></mj-text>", 6, "mismatch"),
        ("<mj-text>\n\n{% if true %}\n<p>{{ 5 }}</div>\n{% endif %}</mj-text>", 8, "mismatch"),
        ("<mj-text>\na < b</mj-text>", 6, "&lt;"),
        ("<mj-text>&onzin;</mj-text>", 5, "onzin"),
        ("\n<mj-txet>mis</mj-txet>", 6, "<mj-txet> is no MJML tag"),
        ('\n\n<mj-image src="https://blog.example/a.png"></mj-image>', 7, 'alt=""'),
        ("\n{{ woord }}", 6, "'woord' is undefined"),
        ("{{ parts[0].words.woord }}", 5, "woord"),
        ("\n{% if %}", 6, "Expected an expression"),
        ("\n\n{{ 1 / 0 }}", 7, "ZeroDivisionError"),
    ],
)
def test_an_error_names_the_file_and_the_line(
    tmp_path: Path, body: str, line: int, said: str
) -> None:
    folder = own_template(tmp_path, body)
    with pytest.raises(TemplateError) as caught:
        render(a_view(), folder)
    where = re.escape(f"{folder / 'email.mjml'}, line {line}")
    assert re.match(rf"{where}(, column \d+)?: ", str(caught.value))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_error_in_a_macro_names_its_own_file(tmp_path: Path) -> None:
    source = (BUILT_IN / "post.mjml").read_text(encoding="utf-8")
    at = source.index("{% macro lead(")
    broken = source[:at] + source[at:].replace("<mj-text>\n<p", "<mj-text><i>\n<p", 1)
    (tmp_path / "post.mjml").write_text(broken, encoding="utf-8")
    line = broken.count("\n", 0, broken.index("</mj-text>", broken.index("<mj-text><i>"))) + 1
    with pytest.raises(TemplateError, match=f"post.mjml, line {line}: .*mismatch"):
        render(a_view(), tmp_path)


def test_all_problems_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    macro = (
        '{% macro box(text) %}\n<mj-text colour="#112233">{{ text }}</mj-text>\n{% endmacro %}\n'
    )
    (tmp_path / "box.mjml").write_text(macro, encoding="utf-8")
    body = """{% import "box.mjml" as b %}
{% for word in ["een", "twee", "drie"] %}
<mj-text>{{ word }}</mj-text><mj-text padding="0 24px">{{ word }}</mj-text>{{ b.box(word) }}
{% endfor %}
<mj-text>goed</mj-text>
<mj-image src="https://blog.example/a.png" alt="{{ "een lange zin" }}"
  width="50%"></mj-image>"""
    folder = own_template(tmp_path, body)
    with pytest.raises(TemplateError) as caught:
        render(a_view(), folder)
    mail, box = folder / "email.mjml", folder / "box.mjml"
    places = [problem.split(": ")[0] for problem in caught.value.problems]
    assert places == [
        f"{mail}, line 7, column 39",
        f"{box}, line 2, column 10",
        f"{mail}, line 11, column 3",
    ]
    assert str(caught.value).split("\n") == list(caught.value.problems)


def test_what_is_not_mjml_and_a_missing_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "email.mjml").write_text("<p>hallo</p>")
    with pytest.raises(
        TemplateError, match=r"email\.mjml, line 1, column 1: <p> is where <mjml> must be"
    ):
        render(a_view(), tmp_path)
    (tmp_path / "email.mjml").write_text('{% include "weg.mjml" %}')
    with pytest.raises(TemplateError, match=r"email\.mjml.*'weg\.mjml'"):
        render(a_view(), tmp_path)
    (tmp_path / "email.mjml").write_bytes(b"<p>\xe9</p>")
    with pytest.raises(TemplateError, match=r"email\.mjml, line 1: is not UTF-8"):
        render(a_view(), tmp_path)


def test_nothing_is_fetched_but_the_pictures_given() -> None:
    html = render(a_view(5)).html
    assert not re.search(r"<(link|script|form|iframe|video)\b|@import|url\(", html)
    assert "fonts.googleapis" not in html
    assert "Ubuntu" not in html


def test_control_characters_vanish() -> None:
    email = render(with_lead(title="een\x00\x02twee\ufffe"))
    assert "eentwee" in email.html
    assert "eentwee" in email.text


# What a reader gets -----------------------------------------------------------------------


def test_same_view_same_bytes() -> None:
    assert render(a_view(6)) == render(a_view(6))
    assert render(a_view(6)).fingerprint != render(replace(a_view(6), preheader="x")).fingerprint


@pytest.mark.parametrize("count", [0, 1, 2, 5, 27])
@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("pictures", [True, False])
def test_every_length(count: int, language: Language, pictures: bool) -> None:
    image = Image("https://blog.example/a.png", None, 1200, 600) if pictures else None
    items = tuple(an_item(i, language, image=image) for i in range(count))
    email = render(a_view(language=language, items=items))
    page = lxml_html.document_fromstring(email.html)
    assert page.get("lang") == language
    assert [words_in(h) for h in page.findall(".//h1")] == ["CX Greetz"]
    hrefs = page.xpath("//a/@href")
    for item in items:
        assert item.url in hrefs
        assert item.title in email.text
        assert f"<{item.url}>" in email.text
    assert len(page.xpath("//img")) == (min(count, 4) if pictures else 0)
    assert len(page.xpath("//a[contains(@class, 'button')]")) == min(count, 1)
    assert len(page.findall(".//h2")) == (count > 0) + (count > 1) + (count > 4)
    assert len(page.findall(".//h3")) == max(count - 1, 0)
    assert len(email.html.encode()) < 90_000
    assert max(map(len, email.text.splitlines())) < 78


def test_27_heavy_items_stay_under_the_limit() -> None:
    long = "Dit is een zin die precies lang genoeg is om mee te tellen. " * 12
    items = tuple(
        an_item(
            i,
            title="Een titel van honderdveertig tekens " * 4,
            origin=Origin.ENGINE,
            url_language="en",
            blocks=(BlockView(long, "nl"),) * 6,
            image=Image(f"https://blog.example/{'map/' * 15}{i}.png", "Een loket", 1200, 600),
        )
        for i in range(27)
    )
    email = render(a_view(items=items))
    assert len(email.html.encode()) < 90_000
    assert email.html.count("precies lang genoeg") == 12 * 6 + 3 * 3 + 23


def test_the_frame_has_what_mail_clients_ask_for() -> None:
    page = tree(a_view())
    metas = {m.get("name"): m.get("content") for m in page.findall(".//meta")}
    assert metas["color-scheme"] == metas["supported-color-schemes"] == "light dark"
    assert "x-apple-disable-message-reformatting" in metas
    assert page.get("dir") == "ltr"
    article = page.xpath("//div[@role='article']")[0]
    preheader = article[0]
    assert "display:none" in preheader.get("style")
    assert preheader.text.startswith("Over wachten, en wie dan belt\u034f\u200c\u00a0")
    assert words_in(article.find(".//p")) == "november 2026"
    assert not page.xpath("//table[not(@role='presentation')]")


def test_every_background_has_its_dark_class() -> None:
    page = tree(a_view(6))
    painted = page.xpath("//div[contains(@style, 'background-color:#')]/@class")
    assert painted
    assert all(set(c.split()) & {"page", "card", "soft"} for c in painted)
    assert "prefers-color-scheme: dark" in render(a_view()).html
    assert "[data-ogsb]" in render(a_view()).html


def test_the_greeting_is_plain_text_in_paragraphs() -> None:
    page = tree(a_view(greeting="Dag <lezer>,\n\n\nEerste regel\ntweede regel"))
    said = [words_in(p) for p in page.findall(".//p")]
    assert "Dag <lezer>," in said
    assert page.xpath("//p[contains(., 'Eerste regel')]/br")
    text = render(a_view(greeting="Dag <lezer>,\n\n\nEerste regel\ntweede regel")).text
    assert "Dag <lezer>,\n\nEerste regel\ntweede regel\n" in text


def test_without_greeting_the_lead_follows_the_letterhead() -> None:
    said = [words_in(e) for e in tree(a_view(greeting=" \n ")).xpath("//p | //h2")]
    assert said[:3] == ["november 2026", "Deze keer", "Het loket dat terugbelde"]


def test_an_empty_edition_says_so() -> None:
    email = render(a_view(0))
    assert "geen nieuwe columns" in email.html
    assert "geen nieuwe columns" in email.text


CREDITS = [
    ({}, "Door Sanne Brinkhuis · eerst verschenen in CustomerFirst, 7 oktober 2026"),
    ({"author": None}, "Eerst verschenen in CustomerFirst, 7 oktober 2026"),
    ({"published": None}, "Door Sanne Brinkhuis · eerst verschenen in CustomerFirst"),
    ({"publication": None}, "Door Sanne Brinkhuis · 7 oktober 2026"),
    ({"author": None, "publication": None, "published": None}, ""),
]


@pytest.mark.parametrize(("changes", "line"), CREDITS)
def test_credit_in_dutch(changes: dict[str, Any], line: str) -> None:
    words = tomllib.loads((BUILT_IN / "words.toml").read_text(encoding="utf-8"))["nl"]
    # A day stays together.
    assert credit(an_item(**changes), words, "nl") == line.replace(
        "7 oktober 2026", "7\u00a0oktober\u00a02026"
    )
    email = render(with_lead(**changes))
    assert line in words_in(lxml_html.document_fromstring(email.html))
    assert line in " ".join(email.text.split())


def test_credit_in_english() -> None:
    line = "By Sanne Brinkhuis · first published in CustomerFirst, 7 October 2026"
    email = render(a_view(language="en"))
    assert line in words_in(lxml_html.document_fromstring(email.html))
    assert line in " ".join(email.text.split())


@pytest.mark.parametrize(
    "changes", [{"origin": Origin.ENGINE}, {"origin": Origin.EDITOR}, {"own_translation": True}]
)
def test_a_translation_did_not_itself_appear_in_the_magazine(changes: dict[str, Any]) -> None:
    said = "By Sanne Brinkhuis · first published in {}CustomerFirst, 7 October 2026"
    # Where nobody knows its language, nothing is said of that.
    for there, line in (("nl", said.format("Dutch in ")), (None, said.format(""))):
        item = an_item(language="en", publication_language=there, **changes)
        email = render(a_view(items=(item,), language="en"))
        assert line in words_in(lxml_html.document_fromstring(email.html))
        assert line in " ".join(email.text.split())


def test_the_authors_own_translation_is_named_as_such() -> None:
    email = render(a_view(items=(an_item(own_translation=True),)))
    assert "Eigen vertaling van de auteur uit het Engels" in email.html
    assert "[Eigen vertaling van de auteur uit het Engels]" in email.text


ORIGINS = [
    (Origin.AUTHOR, "nl", ""),
    (Origin.EDITOR, "nl", "Vertaald uit het Engels"),
    (Origin.MEMORY, "en", "Translated from Dutch"),
    (Origin.CHECKED, "nl", "Vertaald uit het Engels door een computer, nagekeken door de redactie"),
    (Origin.CHECKED, "en", "Translated from Dutch by machine, checked by the editor"),
    (Origin.ENGINE, "nl", "Vertaald uit het Engels door een computer"),
    (Origin.ENGINE, "en", "Translated from Dutch by machine"),
    (Origin.WAITING, "nl", "Wacht op vertaling"),
    (Origin.WAITING, "en", "Waiting for translation"),
]


@pytest.mark.parametrize(("origin", "language", "said"), ORIGINS)
@pytest.mark.parametrize("place", [0, 1, 4])
def test_the_origin_is_said_at_the_item_wherever_it_stands(
    origin: Origin, language: Language, said: str, place: int
) -> None:
    view = a_view(5, language)
    items = list(view.items)
    items[place] = replace(items[place], origin=origin)
    email = render(replace(view, items=tuple(items)))
    page = words_in(lxml_html.document_fromstring(email.html))
    everything = {said for _, _, said in ORIGINS if said}
    for line in everything:
        assert page.count(line) == (1 if line in said else 0)
        assert (f"[{line}]" in email.text) == (line == said)


def test_waiting_text_is_marked_as_the_other_language() -> None:
    blocks = (
        BlockView("Klaar.", "nl"),
        BlockView("Not yet <em>done</em>.", "en", waiting=True),
        BlockView("Nor this", "en", BlockKind.HEADING, 2, waiting=True),
        BlockView("nor that", "en", BlockKind.ITEM, waiting=True),
        BlockView("nor these", "en", BlockKind.QUOTE, waiting=True),
    )
    page = tree(with_lead(title="Almost there", title_language="en", blocks=blocks))
    english = [words_in(e) for e in page.xpath("//*[@lang='en']")]
    assert english == ["Almost there", "Not yet done.", "Nor this", "nor that", "nor these"]
    assert "Wacht op vertaling" in words_in(page)
    assert len(page.xpath("//*[contains(@class, 'bar')]")) == 4


def test_a_link_to_a_page_in_the_other_language_says_so() -> None:
    email = render(a_view(items=(an_item(url_language="en"), an_item(1, url_language="en"))))
    page = lxml_html.document_fromstring(email.html)
    links = page.xpath("//a[@hreflang='en']")
    assert [words_in(a) for a in links] == [
        "Het loket dat terugbelde",
        "Lees verder: “Het loket dat terugbelde” (in het Engels)",
        "Acht minuten stilte (in het Engels)",
    ]
    assert email.text.count("(in het Engels)") == 2
    assert "(in Dutch)" in render(a_view(items=(an_item(url_language="nl"),), language="en")).html


def test_link_text_names_its_target() -> None:
    for count in (1, 27):
        links = tree(a_view(count)).xpath("//a[not(starts-with(@href, 'cxgreetz:'))]")
        by_words: dict[str, set[str]] = {}
        for link in links:
            by_words.setdefault(words_in(link), set()).add(link.get("href"))
        assert all(len(targets) == 1 for targets in by_words.values())
    assert (
        "Lees “Het loket dat terugbelde” op de website" in render(with_lead(truncated=False)).text
    )


def test_blocks_keep_their_kind() -> None:
    blocks = (
        BlockView("Eerst dit", "nl", BlockKind.HEADING, 2),
        BlockView("een", "nl", BlockKind.ITEM),
        BlockView("twee", "nl", BlockKind.ITEM),
        BlockView("dan", "nl", BlockKind.ITEM, 1),
        BlockView("nog", "nl", BlockKind.ITEM, 1),
        BlockView("Zei ze", "nl", BlockKind.QUOTE),
        BlockView(
            "Bij het loket", "nl", BlockKind.PICTURE, image=Image("https://blog.example/b.png")
        ),
    )
    email = render(with_lead(blocks=blocks))
    page = lxml_html.document_fromstring(email.html)
    assert [words_in(h) for h in page.findall(".//h3")] == ["Eerst dit"]
    assert [[words_in(li) for li in ul] for ul in page.findall(".//ul")] == [["een", "twee"]]
    assert [[words_in(li) for li in ol] for ol in page.findall(".//ol")] == [["dan", "nog"]]
    assert words_in(page.find(".//blockquote")) == "Zei ze"
    assert page.xpath("//img/@src") == ["https://blog.example/b.png"]
    assert page.xpath("//img/@alt") == [""]
    lines = email.text.splitlines()
    for line in ("Eerst dit", "- een", "- twee", "1. dan", "2. nog", "> Zei ze", "Bij het loket"):
        assert line in lines


def test_links_in_the_text_of_the_lead_are_in_both_parts() -> None:
    page = '<a href="https://blog.example/bron?a=1&amp;b=2">de bron</a>'
    mail = '<a href="mailto:x@blog.example">x@blog.example</a>'
    html = f"Lees {page} of {mail}."
    email = render(with_lead(blocks=(BlockView(html, "nl"),)))
    hrefs = lxml_html.document_fromstring(email.html).xpath("//a/@href")
    assert "https://blog.example/bron?a=1&b=2" in hrefs
    flowing = " ".join(email.text.split())
    assert "Lees de bron <https://blog.example/bron?a=1&b=2> of <x@blog.example>." in flowing


def test_a_long_address_is_not_broken() -> None:
    url = "https://blog.example/" + "heel-lang-" * 20
    block = BlockView(f'Zie <a href="{url}">hier</a> verder.', "nl")
    lines = render(with_lead(url=url, blocks=(block,))).text.splitlines()
    assert lines.count(f"<{url}>") == 2
    assert all(len(line) < 78 for line in lines if url not in line)


def test_a_title_of_one_endless_word_is_cut_in_the_button_too() -> None:
    assert "Lees verder: “KlantKlant" in render(with_lead(title="Klant" * 30)).html


def test_who_asks_for_the_other_letter_reads_it_on_lines_that_fit() -> None:
    sender = "Marijke <marijke.van.der.veen@klantbeleving.example>"
    text = render(a_view(other_language="en", sender=sender)).text
    assert "Ask for the English letter:\n<marijke.van.der.veen@klantbeleving.example>\n" in text
    assert max(map(len, text.splitlines())) < 78


def test_a_long_title_stays_whole_but_in_the_button() -> None:
    title = "Over de klant die drie keer belde en daarna " * 3 + "een brief schreef"
    page = tree(with_lead(title=title))
    assert words_in(page.find(".//h2")) == title
    button = words_in(page.xpath("//a[contains(@class, 'button')]")[0])
    assert len(button) < 90
    assert button.endswith("…”")


def test_the_footer_says_why_from_whom_and_how_to_leave() -> None:
    email = render(a_view(other_language="en"))
    page = lxml_html.document_fromstring(email.html)
    footer = words_in(page)[-400:]
    assert "hebben aangemeld voor CX Greetz" in footer
    assert "Sanne Brinkhuis sanne@blog.example" in footer
    also = [words_in(e) for e in page.xpath("//p[@lang='en']")]
    assert also == ["Would you rather read English? Ask for the English letter"]
    assert "Sanne Brinkhuis <sanne@blog.example>" in email.text
    assert "Ask for the English letter:\n<sanne@blog.example>" in email.text
    assert "Would you rather" not in render(a_view()).html


def test_a_letter_leads_to_its_sister_and_to_itself_on_the_web() -> None:
    web = "https://blog.example/letters/2026-11/{}/"
    view = a_view(other_language="en", web_version=web.format("nl"), sister=web.format("en"))
    email = render(view)
    page = lxml_html.document_fromstring(email.html)
    sisters = page.xpath("//a[@href='https://blog.example/letters/2026-11/en/']")
    assert [words_in(a) for a in sisters] == ["Read this letter in English"] * 2
    assert all(a.xpath("ancestor-or-self::*/@lang")[-1] == "en" for a in sisters)
    assert len(page.xpath("//a[@href='https://blog.example/letters/2026-11/nl/']")) == 2
    assert "cxgreetz:web_version" not in email.html + email.text
    assert "Read this letter in English: <https://blog.example/letters/2026-11/en/>" in email.text


def test_the_postal_address_and_the_signature_have_their_place() -> None:
    email = render(
        a_view(2, postal_address="Dorpsstraat 1, Ons Dorp", signature="Sanne, in het blauw")
    )
    text = words_in(lxml_html.document_fromstring(email.html))
    assert text.index("Een korte brief") < text.index("Sanne, in het blauw") < text.index("Om mee")
    assert "Sanne Brinkhuis, Dorpsstraat 1, Ons Dorp" in text
    assert "Sanne, in het blauw" in email.text and "Dorpsstraat 1, Ons Dorp" in email.text
    unsigned = render(a_view(greeting="", signature="Sanne, in het blauw"))
    assert "in het blauw" not in unsigned.html + unsigned.text


def test_what_is_coming_up_is_told_in_both_parts() -> None:
    events = (
        EventView(
            "masterclass", "Luisteren", date(2026, 12, 3), "Zwolle", "https://blog.example/m"
        ),
        EventView("book", "De blauwe jurk"),
    )
    for language, day in (("nl", "donderdag 3 december 2026"), ("en", "Thursday 3 December 2026")):
        email = render(a_view(language=language, events=events))
        page = lxml_html.document_fromstring(email.html)
        heads = [words_in(h) for h in page.findall(".//h3")][-2:]
        assert heads == ["Luisteren", "De blauwe jurk"]
        assert f"Masterclass · {day} · Zwolle" in words_in(page)
        assert f"Masterclass · {day} · Zwolle" in email.text
        assert "<https://blog.example/m>" in email.text
        assert page.xpath("//a[@href='https://blog.example/m']")
    assert "Binnenkort" not in render(a_view()).html


def test_a_counted_link_is_followed_and_the_plain_one_is_read() -> None:
    link = "https://blog.example/nl/0?utm_source=cx-greetz"
    email = render(with_lead(link=link))
    assert lxml_html.document_fromstring(email.html).xpath("//a/@href").count(link) == 2
    assert "<https://blog.example/nl/0>" in email.text and "utm_" not in email.text


def test_a_brief_letter_tells_the_short_reads_by_their_titles() -> None:
    long, brief = render(a_view(6)), render(a_view(6, brief=True))
    assert long.html.count("Op een dinsdag") == 6 and brief.html.count("Op een dinsdag") == 4
    assert brief.html.count("<h3") == long.html.count("<h3")
    assert brief.text.count("Op een dinsdag") == 4


# The combined layout ----------------------------------------------------------------------


def test_two_languages_in_one_email() -> None:
    email = render([a_view(2, other_language="en"), a_view(2, "en", other_language="nl")])
    assert "Would you rather" not in email.html + email.text
    assert email.language == "nl+en"
    assert email.subject == "Het loket belt terug / The counter calls back"
    assert email.preheader == "Over wachten, en wie dan belt / On waiting"
    page = lxml_html.document_fromstring(email.html)
    assert page.get("lang") == "nl"
    assert [words_in(h) for h in page.findall(".//h2")] == ["In het Nederlands", "In English"]
    assert [words_in(h) for h in page.findall(".//h1")] == ["CX Greetz"]
    own = page.xpath("//p[not(@lang)] | //h3[not(@lang)] | //h4[not(@lang)]")
    assert not [p for p in own if re.search(r"\b(the|and|counter)\b", words_in(p), re.I)]
    assert email.html.index("Het loket dat") < email.html.index("The counter that")
    assert email.text.index("IN HET NEDERLANDS") < email.text.index("IN ENGLISH")
    assert len(page.xpath("//a[@href='cxgreetz:unsubscribe']")) == 2
    for language, word in (("nl", "Nederlands"), ("en", "English")):
        (jump,) = page.xpath(f"//a[@href='#{language}']")
        assert words_in(jump) == word and page.get_element_by_id(language).tag == "h2"
    assert words_in(page).lower().count("november 2026") == 1
    march = render([a_view(month=date(2026, 3, 1)), a_view(1, "en", month=date(2026, 3, 1))])
    assert "maart 2026 · March 2026" in words_in(lxml_html.document_fromstring(march.html))
    assert "maart 2026 · March 2026" in march.text
    assert words_in(page).count("sanne@blog.example") == 1


def test_a_long_pair_of_subjects_is_the_first_alone() -> None:
    first, second = a_view(subject="a" * 34), a_view(language="en", subject="b" * 33)
    assert render([first, second]).subject == f"{'a' * 34} / {'b' * 33}"
    assert render([first, replace(second, subject="b" * 34)]).subject == "a" * 34


def test_a_pair_of_subjects_names_the_newsletter_once() -> None:
    views = [
        a_view(subject="Het loket belt terug · CX Greetz"),
        a_view(language="en", subject="The counter calls back · CX Greetz"),
    ]
    assert render(views).subject == "Het loket belt terug / The counter calls back · CX Greetz"
    assert render(views[0]).subject == "Het loket belt terug · CX Greetz"


def test_no_view_is_refused() -> None:
    with pytest.raises(ValueError, match="no view"):
        render([])


# Tokens and hostile text ------------------------------------------------------------------


def test_the_tokens_are_links_in_both_parts() -> None:
    email = render(a_view())
    hrefs = lxml_html.document_fromstring(email.html).xpath("//a/@href")
    assert hrefs.count("cxgreetz:unsubscribe") == 1
    assert hrefs.count("cxgreetz:web_version") == 2
    assert email.text.count("<cxgreetz:unsubscribe>") == 1
    assert email.text.count("<cxgreetz:web_version>") == 1


def test_a_provider_without_a_web_version_leaves_no_debris() -> None:
    email = fit_to_provider(render(a_view()), {"unsubscribe": "*|UNSUB|*", "web_version": ""}, [])
    assert "browser" not in email.html + email.text
    assert "cxgreetz:" not in email.html + email.text
    assert "Afmelden voor CX Greetz: *|UNSUB|*" in email.text
    footer = lxml_html.document_fromstring(email.html).xpath("//td[.//a[@href='*|UNSUB|*']]//p")
    assert words_in(footer[-2]) == "Afmelden voor CX Greetz"
    assert not footer[-1].text_content()


def test_text_from_outside_cannot_become_a_token() -> None:
    token = "cxgreetz:unsubscribe"
    link = (
        f'<a href="{token}">weg</a> <a href="https://blog.example/?{token}">a</a> &lt;{token}&gt;'
    )
    lead = an_item(
        title=f"<{token}>",
        blocks=(BlockView(link, "nl"),),
        author=token.upper(),
        url=f"https://blog.example/{token}",
        image=Image(f"https://blog.example/{token}.png", token, 1200, 600),
    )
    view = a_view(items=(lead,), greeting=f"<{token}>", preheader=token, subject=token)
    email = render(view)
    clean = render(a_view())
    for part in ("html", "text"):
        found, expected = getattr(email, part), getattr(clean, part)
        assert found.lower().count("cxgreetz:") == expected.count("cxgreetz:")
    page = lxml_html.document_fromstring(email.html)
    assert page.xpath("//a/@href").count(token) == 1
    assert f"https://blog.example/{token}" in page.xpath("//a/@href")
    assert page.findtext(".//title") == token
    assert "https://blog.example/cxgreetz%3Aunsubscribe" in email.text


def test_a_host_called_cxgreetz_keeps_its_port() -> None:
    email = render(with_lead(url="http://cxgreetz:8080/stuk"))
    assert "http://cxgreetz:8080/stuk" in email.html
    assert "<http://cxgreetz:8080/stuk>" in email.text


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_markup_in_plain_fields_is_inert(hostile: str) -> None:
    view = a_view(
        items=(an_item(title=hostile, author=hostile, publication=hostile),) * 5,
        newsletter=hostile,
        greeting=hostile,
        preheader=hostile,
        subject=hostile,
    )
    page = tree(view)
    assert not page.xpath("//script|//img|//@onerror")
    assert hostile in page.text_content()


def test_only_web_addresses_become_links() -> None:
    html = '<a href="javascript:alert(1)">klik</a> <a name="x">anker</a>'
    bad = Image("data:image/png;base64,AAAA", "x", 900, 450)
    item = an_item(url="javascript:alert(1)", image=bad, blocks=(BlockView(html, "nl"),))
    email = render(a_view(items=(item, item)))
    assert "javascript" not in email.html + email.text
    assert "data:image" not in email.html
    assert "klik anker" in words_in(lxml_html.document_fromstring(email.html))
    assert web_address("https://[kapot/") == ""


def test_jinja_in_a_blog_is_just_text() -> None:
    email = render(with_lead(title="{{ 7 * 7 }} {% raw %}"))
    assert "{{ 7 * 7 }} {% raw %}" in email.html
    assert "{{ 7 * 7 }} {% raw %}" in email.text


# Templates of a workspace -----------------------------------------------------------------


def test_the_workspace_comes_first_and_an_unknown_name_lists_what_there_is(tmp_path: Path) -> None:
    assert find_template("newsletter", None) == BUILT_IN
    assert find_template("newsletter", tmp_path) == BUILT_IN
    own = tmp_path / "templates" / "newsletter"
    (tmp_path / "templates" / "feest").mkdir(parents=True)
    own.mkdir()
    assert find_template("newsletter", tmp_path) == own
    with pytest.raises(ConfigError, match=r"'kerst' is not a template; .*: feest, newsletter"):
        find_template("kerst", tmp_path)


def test_an_installed_package_has_its_templates_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = tmp_path / "cxgreetz" / "bundled" / "templates" / "newsletter"
    bundled.mkdir(parents=True)
    monkeypatch.setattr(template, "__file__", str(tmp_path / "cxgreetz/render/template.py"))
    assert find_template("newsletter", None) == bundled


def test_an_edited_template_is_read_again(tmp_path: Path) -> None:
    for said in ("een", "twee"):
        own_template(tmp_path, f"<mj-text><p>{said}</p></mj-text>")
        assert words_in(tree(a_view(), tmp_path).find(".//p")) == said
    (tmp_path / "email.mjml").unlink()
    assert render(a_view(), tmp_path) == render(a_view())


def test_a_folder_may_hold_only_what_differs(tmp_path: Path) -> None:
    assert render(a_view(3), tmp_path) == render(a_view(3))
    (tmp_path / "words.toml").write_text('[nl]\nread_on = "Meer over {title}"\n')
    (tmp_path / "theme.toml").write_text('[light]\naccent = "#7a1f5c"\n')
    email = render(a_view(), tmp_path)
    assert "Meer over Het loket dat terugbelde" in email.html
    assert "Meer over Het loket dat terugbelde" in email.text
    assert "#7a1f5c" in email.html
    assert "#b4432a" not in email.html
    (tmp_path / "email.txt").write_text("{{ parts[0].view.subject }}\n<cxgreetz:unsubscribe>\n")
    assert render(a_view(), tmp_path).text == "Het loket belt terug\n<cxgreetz:unsubscribe>\n"


@pytest.mark.parametrize(
    ("file", "written", "said"),
    [
        ("theme.toml", '[light]\naccent = "red"', "light.accent: 'red' is not a colour of six"),
        ("theme.toml", "[light]\naccent = 7", "light.accent: is not text"),
        ("words.toml", 'by = "door"', "by: stands outside a table"),
        ("words.toml", '[nl]\nby = "door {naam}"', "nl.by: has {naam} to fill in; here is only"),
        ("words.toml", '[nl]\nby = "door {author"', "nl.by: has a brace too few or too many"),
        ("words.toml", "[nl", "words.toml: "),
    ],
)
def test_wrong_words_and_colours_are_named(
    tmp_path: Path, file: str, written: str, said: str
) -> None:
    (tmp_path / file).write_text(written)
    with pytest.raises(ConfigError, match=re.escape(said)) as caught:
        render(a_view(), tmp_path)
    assert str(tmp_path / file) in str(caught.value)


def test_both_languages_have_the_same_words() -> None:
    words = tomllib.loads((BUILT_IN / "words.toml").read_text(encoding="utf-8"))
    assert list(words["nl"]) == list(words["en"])


# The filters ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "least", "most", "shown"),
    [
        ("Kort. Daarna meer tekst.", 3, 99, "Kort."),
        ("Kort. Daarna meer tekst. Slot.", 6, 99, "Kort. Daarna meer tekst."),
        ("Kort. Daarna meer tekst.", 20, 10, "Kort."),
        ("Een zin zonder einde die te lang is", 5, 20, "Een zin zonder …"),
        ("Vraag dr. Bos of mevr. A. Kuik. Nu.", 5, 99, "Vraag dr. Bos of mevr. A. Kuik."),
        ("Zij zei: “Kom maar.” En weg was ze.", 5, 99, "Zij zei: “Kom maar.”"),
        ("Het werd 3.5 keer zo druk. Toen niet.", 5, 99, "Het werd 3.5 keer zo druk."),
        ("Alles past.", 40, 160, "Alles past."),
    ],
)
def test_teaser_takes_whole_sentences(text: str, least: int, most: int, shown: str) -> None:
    found = teaser(an_item(blocks=(BlockView(text, "nl"),)), least, most)
    assert found
    assert found == (shown, "nl")


def test_teaser_keeps_to_running_text_in_one_language() -> None:
    blocks = (
        BlockView("Kop", "nl", BlockKind.HEADING, 2),
        BlockView("Dit <a href='https://blog.example'>ook</a>", "nl"),
        BlockView("This is not it.", "en"),
        BlockView("en dit.", "nl"),
    )
    assert teaser(an_item(blocks=blocks), 40, 160) == ("Dit ook en dit.", "nl")
    assert teaser(an_item(blocks=()), 40, 160) is None
    only = (BlockView("Alleen een punt", "nl", BlockKind.ITEM),)
    assert teaser(an_item(blocks=only), 40, 160) == ("Alleen een punt", "nl")


def test_plain_text_of_inline_html() -> None:
    assert plain("een<br>twee <em>drie</em>\n vier &amp; vijf") == "een\ntwee drie vier & vijf"
    assert plain('<img src="x" alt="☺"> dag<!-- weg -->') == "☺ dag"
    assert plain('<a href="https://a.example">https://a.example</a>') == "<https://a.example>"


def test_fit_never_enlarges() -> None:
    assert fit(Image("x"), 536, 400) == 536
    assert fit(Image("x", None, 300, 200), 536, 400) == 300
    assert fit(Image("x", None, 1200, 600), 536, 400) == 536
    assert fit(Image("x", None, 600, 1200), 536, 400) == 200
    assert fit(Image("x", None, 1, 9000), 536, 400) == 1


def test_groups_gathers_list_items_only() -> None:
    kinds = [BlockKind.PARAGRAPH, BlockKind.PARAGRAPH, BlockKind.ITEM, BlockKind.ITEM]
    found = groups(BlockView("x", "nl", kind) for kind in kinds)
    assert [(name, len(blocks)) for name, blocks in found] == [
        ("paragraph", 1),
        ("paragraph", 1),
        ("ul", 2),
    ]


def test_wrapped_indents() -> None:
    text = wrapped("woord " * 30, "- ", "  ")
    assert all(len(line) <= 76 for line in text.splitlines())
    assert text.splitlines()[0].startswith("- woord")
    assert text.splitlines()[1].startswith("  woord")
    assert textwrap.dedent(text.replace("- ", "  ", 1)).split() == ["woord"] * 30
