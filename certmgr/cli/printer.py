"""What the terminal says: data on standard output, words on standard error, errors in one form.

The format of data depends on the options alone, never on whether there is a terminal.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import click

from certmgr.errors import AmbiguousError, CertmgrError, Finding, Severity
from certmgr.printable import printable, width

_SHOWN_FINDINGS = 50
_rehearsal: ContextVar[dict[str, list[Any]] | None] = ContextVar("rehearsal", default=None)
"""What a rehearsal has said so far, where it is to be said as JSON."""


@contextmanager
def rehearsing() -> Iterator[None]:
    """Keep the data, words and findings of the block, and write them as one document at its end (`--dry-run --json`).

    Nothing is added where the block writes a document of its own, or ends by an error.
    """
    told: dict[str, list[Any]] = {"said": [], "lines": [], "findings": []}
    before = _rehearsal.set(told)
    try:
        yield
        if _rehearsal.get() is not None:
            document("certmgr.rehearsal/1", **told)
    finally:
        _rehearsal.reset(before)


def emit(content: str | bytes, *, err: bool = False, nl: bool = True) -> None:
    """Write what is fit for a terminal to a stream; where its reader has gone, into nothing from then on.

    So `certmgr check | head -1` does all that it was to do, and its exit code says what came of it.
    """
    try:
        click.echo(content, err=err, nl=nl)
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, (sys.stderr if err else sys.stdout).fileno())
        os.close(nowhere)


def data(line: str) -> None:
    """Write one line of data to standard output, control characters escaped."""
    if (told := _rehearsal.get()) is not None:
        told["lines"].append(line)
        return
    emit(printable(line))


def fields(*cells: str) -> None:
    """Write one line of tab-separated data; a tab inside a cell is escaped, so the columns stay what they are."""
    if (told := _rehearsal.get()) is not None:
        told["lines"].append("\t".join(cells))
        return
    emit("\t".join(printable(cell) for cell in cells))


def raw(content: str | bytes) -> None:
    """Write PEM, DER or JSON that certmgr itself made to standard output, as it is."""
    emit(content, nl=False)


def document(schema: str, **fields: Any) -> None:  # noqa: ANN401 - JSON
    """Write one JSON document whose first key names its schema and version."""
    _rehearsal.set(None)
    emit(json.dumps({"schema": schema, **fields}, indent=2, ensure_ascii=True))


def say(line: str = "") -> None:
    """Write one line of words to standard error, unless --quiet."""
    if (told := _rehearsal.get()) is not None:
        told["said"].append(line)
        return
    context = click.get_current_context(silent=True)
    if context is not None and getattr(context.obj, "quiet", False):
        return
    emit(printable(line), err=True)


def warn(line: str) -> None:
    """Write a warning to standard error, --quiet or not."""
    emit(f"{click.style('Warning:', fg='yellow')} {printable(line)}", err=True)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """Write rows in aligned columns; the columns numbered in `right` are right-aligned. Wide characters count two."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max([width(row[i]) for row in [list(headings), *cells]]) for i in range(len(headings))]
    for row in [list(headings), *cells]:
        parts = [
            " " * (widths[i] - width(cell)) + cell if i in right else cell + " " * (widths[i] - width(cell))
            for i, cell in enumerate(row)
        ]
        emit("  ".join(parts).rstrip())


def findings(items: Iterable[Finding]) -> None:
    """Write findings to standard error, one line each, errors first."""
    order = list(Severity)
    ranked = sorted(items, key=lambda item: order.index(item.severity))
    if (told := _rehearsal.get()) is not None:
        told["findings"] += [finding_document(item) for item in ranked]
        return
    for item in ranked[:_SHOWN_FINDINGS]:
        mark = "" if item.severity is Severity.ERROR else f"{item.severity}: "
        emit(f"  - {mark}{printable(item.message)} [{item.code}]", err=True)
    if len(ranked) > _SHOWN_FINDINGS:
        emit(f"  - and {len(ranked) - _SHOWN_FINDINGS} more", err=True)


def error(problem: CertmgrError, *, as_json: bool) -> None:
    """Write an error to standard error: the sentence, every reason, the next step."""
    if as_json:
        emit(json.dumps(error_document(problem), indent=2, ensure_ascii=True), err=True)
        return
    emit(f"{click.style('Error:', fg='red')} {printable(problem.message)}", err=True)
    findings(item for item in problem.findings if item.message != problem.message)
    if isinstance(problem, AmbiguousError):
        for candidate in problem.candidates:
            emit(f"  - {printable(candidate)}", err=True)
    if problem.hint:
        emit(f"{click.style('Next:', bold=True)} {printable(problem.hint)}", err=True)


def error_document(problem: CertmgrError) -> dict[str, Any]:
    """Return the error as `certmgr.error/1` (DETAILS 52)."""
    document_: dict[str, Any] = {
        "schema": "certmgr.error/1",
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "exit": problem.exit_code,
        "findings": [finding_document(item) for item in problem.findings],
    }
    if isinstance(problem, AmbiguousError):
        document_["candidates"] = list(problem.candidates)
    return document_


def finding_document(item: Finding) -> dict[str, str | None]:
    """Return a finding as JSON has it."""
    return {
        "code": item.code,
        "severity": item.severity,
        "field": item.field,
        "value": item.value,
        "message": item.message,
    }


def is_terminal() -> bool:
    """Tell whether a person can be asked: standard input and standard error are terminals."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
