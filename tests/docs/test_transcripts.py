"""A page is read as its author means it."""

import pytest

from tests.docs.transcripts import Step, TranscriptError, commands_outside, parse_page

PAGE = """# Title

```console
$ echo one
one
$ cat <<END
> two
>
> END
two

$ false
$ echo $?
1
```

1. In a list:

   ```console
   $ pwd
   ...
   ```

```python
print("$ no command")
```
"""


def test_commands_their_output_and_their_place_are_read() -> None:
    """A command has the lines that continue it, the output below it, and the number of its line on the page."""
    assert parse_page(PAGE).steps == (
        Step(line=4, command="echo one", expected=("one",), may_fail=False),
        Step(line=6, command="cat <<END\ntwo\n\nEND", expected=("two", ""), may_fail=False),
        Step(line=12, command="false", expected=(), may_fail=True),
        Step(line=13, command="echo $?", expected=("1",), may_fail=False),
        Step(line=20, command="pwd", expected=("...",), may_fail=False),
    )


def test_a_block_names_the_programs_that_it_needs() -> None:
    """`needs=` takes names with commas between, each counted once for the page."""
    block = "```console needs={}\n$ true\n```\n"
    assert parse_page(block.format("nginx,curl") + "\n" + block.format("curl")).needs == ("nginx", "curl")


def test_a_block_that_is_only_shown_is_not_run() -> None:
    """`shown` and a reason keep a block out of the transcript."""
    assert parse_page("```console shown it reboots the machine\n$ reboot\n```\n").steps == ()


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("```console\none\n$ echo one\n```\n", "line 2: a console block begins with a command"),
        ("```console shown\n$ reboot\n```\n", "line 1: a block that is only shown says why"),
        ("```console quickly\n$ true\n```\n", "line 1: 'quickly' is not an option"),
        ("```console needs=\n$ true\n```\n", "line 1: 'needs=' is not an option"),
    ],
)
def test_a_block_that_is_no_transcript_is_an_error(page: str, reason: str) -> None:
    """What cannot be run as meant is refused with its line, never left out in silence."""
    with pytest.raises(TranscriptError, match=reason):
        parse_page(page)


@pytest.mark.parametrize("prompt", ["", "$ ", "# ", "sudo ", "$ sudo "])
@pytest.mark.parametrize("language", ["sh", "bash", ""])
def test_commands_in_blocks_that_are_not_run_are_found(language: str, prompt: str) -> None:
    """A command in a shell block, or one without a language, is named with its line."""
    page = f"Text.\n\n```{language}\n{prompt}certmgr list\n```\n"
    assert commands_outside(page, "certmgr") == (f"4: {prompt}certmgr list",)


def test_an_indented_block_hides_no_command() -> None:
    """Markdown's other kind of code block counts, too."""
    assert commands_outside("Text.\n\n    certmgr list\n", "certmgr") == ("3: certmgr list",)


@pytest.mark.parametrize("language", ["console", "ini", "python"])
def test_the_name_in_other_blocks_is_no_command(language: str) -> None:
    """Console blocks are run, and a configuration file may name the program."""
    assert commands_outside(f"```{language}\ncertmgr list\n```\n", "certmgr") == ()
