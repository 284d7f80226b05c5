"""Good pairs of Dutch and English lines, made from sentences of our own; and ways to damage them.

The sentences are written as a careful translator writes: close where the languages are, free
where they are not. Filled with names, numbers, dates and things they give as many lines as are
asked for, the same ones for the same seed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cxgreetz import sentences

Line = tuple[str, str]

DATA = Path(__file__).parent / "data" / "line_pairs.txt"
NAMES = (
    "Anneke", "Joris", "Femke", "Bas", "Lotte", "Ruben", "Sietske", "Wouter", "Hanna", "Daan",
    "Mirthe", "Teun", "Roos", "Gijs",
)  # fmt: skip
SURNAMES = ("Van der Laan", "De Boer", "Kuipers", "Van den Akker", "Smeets", "Dijk")
_MONTHS = (
    ("januari", "January"), ("februari", "February"), ("maart", "March"), ("april", "April"),
    ("juni", "June"), ("augustus", "August"), ("oktober", "October"), ("december", "December"),
)  # fmt: skip
_WHO = (
    ("de bakker", "the baker"), ("de conducteur", "the conductor"),
    ("de apotheker", "the pharmacist"), ("de monteur", "the mechanic"),
    ("de kapper", "the hairdresser"), ("de receptionist", "the receptionist"),
    ("de bezorger", "the courier"), ("de ober", "the waiter"),
    ("de directeur", "the director"), ("mijn buurvrouw", "my neighbour"),
)  # fmt: skip
_WHAT = (
    ("een formulier", "a form"), ("een kop thee", "a cup of tea"), ("een klacht", "a complaint"),
    ("een brief", "a letter"), ("een bos bloemen", "a bunch of flowers"),
    ("een handgeschreven kaartje", "a handwritten card"),
    ("een nieuwe afspraak", "a new appointment"),
    ("een telefoonnummer", "a phone number"), ("een oude stoel", "an old chair"),
)  # fmt: skip
_WHERE = (
    ("in Zwolle", "in Zwolle"), ("in Den Haag", "in The Hague"),
    ("op het station", "at the station"),
    ("bij de balie", "at the desk"), ("in de winkel", "in the shop"),
    ("aan de telefoon", "on the phone"), ("in een hotel in Gent", "in a hotel in Ghent"),
    ("op kantoor", "at the office"),
)  # fmt: skip
_FEELING = (
    ("blij", "happy"), ("opgelucht", "relieved"), ("verbaasd", "surprised"), ("moe", "tired"),
    ("trots", "proud"), ("boos", "angry"), ("nieuwsgierig", "curious"),
)  # fmt: skip
_TERM = (
    ("de klantreis", "the customer journey"), ("klanttevredenheid", "customer satisfaction"),
    ("klantbeleving", "customer experience"), ("de NPS", "the NPS"),
)  # fmt: skip
_QUOTED = (
    ("Ga zitten", "Do sit down"), ("Wij bellen u morgen terug", "We will ring you back tomorrow"),
    ("Dit is onze fout", "This is our mistake"),
    ("Dat staat niet in het systeem", "That is not in the system"),
    ("Neem rustig de tijd", "Take your time"), ("Daar ga ik niet over", "That is not up to me"),
)  # fmt: skip


def _templates(section: str) -> list[Line]:
    text = DATA.read_text(encoding="utf-8").partition(f"[{section}]\n")[2].partition("\n[")[0]
    return [(nl, en) for nl, en in (pair.split("\n") for pair in text.strip().split("\n\n"))]


_TOGETHER = (
    ("tweeën", "two"), ("drieën", "three"), ("vieren", "four"), ("vijven", "five"),
    ("zessen", "six"), ("zevenen", "seven"),
)  # fmt: skip


def good_lines(count: int, seed: int = 1) -> list[Line]:
    """`count` different pairs: headings, sentences, and paragraphs of up to four sentences."""
    rng, written, headings = random.Random(seed), _templates("sentences"), _templates("headings")
    made: dict[Line, None] = {}
    while len(made) < count:
        if rng.random() < 0.1:
            templates = [rng.choice(headings)]
        else:
            templates = rng.sample(written, rng.choice((1, 1, 1, 2, 2, 3, 4)))
        filled = [_fill(template, rng) for template in templates]
        made[" ".join(nl for nl, _en in filled), " ".join(en for _nl, en in filled)] = None
    return list(made)


def _fill(template: Line, rng: random.Random) -> Line:
    slots = _slots(rng)
    slots |= {key.capitalize(): tuple(map(_capital, both)) for key, both in slots.items()}
    dutch, english = ({key: both[n] for key, both in slots.items()} for n in (0, 1))
    return template[0].format(**dutch), template[1].format(**english)


def _slots(rng: random.Random) -> dict[str, Line]:
    name, who, surname = rng.choice(NAMES), rng.choice(_WHO[:-1]), rng.choice(SURNAMES)
    month, big = rng.choice(_MONTHS), rng.randint(1001, 98_999)
    cents, day, hour = rng.randint(105, 9995), rng.randint(2, 28), rng.randint(13, 22)
    tenths = rng.randint(11, 989)
    bare = (who[0].removeprefix("de "), who[1].removeprefix("the "))
    same = {
        "name": name,
        "full": f"{rng.choice(NAMES)} {surname}",
        "surname": surname,
        "n": str(rng.randint(8, 98)),
        "m": str(rng.randint(100, 999)),
        "year": str(rng.randint(1988, 2025)),
    }
    return {key: (value, value) for key, value in same.items()} | {
        "big": (f"{big:,}".replace(",", "."), f"{big:,}"),
        "pct": (f"{tenths / 10:.1f}".replace(".", ","), f"{tenths / 10:.1f}"),
        "price": (f"€ {cents / 100:.2f}".replace(".", ","), f"€{cents / 100:.2f}"),
        "date": (f"{day} {month[0]}", f"{day} {month[1]}"),
        "time": (f"{hour}.{day:02} uur", f"{hour - 12}.{day:02} pm"),
        "n_word": rng.choice(_TOGETHER),
        "who": rng.choice(_WHO),
        "who_bare": bare,
        "what": rng.choice(_WHAT),
        "where": rng.choice(_WHERE),
        "feeling": rng.choice(_FEELING),
        "term": rng.choice(_TERM),
        "said": rng.choice(_QUOTED),
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# Damage: gives what becomes of `target`, or None where the line has nothing to spoil so.

Damage = Callable[[str, str, Iterable[Line], random.Random], str | None]
_NUMBER = re.compile(r"(?<![\w/])\d[\d.,]*\d|(?<![\w/])\d(?!\w)")
_NO = re.compile(
    r" (?:not|never)\b|\bno (?=\w)|(?<=o)n[’']t\b|(?<=d)n[’']t\b| niet\b| nooit\b|\bgeen (?=\w)"
)
_AND = {
    True: re.compile(r"\b([^\W\d_]{3,}) (en|of) ([^\W\d_]{3,})\b"),
    False: re.compile(r"\b([^\W\d_]{3,}) (and|or) ([^\W\d_]{3,})\b"),
}
_DUTCH = re.compile(r"\b(?:de|het|een|ik|je|dat|niet|van|ze|zij|er|zijn)\b", re.I)


def number_changed(_s: str, target: str, _o: Iterable[Line], rng: random.Random) -> str | None:
    found = list(_NUMBER.finditer(target))
    if not found:
        return None
    one = rng.choice(found)
    at = one.start() + rng.choice([n for n, c in enumerate(one[0]) if c.isdigit()])
    digit = rng.choice([d for d in "123456789" if d != target[at]])
    return target[:at] + digit + target[at + 1 :]


def number_dropped(_s: str, target: str, _o: Iterable[Line], rng: random.Random) -> str | None:
    found = list(_NUMBER.finditer(target))
    if not found:
        return None
    one = rng.choice(found)
    return " ".join((target[: one.start()] + target[one.end() :]).split())


def _left(count: int) -> Damage:
    def left_in(source: str, target: str, _o: Iterable[Line], rng: random.Random) -> str | None:
        old, new = source.split(), target.split()
        if min(len(old), len(new)) < count + 2:
            return None
        start, end = rng.randrange(len(old) - count + 1), rng.randrange(len(new) - count + 1)
        return " ".join([*new[:end], *old[start : start + count], *new[end + count :]])

    return left_in


def sorry_added(_s: str, target: str, _o: Iterable[Line], rng: random.Random) -> str | None:
    return f"{target} {rng.choice(('I’m sorry.', 'Of course I will.'))}" if _ends(target) else None


def foreign_added(_s: str, target: str, others: Iterable[Line], rng: random.Random) -> str | None:
    lines = [source for source, _target in others if _ends(source)]
    return f"{target} {sentences.split(rng.choice(lines))[0]}" if _ends(target) else None


def stranger_added(_s: str, target: str, others: Iterable[Line], rng: random.Random) -> str | None:
    lines = [other for _source, other in others if _ends(other)]
    return f"{target} {sentences.split(rng.choice(lines))[0]}" if _ends(target) else None


def _ends(text: str) -> bool:
    return text.endswith((".", "!", "?"))


def sentence_dropped(_s: str, target: str, _o: Iterable[Line], rng: random.Random) -> str | None:
    found = sentences.split(target)
    if len(found) < 2:
        return None
    found.pop(rng.randrange(len(found)))
    return " ".join(found)


def _cut(share: float) -> Damage:
    def cut_short(_s: str, target: str, _o: Iterable[Line], _rng: random.Random) -> str | None:
        if len(target) < 40:
            return None
        return target[: int(len(target) * share)].rpartition(" ")[0]

    return cut_short


def x_and_x(_s: str, target: str, _o: Iterable[Line], rng: random.Random) -> str | None:
    dutch = len(_DUTCH.findall(target)) >= 2
    found = [m for m in _AND[dutch].finditer(target) if m[1].lower() != m[3].lower()]
    if not found:
        return None
    one = rng.choice(found)
    return f"{target[: one.start(3)]}{one[1].lower()}{target[one.end(3) :]}"


def word_doubled(_s: str, target: str, _o: Iterable[Line], rng: random.Random) -> str | None:
    words = [
        m for m in re.finditer(r"[^\W\d_]+", target) if target[m.start() - 1 : m.start()] == " "
    ]
    if not words:
        return None
    one = rng.choice(words)
    return f"{target[: one.end()]} {one[0].lower()}{target[one.end() :]}"


def clause_repeated(_s: str, target: str, _o: Iterable[Line], rng: random.Random) -> str | None:
    words = target.rstrip(".!?").split()
    if len(words) < 8:
        return None
    start = rng.randrange(len(words) - 4)
    clause = words[start : start + rng.randint(5, 7)]
    return " ".join([*words[: start + len(clause)], *clause, *words[start + len(clause) :]]) + "."


def untranslated(source: str, _t: str, _o: Iterable[Line], _rng: random.Random) -> str | None:
    return source if len(re.findall(r"[^\W\d_]+", source)) >= 4 else None


def another_text(_s: str, target: str, others: Iterable[Line], rng: random.Random) -> str | None:
    return rng.choice([other for _source, other in others if other != target])


def name_swapped(_s: str, target: str, _o: Iterable[Line], rng: random.Random) -> str | None:
    found = [name for name in NAMES if name in target]
    if not found:
        return None
    name = rng.choice(found)
    return target.replace(name, rng.choice([other for other in NAMES if other not in target]))


def negation_dropped(_s: str, target: str, _o: Iterable[Line], rng: random.Random) -> str | None:
    found = list(_NO.finditer(target))
    if not found:
        return None
    one = rng.choice(found)
    return target[: one.start()] + target[one.end() :]


def error_page(_s: str, _t: str, _o: Iterable[Line], rng: random.Random) -> str | None:
    pages = (
        "Error 500 (Server Error)!!1500.That’s an error.",
        "MYMEMORY WARNING: YOU USED ALL AVAILABLE FREE TRANSLATIONS FOR TODAY.",
        "QUERY LENGTH LIMIT EXCEEDED. MAX ALLOWED QUERY : 500 CHARS",
        "'AUTO' IS AN INVALID SOURCE LANGUAGE . EXAMPLE: LANGPAIR=EN|IT",
        "<html><head><title>502 Bad Gateway</title></head></html>",
    )
    return rng.choice(pages)


#: Name, how, and the share in % that checks of this kind found in 1,012 lines of an engine.
DAMAGES: tuple[tuple[str, Damage, int | None], ...] = (
    ("number changed", number_changed, 95),
    ("number dropped", number_dropped, 90),
    ("six words left in", _left(6), 98),
    ("one word left in", _left(1), 7),
    ("“I’m sorry.” added", sorry_added, 100),
    ("foreign sentence added", foreign_added, 100),
    ("stranger's sentence added", stranger_added, None),
    ("sentence dropped", sentence_dropped, 100),
    ("cut to 60 %", _cut(0.6), 99),
    ("cut to 80 %", _cut(0.8), 48),
    ("X and X", x_and_x, 97),
    ("word doubled", word_doubled, 85),
    ("clause repeated", clause_repeated, 99),
    ("untranslated", untranslated, 100),
    ("another segment's text", another_text, 83),
    ("name swapped", name_swapped, 72),
    ("negation dropped", negation_dropped, 1),
    ("error page", error_page, 100),
)


def damaged(lines: list[Line], damage: Damage, seed: int = 2) -> Iterator[tuple[Line, str]]:
    """Each line that `damage` can spoil, with what becomes of its translation."""
    rng = random.Random(seed)
    for source, target in lines:
        spoilt = damage(source, target, lines, rng)
        if spoilt is not None and spoilt != target:
            yield (source, target), spoilt
