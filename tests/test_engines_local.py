"""What the engine on this machine does beyond the contract, with a small real model."""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from cxgreetz.engines import local
from cxgreetz.errors import EngineError
from cxgreetz.model import Language, Segment
from cxgreetz.ports import EngineOptions
from cxgreetz.translation.verify import placeholders, repair

pytest.importorskip("ctranslate2", reason="the extra [local] is not installed")
pytest.importorskip("sentencepiece", reason="the extra [local] is not installed")

from fakes.tiny_model import make_model


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both directions, one of each way to convert a model."""
    folder = tmp_path_factory.mktemp("models")
    make_model(folder / "nl-en", adds_end=True)
    make_model(folder / "en-nl", adds_end=False)
    return folder


def ask(
    models: Path | None, *texts: str, pair: tuple[Language, Language] = ("nl", "en"), **options: Any
) -> list[str]:
    told = {"models": str(models) if models else None, "time_limit": 20.0} | options
    segments = [Segment(text, *pair) for text in texts]
    return local.translate(segments, *pair, EngineOptions(**told))


def refused(models: Path | None, *texts: str, **options: Any) -> EngineError:
    with pytest.raises(EngineError) as caught:
        ask(models, *texts, **options)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("pair", [("nl", "en"), ("en", "nl")])
def test_both_directions_and_both_ways_to_convert(models: Path, pair: Any) -> None:
    assert ask(models, "Hallo, daar!", pair=pair) == ["HALLO, DAAR!"]


def test_nothing_leaves_this_machine(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: Any) -> None:
        raise AssertionError("a text left this machine")

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert ask(models, "hallo") == ["HALLO"]
    assert not local.CAPABILITIES.leaves_this_machine


def test_the_model_gets_one_sentence_at_a_time(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    shouting = local._Model.translate

    def note(self: local._Model, texts: list[str], deadline: float) -> list[str]:
        asked.extend(texts)
        return shouting(self, texts, deadline)

    monkeypatch.setattr(local._Model, "translate", note)
    text = "  Dhr. Smit wacht.  Nog <g1>steeds.</g1> <g2>“En nu?”</g2>\nVraagt hij <x3/>. *** \n"
    assert ask(models, text) == [
        "  DHR. SMIT WACHT.  NOG <G1>STEEDS.</g1> <g2>“EN NU?”</g2>\nVRAAGT HIJ <X3/>. *** \n"
    ]
    assert asked == ["Dhr. Smit wacht.", "Nog <g1>steeds.", "“En nu?”", "Vraagt hij <x3/>. ***"]


def test_markup_around_sentences_survives_and_inside_is_for_the_verifier(models: Path) -> None:
    around = "<g1>Lees <g2>verder.</g2></g1> <g3>Of niet.</g3><x4/>"
    inside = "Lees <g1>hier</g1> verder"
    said = ask(models, around, inside)
    assert placeholders(around, repair(around, said[0])) == []
    assert said[1] == "LEES <G1>HIER</G1> VERDER"
    assert placeholders(inside, said[1]) != []


def test_what_the_model_does_not_know_comes_back_as_it_is(models: Path) -> None:
    assert ask(models, "Feest 🎉 met Ł") == ["FEEST 🎉 MET Ł"]


def test_a_sentence_that_is_too_long_is_named(models: Path) -> None:
    long = "Waarbij " * 60
    error = refused(models, "Kort.", f"Kort. {long}")
    assert (error.kind, error.retryable, error.done) == ("bad_request", False, ("KORT.",))
    assert "“Waarbij Waarbij" in str(error)
    assert "put a full stop in it" in str(error)


def test_a_translation_without_an_end_is_no_translation(tmp_path: Path) -> None:
    make_model(tmp_path / "nl-en", stops=False)
    error = refused(tmp_path, "hallo daar")
    assert (error.kind, error.retryable) == ("bad_response", False)
    assert "came to no end with “hallo daar”" in str(error)


def test_time_that_is_up_keeps_what_is_finished(models: Path) -> None:
    ask(models, "de modellen zijn nu geladen")
    slow = "Een woord en nog een woord. " * 200
    error = refused(models, "een", "twee", slow * 5, time_limit=1.0)
    assert (error.kind, error.retryable, error.done) == ("unavailable", True, ("EEN", "TWEE"))
    assert "within 1 s" in str(error)
    for thread in [t for t in threading.enumerate() if t.name == "local"]:
        thread.join(5)
        assert not thread.is_alive(), "work that was given up goes on"


def test_no_folder_is_named_with_the_remedy(models: Path) -> None:
    error = refused(None, "hallo")
    assert (error.kind, error.retryable) == ("unavailable", False)
    assert local.FOLDER_NAME in str(error)


@pytest.mark.parametrize("lost", ["model.bin", "source.spm", "target.spm"])
def test_a_missing_file_is_named(tmp_path: Path, lost: str) -> None:
    make_model(tmp_path / "nl-en")
    (tmp_path / "nl-en" / lost).unlink()
    error = refused(tmp_path, "hallo")
    assert (error.kind, error.retryable) == ("unsupported", False)
    assert f"{tmp_path / 'nl-en'} lacks {lost} (" in str(error)


def test_a_missing_direction_does_not_stop_the_other(tmp_path: Path) -> None:
    make_model(tmp_path / "nl-en")
    error = refused(tmp_path, "hello", pair=("en", "nl"))
    assert error.kind == "unsupported"
    assert "no model for en-nl" in str(error)
    assert ask(tmp_path, "hallo") == ["HALLO"]


@pytest.mark.parametrize("broken", ["model.bin", "source.spm", "target.spm"])
def test_a_file_that_is_something_else_is_told(tmp_path: Path, broken: str) -> None:
    make_model(tmp_path / "nl-en")
    (tmp_path / "nl-en" / broken).write_bytes(b"<html>Not found</html>")
    error = refused(tmp_path, "hallo")
    assert (error.kind, error.retryable) == ("unsupported", False)
    assert f"cannot load the model in {tmp_path / 'nl-en'}: " in str(error)


def test_a_model_that_was_replaced_is_loaded_again(tmp_path: Path) -> None:
    make_model(tmp_path / "nl-en", stops=False)
    refused(tmp_path, "hallo")
    make_model(tmp_path / "nl-en")
    assert ask(tmp_path, "hallo") == ["HALLO"]


def test_without_the_extra_the_remedy_is_told(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local._load.cache_clear()
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    error = refused(models, "hallo")
    assert (error.kind, error.retryable) == ("unavailable", False)
    assert "needs the package ctranslate2: pip install ctranslate2 sentencepiece" in str(error)
