"""Write docs/errors.md from the error classes and the codes; run it after changing either.

`python docs/generate_errors.py` writes the page, `python docs/generate_errors.py --check` leaves it alone and exits 1
where it is out of date.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from certmgr.codes import Code

PAGE = Path(__file__).resolve().parent / "errors.md"

EXIT_CODES = {
    0: "Done, or nothing to do.",
    1: "Failed: the command could not be carried out.",
    2: "Usage: the input is not what it was given as. Nothing was recorded.",
    3: "Attention: the work was done as far as it can be; something needs a person.",
    4: "Refused: the request was understood and policy refuses it. The journal has an entry of it.",
    5: "Not found, or ambiguous: nothing, or more than one thing, answers to the reference.",
    6: "Locked: a wrong passphrase, a held lock, another user's home, or no permission.",
    7: "Integrity: something on record does not match its own proof. Nothing was changed.",
    130: "Interrupted from the keyboard.",
    143: "Terminated.",
}
"""What a command leaves with; the codes from 1 to 7 stand on the classes of certmgr.errors."""

_INTRODUCTION = """\
# Exit codes and error codes

<!-- Written by docs/generate_errors.py; a code and its meaning stand in certmgr/codes.py. -->

An error says in one sentence what is wrong, lists every reason there is, and ends with the next step. Words for people
may change from one version to the next; the exit codes and the codes below do not.

With `--json`, an error goes to standard error as one object: `schema` (`certmgr.error/1`), `code`, `message`, `hint`,
`exit`, and `findings`, each with `code`, `severity` (`error`, `warning`, `notice`), `field`, `value` and `message`.
"""


def make_page() -> str:
    """Return the whole page as Markdown."""
    return "\n".join((_INTRODUCTION, *_exit_codes(), "", *_codes()))


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes"
    yield ""
    yield "| exit | meaning |"
    yield "|---|---|"
    for exit_code, meaning in EXIT_CODES.items():
        yield f"| {exit_code} | {meaning} |"
    yield ""
    yield (
        "`certmgr renew --needed REF` keeps the codes that scripts know from step: 0 needs renewal, 1 does not, "
        "2 no such certificate, 255 error."
    )


def _codes() -> Iterator[str]:
    yield "## Codes"
    yield ""
    yield "The first word of a code says what it is about."
    for group, members in groupby(_by_group(Code), key=_group):
        yield ""
        yield f"### {group}"
        yield ""
        yield "| code | meaning |"
        yield "|---|---|"
        for member in members:
            yield f"| `{member.value}` | {member.meaning.replace('|', chr(92) + '|')} |"
    yield ""


def _by_group(codes: Iterable[Code]) -> list[Code]:
    return sorted(codes, key=lambda code: (_group(code) != "general", _group(code), code.value))


def _group(code: Code) -> str:
    return code.value.partition(".")[0] if "." in code.value else "general"


def main() -> int:
    """Write or check the page; return the exit code."""
    parser = argparse.ArgumentParser(description="Write docs/errors.md from the error classes and the codes.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the page is out of date")
    page = make_page()
    if not parser.parse_args().check:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page:
        print(f"{PAGE.name} is out of date: run python docs/{Path(__file__).name}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
