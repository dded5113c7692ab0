"""Make a home: a root CA, an issuing CA, the slots that open them, the store and the first CRLs (DETAILS 3 to 10).

The home is built whole in a folder beside its place and renamed there at the end, so that there is never half a home.
"""

import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from certmgr import files, publication
from certmgr.codes import Code
from certmgr.config import config_digest, parse_config
from certmgr.custody import slots
from certmgr.custody.kdf import DEFAULT_KDF, Kdf
from certmgr.custody.secrets import Secret
from certmgr.errors import Finding, RefusedError
from certmgr.founding import Draft, authority_specs, draft, found_authority, found_pending, slug_of
from certmgr.models.authorities import Authority
from certmgr.models.operators import Role
from certmgr.pki import build, keys
from certmgr.pki.algorithms import sign_with
from certmgr.records import dataclass
from certmgr.store import operators
from certmgr.store.connection import open_store
from certmgr.workspace import Session, Workspace, actor_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """All that `init` asks for."""

    home: Path
    config_text: str
    """certmgr.toml as it will stand in the home."""
    operator: str
    """The first administrator's slot."""
    passphrase: Secret
    recovery: bool = True
    second: tuple[str, Secret] | None = None
    """A second administrator: name and passphrase."""
    machine_key: Path | None = None
    """Where the machine's key file goes; None: no machine slot."""
    external_root: bool = False
    """Only a CSR for the issuing CA is made; a corporate root signs it."""
    kdf: Kdf = DEFAULT_KDF


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeHome:
    """What `init` made."""

    home: Path
    authorities: tuple[Authority, ...]
    recovery_words: Secret | None
    """Shown once, kept nowhere."""
    notices: tuple[Finding, ...] = ()
    csr: bytes | None = None
    """PEM for the corporate root; with external_root only."""


def rehearse(setup: Setup, now: datetime) -> tuple[Draft, Draft]:
    """Return both CA certificates as they would be signed, with throw-away keys; writes nothing."""
    config = parse_config(setup.config_text, file="certmgr.toml")
    check_place(setup)
    root_spec, issuing_spec = authority_specs(config, now)
    root_key = keys.make_key(root_spec.key_type)
    root = draft(root_spec, slug_of(root_spec, now, config), keys.public_spki(root_key), now, None)
    issuer = build.Issuer.from_certificate(build.assemble(root.tbs, sign_with(root_key, root_spec.key_type, root.tbs)))
    issuing_key = keys.make_key(issuing_spec.key_type)
    issuing = draft(issuing_spec, slug_of(issuing_spec, now, config), keys.public_spki(issuing_key), now, issuer)
    return root, issuing


def check_place(setup: Setup) -> None:
    """Raise RefusedError where something stands at the home's or the machine key's place; all reasons at once."""
    found = []
    if setup.home.exists() and any(setup.home.iterdir() if setup.home.is_dir() else [setup.home]):
        message = f"{setup.home} exists and is not empty."
        found.append(Finding(code=Code.FILE_EXISTS, field="--home", value=str(setup.home), message=message))
    if setup.machine_key is not None and setup.machine_key.exists():
        message = f"The machine key file {setup.machine_key} exists."
        found.append(
            Finding(code=Code.FILE_EXISTS, field="--machine-key", value=str(setup.machine_key), message=message)
        )
    if setup.machine_key is not None and setup.machine_key.absolute().is_relative_to(setup.home.absolute()):
        message = f"The machine key file {setup.machine_key} lies inside the home, where a backup would take it along."
        found.append(
            Finding(code=Code.MACHINE_KEY_INSIDE, field="--machine-key", value=str(setup.machine_key), message=message)
        )
    found += slots.check_passphrase(setup.passphrase, setup.operator)
    if setup.second is not None:
        found += slots.check_passphrase(setup.second[1], setup.second[0])
        if setup.second[0] == setup.operator:
            message = f"The second person needs a slot name other than {setup.operator}."
            found.append(Finding(code=Code.SLOT_NAME, field="--second", value=setup.second[0], message=message))
    if found:
        raise RefusedError(
            "A home cannot be made like this.",
            hint="Correct what is named, or choose another place with --home and --machine-key.",
            findings=found,
        )


def initialise(setup: Setup, *, clock: Callable[[], datetime]) -> MadeHome:
    """Make the home and return what is in it.

    Raises UsageError for a configuration that does not hold and RefusedError for a place that is taken; nothing is
    left behind then.
    """
    config = parse_config(setup.config_text, file="certmgr.toml")
    for name in (setup.operator, *([setup.second[0]] if setup.second else ())):
        slots.check_name(name)
    check_place(setup)
    setup.home.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    building = setup.home.parent / f".{setup.home.name}.{secrets.token_hex(4)}"
    building.mkdir(mode=0o700)
    made_machine_key = False
    try:
        for folder in ("keys", "operators", "log"):
            (building / folder).mkdir(mode=0o700)
        files.write_private(building / "certmgr.toml", setup.config_text.encode())
        workspace = Workspace(home=building, config=config, clock=clock)
        recipients, words = _make_slots(setup, building)
        made_machine_key = setup.machine_key is not None
        made = _found(setup, workspace, recipients, words)
        if setup.home.exists():
            setup.home.rmdir()
        building.rename(setup.home)
        files.sync_folder(setup.home.parent)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        if made_machine_key and setup.machine_key is not None:
            with suppress(OSError):
                setup.machine_key.unlink()
        raise
    return made


def _make_slots(setup: Setup, home: Path) -> tuple[list[slots.Slot], Secret | None]:
    """Make the first administrator's, the second's or the recovery slot, and the machine's."""
    folder = home / "operators"
    made = [
        slots.create_person_slot(
            folder / f"{setup.operator}.json", setup.operator, Role.ADMINISTRATOR, setup.passphrase, setup.kdf
        )
    ]
    words = None
    if setup.second is not None:
        name, passphrase = setup.second
        made.append(slots.create_person_slot(folder / f"{name}.json", name, Role.ADMINISTRATOR, passphrase, setup.kdf))
    if setup.recovery:
        slot, words = slots.create_recovery_slot(folder / "recovery.json", "recovery", setup.kdf)
        made.append(slot)
    if setup.machine_key is not None:
        setup.machine_key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made.append(slots.create_machine_slot(home, setup.machine_key))
    return made, words


def _found(setup: Setup, workspace: Workspace, recipients: list[slots.Slot], words: Secret | None) -> MadeHome:
    """Found the authorities in the new store and publish their first, empty CRLs."""
    now = workspace.now()
    config = workspace.config
    actor = actor_of(setup.operator, Role.ADMINISTRATOR)
    unlocked = slots.unlock_person(workspace.operators / f"{setup.operator}.json", setup.passphrase)
    session = Session(workspace, actor, unlocked)
    store = open_store(workspace.database, clock=workspace.clock, create=True)
    try:
        with store.write(actor) as tx:
            tx.record("home.made", "home:1", {"config_sha256": config_digest(config)})
            for slot in recipients:
                operators.add(tx, slot.name, slot.role)
                tx.record(
                    "operator.added",
                    f"operator:{slot.name}",
                    {"role": str(slot.role), "slot_sha256": slot.fingerprint},
                )
        root_spec, issuing_spec = authority_specs(config, now)
        if setup.external_root:
            authority, request = found_pending(
                workspace.keys,
                store,
                actor,
                spec=issuing_spec,
                slug=slug_of(issuing_spec, now, config),
                recipients=recipients,
                now=now,
            )
            return MadeHome(home=setup.home, authorities=(authority,), recovery_words=words, csr=request)
        root = found_authority(
            workspace.keys,
            store,
            session,
            spec=root_spec,
            slug=slug_of(root_spec, now, config),
            recipients=recipients,
            now=now,
            parent=None,
        )
        issuing = found_authority(
            workspace.keys,
            store,
            session,
            spec=issuing_spec,
            slug=slug_of(issuing_spec, now, config),
            recipients=recipients,
            now=now,
            parent=root,
        )
        notices: list[Finding] = []
        for authority in (root, issuing):
            published = publication.publish(store, actor, session.signer(authority), authority, config)
            notices += published.problems
    finally:
        store.close()
    return MadeHome(home=setup.home, authorities=(root, issuing), recovery_words=words, notices=tuple(notices))
