"""Metrics as text: whatever a label holds, a strict reader gets it back (Prometheus text format 0.0.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.metrics_text import Family, Kind, Sample, render
from tests.prometheus import parse

TEXTS = st.text(st.characters(codec="utf-8"))


@given(st.lists(TEXTS, unique=True), st.floats(allow_nan=False, allow_infinity=False), TEXTS)
def test_labels_values_and_help_survive(texts: list[str], value: float, told: str) -> None:
    """Quotes, backslashes, line feeds and every other character, numbers of every size."""
    samples = tuple(Sample(value=value, labels=(("server", text), ("serial", "01"))) for text in texts)
    family = Family(name="certmgr_x", help=f"Help {told}", samples=samples)
    read = parse(render([family]))["certmgr_x"]
    assert read.samples == {(("server", text), ("serial", "01")): value for text in texts}


def test_the_form_is_the_documented_one() -> None:
    """HELP, TYPE, samples; whole numbers without a point."""
    families = [
        Family(
            name="a_seconds",
            help="Since then.",
            samples=(Sample(value=3600.0), Sample(value=0.5, labels=(("x", "1"),))),
        ),
        Family(name="b_total", help='A \\ and\nmore "words".', kind=Kind.COUNTER),
    ]
    assert render(families) == (
        "# HELP a_seconds Since then.\n# TYPE a_seconds gauge\na_seconds 3600\n"
        'a_seconds{x="1"} 0.5\n'
        '# HELP b_total A \\\\ and\\nmore "words".\n# TYPE b_total counter\n'
    )


@pytest.mark.parametrize(
    "families",
    [
        [Family(name="0a", help="x")],
        [Family(name="a-b", help="x")],
        [Family(name="a", help="x"), Family(name="a", help="x")],
        [Family(name="a", help="x", samples=(Sample(value=1), Sample(value=2)))],
        [Family(name="a", help="x", samples=(Sample(value=1, labels=(("0", "x"),)),))],
        [Family(name="a", help="x", samples=(Sample(value=float("nan")),))],
        [Family(name="a", help="x", samples=(Sample(value=float("inf")),))],
    ],
)
def test_what_a_reader_would_refuse_is_not_written(families: list[Family]) -> None:
    """A wrong name, a family or sample twice, what is no number."""
    with pytest.raises(ValueError, match=r"name|twice|finite"):
        render(families)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# HELP a x\n# TYPE a gauge\na 1",
        "# TYPE a gauge\na 1\n",
        "# HELP a x\n# TYPE a gauge\nb 1\n",
        "# HELP a x\n# TYPE a gauge\na 1\na 2\n",
        '# HELP a x\n# TYPE a gauge\na{b="\\x"} 1\n',
        '# HELP a x\n# TYPE a gauge\na{b="1",} 1\n',
        '# HELP a x\n# TYPE a gauge\na{b="1"b="2"} 1\n',
        "# HELP a x\n# TYPE a gauge\na NaN\n",
        "# HELP a x\n# TYPE a gauge\n\na 1\n",
    ],
)
def test_the_reader_is_strict(text: str) -> None:
    """A reader that takes everything would prove nothing."""
    with pytest.raises(ValueError, match=r"\w"):
        parse(text)
