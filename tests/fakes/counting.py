"""An engine that a workspace can name, and that counts what it is asked.

In: segments. Out: the sample texts in English, anything else in capitals. Never: a network.
"""

from fakes.engine import FakeEngine
from samples import TEXTS

ENGINE = FakeEngine(
    dict(zip(TEXTS["nl"], TEXTS["en"], strict=True))
    | {"Koffie op het station": "Coffee at the station"}
)
CAPABILITIES = ENGINE.CAPABILITIES
translate = ENGINE.translate
