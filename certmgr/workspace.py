"""The home, its configuration and its clock, and who is at work in it (DETAILS 30, 40).

A `Workspace` is frozen and knows no secret. `unlock` gives a `Session`: an actor that the journal can name, and the
CA keys that the actor's slot opens.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from certmgr.codes import Code
from certmgr.config import Config, load_config
from certmgr.errors import Finding, LockedError, NotFoundError, RefusedError, UsageError
from certmgr.models.operators import ALLOWED, Actor, Permission, Role
from certmgr.records import dataclass, field
from certmgr.store.connection import Store, open_store

if TYPE_CHECKING:
    from certmgr.custody.secrets import Secret
    from certmgr.custody.slots import UnlockedSlot
    from certmgr.models.authorities import Authority
    from certmgr.models.keys import Signer

MACHINE_SLOT = "machine"
SYSTEM_HOME = Path("/var/lib/certmgr")
MAX_JOURNALLED_CODES = 50
UNSET_LOGIN_UID = 2**32 - 1
"""What the kernel answers for a process that no login started."""


def utc_now() -> datetime:
    """Return the time of the system's clock, aware, in UTC: the only place that reads it."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Where certmgr works: one home, its configuration, a clock."""

    home: Path
    config: Config
    clock: Callable[[], datetime] = utc_now
    cache_kib: int | None = None
    """How much of the store each thread's connection keeps in memory, in KiB; None: as SQLite does, 2000."""
    _thread: threading.local = field(default_factory=threading.local, repr=False, compare=False)

    @property
    def database(self) -> Path:
        """The store's file."""
        return self.home / "certmgr.db"

    @property
    def keys(self) -> Path:
        """The folder of sealed CA keys."""
        return self.home / "keys"

    @property
    def operators(self) -> Path:
        """The folder of slots."""
        return self.home / "operators"

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone, in which natural days are counted."""
        return self.config.zone

    def now(self) -> datetime:
        """Return the clock's time, aware, in UTC."""
        return self.clock()

    def store(self) -> Store:
        """Return this thread's connection to the store, opened at first use (DETAILS 40).

        It is opened again where another file has taken the store's place; raises NotFoundError where none has.
        """
        store: Store | None = getattr(self._thread, "store", None)
        if store is not None and not store.is_current:
            self.close()
            store = None
        if store is None:
            store = open_store(self.database, clock=self.clock, cache_kib=self.cache_kib)
            self._thread.store = store
        return store

    def close(self) -> None:
        """Close this thread's connection."""
        store: Store | None = getattr(self._thread, "store", None)
        if store is not None:
            store.close()
            del self._thread.store


def find_home(flag: str | Path | None) -> Path:
    """Return the home to use: `--home`, CERTMGR_HOME, the system's if it exists, the user's (DETAILS 30)."""
    if flag:
        return Path(flag).absolute()
    if named := os.environ.get("CERTMGR_HOME"):
        return Path(named).absolute()
    if SYSTEM_HOME.is_dir():
        return SYSTEM_HOME
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "certmgr"


def open_workspace(home: Path, *, clock: Callable[[], datetime] = utc_now, as_root: bool = False) -> Workspace:
    """Return the workspace at `home`; with `as_root`, root may open another user's home, too (DETAILS 32).

    Raises NotFoundError where there is none, LockedError when it belongs to another user, UsageError for a
    configuration that does not hold.
    """
    config = home / "certmgr.toml"
    try:
        owner = home.stat().st_uid
    except FileNotFoundError:
        raise NotFoundError(
            f"There is no certmgr home at {home}.",
            hint="Make one with `certmgr init`, or name another with --home or CERTMGR_HOME.",
        ) from None
    except PermissionError:
        raise _denied(home) from None
    if owner != os.geteuid() and not (as_root and os.geteuid() == 0):
        raise _denied(home, owner)
    if not config.exists():
        raise NotFoundError(
            f"{home} holds no certmgr.toml, so it is not a certmgr home.",
            hint="Make a home with `certmgr init`, or restore certmgr.toml from a backup.",
        )
    return Workspace(home=home, config=load_config(config), clock=clock)


def _denied(home: Path, owner: int | None = None) -> LockedError:
    """Say that the home is another user's, and how to act as that user (exit 6)."""
    name = "certmgr"
    if owner is not None:
        import pwd  # noqa: PLC0415 - only this message needs it

        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = f"#{owner}"
    return LockedError(
        f"The home {home} does not belong to the user who runs this command.",
        hint=f"Use: sudo -u {name} certmgr ...",
        code=Code.HOME_OWNER,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredential:
    """A person's slot and its passphrase."""

    name: str
    passphrase: "Secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineCredential:
    """The machine's slot and the file of its key; None: the configured one."""

    key_file: Path | None = None
    name: str = MACHINE_SLOT


Credential = PersonCredential | MachineCredential


class Session:
    """An actor at work: who the journal names, what the role allows, and the CA keys that the slot opens."""

    def __init__(self, workspace: Workspace, actor: Actor, unlocked: "UnlockedSlot") -> None:
        """Keep the unlocked slot; CA keys are opened at first use."""
        self.actor = actor
        self._workspace = workspace
        self._unlocked = unlocked
        self._signers: dict[str, Signer] = {}

    @property
    def slot(self) -> "UnlockedSlot":
        """The unlocked slot, for operations that seal keys to other slots."""
        return self._unlocked

    def allows(self, permission: Permission) -> bool:
        """Tell whether the actor's role has the permission."""
        return permission in ALLOWED[self.actor.role]

    def require(self, permission: Permission) -> None:
        """Raise RefusedError where the actor's role lacks the permission (exit 4)."""
        if self.allows(permission):
            return
        roles = ", ".join(role.value for role in Role if permission in ALLOWED[role])
        message = f"The slot {self.actor.name} has the role {self.actor.role}, which may not {_words(permission)}."
        raise RefusedError(
            message,
            hint=f"Act as a slot with one of these roles: {roles} (--as NAME).",
            findings=[Finding(code=Code.ROLE, message=message, field="role", value=self.actor.role)],
            code=Code.ROLE,
        )

    def signer(self, authority: "Authority") -> "Signer":
        """Return the authority's signer; raises LockedError or IntegrityError where its key does not open."""
        signer = self._signers.get(authority.slug)
        if signer is None:
            from certmgr.custody.authority_keys import open_authority_key  # noqa: PLC0415 - loads cryptography

            signer = open_authority_key(self._workspace.keys / f"{authority.slug}.json", self._unlocked)
            self._signers[authority.slug] = signer
        return signer


def _words(permission: Permission) -> str:
    return permission.value.replace("-", " ")


@contextmanager
def journalled_refusal(
    workspace: Workspace, session: Session, action: str, subject: str = "request:0"
) -> Iterator[None]:
    """Journal a refusal that leaves the block: its codes and nothing of what was asked (DETAILS 34, 48)."""
    try:
        yield
    except (RefusedError, UsageError) as problem:
        codes = [str(item.code) for item in problem.findings] or [str(problem.code)]
        with workspace.store().write(session.actor) as tx:
            tx.record(
                action,
                subject,
                {"codes": [*codes[:MAX_JOURNALLED_CODES]], "count": len(codes), "exit": problem.exit_code},
            )
        raise


def machine_key_file(config: Config) -> Path:
    """Return where the machine's key is looked for: the service's credential, the configuration, the usual places."""
    if folder := os.environ.get("CREDENTIALS_DIRECTORY"):
        credential = Path(folder) / "machine.key"
        if credential.exists():
            return credential
    if config.operators.machine_key:
        return Path(config.operators.machine_key).expanduser()
    return default_machine_key_file()


def default_machine_key_file() -> Path:
    """Return where `init` puts the machine's key unless told otherwise: outside the home (DETAILS 3)."""
    if os.geteuid() == 0:
        return Path("/etc/certmgr/machine.key")
    folder = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(folder) / "certmgr" / "machine.key"


def unlock(workspace: Workspace, credential: Credential) -> Session:
    """Return a session for the credential's slot.

    Raises LockedError for a wrong passphrase, a missing key file or too open permissions, NotFoundError for a slot
    that does not exist, IntegrityError for a damaged slot file.
    """
    from certmgr.custody.slots import unlock_machine, unlock_person  # noqa: PLC0415 - loads cryptography

    path = workspace.operators / f"{credential.name}.json"
    if not path.exists():
        names = sorted(entry.stem for entry in workspace.operators.glob("*.json"))
        raise NotFoundError(
            f"There is no slot named {credential.name}.",
            hint=f"The slots here are: {', '.join(names) or 'none'}. See `certmgr operator list`.",
        )
    if isinstance(credential, PersonCredential):
        unlocked = unlock_person(path, credential.passphrase)
    else:
        key_file = credential.key_file or machine_key_file(workspace.config)
        if key_file.resolve().is_relative_to(workspace.home.resolve()):
            raise LockedError(
                f"The machine's key file {key_file} lies inside the home, "
                "where a backup would copy it with what it opens.",
                hint="Move it out of the home and name the new place under [operators] machine_key.",
            )
        unlocked = unlock_machine(path, key_file)
    return Session(workspace, actor_of(unlocked.slot.name, Role(unlocked.slot.role)), unlocked)


def actor_of(name: str, role: Role) -> Actor:
    """Return the actor with what the system knows of this process: uid and login uid."""
    try:
        login = int(Path("/proc/self/loginuid").read_text("ascii"))
    except (OSError, ValueError):
        login = UNSET_LOGIN_UID
    return Actor(name=name, role=role, os_uid=os.getuid(), login_uid=None if login == UNSET_LOGIN_UID else login)
