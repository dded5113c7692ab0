"""docs/revocation.md says of each cause what evidence it needs, as the program asks for it."""

import re

from certmgr import evidence
from certmgr.models.revocations import Cause
from tests.docs.sandbox import REPOSITORY

PAGE = REPOSITORY / "docs" / "revocation.md"


def test_r6_2_the_page_says_what_each_cause_needs() -> None:
    """Every cause once; the words are those of a refusal, and a compromised key's alternatives follow them."""
    section = PAGE.read_text(encoding="utf-8").partition("## Evidence\n")[2].partition("\n## ")[0]
    told = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", section, re.MULTILINE))
    assert set(told) == set(Cause)
    for cause in Cause:
        needed = evidence.NEEDED.get(cause, "nothing")
        assert told[cause].partition(";")[0] == needed, cause
