"""Tell Dutch from English, and both from everything else.

In: a text, or the blocks of a post, and the language somebody declared. Out: a verdict;
the same blocks, each with its language where it can be told. Never: a whole post judged
by its first lines, a language forced on a text that is in neither.

Counting function words decides nearly everything in microseconds. Only what stays open
is asked of lingua, which is loaded then and not earlier (0.4 s and some 60 MB).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from cxgreetz.model import Block, Language

if TYPE_CHECKING:
    from lingua import LanguageDetector


def _word_list(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words of the one language that the other does not use: "is", "in", "we", "was", "of",
#: "over", "had", "want", "die", "door" and their like stand in neither list, nor does
#: "customer", which Dutch columns on this subject are full of.
_STOP_WORDS: dict[Language, frozenset[str]] = {
    "nl": _word_list("""
        aan al alle alles als altijd andere bij daar dan dat de deze dit doen dus een eens en er
        geen geweest haar heb hebben heeft het hier hij hoe hun iemand iets ik ja je jij jouw jullie
        kan klant klanten kon kunnen maar maken meer meest met mij mijn moet na naar niet niets nog
        nu om omdat onder ons onze ook op te tegen toch toen tot u uit uw van vaak veel voor waar
        waarom wanneer waren wat weer wel werd wie wij wil worden wordt zal ze zelf zich zij zijn zo
        zoals zonder zou"""),
    "en": _word_list("""
        a about after again all also always an and any are as at be because before being but by can
        could did do does don't for from get has have he her here his how i if into it its just
        know like make many more most much my no not now on one only or other our out people she
        should so some than that the their them then there these they this those to too up us very
        were what when where which who why will with without would you your"""),
}

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_TAG = re.compile(r"<[^>]*>")

#: A vote needs this many hits, this lead over the other, and this share of all words.
_HITS, _LEAD, _SHARE = 2, 3, 0.2
#: From so many words on a text in a third language can be recognised. It is suspected
#: when fewer words than this share are in either list: posts in Dutch or English have 40 %
#: and more, one in French or Spanish a quarter ("de", "en", "me").
_ENOUGH_WORDS, _FAMILIAR = 20, 0.35
#: A long text is shown to lingua in three pieces of so many characters, some 30 words each.
_PIECE = 200
#: Where they hold so many words, every fifth is shown first, in a quarter of the time: a text
#: that is Dutch or English with this certainty is no foreign one.
_MANY, _THIN, _CERTAIN = 60, 5, 0.99
#: Below this confidence lingua errs on short lines full of English terms.
_SURE = 0.75
#: As lingua names them.
_OURS: dict[str, Language] = {"Dutch": "nl", "English": "en"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a text is written in.

    `language` is None when it cannot be told or is neither Dutch nor English; `other`
    then names the language ("German"). Not `confident`: taken over from what was declared,
    or a likely guess.
    """

    language: Language | None
    confident: bool = False
    other: str | None = None


class _Tally(NamedTuple):
    """How many words a text has, and how many function words of either language."""

    words: int
    nl: int
    en: int


def detect(text: str, prior: Language | None = None) -> Verdict:
    """Tell the language of plain `text`; `prior` holds where the text does not say.

    What was declared never outvotes the words themselves: tag archives declare the
    language of the site, not of each post.
    """
    return _judge(text, _tally(text), prior)


def label_blocks(
    blocks: Sequence[Block], prior: Language | None = None
) -> tuple[tuple[Block, ...], Language | None, str | None]:
    """Label each block; give the blocks, the post's language, and the name of a third one.

    A block that is too short to tell stays None: the post's language then holds. The
    post has the language of most of its words; None with a name ("German") when it is
    written in neither, None without one when there is nothing to go by.
    """
    texts = [_plain(block.html) for block in blocks]
    tallies = [_tally(text) for text in texts]
    verdict = _judge(
        "\n".join(texts), _Tally(*map(sum, zip((0, 0, 0), *tallies, strict=True))), prior
    )
    if verdict.other:
        return tuple(blocks), None, verdict.other
    votes = [_vote(tally) for tally in tallies]
    weights: dict[Language, int] = {}
    for vote, tally in zip(votes, tallies, strict=True):
        if vote:
            weights[vote] = weights.get(vote, 0) + tally.words
    winner = verdict.language
    if weights and not verdict.confident and (len(weights) > 1 or winner is None):
        winner = max(weights.items(), key=lambda item: item[1])[0]
    if len(weights) > 1:  # a mixed post: short lines no longer follow the majority
        votes = [
            vote or (_likely(text) if tally.words > 2 else None)
            for vote, text, tally in zip(votes, texts, tallies, strict=True)
        ]
    labelled = zip(blocks, votes, strict=True)
    return tuple(replace(block, language=vote) for block, vote in labelled), winner, None


def _plain(inline: str) -> str:
    return html.unescape(_TAG.sub("", inline.replace("<br/>", "\n")))


def _tally(text: str) -> _Tally:
    words = _WORD.findall(text.lower().replace("’", "'"))
    nl, en = (sum(map(_STOP_WORDS[language].__contains__, words)) for language in ("nl", "en"))
    return _Tally(len(words), nl, en)


def _judge(text: str, tally: _Tally, prior: Language | None) -> Verdict:
    if foreign := _foreign(text, tally):
        return Verdict(None, confident=True, other=foreign)
    if voted := _vote(tally):
        return Verdict(voted, confident=True)
    return Verdict((_likely(text) if tally.words else None) or prior)


def _vote(tally: _Tally) -> Language | None:
    """Let the function words decide; None when their count does not convince."""
    most, second = max(tally.nl, tally.en), min(tally.nl, tally.en)
    if most < _HITS or most < _LEAD * second or most < _SHARE * tally.words:
        return None
    return "nl" if tally.nl > tally.en else "en"


def _foreign(text: str, tally: _Tally) -> str | None:
    """Name the language of a text that is neither Dutch nor English; None when it may be."""
    if name := _script(text):
        return name
    familiar = tally.nl + tally.en >= _FAMILIAR * tally.words
    if familiar or tally.words < _ENOUGH_WORDS:
        return None
    sample = _sample(text)
    shown = sample.split()
    if len(shown) >= _MANY:
        name, confidence = _ask("all", " ".join(shown[::_THIN]))
        if name in _OURS and confidence >= _CERTAIN:
            return None
    name, confidence = _ask("all", sample)
    return name if name not in _OURS and confidence >= _SURE else None


def _sample(text: str) -> str:
    """Give pieces from beginning, middle and end: lingua's time grows with every word."""
    if len(text) <= 4 * _PIECE:
        return text
    starts = (0, (len(text) - _PIECE) // 2, len(text) - _PIECE)
    return " ".join(text[start : start + _PIECE].strip() for start in starts)


def _script(text: str) -> str | None:
    """Name the script when most letters are not Latin ones ("Greek"); None when they are."""
    opening = text[:2000]
    other = [char for char in _NOT_ASCII.findall(opening) if char.isalpha()]
    if not other or 2 * len(other) <= sum(map(str.isalpha, opening)):  # the rest is Latin
        return None
    scripts: Counter[str] = Counter()
    for char, times in Counter(opening).items():
        if char.isalpha():
            scripts[unicodedata.name(char, "unknown").split()[0].capitalize()] += times
    name, count = scripts.most_common(1)[0] if scripts else ("Latin", 0)
    return None if name == "Latin" or 2 * count <= scripts.total() else name


def _likely(text: str) -> Language | None:
    """Ask which of the two is likelier; None below the confidence that can be relied on."""
    name, confidence = _ask("nl en", _sample(text))
    return _OURS[name] if confidence >= _SURE else None


def _ask(which: str, text: str) -> tuple[str, float]:
    """Give the likeliest language ("German"), and how sure lingua is of it."""
    best = _detector(which).compute_language_confidence_values(text)[0]
    return best.language.name.capitalize(), best.value


@lru_cache(maxsize=2)
def _detector(which: str) -> LanguageDetector:
    from lingua import Language as Known
    from lingua import LanguageDetectorBuilder

    if which == "all":  # the small models: exact on whole paragraphs, a tenth of the memory
        return LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()
    return LanguageDetectorBuilder.from_languages(Known.DUTCH, Known.ENGLISH).build()
