"""The form for a certificate: policy answers while it is typed, and what is typed is not lost."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from textual.widgets import Input

from certmgr.models.applications import GIVEN_EVIDENCE, ApplicationState, EvidenceKind
from certmgr.models.keys import KeyType
from certmgr.pki import keys
from certmgr.queries import certificates
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.hostile import ALL
from tests.tui.queue import by_number, content, enter, press_act, put, reviewed, write_csr, write_file
from tests.tui.screens import eventually, flat, masked, matches_golden, press, settle, shown, stands_on, told, type_text
from tests.tui.test_hostile import clean
from tui.dialogs.base import Choice
from tui.dialogs.issue import IssueDialog
from tui.dialogs.notice import NoticeDialog
from tui.dialogs.pick import PickDialog
from tui.screens.certificates import CertificatesScreen
from tui.widgets.fields import Switch
from tui.widgets.pick import Pick

__all__ = ["reviewed"]
NEW = "intake.egov.internal"
LIVE = "directory.hub.egov.internal"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files go under the folder that a session is started in."""
    monkeypatch.chdir(tmp_path)


async def test_a_certificate_is_issued_from_the_form(home: HomeForTest, running: Running, tmp_path: Path) -> None:
    """Names and purpose, tab to the button, enter: where the files are and the serial are said."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "i")
        await type_text(app, pilot, NEW)
        await put(app, pilot, owner="Registry", purpose="Intake")
        assert "Issues at once." in shown(app)
        assert "Valid for 365 days, until 2027-11-21." in shown(app)
        app.screen.query_one("#note").focus()
        await press(app, pilot, "enter")
        assert app.focused is app.screen.query_one("#act")
        await press(app, pilot, "enter")
        await told(app, pilot, f"Issued {NEW}: serial")
        assert stands_on(app, NoticeDialog)
        found = certificates.resolve(home.workspace, NEW)
        assert found.serial in shown(app)
        assert f"{tmp_path}/{NEW}/live" in flat(app).replace(" ", "")
        await press(app, pilot, "escape", "i")
        assert app.screen.query_one("#names", Input).value == ""
    assert (found.owner, found.purpose, found.requested_by) == ("Registry", "Intake", "admin")
    assert content(tmp_path / NEW / "live" / "privkey.pem")


async def test_why_a_name_is_refused_is_said_as_it_is_typed(home: HomeForTest, running: Running) -> None:
    """R1.4: all reasons, each under its field, as `issue --dry-run` finds them; the button is off."""
    async with running(home, size=(120, 40)) as (app, pilot):
        await press(app, pilot, "i")
        await type_text(app, pilot, "www.example.com")
        assert "belongs to the public DNS (example.com)" in flat(app)
        assert "No purpose is stated" in flat(app)
        await put(app, pilot, names="www.example.com host.corp", addresses="8.8.8.8", days="x9")
        assert "'x9' is no number of days" in flat(app)
        await put(app, pilot, days="9999")
        text = flat(app)
        for reason in ("example.com", "host.corp lies in no configured zone", "8.8.8.8", "No purpose", "9999"):
            assert reason in text
        assert app.screen.query_one("#act", Choice).disabled
        assert "Refused for 5 reasons." in text
        await put(app, pilot, names=NEW, addresses="", days="", purpose="Intake")
        assert "Issues at once." in shown(app)
        assert not app.screen.query_one("#act", Choice).disabled
    assert certificates.count(home.workspace, NEW) == 0


async def test_a_server_with_a_live_certificate_is_refused(home: HomeForTest, running: Running) -> None:
    """Under the names, beside what else is wrong: DETAILS 51."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "i")
        await put(app, pilot, names="portal.hub.egov.internal")
        assert "has a certificate until 2026-11-26" in flat(app)
        assert "No purpose is stated" in flat(app)


async def test_a_weak_csr_is_refused_and_a_good_one_is_certified(home: HomeForTest, running: Running) -> None:
    """The key field offers the owner's CSR; what is wrong with it stands under its path."""
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - it is to be refused
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    write_file("weak.csr", builder.sign(weak, SHA256()).public_bytes(Encoding.PEM))
    write_csr("good.csr", NEW)
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "i")
        assert not app.screen.query_one("#csr-field").display
        app.screen.query_one("#key", Pick).focus()
        await press(app, pilot, "left")
        assert app.screen.query_one("#csr-field").display
        for path, reason in (("none.csr", "cannot be read"), (".", "is not a file"), ("weak.csr", "1024")):
            await put(app, pilot, names=NEW, purpose="Intake", csr=path)
            assert reason in flat(app)
            assert app.screen.query_one("#act", Choice).disabled
        await put(app, pilot, names="", csr="good.csr")
        assert "Issues at once." in shown(app)
        await press_act(app, pilot)
        await told(app, pilot, f"Issued {NEW}")
    assert certificates.resolve(home.workspace, NEW).key_origin == "csr"


async def test_where_people_decide_it_becomes_an_application(reviewed: HomeForTest, running: Running) -> None:
    """R2.1: the form says so before, and afterwards its number and what happens next."""
    async with running(reviewed) as (app, pilot):
        enter(app, "alice")
        await press(app, pilot, "i")
        await put(app, pilot, names=NEW, purpose="Intake")
        app.screen.query_one("#profile", Pick).focus()
        await press(app, pilot, "right")
        assert "Becomes an application: one person approves it within 7 days." in shown(app)
        await press(app, pilot, "right")
        assert "two people approve it within 7 days." in shown(app)
        await press_act(app, pilot)
        await told(app, pilot, "The application 1")
        assert "It waits for two people to approve it, until 2026-11-28" in shown(app)
        assert by_number(reviewed, 1).state(reviewed.workspace.now()) is ApplicationState.SUBMITTED
        await press(app, pilot, "escape", "i")
        await put(app, pilot, names=NEW, purpose="Intake again")
        app.screen.query_one("#profile", Pick).choose(2)
        await settle(app, pilot)
        assert "The application 1 for intake.egov.internal is submitted already" in flat(app)


async def test_a_slot_that_may_only_ask_applies(reviewed: HomeForTest, running: Running) -> None:
    """A requester's form under a profile that policy decides on becomes an approved application."""
    async with running(reviewed) as (app, pilot):
        enter(app, "carl")
        await press(app, pilot, "i")
        await put(app, pilot, names=NEW, purpose="Intake")
        await press_act(app, pilot)
        await told(app, pilot, f"The application 1 for {NEW} is approved.")
    assert by_number(reviewed, 1).requested_by == "carl"


async def test_nothing_typed_is_lost(home: HomeForTest, running: Running) -> None:
    """Neither by esc, nor by a refusal, nor by an unlock step that is left."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "i")
        await put(app, pilot, names=NEW, purpose="Intake", contact="li@egov.internal")
        await press(app, pilot, "escape")
        assert stands_on(app, CertificatesScreen)
        await press(app, pilot, "i")
        assert app.screen.query_one("#purpose", Input).value == "Intake"
        await press_act(app, pilot)
        await eventually(app, pilot, f"Unlock to issue {NEW}")
        await press(app, pilot, "escape")
        assert stands_on(app, IssueDialog)
        assert app.screen.query_one("#contact", Input).value == "li@egov.internal"
        assert "Nothing was issued; the form is as it was." in shown(app)
        enter(app)
        home.issue(NEW)
        await press_act(app, pilot)
        assert stands_on(app, IssueDialog)
        assert "has a certificate until" in flat(app)
        assert app.screen.query_one("#names", Input).value == NEW
    assert len(certificates.detail(home.workspace, certificates.resolve(home.workspace, NEW).id).line) == 1


async def test_enter_in_a_field_issues_nothing(home: HomeForTest, running: Running) -> None:
    """It goes on to the next field: only the button issues."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "i")
        await put(app, pilot, names=NEW, purpose="Intake")
        await press(app, pilot, "enter")
        assert app.focused is app.screen.query_one("#addresses")
        await press(app, pilot, "enter")
        assert app.focused is app.screen.query_one("#profile")
    assert certificates.count(home.workspace, NEW) == 0


async def test_a_profile_is_chosen_from_a_list(reviewed: HomeForTest, running: Running) -> None:
    """Enter on the field shows all of them with what they mean; esc there leaves it as it is."""
    async with running(reviewed) as (app, pilot):
        await press(app, pilot, "i")
        app.screen.query_one("#profile").focus()
        await press(app, pilot, "enter")
        assert stands_on(app, PickDialog)
        assert "two people to approve" in shown(app)
        await press(app, pilot, "j", "escape")
        assert app.screen.query_one("#profile", Pick).value == "server"
        await press(app, pilot, "enter", "j", "enter")
        assert app.screen.query_one("#profile", Pick).value == "reviewed"


async def test_the_server_under_the_cursor_is_proposed(home: HomeForTest, running: Running) -> None:
    """From the list of servers the form knows name, owner and purpose."""
    async with running(home) as (app, pilot):
        await app.run_action("app.go('servers')")
        await settle(app, pilot)
        await press(app, pilot, "i")
        names = app.screen.query_one("#names", Input).value
        assert names.endswith(".egov.internal")
        assert app.screen.query_one("#purpose", Input).value == "TLS on the intranet"


async def test_what_is_pasted_into_the_form_is_text(home: HomeForTest, running: Running) -> None:
    """Hostile text in every field: nothing of it reaches the terminal raw, and nothing happens."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "i")
        await put(app, pilot, names=ALL, owner=ALL, purpose=ALL, contact=ALL, days=ALL, folder=ALL)
        assert clean(shown(app))
        assert "Refused for" in shown(app)
        assert app.is_running


async def test_the_form_is_as_it_was(reviewed: HomeForTest, running: Running) -> None:
    """Empty, refused, and allowed, at 80x24; the list of profiles."""
    async with running(reviewed) as (app, pilot):
        await press(app, pilot, "i")
        assert matches_golden("issue-empty", masked(shown(app), reviewed))
        await put(app, pilot, names="www.example.com db.egov.internal")
        assert matches_golden("issue-refused", masked(shown(app), reviewed))
        await put(app, pilot, names="db.egov.internal", purpose="Database", owner="Registry")
        assert matches_golden("issue-allowed", masked(shown(app), reviewed))
        app.screen.query_one("#profile").focus()
        await press(app, pilot, "enter")
        assert matches_golden("issue-profiles", masked(shown(app), reviewed))


async def test_one_more_for_a_server_with_a_live_certificate(home: HomeForTest, running: Running) -> None:
    """DETAILS 51: refused until it is asked for in so many words, and the answer follows the switch; a note is kept."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "i")
        await put(app, pilot, names=LIVE, purpose="A second one", owner="Registry", note="for the new rack")
        assert "has a certificate until" in flat(app)
        app.screen.query_one("#additional", Switch).focus()
        await press(app, pilot, "space")
        assert "Issues at once." in shown(app)
        await press(app, pilot, "space")
        assert "has a certificate until" in flat(app)
        assert app.screen.query_one("#act", Choice).disabled
        await press(app, pilot, "enter")
        await press_act(app, pilot)
        await told(app, pilot, f"Issued {LIVE}")
    line = certificates.detail(home.workspace, certificates.resolve(home.workspace, LIVE).id).line
    assert len(line) == 2
    assert [(one.note, one.replaces_id) for one in line].count(("for the new rack", None)) == 1
    assert all(one.replaced_by_id is None and one.revoked_at is None for one in line)


async def test_what_was_verified_goes_with_the_application(reviewed: HomeForTest, running: Running) -> None:
    """R3.2: KIND=TEXT as on the command line, several with semicolons; what says nothing is named under its field."""
    async with running(reviewed, size=(120, 40)) as (app, pilot):
        enter(app, "alice")
        await press(app, pilot, "i")
        await put(app, pilot, names=NEW, evidence="hearsay; oath=sworn; word=")
        text = flat(app)
        for word in ("hearsay", "oath=sworn", "word="):
            assert f"{word!r} is no evidence" in text
        assert "No purpose is stated" in text
        assert app.screen.query_one("#act", Choice).disabled
        await put(app, pilot, purpose="Intake", evidence="word=Li Wei; by telephone;document=ticket 4711")
        app.screen.query_one("#profile", Pick).choose(1)
        await settle(app, pilot)
        assert "Becomes an application" in shown(app)
        await press_act(app, pilot)
        await told(app, pilot, "The application 1")
    given = [(one.kind, one.text) for one in by_number(reviewed, 1).evidence if one.kind in GIVEN_EVIDENCE]
    assert given == [(EvidenceKind.WORD, "Li Wei; by telephone"), (EvidenceKind.DOCUMENT, "ticket 4711")]


async def test_evidence_is_kept_where_policy_decides(home: HomeForTest, running: Running) -> None:
    """What is issued at once is an application all the same: it holds what was verified."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "i")
        await put(app, pilot, names=NEW, purpose="Intake", evidence="dns=ns1 answers 10.1.2.3", days="90")
        assert "Issues at once. The evidence is kept with its application." in shown(app)
        await press_act(app, pilot)
        await told(app, pilot, f"Issued {NEW}")
    found = by_number(home, 1)
    assert found.state(home.workspace.now()) is ApplicationState.ISSUED
    assert "ns1 answers 10.1.2.3" in [one.text for one in found.evidence]
    assert (found.certificate_id, found.days) == (certificates.resolve(home.workspace, NEW).id, 90)


async def test_an_answer_does_not_wait_for_a_key(home: HomeForTest, running: Running, tmp_path: Path) -> None:
    """Policy judges the type that is asked for; the key that takes seconds is made when it is issued, and only then."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "i")
        made: list[KeyType] = []
        make = keys.make_key

        def counted(kind: KeyType) -> keys.PrivateKey:
            made.append(kind)
            return make(kind)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keys, "make_key", counted)
            pick = app.screen.query_one("#key", Pick)
            pick.choose([name for name, _ in pick.options].index("rsa-3072"))
            await put(app, pilot, names=NEW, purpose="Intake")
            assert "Issues at once." in shown(app)
            assert not any(kind.value.startswith("rsa") for kind in made)
            await press_act(app, pilot)
            await told(app, pilot, f"Issued {NEW}")
    assert certificates.resolve(home.workspace, NEW).key_type == "rsa-3072"
    assert content(tmp_path / NEW / "live" / "privkey.pem")
