"""certmgr backup and restore: one file, a new home out of it, and the comparison with what was published."""

import json
from pathlib import Path

from certmgr.cli import run
from tests.cli.calling import Call

NAME = "portal.egov.internal"


def test_n3_backup_verify_restore_and_reconcile(call: Call, tmp_path: Path) -> None:
    """N3: the whole way, by the command line alone."""
    call.home.issue(NAME)
    file, place = str(tmp_path / "backup.tar"), tmp_path / "new"
    assert call("backup", file, "--dry-run") == 0
    assert not Path(file).exists()
    assert call("backup", file) == 0
    line = call.out
    assert call("backup", "verify", file) == 0
    assert call.out == line
    assert "is whole" in call.err
    assert call("backup", "verify", file, "--json") == 0
    assert call.document["journal_hash"] == line.split()[2]
    assert call("revoke", NAME, "--cause", "key-lost", "--confirm", NAME, admin=True) == 0

    assert call("restore", file, "--to", str(place), "--dry-run") == 0
    assert not place.exists()
    assert call("restore", file, "--to", str(place)) == 3
    assert "no CRL is signed until `certmgr restore reconcile`" in call.err
    assert call("restore", file, "--to", str(place)) == 4

    shared = ["--home", str(place), "--as", "admin", "--passphrase-file", str(call.home.passphrase_file)]
    assert run([*shared, "crl", "publish"]) != 0
    assert run([*shared, "restore", "reconcile", "--dry-run"]) == 0
    assert run([*shared, "restore", "reconcile"]) == 0
    call._capture.readouterr()
    assert run(["--home", str(place), "list", "--json"]) == 0
    listed = json.loads(call._capture.readouterr()[0])
    assert [one["state"] for one in listed["certificates"]] == ["revoked"]
    assert run([*shared, "crl", "publish"]) == 0


def test_bad_input_is_told_by_its_exit_code(call: Call, tmp_path: Path) -> None:
    """No file 2, damaged 7, a place that is taken 4, and nothing changed."""
    assert call("backup", "verify", str(tmp_path / "absent.tar")) == 2
    (tmp_path / "bad.tar").write_bytes(b"x" * 2000)
    assert call("backup", "verify", str(tmp_path / "bad.tar")) == 7
    assert call("restore", str(tmp_path / "bad.tar"), "--to", str(tmp_path / "new")) == 7
    assert not (tmp_path / "new").exists()
    assert call("backup", str(tmp_path / "bad.tar")) == 4
    assert (tmp_path / "bad.tar").stat().st_size == 2000
    assert call("restore", "reconcile", "--crl", str(tmp_path / "bad.tar"), admin=True) == 2
    assert call("backup") == 2
    assert call("restore", str(tmp_path / "bad.tar")) == 2
