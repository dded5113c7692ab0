"""`init`: a home is made whole or not at all."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.custody import authority_keys, slots
from certmgr.custody.secrets import Secret
from certmgr.errors import LockedError, RefusedError, UsageError
from certmgr.models.authorities import AuthorityStatus
from certmgr.operations.setup import Setup, initialise, rehearse
from certmgr.pki import crl, inspect
from certmgr.queries import authorities
from certmgr.workspace import MachineCredential, PersonCredential, open_workspace, unlock
from tests.clock import FakeClock
from tests.home import CHEAP_KDF, PASSPHRASE, HomeForTest, config_for, make_home


def setup_for(folder: Path, **changes: object) -> Setup:
    """Return the inputs of a usual `init` under `folder`."""
    return replace(
        Setup(
            home=folder / "home",
            config_text=config_for(folder),
            operator="admin",
            passphrase=Secret(PASSPHRASE.encode()),
            recovery=False,
            machine_key=folder / "machine" / "machine.key",
            kdf=CHEAP_KDF,
        ),
        **changes,  # type: ignore[arg-type]  # the fields of Setup
    )


def test_the_machine_opens_the_issuing_key_and_not_the_root(home: HomeForTest) -> None:
    """ARCHITECTURE 6: the root has no machine slot."""
    root, issuing = authorities.every(home.workspace)
    assert authority_keys.grants(home.workspace.keys / f"{issuing.slug}.json") == ("admin", "machine")
    assert authority_keys.grants(home.workspace.keys / f"{root.slug}.json") == ("admin",)
    with pytest.raises((LockedError, RefusedError)):
        home.machine().signer(root)


def test_a_home_has_a_first_empty_crl_for_each_ca(home: HomeForTest) -> None:
    """DETAILS 26: the published folder holds both CRLs and both certificates, readable by all."""
    names = sorted(path.name for path in home.public.iterdir())
    assert names == ["issuing-2026-1.cer", "issuing-2026-1.crl", "root-2026.cer", "root-2026.crl"]
    for path in home.public.glob("*.crl"):
        assert crl.read_crl(path.read_bytes()).entries == ()
    assert {path.stat().st_mode & 0o777 for path in home.public.iterdir()} == {0o644}
    assert home.public.stat().st_mode & 0o777 == 0o755


def test_everything_in_the_home_is_owner_only(home: HomeForTest) -> None:
    """DETAILS 54: secrets 0600 in 0700."""
    for path in [home.path, *home.path.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_recovery_words_open_the_root(tmp_path: Path, clock: FakeClock) -> None:
    """DETAILS 4: who has lost the passphrase acts with the words."""
    made = initialise(setup_for(tmp_path, recovery=True), clock=clock)
    assert made.recovery_words is not None
    workspace = open_workspace(tmp_path / "home", clock=clock)
    session = unlock(workspace, PersonCredential(name="recovery", passphrase=made.recovery_words))
    root, _ = authorities.every(workspace)
    assert session.signer(root).deterministic
    workspace.close()


def test_a_second_person_opens_the_root_too(tmp_path: Path, clock: FakeClock) -> None:
    """DETAILS 4: a second person stands in for the words."""
    other = Secret(b"quite another passphrase")
    initialise(setup_for(tmp_path, second=("second", other)), clock=clock)
    assert authority_keys.grants(tmp_path / "home" / "keys" / "root-2026.json") == ("admin", "second")


def test_every_obstacle_is_named_at_once_and_nothing_is_made(tmp_path: Path, clock: FakeClock) -> None:
    """A taken place, a taken key file and a weak passphrase are told together."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "something").touch()
    (tmp_path / "machine").mkdir()
    (tmp_path / "machine" / "machine.key").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RefusedError) as caught:
        initialise(setup_for(tmp_path, passphrase=Secret(b"short")), clock=clock)
    codes = [finding.code for finding in caught.value.findings]
    assert codes.count(Code.FILE_EXISTS) == 2
    assert Code.SLOT_WEAK_PASSPHRASE in codes
    assert sorted(tmp_path.rglob("*")) == before


def test_a_failure_half_way_leaves_nothing(tmp_path: Path, clock: FakeClock) -> None:
    """There is never half a home: a publish folder that cannot be made does not stop it, a broken disk does."""
    (tmp_path / "machine").mkdir()
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    setup = setup_for(tmp_path, machine_key=blocked / "deep" / "machine.key")
    blocked.chmod(0o500)
    if os.geteuid() == 0:
        (blocked / "deep").touch()
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the system says, as OSError or translated
        initialise(setup, clock=clock)
    blocked.chmod(0o700)
    assert not (tmp_path / "home").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_wrong_configuration_names_every_key(tmp_path: Path, clock: FakeClock) -> None:
    """All of it at once, with exit code 2."""
    text = config_for(tmp_path, zones=("com", "egov.internal"), timezone="Mars/Base", networks=("8.8.8.0/24",))
    with pytest.raises(UsageError) as caught:
        initialise(setup_for(tmp_path, config_text=text), clock=clock)
    fields = {finding.field for finding in caught.value.findings}
    assert {"organisation.timezone"} <= fields
    assert len(caught.value.findings) >= 3
    assert not (tmp_path / "home").exists()


def test_a_dry_run_shows_both_certificates_and_makes_nothing(tmp_path: Path, clock: FakeClock) -> None:
    """DETAILS 6: what is frozen for years is seen before."""
    root, issuing = rehearse(setup_for(tmp_path), clock.now)
    text = "\n".join((*inspect.describe_tbs(root.tbs).lines(), *inspect.describe_tbs(issuing.tbs).lines()))
    for word in ("egov.internal", "10.0.0.0/8", "Root CA 2026", "Issuing CA 2026-1"):
        assert word in text
    assert list(tmp_path.iterdir()) == []


def test_an_external_root_leaves_a_pending_ca_and_its_csr(tmp_path: Path, clock: FakeClock) -> None:
    """DETAILS 9: the CSR goes to a corporate root; nothing is issued before its answer."""
    made = initialise(setup_for(tmp_path, external_root=True), clock=clock)
    assert made.csr is not None
    assert made.csr.startswith(b"-----BEGIN CERTIFICATE REQUEST-----")
    assert [one.status for one in made.authorities] == [AuthorityStatus.PENDING]


def test_a_home_without_a_machine_has_no_machine_slot(tmp_path: Path, clock: FakeClock) -> None:
    """DETAILS 3: `--no-machine` leaves it out."""
    initialise(setup_for(tmp_path, machine_key=None), clock=clock)
    assert [path.stem for path in (tmp_path / "home" / "operators").iterdir()] == ["admin"]
    assert slots.read_slot(tmp_path / "home" / "operators" / "admin.json").name == "admin"


def test_a_machine_key_inside_the_home_is_refused_at_use(home: HomeForTest) -> None:
    """DETAILS 3: it lies outside, where no backup of the home takes it along."""
    inside = home.path / "machine.key"
    home.machine_key.rename(inside)
    with pytest.raises(LockedError):
        unlock(home.workspace, MachineCredential(key_file=inside))


def test_an_issuing_ca_is_narrow_and_its_root_wide(tmp_path: Path, clock: FakeClock) -> None:
    """DETAILS 6: the root permits all private networks, the issuing CA the configured ones."""
    home = make_home(tmp_path / "place", clock=clock, root_zones=("other.internal",))
    root, issuing = authorities.every(home.workspace)
    wide = "\n".join(inspect.describe(root.certificate).lines())
    narrow = "\n".join(inspect.describe(issuing.certificate).lines())
    assert "other.internal" in wide
    assert "192.168.0.0/16" in wide
    assert "other.internal" not in narrow
    assert "192.168.0.0/16" not in narrow
    home.workspace.close()
