"""Every post seen is taken, held or skipped, with the reason; one text is one piece."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cxgreetz.model import Credit, KnownPost, Post, Seen
from cxgreetz.pieces import HELD, SKIPPED, TAKEN, Decision, Join, head_of, judge, silence
from cxgreetz.pieces import join_posts as join_heads
from cxgreetz.pieces.heads import likeness, share_left
from samples import NOW, a_post

START = NOW - timedelta(days=60)


def decide(
    *posts: Post, known: tuple[KnownPost, ...] = (), read_before: tuple[str, ...] = ()
) -> list[Decision]:
    readings: dict[str, list[Post]] = {}
    for post in posts:
        readings.setdefault(post.source, []).append(post)
    return judge(readings, known, start=START, now=NOW, read_before=read_before)


def known(post: Post, decision: str = TAKEN) -> KnownPost:
    piece = "koffie" if decision == TAKEN else None
    return KnownPost(head_of(post), piece, decision, "as before", post.published, NOW)


def told(decisions: list[Decision]) -> list[tuple[str, str]]:
    return [(d.decision, d.reason) for d in decisions]


def test_a_new_post_is_taken() -> None:
    (decision,) = decide(a_post())
    assert (decision.decision, decision.reason) == (TAKEN, "new")
    assert decision.effective == a_post().published


def test_a_known_post_is_skipped_and_not_stored_again() -> None:
    (decision,) = decide(a_post(), known=(known(a_post()),))
    assert (decision.decision, decision.reason, decision.stored) == (SKIPPED, "known", False)
    assert decision.piece == "koffie"


def test_an_edit_is_an_edit_and_never_a_new_post() -> None:
    edited = a_post(texts=("Heel andere woorden.",))
    (decision,) = decide(edited, known=(known(a_post()),))
    assert (decision.decision, decision.reason, decision.piece) == (TAKEN, "edited", "koffie")


def test_another_source_does_not_edit_a_post() -> None:
    """Two sources never show a text quite alike; they would edit it to and fro for ever."""
    other = a_post(source="archive", texts=("Iets anders opgemaakt.",))
    readings = {"blog": [], "archive": [other]}
    (decision,) = judge(readings, [known(a_post())], start=START, now=NOW)
    assert (decision.decision, decision.reason) == (SKIPPED, "known")


def test_scheme_host_tracking_and_fragment_make_no_new_post() -> None:
    for url in (
        "http://blog.example/koffie/",
        "https://www.blog.example/koffie",
        "https://BLOG.example/koffie/?utm_source=x&fbclid=1#reacties",
    ):
        (decision,) = decide(a_post(url), known=(known(a_post()),))
        assert decision.reason == "known", url


def test_a_guid_that_moved_to_https_and_another_address_is_known() -> None:
    before = a_post(guid="http://blog.example/?p=12")
    after = a_post("https://blog.example/nieuw-adres/", guid="https://blog.example/?p=12")
    (decision,) = decide(after, known=(known(before),))
    assert (decision.reason, decision.piece) == ("edited", "koffie")
    assert (decision.post.url, decision.replaces) == (after.url, before.key)


def test_a_constant_guid_and_title_is_no_identity() -> None:
    before = a_post("https://blog.example/oktober/", guid="column")
    after = a_post("https://blog.example/november/", guid="column", texts=("Heel iets anders.",))
    (decision,) = decide(after, known=(known(before),))
    assert (decision.decision, decision.reason) == (TAKEN, "new")


def test_a_renamed_source_may_edit_and_a_fuller_reading_too() -> None:
    edited = a_post(source="renamed", texts=("Andere woorden.",))
    (decision,) = decide(edited, known=(known(a_post()),))
    assert decision.reason == "edited"
    teaser = known(a_post(source="other", texts=("Op het station",)))
    readings = {"other": [], "blog": [a_post()]}
    (fuller,) = judge(readings, [teaser], start=START, now=NOW)
    assert (fuller.reason, len(fuller.post.blocks)) == ("edited", 3)


def test_a_corrected_credit_is_an_edit_and_a_missing_one_is_not() -> None:
    (corrected,) = decide(a_post(credit=Credit("Iemand Anders")), known=(known(a_post()),))
    assert corrected.reason == "edited"
    (missing,) = decide(a_post(credit=Credit()), known=(known(a_post()),))
    assert missing.reason == "known"


def test_a_post_without_a_title_is_held() -> None:
    (decision,) = decide(a_post(title=" "))
    assert (decision.decision, decision.reason[:15]) == (HELD, "it has no title")


def test_posts_that_share_a_guid_stay_apart() -> None:
    one = a_post("https://blog.example/een", guid="same", title="Een")
    two = a_post("https://blog.example/twee", guid="same", title="Twee")
    assert told(decide(one, two)) == [(TAKEN, "new"), (TAKEN, "new")]
    (again,) = decide(two, known=(known(one),))
    assert again.reason == "new"


def test_one_post_in_two_sources_is_taken_once_and_both_are_told() -> None:
    feed, archive = a_post(), a_post(source="archive", credit=Credit())
    assert told(decide(feed, archive)) == [(TAKEN, "new"), (SKIPPED, "the same as in blog")]


def test_one_post_twice_in_a_source_is_told() -> None:
    assert told(decide(a_post(), a_post())) == [(TAKEN, "new"), (SKIPPED, "shown twice")]


def test_what_the_first_reading_lacks_is_filled_in_from_the_others() -> None:
    archive = a_post(source="archive", credit=Credit(), guid=None, published=None)
    feed = a_post(source="feed", guid="g1")
    (first, _second) = decide(archive, feed)
    assert first.post.credit.author == "Marijke van der Veen"
    assert (first.post.guid, first.post.published) == ("g1", feed.published)
    assert first.post.source == "archive"


def test_a_teaser_gives_way_to_the_whole_text() -> None:
    teaser = a_post(source="feed", texts=("Op het station …",))
    whole = a_post(source="archive")
    (first, second) = decide(teaser, whole)
    assert first.post.blocks == whole.blocks
    assert (first.decision, second.decision) == (TAKEN, SKIPPED)


def test_what_is_only_seen_is_as_it_was_known() -> None:
    post = a_post()
    readings = {"blog": [Seen(post.key)], "archive": [Seen(post.key)]}
    decisions = judge(readings, [known(post)], start=START, now=NOW)
    assert told(decisions) == [(SKIPPED, "known"), (SKIPPED, "the same as in blog")]
    assert all(d.piece == "koffie" or d.reason != "known" for d in decisions)
    assert not any(d.stored for d in decisions)
    skipped = judge({"blog": [Seen(post.key)]}, [known(post, SKIPPED)], start=START, now=NOW)
    assert told(skipped) == [(SKIPPED, "as before")]


def test_a_teaser_elsewhere_does_not_edit_what_is_seen_whole() -> None:
    teaser = a_post(texts=("Op het station …",))
    readings = {"blog": [teaser], "archive": [Seen(teaser.key)]}
    (first, _second) = judge(readings, [known(a_post())], start=START, now=NOW)
    assert first.reason == "known"
    edited = judge({"blog": [teaser]}, [known(a_post())], start=START, now=NOW)
    assert edited[0].reason == "edited", "alone, it is what its source says now"


def test_an_estimate_of_likeness_is_near_the_true_share() -> None:
    words = [f"woord{n}" for n in range(1200)]
    whole = head_of(a_post(texts=(" ".join(words),)))
    for kept in (1200, 960, 600, 240):
        part = head_of(a_post(texts=(" ".join(words[:kept]),)))
        assert abs(likeness(whole, part) - kept / 1200) < 0.2
    assert likeness(whole, head_of(a_post())) == 0


def test_what_is_left_of_a_text_is_told_however_much_is_added() -> None:
    words, more = [f"woord{n}" for n in range(600)], [f"meer{n}" for n in range(3000)]
    ours = head_of(a_post(texts=(" ".join(words),)))
    for kept in (600, 300, 0):
        there = head_of(a_post(texts=(" ".join([*words[:kept], *more]),)))
        assert abs(share_left(ours.runs, there.runs) - kept / 600) < 0.25
    assert share_left(ours.runs, ()) == 0


def test_before_the_start_is_skipped() -> None:
    (decision,) = decide(a_post(published=START - timedelta(seconds=1)))
    assert decision.decision == SKIPPED
    assert decision.reason == "published before 2026-09-23, the start"
    (decision,) = decide(a_post(published=START))
    assert decision.decision == TAKEN


def test_a_third_language_is_held_with_the_remedy() -> None:
    (decision,) = decide(a_post(language=None))
    assert decision.decision == HELD
    assert "neither Dutch nor English" in decision.reason and "'blog'" in decision.reason


def test_a_post_without_text_is_held() -> None:
    (decision,) = decide(a_post(blocks=()))
    assert (decision.decision, decision.reason) == (HELD, "no text was found; look at the page")


def test_an_undated_post_is_held_at_first_and_dated_by_its_sighting_later() -> None:
    (first,) = decide(a_post(published=None))
    assert first.decision == HELD
    (later,) = decide(a_post(published=None), read_before=("blog",))
    assert (later.decision, later.effective) == (TAKEN, NOW)
    held = known(a_post(published=None), HELD)
    (again,) = decide(a_post(published=None), known=(held,), read_before=("blog",))
    assert again.decision == HELD, "ten years of columns would come on the second day"


def test_what_was_held_is_judged_afresh() -> None:
    held = known(a_post(published=None), HELD)
    (decision,) = decide(a_post(), known=(held,))
    assert (decision.decision, decision.reason) == (TAKEN, "new")


def test_the_counts_add_up() -> None:
    posts = [
        a_post(),
        a_post(source="archive"),
        a_post("https://blog.example/de", language=None),
        a_post("https://blog.example/oud", published=START - timedelta(days=9)),
    ]
    decisions = decide(*posts)
    assert len(decisions) == len(posts)
    assert {d.decision for d in decisions} <= {TAKEN, HELD, SKIPPED}


def test_silence_is_told_when_it_lasts_twice_as_long_as_it_should() -> None:
    def days_ago(days: int) -> datetime:
        return NOW - timedelta(days=days)

    assert silence(2, days_ago(30), NOW) is None
    told = silence(2, days_ago(31), NOW)
    assert told and "2026-10-22" in told and "2 a month" in told
    assert silence(30, days_ago(13), NOW) is None, "daily writers have holidays too"
    assert silence(0.5, days_ago(120), NOW) is None
    assert silence(None, days_ago(999), NOW) is None
    assert silence(2, None, NOW) is None


# one text, one piece

DUTCH = a_post()
ENGLISH = a_post("https://blog.example/coffee/", language="en")
MAGAZINE = a_post(
    "https://magazine.example/2026/11/koffie", source="magazine", published=NOW - timedelta(days=9)
)
LINE = Credit("Marijke van der Veen", "Magazine", NOW - timedelta(days=9))


def join_posts(
    new: Sequence[Post],
    stored: Mapping[str, tuple[Post, str]],
    verdicts: Mapping[tuple[str, str], bool],
    carried: Collection[str] = (),
) -> Join:
    known = {key: (head_of(post), piece) for key, (post, piece) in stored.items()}
    return join_heads([head_of(post) for post in new], known, verdicts, carried)


def join(*new: Post, stored: dict[str, tuple[Post, str]] | None = None) -> Join:
    return join_posts(new, stored or {}, {})


def test_two_texts_are_two_pieces_with_readable_keys() -> None:
    other = a_post("https://blog.example/bakker/", texts=("Bij de bakker om de hoek ruikt het.",))
    joined = join(DUTCH, other)
    assert joined.pieces == {DUTCH.key: "koffie", other.key: "bakker"}
    assert joined.evidence == {}


def test_a_key_is_never_used_twice() -> None:
    other = a_post("https://andere.example/koffie/", texts=("Bij de bakker om de hoek ruikt het.",))
    joined = join(other, stored={DUTCH.key: (DUTCH, "koffie")})
    assert joined.pieces == {other.key: "koffie-2"}


def test_an_address_without_words_takes_the_title() -> None:
    post = a_post("https://blog.example/?p=12")
    assert join(post).pieces == {post.key: "koffie-op-perron-4"}


def test_a_copy_with_another_closing_line_is_the_same_text() -> None:
    copy = replace(MAGAZINE, blocks=(*DUTCH.blocks, replace(DUTCH.blocks[0], html="Tot gauw!")))
    joined = join(DUTCH, copy)
    assert len(set(joined.pieces.values())) == 1
    (evidence,) = joined.evidence["koffie"]
    assert evidence.by == "same-text"


def test_hreflang_joins_from_either_side() -> None:
    naming = replace(ENGLISH, alternates=(("nl", DUTCH.url),))
    for new, stored in ((naming, DUTCH), (DUTCH, naming)):
        joined = join(new, stored={stored.key: (stored, "koffie")})
        assert joined.pieces == {new.key: "koffie"}
        assert joined.evidence["koffie"][0].by == "hreflang"


def test_the_attribution_line_joins_from_either_side() -> None:
    written_for = replace(ENGLISH, credit=LINE)
    for new, stored in ((written_for, MAGAZINE), (MAGAZINE, written_for)):
        joined = join(new, stored={stored.key: (stored, "koffie")})
        assert joined.pieces == {new.key: "koffie"}, new.url
        assert joined.evidence["koffie"][0].by == "attribution"


def test_an_attribution_line_with_another_day_or_author_joins_nothing() -> None:
    for other in (
        replace(MAGAZINE, published=NOW - timedelta(days=14)),
        replace(MAGAZINE, credit=Credit("Iemand Anders")),
        replace(MAGAZINE, language="en"),
        replace(MAGAZINE, url="https://blog.example/2026/11/koffie"),
        replace(MAGAZINE, url="https://elsewhere.example/koffie", source="elsewhere"),
    ):
        joined = join(replace(ENGLISH, credit=LINE), stored={other.key: (other, "koffie")})
        assert set(joined.pieces.values()) == {"coffee"}, other


def test_of_two_columns_on_one_day_names_and_numbers_decide() -> None:
    english = replace(
        a_post(
            "https://blog.example/zwolle",
            language="en",
            texts=("On the train to Zwolle, with 27 others, I met Karel.",),
        ),
        credit=LINE,
    )
    right = replace(
        a_post(texts=("In de trein naar Zwolle, met 27 anderen, trof ik Karel.",)),
        url="https://magazine.example/trein",
        source="magazine",
        published=MAGAZINE.published,
    )
    stored = {MAGAZINE.key: (MAGAZINE, "koffie"), right.key: (right, "trein")}
    assert join(english, stored=stored).pieces == {english.key: "trein"}


TRAIN_NL = a_post(
    "https://blog.example/trein/",
    title="De trein",
    texts=(
        "Vorige week reed ik met Karel naar Zwolle, in een trein met 27 anderen en een hond.",
        "De conducteur heette Bas, en hij had 3 thermosflessen bij zich voor wie moest wachten.",
    ),
)
TRAIN_EN = a_post(
    "https://blog.example/train/",
    language="en",
    title="The train",
    texts=(
        "Last week I rode to Zwolle with Karel, in a train with 27 others and a dog.",
        "The conductor was called Bas, and he had 3 flasks with him for whoever had to wait.",
    ),
)
OTHERS = {
    post.key: (post, f"other-{n}")
    for n, post in enumerate(
        a_post(f"https://blog.example/{n}/", texts=(f"Een stuk over {name} en haar {n} katten.",))
        for n, name in enumerate(("Petra", "Joost", "Marlies", "Amsterdam", "Utrecht"), 30)
    )
}


def test_a_translation_is_known_by_its_names_and_numbers() -> None:
    joined = join(TRAIN_EN, stored={**OTHERS, TRAIN_NL.key: (TRAIN_NL, "trein")})
    assert joined.pieces == {TRAIN_EN.key: "trein"}
    (evidence,) = joined.evidence["trein"]
    assert evidence.by == "names" and "Karel" in evidence.detail


def test_names_join_nothing_far_apart_of_another_author_or_with_one_word_shared() -> None:
    far = replace(TRAIN_NL, published=NOW - timedelta(days=90))
    other = replace(TRAIN_NL, credit=Credit("Iemand Anders"))
    one_word = a_post("https://blog.example/zwolle/", texts=("Een dag in Zwolle was genoeg.",))
    for post in (far, other, one_word):
        joined = join(TRAIN_EN, stored={**OTHERS, post.key: (post, "trein")})
        assert joined.pieces == {TRAIN_EN.key: "train"}, post


def test_two_that_speak_of_the_same_names_join_nothing() -> None:
    twin = replace(TRAIN_NL, url="https://blog.example/nog-een-trein/")
    stored = {**OTHERS, TRAIN_NL.key: (TRAIN_NL, "a"), twin.key: (twin, "b")}
    assert join(TRAIN_EN, stored=stored).pieces == {TRAIN_EN.key: "train"}


def test_where_nothing_decides_nothing_is_joined() -> None:
    twin = replace(MAGAZINE, url="https://magazine.example/anders", blocks=DUTCH.blocks[:1])
    stored = {MAGAZINE.key: (MAGAZINE, "a"), twin.key: (twin, "b")}
    english = replace(ENGLISH, credit=LINE)
    assert join(english, stored=stored).pieces == {english.key: "coffee"}


def test_a_post_that_ties_two_pieces_merges_them() -> None:
    bridge = replace(ENGLISH, alternates=(("nl", DUTCH.url),), credit=LINE)
    bridge = replace(bridge, alternates=(("nl", DUTCH.url), ("nl", MAGAZINE.url)))
    other = replace(MAGAZINE, blocks=DUTCH.blocks[:1])
    stored = {DUTCH.key: (DUTCH, "koffie"), other.key: (other, "ander")}
    joined = join(bridge, stored=stored)
    assert joined.pieces == {bridge.key: "koffie", other.key: "koffie"}
    sent = join_posts([bridge], stored, {}, carried={"ander"})
    assert sent.pieces == {bridge.key: "ander", DUTCH.key: "ander"}, "koffie would go out twice"


def test_a_persons_word_beats_all_evidence() -> None:
    naming = replace(ENGLISH, alternates=(("nl", DUTCH.url),))
    pair = tuple(sorted((naming.key, DUTCH.key)))
    stored = {DUTCH.key: (DUTCH, "koffie")}
    apart = join_posts([naming], stored, {(pair[0], pair[1]): False})
    assert apart.pieces == {naming.key: "coffee"}
    together = join_posts([ENGLISH], stored, {(pair[0], pair[1]): True})
    assert together.pieces == {ENGLISH.key: "koffie"}
    assert together.evidence["koffie"][0].by == "editor"


def test_short_texts_are_not_alike_for_being_short() -> None:
    one = a_post("https://blog.example/a", texts=("Kort.",))
    two = a_post("https://blog.example/b", texts=("Kort.",))
    assert len(set(join(one, two).pieces.values())) == 2


def test_a_number_and_what_everybody_speaks_of_join_nothing() -> None:
    """A list of 20 things and a text that says "20 ", both about the field's own acronym."""
    dutch = a_post(
        "https://magazine.example/voornemens",
        source="magazine",
        title="20 voornemens",
        texts=("Dit jaar neem ik me voor 20 dingen te doen voor onze CX en voor de klant.",),
    )
    english = a_post(
        "https://blog.example/ambassadors/",
        language="en",
        title="Ambassadors",
        texts=("With some 20 people you can begin with CX, and then it grows by itself.",),
    )
    others = [
        a_post(f"https://blog.example/{n}/", title=f"Stuk {n}", texts=(f"Nog iets over CX {n}00.",))
        for n in range(1, 9)
    ]
    assert join(dutch, english, *others).evidence == {}


def test_names_do_not_add_a_second_text_in_one_language() -> None:
    named = "Gisteren sprak ik met Jansen en Pietersen over Zwolle, over 218 klanten en 37 fouten."
    dutch = a_post("https://magazine.example/zwolle", source="magazine", texts=(named,))
    said = "Yesterday I spoke with Jansen and Pietersen about Zwolle, about 218 clients, 37 faults."
    first = a_post("https://blog.example/zwolle/", language="en", texts=(said,))
    again = a_post(
        "https://blog.example/again/",
        language="en",
        texts=("It was Jansen who rang Pietersen from Zwolle: 218 and 37, he said, and no more.",),
        published=NOW - timedelta(days=3),
    )
    joined = join(dutch, first)
    assert len(set(joined.pieces.values())) == 1
    piece = joined.pieces[dutch.key]
    stored = {dutch.key: (dutch, piece), first.key: (first, piece)}
    assert join(again, stored=stored).pieces == {again.key: "again"}
