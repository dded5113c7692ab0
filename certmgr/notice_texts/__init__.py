"""The texts of notices: for each language a module with one pure function a kind (N8).

A text says what happens when, and what to do, with the exact command. It holds no secret and no control character.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from types import ModuleType
from typing import Final
from zoneinfo import ZoneInfo

from certmgr.models.journal import JSON
from certmgr.models.notices import Kind
from certmgr.notice_texts.facts import Facts, Text

__all__ = ["LANGUAGES", "Facts", "Text", "compose", "compose_digest"]

LANGUAGES: Final = ("en", "zh")
"""What `notices.language` may be; each is a module of this package."""


def compose(  # noqa: PLR0913 - what a text depends on, by keyword
    kind: Kind, data: Mapping[str, JSON], *, language: str, now: datetime, zone: ZoneInfo, organisation: str
) -> Text:
    """Return the text of a notice at `now`. Raises KeyError for data that is not of the kind."""
    return _texts(language)[kind](Facts(data, now=now, zone=zone, organisation=organisation))


def compose_digest(
    notices: Sequence[tuple[Kind, Mapping[str, JSON]]],
    *,
    language: str,
    now: datetime,
    zone: ZoneInfo,
    organisation: str,
) -> Text:
    """Return one text for several notices, in the order given."""
    texts = [
        compose(kind, data, language=language, now=now, zone=zone, organisation=organisation) for kind, data in notices
    ]
    gather: Callable[[Sequence[Text], str], Text] = _module(language).digest
    return gather(texts, now.astimezone(zone).date().isoformat())


def _texts(language: str) -> Mapping[Kind, Callable[[Facts], Text]]:
    found: Mapping[Kind, Callable[[Facts], Text]] = _module(language).TEXTS
    return found


def _module(language: str) -> ModuleType:
    if language not in LANGUAGES:
        raise ValueError(f"{language} is no language of the notices")
    # By name, so that a run in one language loads one.
    return import_module(f"certmgr.notice_texts.{language}")
