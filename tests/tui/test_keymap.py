"""Other keys for commands: what the configuration may say, and that footer, help and palette say it too."""

import re
import string
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from textual.keys import _character_to_key
from textual.widgets import Input

from certmgr.config import parse_config
from certmgr.config_sections import Table
from certmgr.errors import UsageError
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.screens import eventually, press, shown
from tests.tui.screens import told as said
from tui.commands import COMMANDS, Scope
from tui.commands.registry import meet
from tui.dialogs.revoke import RevokeDialog
from tui.key_names import UnreadableKeyError, parse_key
from tui.key_names import shown as key_shown
from tui.keymap import Keymap, check_keymap, read_keymap
from tui.screens.catalogue import SCREENS
from tui.screens.detail import DetailScreen
from tui.screens.frame import FrameScreen
from tui.screens.pages import HelpScreen

FILE = "/home/certmgr.toml"


def table(**changes: str) -> Table:
    """Return [tui.keys] with these lines; `_` stands for `-` in the names."""
    return Table(entries=tuple((name.replace("_", "-"), keys) for name, keys in changes.items()))


def told(**changes: str) -> list[str]:
    """Return what is said of [tui.keys]."""
    return [finding.message.removeprefix(f"{FILE}: tui.keys.") for finding in check_keymap(table(**changes), file=FILE)]


@pytest.mark.parametrize("sign", [sign for sign in string.printable if sign.isprintable() and sign != " "])
def test_every_sign_is_a_key(sign: str) -> None:
    """Called as Textual calls it, and shown as the sign."""
    assert parse_key(sign) == _character_to_key(sign)
    assert key_shown(parse_key(sign)) == sign


@pytest.mark.parametrize(
    ("text", "key", "sign"),
    [
        ("Esc", "escape", "esc"),
        (" pgdn ", "pagedown", "pgdn"),
        ("F6", "f6", "f6"),
        ("ctrl+X", "ctrl+x", "ctrl+x"),
        ("shift+tab", "shift+tab", "shift+tab"),
        ("shift+ctrl+left", "ctrl+shift+left", "ctrl+shift+left"),
        ("ctrl++", "ctrl+plus", "ctrl++"),
        ("comma", "comma", ","),
        ("ctrl+space", "ctrl+@", "ctrl+space"),
        ("ctrl+@", "ctrl+@", "ctrl+space"),
        ("é", "é", "é"),
    ],
)
def test_keys_are_written_as_people_write_them(text: str, key: str, sign: str) -> None:
    """Names in any case, modifiers in any order."""
    assert parse_key(text) == key
    assert key_shown(key) == sign


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "names no key"),
        ("ctrl+", "names no key"),
        ("hyper+x", "is not a key with ctrl+, alt+ or shift+ before it"),
        ("ctrl+ctrl+x", "is not a key with"),
        ("shift+x", "is written X"),
        ("ctrl+i", "cannot be told from tab by a terminal"),
        ("ctrl+m", "cannot be told from enter"),
        ("f99", "is not the name of a key"),
        ("\x1b", "is not a printable sign"),
        ("two words", "is not the name of a key"),
    ],
)
def test_what_is_no_key_is_refused(text: str, reason: str) -> None:
    """With the reason."""
    with pytest.raises(UnreadableKeyError, match=reason.replace("+", r"\+")):
        parse_key(text)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """File, key and reason for each: an unknown command, one of a field, an unreadable key, a key taken twice."""
    assert told(revok="X", cause="1", pane="hyper+x,F7", sort="j", reverse="F7") == [
        "revok: is not the name of a command; revoke may be meant.",
        "cause: belongs to the field that has the focus and cannot have other keys.",
        "pane: hyper+x is not a key with ctrl+, alt+ or shift+ before it.",
        "sort: j is taken by down on the same screen.",
        "reverse: f7 is taken by pane on the same screen.",
    ]
    with pytest.raises(UsageError) as refusal:
        read_keymap(table(revok="X", sort="j"), file=FILE)
    assert refusal.value.message == f"The configuration {FILE} cannot be used for 2 reasons."
    assert [finding.field for finding in refusal.value.findings] == ["tui.keys.revok", "tui.keys.sort"]


def test_two_commands_may_change_places() -> None:
    """A key that its command gives up is free."""
    assert told(sort="S", reverse="s") == []


def test_one_key_may_mean_two_things_on_two_screens() -> None:
    """As x does in the list and on one certificate."""
    assert told(revoke="F6", revoke_this="F6") == []
    assert told(sort="F6", back="F6") == []


def test_the_registry_itself_is_without_fault() -> None:
    """Every command with its own keys passes the check that a user's keys have to pass."""
    same = {command.id: ",".join(command.keys) for command in COMMANDS if command.keys and not command.typed}
    assert [finding.message for finding in check_keymap(Table(entries=tuple(same.items())), file=FILE)] == []


@pytest.mark.parametrize("screen", [*SCREENS.values(), DetailScreen, HelpScreen], ids=lambda screen: screen.__name__)
def test_scopes_of_one_screen_are_known_to_meet(screen: type[FrameScreen]) -> None:
    """So that a key taken twice on it is found."""
    scopes = (*screen.SCOPES, Scope.MOVEMENT, Scope.PLACES, Scope.EVERYWHERE)
    assert [pair for pair in combinations(scopes, 2) if not meet(*pair)] == []


def test_the_check_needs_no_textual() -> None:
    """`certmgr config check` calls it."""
    code = "import sys, tui.keymap; print([name for name in sys.modules if name.startswith(('textual', 'rich'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_file_takes_a_table_of_keys() -> None:
    """Inline or with a heading; what is not a table of texts is told with the rest of the file."""
    head = '[organisation]\nname = "X"\n[zones]\ndns = ["corp.internal"]\n'
    wanted = table(revoke="X", go_servers="V,f6")
    inline = parse_config(head + '[tui]\nkeys = { revoke = "X", go-servers = "V,f6" }', file="x")
    headed = parse_config(head + '[tui.keys]\nrevoke = "X"\ngo-servers = "V,f6"', file="x")
    assert inline.tui.keys == headed.tui.keys == wanted
    with pytest.raises(UsageError) as refusal:
        parse_config(head + '[tui]\nkeys = { revoke = 5 }\naccents = { "*" = "red" }', file="x")
    assert sorted(finding.message for finding in refusal.value.findings) == [
        'x: tui.accents: *: red is not a colour such as "#2fafff".',
        "x: tui.keys: revoke: 5 is a number; it must be text in quotes.",
    ]


def test_the_commands_say_what_is_wrong_with_keys(home: HomeForTest) -> None:
    """`config check` names it among everything else with exit 2; `list`, which has no keys, goes on."""
    file = home.path / "certmgr.toml"
    file.write_text(file.read_text(encoding="utf-8") + '\n[tui.keys]\nrevok = "X"\nsort = "j"\n', encoding="utf-8")
    text = file.read_text(encoding="utf-8")
    assert "\n[tui]\n" in text
    home.workspace.close()
    done = home.run("config", "check")
    assert done.returncode == 2
    assert (
        f"{file}: tui.keys.revok: is not the name of a command; revoke may be meant. [config.unknown-key]"
        in done.stdout
    )
    assert f"{file}: tui.keys.sort: j is taken by down on the same screen. [config.conflict]" in done.stdout
    assert home.run("list").returncode == 0


async def test_a_command_has_its_other_key_everywhere(home: HomeForTest, running: Running) -> None:
    """The old key is dead, the new one works; footer, help and palette name it."""
    changed = read_keymap(table(revoke="X,f6", go_servers="V"), file=FILE)
    async with running(home, keymap=changed) as (app, pilot):
        assert "X revoke" in shown(app)
        await press(app, pilot, "x")
        assert not isinstance(app.screen, RevokeDialog)
        palette = {command.title: command.help for command in app.get_system_commands(app.screen)}
        assert palette["Revoke the certificate"] == "X, f6"
        assert palette["Go to: Servers"] == "V"
        await press(app, pilot, "f6")
        assert isinstance(app.screen, RevokeDialog)
        await press(app, pilot, "escape", "question_mark")
        lines = "\n".join(shown(app).splitlines())
        for _page in range(8):
            await press(app, pilot, "pagedown")
            lines += shown(app)
        assert "X, f6" in lines
        await press(app, pilot, "escape", "V")
        assert "SERVER" in shown(app)
        assert app.current_mode == "servers"


async def test_a_key_that_is_typed_does_nothing_else(home: HomeForTest, running: Running) -> None:
    """With the field in focus X is a letter, whatever command has it now; a page of keys is not written over."""
    changed = read_keymap(table(revoke="X", back="F9", clear="Z"), file=FILE)
    async with running(home, keymap=changed) as (app, pilot):
        await press(app, pilot, "slash", "X", "Z")
        assert isinstance(app.focused, Input)
        assert app.focused.value == "XZ"
        assert not isinstance(app.screen, RevokeDialog)


def test_keys_in_effect_leave_the_registry_alone() -> None:
    """A changed copy is returned."""
    sort = next(one for one in COMMANDS if one.id == "sort")
    other = Keymap({"sort": ("f6",)}).of(sort)
    assert other == replace(sort, keys=("f6",))
    assert Keymap({"sort": ("f6",)}).shown("sort") == "f6"
    assert Keymap().shown("go-servers") == ""


REMAPPED = {
    "hidden": "f7",
    "clear": "f8",
    "cancel": "f9",
    "cancel_n": "f2",
    "messages": "f3",
    "quit": "f4",
    "issue": "f5",
    "open": "f6",
}


async def test_texts_name_the_keys_in_effect(home: HomeForTest, running: Running) -> None:
    """Whatever says which key does what says it of the key that does it now."""
    changed = read_keymap(table(**REMAPPED), file=FILE)
    async with running(home, keymap=changed) as (app, pilot):
        await press(app, pilot, "slash", *"archive")
        assert "1 hidden: f7 shows them." in shown(app)
        assert "f8 clears the filter." in shown(app)
        assert "esc clears" in shown(app).splitlines()[-2]
        await press(app, pilot, "enter")
        assert "f8 clears" in shown(app).splitlines()[-2]
        await press(app, pilot, "f7")
        assert "archive.hub" in shown(app)
        await press(app, pilot, "f8", "x")
        assert "f9 cancels" in shown(app)
        await press(app, pilot, "f9", "A")
        assert "f5 applies for a certificate" in shown(app)
        assert "f7 shows those that are over." in shown(app)
        app.tell("done", title="Done", lines=())
        await press(app, pilot)
        assert "f9 closes   f3 shows all messages" in shown(app)
        await press(app, pilot, "f9", "C", "G", "r")
        assert "f9 or f2 cancels" in shown(app)
        await press(app, pilot, "f9", "full_stop")
        await said(app, pilot, "f6 opens the certificate")
        await pilot.resize_terminal(60, 20)
        await eventually(app, pilot, "or press f4 to quit")


def test_no_text_names_a_key_itself() -> None:
    """A key in a text is a key that cannot be changed."""
    names = r"""["' ](esc|ctrl\+\w|[a-zA-Z!/?*]) (shows|clears|closes|cancels|opens|applies|quits|to quit)\b"""
    found = [
        f"{path.name}: {text[0]}"
        for path in (Path(__file__).parents[2] / "tui").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if '"""' not in line and not line.lstrip().startswith("#") and (text := re.search(names, line))
    ]
    assert found == []
