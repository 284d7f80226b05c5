"""The hall: every verb of the program, wiring rooms to the store, the network and the clock.

In: a Workspace and what a person asked. Out: a report that knows its JSON and its exit
code. Never: a decision about content (that belongs in a room), a word on a screen.

The command line, the flows and the review page call these verbs and nothing else. The verbs stand
in rooms, in the order in which a month comes to them: posts, words, editions, mailing, home.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxgreetz.pipeline.editions.correcting import CorrectReport, correct
    from cxgreetz.pipeline.editions.dismissing import dismiss_findings, restore_findings
    from cxgreetz.pipeline.editions.drafting import (
        ApproveReport,
        EditionReport,
        approve,
        check,
        draft,
        preflight,
    )
    from cxgreetz.pipeline.editions.editing import (
        DropReport,
        EventsReport,
        announce,
        arrange,
        drop,
        leave_out,
        list_events,
        mark_of,
        older_pieces,
        shorten,
        take_in,
        withdraw,
        write_letter,
        write_subject,
    )
    from cxgreetz.pipeline.editions.making import Built
    from cxgreetz.pipeline.editions.mending import (
        Passage,
        Passages,
        accept_passage,
        mend_passage,
        offers_for,
        read_passages,
    )
    from cxgreetz.pipeline.editions.undoing import read_changes, undo
    from cxgreetz.pipeline.home.housing import SiteReport, build_site
    from cxgreetz.pipeline.home.syndicating import SyndicateReport, syndicate
    from cxgreetz.pipeline.mailing.asking import (
        AnswerReport,
        AskReport,
        answer,
        ask,
        ask_and_show,
        find_request,
        open_requests,
        time_to_send,
    )
    from cxgreetz.pipeline.mailing.delivering import PushReport, as_pushed, check_provider, push
    from cxgreetz.pipeline.mailing.photographing import Photographs, photograph_emails
    from cxgreetz.pipeline.mailing.reminding import RemindReport, remind
    from cxgreetz.pipeline.mailing.telling import (
        TellReport,
        tell_alarms,
        tell_failed,
        tell_owed,
        tell_pushed,
        tell_test,
    )
    from cxgreetz.pipeline.month import (
        ReadingsReport,
        RunReport,
        StatusReport,
        last_readings,
        run,
        status,
    )
    from cxgreetz.pipeline.posts.gathering import (
        GatherReport,
        SourcesReport,
        gather,
        try_sources,
    )
    from cxgreetz.pipeline.posts.sharing import ShareReport, open_gathering, read_share, share_count
    from cxgreetz.pipeline.posts.subscribing import Subscribed, export_sources, import_sources
    from cxgreetz.pipeline.posts.verdicts import (
        dismiss_post,
        join_pieces,
        restore_post,
        split_piece,
    )
    from cxgreetz.pipeline.words.aligning import Alignment, align_posts, keep_pairs, parse_numbers
    from cxgreetz.pipeline.words.translating import (
        EstimateReport,
        TranslateReport,
        estimate_translation,
        export_memory,
        import_memory,
        translate,
    )
    from cxgreetz.pipeline.workspace import Workspace, open_workspace

#: Where each verb lives. A room is opened when one of its verbs is called: gathering needs
#: no template, and a listing of sources no translation.
_HOMES = {
    "words.aligning": "Alignment align_posts keep_pairs parse_numbers",
    "mailing.asking": "AnswerReport AskReport answer ask ask_and_show find_request open_requests "
    "time_to_send",
    "editions.correcting": "CorrectReport correct",
    "mailing.delivering": "PushReport as_pushed check_provider push",
    "editions.dismissing": "dismiss_findings restore_findings",
    "editions.drafting": "ApproveReport EditionReport approve check draft preflight",
    "editions.editing": "DropReport EventsReport announce arrange drop leave_out list_events "
    "mark_of older_pieces shorten take_in withdraw write_letter write_subject",
    "posts.gathering": "GatherReport SourcesReport gather try_sources",
    "home.housing": "SiteReport build_site",
    "editions.making": "Built",
    "editions.mending": "Passage Passages accept_passage mend_passage offers_for read_passages",
    "month": "ReadingsReport RunReport StatusReport last_readings run status",
    "mailing.photographing": "Photographs photograph_emails",
    "mailing.reminding": "RemindReport remind",
    "posts.sharing": "ShareReport open_gathering read_share share_count",
    "posts.subscribing": "Subscribed export_sources import_sources",
    "home.syndicating": "SyndicateReport syndicate",
    "mailing.telling": "TellReport tell_alarms tell_failed tell_owed tell_pushed tell_test",
    "words.translating": "EstimateReport TranslateReport estimate_translation export_memory "
    "import_memory translate",
    "editions.undoing": "read_changes undo",
    "posts.verdicts": "dismiss_post join_pieces restore_post split_piece",
    "workspace": "Workspace open_workspace",
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names.split():
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Alignment",
    "AnswerReport",
    "ApproveReport",
    "AskReport",
    "Built",
    "CorrectReport",
    "DropReport",
    "EditionReport",
    "EstimateReport",
    "EventsReport",
    "GatherReport",
    "Passage",
    "Passages",
    "Photographs",
    "PushReport",
    "ReadingsReport",
    "RemindReport",
    "RunReport",
    "ShareReport",
    "SiteReport",
    "SourcesReport",
    "StatusReport",
    "Subscribed",
    "SyndicateReport",
    "TellReport",
    "TranslateReport",
    "Workspace",
    "accept_passage",
    "align_posts",
    "announce",
    "answer",
    "approve",
    "arrange",
    "as_pushed",
    "ask",
    "ask_and_show",
    "build_site",
    "check",
    "check_provider",
    "correct",
    "dismiss_findings",
    "dismiss_post",
    "draft",
    "drop",
    "estimate_translation",
    "export_memory",
    "export_sources",
    "find_request",
    "gather",
    "import_memory",
    "import_sources",
    "join_pieces",
    "keep_pairs",
    "last_readings",
    "leave_out",
    "list_events",
    "mark_of",
    "mend_passage",
    "offers_for",
    "older_pieces",
    "open_gathering",
    "open_requests",
    "open_workspace",
    "parse_numbers",
    "photograph_emails",
    "preflight",
    "push",
    "read_changes",
    "read_passages",
    "read_share",
    "remind",
    "restore_findings",
    "restore_post",
    "run",
    "share_count",
    "shorten",
    "split_piece",
    "status",
    "syndicate",
    "take_in",
    "tell_alarms",
    "tell_failed",
    "tell_owed",
    "tell_pushed",
    "tell_test",
    "time_to_send",
    "translate",
    "try_sources",
    "undo",
    "withdraw",
    "write_letter",
    "write_subject",
]
