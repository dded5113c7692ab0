"""Metrics in Prometheus's text format, version 0.0.4: for the node exporter's textfile collector."""

import math
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from certmgr.records import dataclass

_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_HELP_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n"})


class Kind(StrEnum):
    """What a family's values do."""

    GAUGE = "gauge"
    """They rise and fall."""
    COUNTER = "counter"
    """They only rise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value, and what it belongs to."""

    value: float
    labels: tuple[tuple[str, str], ...] = ()
    """Names and values, in the order in which they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Samples of one name."""

    name: str
    """With its unit at the end."""
    help: str
    """One sentence."""
    kind: Kind = Kind.GAUGE
    samples: tuple[Sample, ...] = ()


def render(families: Iterable[Family]) -> str:
    """Return the families as text, each with its HELP and TYPE, also one without samples.

    Raises ValueError for a name that the format does not allow, for a family or a sample that is there twice.
    """
    lines: list[str] = []
    names: set[str] = set()
    for family in families:
        if not _NAME.fullmatch(family.name) or family.name in names:
            raise ValueError(f"{family.name!r} is no name of a metric, or is there twice")
        names.add(family.name)
        lines += (
            f"# HELP {family.name} {family.help.translate(_HELP_ESCAPES)}",
            f"# TYPE {family.name} {family.kind}",
        )
        samples = [f"{family.name}{_labels(sample.labels)}" for sample in family.samples]
        if len(set(samples)) != len(samples):
            raise ValueError(f"{family.name} has a sample twice")
        lines += [f"{left} {_number(sample.value)}" for left, sample in zip(samples, family.samples, strict=True)]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    for name, _ in labels:
        if not _LABEL.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a label")
    return "{" + ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels) + "}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError("a metric is a finite number")
    return str(int(value)) if value == int(value) else repr(float(value))
