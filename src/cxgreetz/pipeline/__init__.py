"""The hall: every verb of the program, wiring rooms to the store, the network and the clock.

In: a Workspace and what a person asked. Out: a report that knows its JSON and its exit
code. Never: a decision about content (that belongs in a room), a word on a screen.

The command line, the flows and the review page call these verbs and nothing else.
"""

from cxgreetz.pipeline.delivering import PushReport, as_pushed, check_provider, push
from cxgreetz.pipeline.drafting import (
    ApproveReport,
    Built,
    EditionReport,
    approve,
    check,
    draft,
    leave_out,
)
from cxgreetz.pipeline.gathering import (
    GatherReport,
    SourcesReport,
    gather,
    try_sources,
)
from cxgreetz.pipeline.month import RunReport, StatusReport, run, status
from cxgreetz.pipeline.subscribing import Subscribed, export_sources, import_sources
from cxgreetz.pipeline.translating import (
    TranslateReport,
    export_memory,
    import_memory,
    translate,
)
from cxgreetz.pipeline.verdicts import dismiss_post, join_pieces, restore_post, split_piece
from cxgreetz.pipeline.workspace import Workspace, open_workspace

__all__ = [
    "ApproveReport",
    "Built",
    "EditionReport",
    "GatherReport",
    "PushReport",
    "RunReport",
    "SourcesReport",
    "StatusReport",
    "Subscribed",
    "TranslateReport",
    "Workspace",
    "approve",
    "as_pushed",
    "check",
    "check_provider",
    "dismiss_post",
    "draft",
    "export_memory",
    "export_sources",
    "gather",
    "import_memory",
    "import_sources",
    "join_pieces",
    "leave_out",
    "open_workspace",
    "push",
    "restore_post",
    "run",
    "split_piece",
    "status",
    "translate",
    "try_sources",
]
