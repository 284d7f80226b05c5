"""Template folders: which one, what is in it, and where in it something went wrong.

In: a template's name or folder, and what to fill it with. Out: the filled text, or an error
with file and line. Never: MJML, a rule about an item. The one door to jinja2.
"""

from __future__ import annotations

import re
import secrets
import tomllib
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

import jinja2
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from cxgreetz.errors import ConfigError, Problem, TemplateError
from cxgreetz.render.prose import FILTERS

#: The beginning of a neutral link.
TOKEN = re.compile(r"(cxgreetz):(?=[a-z_])", re.I)
#: Stands for it in our own templates until the end, and for nothing in anyone else's text,
#: which cannot know it. Never in what is given out.
MARK = f"{secrets.token_hex(16)}:"
Tables = dict[str, dict[str, str]]
#: What XML cannot hold at all, even escaped (XML 1.0, section 2.2), and delete.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _built_in() -> Path:
    """The project's own templates: the checkout's, else those inside the installed package."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parents[1]
    if (checkout / "pyproject.toml").is_file() and (checkout / "templates").is_dir():
        return checkout / "templates"
    return package / "bundled" / "templates"


def find_template(name: str, workspace_folder: Path | None) -> Path:
    """Give the template folder `name`: the workspace's `templates/NAME`, else the project's.

    Raises ConfigError that lists the templates there are.
    """
    places = [workspace_folder / "templates"] if workspace_folder else []
    places.append(_built_in())
    for place in places:
        if (place / name).is_dir():
            return place / name
    names = sorted({f.name for p in places if p.is_dir() for f in p.iterdir() if f.is_dir()})
    message = f"{name!r} is not a template; there are: {', '.join(names)}"
    raise ConfigError("cxgreetz.toml", [Problem("newsletter.template", message)])


class Template:
    """A template folder, lying over the built-in one: what it lacks comes from there."""

    def __init__(self, folder: Path | None) -> None:
        built_in = _built_in() / "newsletter"
        self._folders = (folder, built_in) if folder and folder != built_in else (built_in,)

    def layers(self, name: str) -> list[tuple[Path, dict[str, Any]]]:
        """Read a TOML file wherever it is, the built-in one first. Raises ConfigError."""
        found = []
        for path in reversed([f / name for f in self._folders if (f / name).is_file()]):
            try:
                found.append((path, tomllib.loads(path.read_text(encoding="utf-8"))))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise ConfigError(str(path), [Problem("", str(error))]) from error
        return found

    def table(self, name: str) -> Tables:
        """Read a TOML file of tables of texts. Raises ConfigError with all that is wrong.

        The folder's own file may hold just what differs from the built-in one, and fills in
        nothing that the built-in one does not.
        """
        merged: Tables = {}
        for path, read in self.layers(name):
            problems = []
            for table, entries in read.items():
                known = merged.setdefault(table, {})
                if not isinstance(entries, dict):
                    problems.append(Problem(table, "stands outside a table; put it under [name]"))
                    continue
                for key, value in entries.items():
                    if wrong := _wrong(value, known.get(key)):
                        problems.append(Problem(f"{table}.{key}", wrong))
                    known[key] = value
            if problems:
                raise ConfigError(str(path), problems)
        return merged

    def fill(self, name: str, context: Mapping[str, Any], *, marked: bool = False) -> str:
        """Fill the file `name`. Raises TemplateError with file and line."""
        environment = _environment(self._folders, marked)
        try:
            filled = environment.get_template(name).render(context)
        except jinja2.TemplateNotFound as error:
            where = _find(self._folders, name) or name
            raise TemplateError(f"{where}: there is no file {error.name!r} to take in") from error
        except jinja2.TemplateSyntaxError as error:
            where = f"{error.filename or error.name}, line {error.lineno}"
            raise TemplateError(f"{where}: {error.message}") from error
        except Exception as error:
            # Jinja names template lines in the traceback as if they were Python's.
            folders = tuple(str(folder) for folder in self._folders)
            frames = traceback.extract_tb(error.__traceback__)
            inside = [f for f in frames if f.filename.startswith(folders)]
            if not inside:
                raise
            where = f"{inside[-1].filename}, line {inside[-1].lineno}"
            kind = "" if isinstance(error, jinja2.TemplateError) else f"{type(error).__name__}: "
            raise TemplateError(f"{where}: {kind}{error}") from error
        return _IMPOSSIBLE.sub("", filled)

    def places(
        self, name: str, context: Mapping[str, Any], spots: Iterable[tuple[int, str, int]]
    ) -> list[str]:
        """Seek spots of the filled file back: each as "FILE, line N, column N".

        A spot is a line of it (from 1; 0: not known), a pattern of what stands there ("": of
        nothing), and how many of the same stand before it in that line. The column is left out
        where it is not known.
        """
        lines = self.fill(name, context, marked=True).split("\n")
        # The mark that holds where a line begins.
        before = [(name, 0)]
        for line in lines:
            before.append(_last_mark(line) or before[-1])
        found = []
        for number, pattern, nth in spots:
            line = lines[number - 1] if number else ""
            same = (
                [
                    (_last_mark(line[: m.start()]) or before[number - 1], m)
                    for m in re.finditer(pattern, line)
                ]
                if pattern and number
                else []
            )
            if nth < len(same):
                place = same[nth][0]
                index = sum(earlier == place for earlier, _ in same[:nth])
            else:
                place, index = before[number], 0
            found.append(self._say_place(*place, pattern, index))
        return found

    def _say_place(self, name: str, number: int, pattern: str, index: int) -> str:
        """`index`: the how manieth of what `pattern` finds in that line of the template."""
        path = _find(self._folders, name)
        said = str(path or name) + (f", line {number}" if number else "")
        if not (path and number and pattern):
            return said
        line = path.read_text(encoding="utf-8").split("\n")[number - 1]
        columns = [m.start() + 1 for m in re.finditer(pattern, line)]
        return said + (f", column {columns[index % len(columns)]}" if columns else "")


def _last_mark(line: str) -> tuple[str, int] | None:
    at = line.rfind("\ue000")
    found = re.match("\ue000(.+?):(\\d+)\ue001", line[at:]) if at >= 0 else None
    return (found[1], int(found[2])) if found else None


def _find(folders: Sequence[Path], name: str) -> Path | None:
    return next((f / name for f in folders if (f / name).is_file()), None)


@lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...], marked: bool) -> jinja2.Environment:
    """Make ready to fill the templates of `folders`; a file that changed is read again."""

    def load(name: str) -> tuple[str, str, Callable[[], bool]]:
        path = _find(folders, name)
        if path is None:
            raise jinja2.TemplateNotFound(name)
        raw = path.read_bytes()
        try:
            source = TOKEN.sub(MARK, raw.decode())
        except UnicodeDecodeError as error:
            raise jinja2.TemplateSyntaxError("is not UTF-8", 1, name, str(path)) from error
        return source, str(path), lambda: _find(folders, name) == path and path.read_bytes() == raw

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(load),
        autoescape=lambda name: not (name or "").endswith(".txt"),  # noqa: S701
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[_LineMarks] if marked else [],
    )
    environment.filters |= FILTERS
    return environment


class _LineMarks(Extension):
    """Writes before every line of template text where it stands."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            if token.type != "data":
                yield token
                continue
            lines = enumerate(token.value.split("\n"), token.lineno)
            marked = (f"\ue000{stream.name}:{number}\ue001{text}" for number, text in lines)
            yield Token(token.lineno, token.type, "\n".join(marked))


def _wrong(value: object, built_in: str | None) -> str:
    """Say what is wrong with one entry; "" when nothing is."""
    if not isinstance(value, str):
        return 'is not text; write it between quotes, "like this"'
    if built_in is None:
        return ""
    try:
        strange = _fields(value) - _fields(built_in)
    except ValueError as error:
        return f"has a brace too few or too many ({error})"
    if strange:
        can = ", ".join(f"{{{f}}}" for f in sorted(_fields(built_in))) or "nothing"
        return f"has {{{min(strange)}}} to fill in; here is only {can}"
    return ""


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}
