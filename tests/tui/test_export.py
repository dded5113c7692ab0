"""Exporting from the interface: every form, and nothing foreign is replaced."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from certmgr.files import PRIVATE_MODE
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.queue import content, here, mode, press_act, put, write_file
from tests.tui.screens import eventually, flat, masked, matches_golden, press, settle, shown, stands_on, told
from tui.app import CertmgrApp
from tui.dialogs.base import Choice
from tui.dialogs.export import ExportDialog
from tui.widgets.pick import Options

NEW = "intake.egov.internal"
FORMS = ("pem", "fullchain", "chain", "der", "pkcs12", "nginx", "apache", "haproxy")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files go under the folder that a session is started in."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def issued(home: HomeForTest) -> HomeForTest:
    """Return the filled home with one certificate whose key lies where it was delivered."""
    home.issue(NEW)
    return home


async def choose(app: CertmgrApp, form: str) -> None:
    """Highlight a form."""
    app.screen.query_one("#forms", Options).highlighted = FORMS.index(form)


@pytest.mark.parametrize("form", ["pem", "der", "nginx", "haproxy"])
async def test_a_form_is_written_with_its_modes(issued: HomeForTest, running: Running, form: str) -> None:
    """To the proposed place; what holds the key is said to, and is readable by its owner alone."""
    async with running(issued) as (app, pilot):
        await press(app, pilot, "G", "e")
        await choose(app, form)
        await settle(app, pilot)
        await press_act(app, pilot)
        await told(app, pilot, f"Exported {NEW} as {form}")
        text = flat(app)
    if form == "pem":
        assert content(f"{NEW}.pem").startswith(b"-----BEGIN CERTIFICATE")
        assert "0644" in text
    elif form == "der":
        assert content(f"{NEW}.der")[0] == 0x30
    else:
        key = "privkey.pem" if form == "nginx" else f"{NEW}.pem"
        assert mode(f"{NEW}-{form}/{key}") == PRIVATE_MODE
        assert "0600" in text
        assert "holds the private key" in text


async def test_a_pkcs12_file_needs_its_password_twice(issued: HomeForTest, running: Running) -> None:
    """Until both are the same the button is off; the file opens with it."""
    async with running(issued) as (app, pilot):
        await press(app, pilot, "G", "e", "j", "j", "j", "j")
        assert app.screen.query_one("#out").value == f"./{NEW}.p12"  # type: ignore[attr-defined]
        button = app.screen.query_one("#act", Choice)
        await put(app, pilot, password="a secret")
        assert button.disabled
        await put(app, pilot, again="another")
        assert "The two passwords differ." in shown(app)
        assert button.disabled
        await put(app, pilot, again="a secret")
        assert "a secret" not in shown(app)
        await press_act(app, pilot)
        await told(app, pilot, "as pkcs12")
        assert not any("a secret" in piece.text for said in app.messages for piece in said)
    key, certificate, _ = pkcs12.load_key_and_certificates(content(f"{NEW}.p12"), b"a secret")
    assert key is not None
    assert certificate is not None


async def test_what_is_not_ours_is_not_replaced(issued: HomeForTest, running: Running) -> None:
    """The refusal names the file; what was typed stays, and a second try elsewhere works."""
    write_file("mine.pem", b"mine")
    async with running(issued) as (app, pilot):
        await press(app, pilot, "G", "e")
        await put(app, pilot, out="mine.pem")
        await press_act(app, pilot)
        await eventually(app, pilot, "Not done")
        assert "certmgr did not write it" in flat(app)
        await press(app, pilot, "escape")
        assert stands_on(app, ExportDialog)
        await put(app, pilot, out="yours.pem")
        await press_act(app, pilot)
        await told(app, pilot, "Exported")
        await press(app, pilot, "escape", "e")
        await put(app, pilot, out="yours.pem")
        await press_act(app, pilot)
        await told(app, pilot, "Exported")
    assert content("mine.pem") == b"mine"


async def test_a_key_that_is_not_here_is_asked_for(home: HomeForTest, running: Running) -> None:
    """Forms without a key need none; a folder of a revoked certificate is refused (R1.7)."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "e")
        assert not app.screen.query_one("#act", Choice).disabled
        await choose(app, "nginx")
        await settle(app, pilot)
        assert "The private key is not at hand here: name its file." in flat(app)
        assert app.screen.query_one("#act", Choice).disabled
        await put(app, pilot, key="nowhere.pem")
        await press_act(app, pilot)
        await eventually(app, pilot, "is not a file")
        await press(app, pilot, "escape", "escape", "g", "e")
        await choose(app, "nginx")
        await settle(app, pilot)
        assert "is expired, so no server is set up with it" in flat(app)
    assert not any("nginx" in entry for entry in here())


async def test_the_dialog_is_as_it_was(issued: HomeForTest, running: Running) -> None:
    """At 80x24, with the form that needs the most fields."""
    async with running(issued) as (app, pilot):
        await press(app, pilot, "G", "e", "j", "j", "j", "j")
        assert matches_golden("export", masked(shown(app), issued))
