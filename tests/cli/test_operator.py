"""certmgr operator: add, list, test, remove, change-passphrase."""

from pathlib import Path

import pytest

from certmgr.custody.authority_keys import grants
from certmgr.custody.secrets import Secret
from certmgr.models.operators import Role
from certmgr.operations import operators
from tests.cli.calling import Call
from tests.home import CHEAP_KDF

BOB = "a passphrase of bob's own"


def secret(folder: Path, name: str, text: str = BOB) -> str:
    """Write a passphrase to an owner-only file; return its path."""
    place = folder / name
    place.touch(0o600)
    place.write_text(text + "\n")
    return str(place)


def add(call: Call, folder: Path, name: str, role: str) -> None:
    """Add a slot opened by BOB, as the command does but for the cost of a guess."""
    secret(folder, name)
    passphrase = Secret(BOB.encode())
    operators.add(
        call.home.workspace, call.home.person(), name=name, role=Role(role), passphrase=passphrase, kdf=CHEAP_KDF
    )


@pytest.mark.parametrize(
    ("role", "keys"),
    [("administrator", ["root", "issuing"]), ("officer", ["issuing"]), ("requester", []), ("auditor", [])],
)
def test_a_slot_gets_the_keys_that_its_role_may_hold(call: Call, tmp_path: Path, role: str, keys: list[str]) -> None:
    """DETAILS 1: requester and auditor identify a person and no more."""
    add(call, tmp_path, "bob", role)
    held = [path.stem for path in (call.home.path / "keys").iterdir() if "bob" in grants(path)]
    assert sorted(slug.split("-")[0] for slug in held) == sorted(keys)
    assert call("--passphrase-file", str(tmp_path / "bob"), "operator", "test", "bob") == 0
    assert sorted(line.split("\t")[0] for line in call.out.splitlines()) == sorted(held)


def test_an_officer_issues_under_its_own_name_and_administers_nothing(call: Call, tmp_path: Path) -> None:
    """Unlocking says who acts; what the role may not do is refused and journalled."""
    add(call, tmp_path, "bob", "officer")
    as_bob = ["--as", "bob", "--passphrase-file", str(tmp_path / "bob")]
    words = ["issue", "--dns", "a.egov.internal", "--purpose", "web", "--out", str(call.home.out)]
    assert call(*as_bob, *words) == 0
    assert call("journal", "list", "--object", "certificate:1", "--json") == 0
    assert {entry["actor"] for entry in call.document["entries"]} == {"bob"}
    assert call(*as_bob, "operator", "remove", "machine", "--confirm", "machine") == 4
    assert "officer" in call.err


def test_recovery_words_open_the_slot(call: Call, tmp_path: Path) -> None:
    """DETAILS 4: words on paper; they are written once, to a new owner-only file."""
    words = tmp_path / "words"
    line = ["operator", "add", "paper", "--role", "recovery", "--recovery-file", str(words)]
    assert call(*line, admin=True) == 0
    assert words.stat().st_mode & 0o777 == 0o600
    assert call("--passphrase-file", str(words), "operator", "test", "paper") == 0
    assert len(call.out.splitlines()) == 2


def test_recovery_words_that_could_not_be_kept_are_not_made(call: Call, tmp_path: Path) -> None:
    """They are shown once and kept nowhere, so the place is looked at first."""
    words = tmp_path / "words"
    words.write_text("something else")
    line = ["operator", "add", "paper", "--role", "recovery", "--recovery-file"]
    assert call(*line, str(words), admin=True) == 4
    assert call(*line, str(tmp_path / "no" / "words"), admin=True) == 2
    assert call("operator", "list", "--json") == 0
    assert "paper" not in {one["name"] for one in call.document["operators"]}


def test_a_second_machine_acts_by_its_own_key_file(call: Call, tmp_path: Path) -> None:
    """Nobody is asked for a passphrase of a machine."""
    key = tmp_path / "elsewhere" / "cron.key"
    key.parent.mkdir()
    line = ["operator", "add", "cron", "--role", "machine", "--machine-key"]
    assert call(*line, str(call.home.machine_key), admin=True) == 4
    assert call(*line, str(call.home.path / "cron.key"), admin=True) == 4
    assert call(*line, str(key), admin=True) == 0
    assert key.stat().st_mode & 0o777 == 0o600
    assert call("--as", "cron", "operator", "test", "cron") == 6
    config = call.home.path / "certmgr.toml"
    config.write_text(config.read_text().replace(str(call.home.machine_key), str(key)))
    assert call("--as", "cron", "check") == 0


def test_list_tells_what_opens_each_slot(call: Call) -> None:
    """certmgr.operators/1."""
    assert call("operator", "list", "--json") == 0
    found = {one["name"]: one for one in call.document["operators"]}
    assert (found["admin"]["kind"], found["admin"]["role"]) == ("passphrase", "administrator")
    assert (found["machine"]["kind"], found["machine"]["problem"]) == ("machine", None)
    assert call("operator", "list") == 0
    assert call.out.splitlines()[1].split()[:3] == ["admin", "administrator", "passphrase"]


def test_removing_takes_every_key_under_a_new_data_key(call: Call, tmp_path: Path) -> None:
    """DETAILS 1: what is sealed from then on does not open with the leaver's slot, not even with a copy of it."""
    add(call, tmp_path, "bob", "administrator")
    slot = (call.home.path / "operators" / "bob.json").read_bytes()
    assert call("operator", "remove", "bob", "--dry-run") == 0
    assert "issuing-" in call.err
    assert call("operator", "remove", "bob", "--confirm", "bob", admin=True) == 0
    assert all("bob" not in grants(path) for path in (call.home.path / "keys").iterdir())
    assert call("operator", "list", "--all", "--json") == 0
    found = {one["name"]: one["removed_at"] for one in call.document["operators"]}
    assert found["bob"] is not None
    assert call("operator", "remove", "bob", "--confirm", "bob", admin=True) == 5
    place = call.home.path / "operators" / "bob.json"
    place.touch(0o600)
    place.write_bytes(slot)
    assert call("--passphrase-file", str(tmp_path / "bob"), "operator", "test", "bob") == 0
    assert call.out == ""


def test_a_name_is_used_once(call: Call, tmp_path: Path) -> None:
    """The journal names acts by it, so a leaver's name never means somebody else: exit 4."""
    words = ["operator", "add", "bob", "--role", "auditor", "--new-passphrase-file", secret(tmp_path, "new")]
    assert call(*words, admin=True) == 0
    assert call(*words, admin=True) == 4
    assert call("operator", "remove", "bob", "--confirm", "bob", admin=True) == 0
    assert call(*words, admin=True) == 4


def test_a_slot_whose_file_is_gone_can_be_removed(call: Call, tmp_path: Path) -> None:
    """Otherwise a lost file would keep every new CA from being founded."""
    add(call, tmp_path, "bob", "officer")
    (call.home.path / "operators" / "bob.json").unlink()
    assert call("ca", "new-issuing", admin=True) == 7
    assert call("operator", "remove", "bob", "--confirm", "bob", admin=True) == 0
    assert call("ca", "new-issuing", admin=True) == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["remove", "machine", "--confirm", "machin"], 2),
        (["remove", "machine"], 2),
        (["remove", "admin", "--confirm", "admin"], 4),
        (["remove", "nobody", "--confirm", "nobody"], 5),
        (["add", "Bob!", "--role", "auditor", "--new-passphrase-file", "PASS"], 2),
        (["add", "bob", "--role", "auditor", "--new-passphrase-file", "WEAK"], 4),
        (["add", "bob", "--role", "auditor"], 2),
        (["add", "bob", "--role", "king"], 2),
        (["add", "bob", "--role", "recovery", "--new-passphrase-file", "PASS"], 2),
    ],
)
def test_what_cannot_be_done_has_its_exit_code_and_changes_nothing(
    call: Call, tmp_path: Path, words: list[str], code: int
) -> None:
    """A weak passphrase does not use up the name."""
    places = {"PASS": secret(tmp_path, "good"), "WEAK": secret(tmp_path, "weak", "short")}
    before = sorted(path.read_bytes() for path in (call.home.path / "operators").iterdir())
    assert call("operator", *(places.get(word, word) for word in words), admin=True) == code
    assert sorted(path.read_bytes() for path in (call.home.path / "operators").iterdir()) == before
    assert call("operator", "list", "--all", "--json") == 0
    assert {one["name"] for one in call.document["operators"]} == {"admin", "machine"}


def test_a_dry_run_of_add_needs_nobody(call: Call) -> None:
    """It says whether the name is free."""
    assert call("operator", "add", "bob", "--role", "officer", "--dry-run") == 0
    assert call("operator", "add", "admin", "--role", "officer", "--dry-run") == 4


def test_a_changed_passphrase_opens_and_the_old_one_does_not(call: Call, tmp_path: Path) -> None:
    """Whoever knows the old one changes it; what the slot opens stays the same."""
    add(call, tmp_path, "bob", "officer")
    old, new = str(tmp_path / "bob"), secret(tmp_path, "new", "quite another passphrase")
    words = ["operator", "change-passphrase", "bob", "--new-passphrase-file", new]
    assert call("--passphrase-file", new, *words) == 6
    assert call("--passphrase-file", old, *words, "--dry-run") == 0
    assert call("--passphrase-file", old, *words) == 0
    assert call("--passphrase-file", old, "operator", "test", "bob") == 6
    assert call("--passphrase-file", new, "operator", "test", "bob") == 0
    assert call.out.split("\t")[1].strip() == "opens"


def test_the_test_of_a_damaged_key_file_exits_7(call: Call) -> None:
    """It says which key it is."""
    (path,) = (call.home.path / "keys").glob("issuing-*.json")
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"nonce":"', b'"nonce":"0', 1))
    assert call("operator", "test", "machine") == 7


def test_a_passphrase_is_the_same_from_every_keyboard(call: Call, tmp_path: Path) -> None:
    """Some systems type an accent as a character of its own; both forms open the slot."""
    composed, apart = "ein Schl\u00fcssel f\u00fcr Bob", "ein Schlu\u0308ssel fu\u0308r Bob"
    words = ["operator", "add", "bob", "--role", "auditor", "--new-passphrase-file", secret(tmp_path, "one", composed)]
    assert call(*words, admin=True) == 0
    assert call("--passphrase-file", secret(tmp_path, "two", apart), "operator", "test", "bob") == 0
