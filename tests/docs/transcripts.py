"""Read the transcripts of a page: its fenced `console` blocks, as commands and what they print.

The form of a block:

    ```console
    $ certmgr list --plain
    portal.egov.internal  valid  ...
    $ certmgr show nobody
    ...
    $ echo $?
    5
    ```

- `$ ` begins a command, `> ` goes on with it (after a backslash, in a loop, in a here-document).
- What follows, up to the next `$ `, is what the command prints on either stream.
- `...` stands for any lines where it is alone on one, and for any text within a line.
- A command must succeed, unless the next command of the block is `echo $?`, which shows the status it is to have.
- The words after `console` are options: `needs=nginx,curl` names programs without which the page's test is skipped;
  `shown` marks a block that is only shown: every word after it is the reason.
- All blocks of a page are one shell session; `tests/docs/sandbox.py` tells where it takes place.
"""

from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

PROMPT = "$ "
CONTINUATION = "> "
STATUS_COMMAND = "echo $?"
SHELL_LANGUAGES = frozenset({"sh", "bash", "shell", "zsh", "shell-session", "sh-session", ""})
"""Languages whose blocks could show commands that no test runs; the last one is a block without a language."""


class TranscriptError(Exception):
    """A block is not a transcript; the message says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a transcript."""

    line: int
    """Where it stands on the page, from 1."""
    command: str
    """The command as the shell gets it; several lines where it goes on."""
    expected: tuple[str, ...]
    """The lines that it is to print."""
    may_fail: bool
    """Whether the step after it shows its status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What a page lets its reader type."""

    steps: tuple[Step, ...]
    needs: tuple[str, ...]
    """Programs without which it cannot be run."""


def parse_page(text: str) -> Transcript:
    """Return the steps of all `console` blocks of a Markdown page, in their order.

    Raises TranscriptError for a block that has output before its first command, has an unknown option, or is marked
    `shown` without a reason.
    """
    steps: list[Step] = []
    needs: list[str] = []
    for token in _fences(text):
        if _language(token) != "console":
            continue
        options = token.info.split()[1:]
        line = _first_line(token)
        if options[:1] == ["shown"]:
            if len(options) == 1:
                raise TranscriptError(f"line {line - 1}: a block that is only shown says why, after the word `shown`")
            continue
        for option in options:
            name, _, value = option.partition("=")
            if name != "needs" or not value:
                raise TranscriptError(f"line {line - 1}: {option!r} is not an option of a console block")
            needs.extend(value.split(","))
        steps.extend(_parse_block(token.content, line))
    return Transcript(steps=tuple(steps), needs=tuple(dict.fromkeys(needs)))


def commands_outside(text: str, program: str) -> tuple[str, ...]:
    """Return the lines `LINE: TEXT` that show a command of `program` in a block that no test runs."""
    found = []
    for token in _fences(text):
        if _language(token) not in SHELL_LANGUAGES:
            continue
        for number, line in enumerate(token.content.splitlines(), start=_first_line(token)):
            words = line.split()
            while words and words[0] in ("$", "#", "sudo"):
                words.pop(0)
            if words[:1] == [program]:
                found.append(f"{number}: {line}")
    return tuple(found)


def _fences(text: str) -> list[Token]:
    return [token for token in MarkdownIt().parse(text) if token.type in ("fence", "code_block")]


def _language(token: Token) -> str:
    return (token.info.split() or [""])[0]


def _first_line(token: Token) -> int:
    """Return the page's line number, from 1, of the first line inside a block."""
    if token.map is None:
        raise TranscriptError("a fenced block without a place on the page")
    return token.map[0] + (2 if token.type == "fence" else 1)


def _parse_block(content: str, first_line: int) -> list[Step]:
    commands: list[tuple[int, list[str], list[str]]] = []
    for number, line in enumerate(content.splitlines(), start=first_line):
        if line.startswith(PROMPT):
            commands.append((number, [line.removeprefix(PROMPT)], []))
        elif not commands:
            raise TranscriptError(f"line {number}: a console block begins with a command, after `$ `: {line!r}")
        elif line.startswith(CONTINUATION) and not commands[-1][2]:
            commands[-1][1].append(line.removeprefix(CONTINUATION))
        elif line == CONTINUATION.rstrip() and not commands[-1][2]:
            commands[-1][1].append("")
        else:
            commands[-1][2].append(line)
    followers = [command[0].strip() for _, command, _ in commands[1:]] + [""]
    return [
        Step(line=number, command="\n".join(command), expected=tuple(expected), may_fail=follower == STATUS_COMMAND)
        for (number, command, expected), follower in zip(commands, followers, strict=True)
    ]
