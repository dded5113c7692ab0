"""certmgr.toml to a frozen `Config`: everything wrong with a file is told at once, by file, key and reason.

The values and their defaults stand in `config_sections`, the keys in `config_keys`, the file that `init` writes in
`config_text`. Precedence is flag, environment, file, default; flag and environment are the workspace's and the CLI's.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from certmgr.codes import Code
from certmgr.config_doubts import notice_doubts
from certmgr.config_keys import PROFILE, SECTIONS
from certmgr.config_literals import BadValueError, literal
from certmgr.config_schema import Section
from certmgr.config_sections import DEFAULT_PROFILE, Config
from certmgr.errors import CertmgrError, Finding, LockedError, NotFoundError, Severity, UsageError
from certmgr.models.profiles import Profile
from certmgr.names import shown
from certmgr.zones import check_zone

__all__ = ["Config", "config_digest", "doubts", "items", "load_config", "parse_config"]

_PROFILE_NAME: Final = r"[a-z0-9][a-z0-9-]{0,31}"
_MAX_FILE: Final = 1 << 20
_PROFILE_TABLE: Final = "profile"


def load_config(path: Path) -> Config:
    """Return the configuration in the file at `path`.

    Raises NotFoundError or LockedError when it cannot be read, UsageError with every reason when it cannot be used.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        hint = "Run certmgr init, or name the home with --home."
        raise NotFoundError(f"There is no configuration at {path}.", hint=hint) from None
    except PermissionError:
        message = f"The configuration {path} may not be read by this user."
        raise LockedError(message, code=Code.FILE_NOT_PERMITTED) from None
    except OSError as error:
        message = f"The configuration {path} cannot be read: {error.strerror}."
        raise CertmgrError(message, code=Code.FILE_FAILED) from error
    if len(data) > _MAX_FILE:
        raise UsageError(f"The configuration {path} is over 1 MiB long.")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        finding = _finding(str(path), None, f"byte {error.start} is not UTF-8", code=Code.CONFIG_SYNTAX)
        raise _unusable(str(path), [finding]) from None
    return parse_config(text, file=str(path))


def parse_config(text: str, *, file: str) -> Config:
    """Return the configuration that `text` writes; `file` is what messages call it.

    Raises UsageError with a finding for every unknown key, bad value, missing key and contradiction.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unusable(file, [_finding(file, None, f"{error}", code=Code.CONFIG_SYNTAX)]) from None
    reader = _Reader(file)
    given = {section.attribute: reader.section(section, _table(tables, section.name)) for section in SECTIONS}
    profiles = reader.profiles(tables.get(_PROFILE_TABLE, {}))
    reader.unknown_tables(tables)
    if not reader.findings:
        config = Config(**given, profiles=profiles)
        reader.findings.extend(_conflicts(config, file))
        if not reader.findings:
            return config
    raise _unusable(file, reader.findings)


def items(config: Config) -> list[tuple[str, str, bool]]:
    """Return every key with its value as TOML (empty: not set) and whether that is the default, in the file's order."""
    found = []
    for section, name, value in _sections(config):
        defaults = {f.name: f.default for f in fields(section.kind) if f.default is not MISSING}
        for key in section.keys:
            current = getattr(value, key.name)
            is_default = key.name in defaults and current == defaults[key.name]
            found.append((f"{name}.{key.name}", "" if current is None else literal(current), is_default))
    return found


def config_digest(config: Config) -> str:
    """Return the SHA-256, 64 hex digits, of all values in effect; comments and order of the file do not change it."""
    text = "\n".join(f"{key}={value}" for key, value, _default in sorted(items(config)))
    return hashlib.sha256(text.encode()).hexdigest()


def doubts(config: Config) -> tuple[Finding, ...]:
    """Return the warnings about a configuration that can be used: `config check` and `doctor` show them."""
    found = [
        finding for zone in (*config.zones.dns, *config.root.zones) for finding in check_zone(zone, attested=True)[1]
    ]
    if config.publish.crl_url is None:
        message = "publish.crl_url is not set: certificates name no CRL, and clients cannot learn of a revocation."
        found.append(_doubt("publish.crl_url", message, Severity.WARNING))
    if not config.zones.declared.networks:
        message = "zones.networks is empty: no address can be certified."
        found.append(_doubt("zones.networks", message, Severity.NOTICE))
    return (*found, *notice_doubts(config.notices))


class _Reader:
    """Reads tables and collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def section(self, section: Section, table: object, *, name: str | None = None) -> Any:  # noqa: ANN401 - a section.kind
        """Return an instance of `section.kind` from `table`; None once anything is wrong anywhere."""
        where = name or section.name
        if not isinstance(table, dict):
            self.add(where, "is a value; it must be a table in brackets", code=Code.CONFIG_VALUE)
            return None
        known = {key.name: key for key in section.keys}
        values = {"name": where.rpartition(".")[2]} if section is PROFILE else {}
        for key, value in table.items():
            if key in known:
                try:
                    values[key] = known[key].read(value)
                except BadValueError as error:
                    for bad, reason in error.reasons:
                        self.add(f"{where}.{key}", reason, value=bad)
            else:
                self.unknown(where, key, known)
        required = [f.name for f in fields(section.kind) if f.default is MISSING and f.default_factory is MISSING]
        for key in required:
            if key not in table and key in known:
                self.add(f"{where}.{key}", "is missing; it has no default", code=Code.CONFIG_MISSING)
        return None if self.findings else section.kind(**values)

    def profiles(self, tables: object) -> Mapping[str, Profile]:
        """Return the profiles, the built-in one among them."""
        found = {DEFAULT_PROFILE: Profile(name=DEFAULT_PROFILE)}
        if not isinstance(tables, dict):
            self.add(_PROFILE_TABLE, "is a value; profiles are tables, such as [profile.server]")
            return found
        for name, table in tables.items():
            if not re.fullmatch(_PROFILE_NAME, name):
                reason = "is not a profile's name: lower-case letters, digits, hyphens, 32 at most"
                self.add(f"{_PROFILE_TABLE}.{shown(name)}", reason)
            else:
                found[name] = self.section(PROFILE, table, name=f"{_PROFILE_TABLE}.{name}")
        return MappingProxyType(found)

    def unknown_tables(self, tables: dict[str, Any]) -> None:
        """Note the tables and keys at the top that mean nothing."""
        for name, value in tables.items():
            if name in _TABLES or name == _PROFILE_TABLE:
                continue
            if name in _PARENTS and isinstance(value, dict):
                known = {table.partition(".")[2]: None for table in _TABLES if table.startswith(name + ".")}
                for key in value:
                    if key not in known:
                        self.unknown(name, key, known)
            else:
                self.unknown("", name, dict.fromkeys([*_TABLES, _PROFILE_TABLE]))

    def unknown(self, where: str, key: str, known: Mapping[str, object]) -> None:
        """Note a key that means nothing, with the nearest one that does."""
        import difflib  # noqa: PLC0415 - needed for a mistake only

        full = f"{where}.{shown(key)}" if where else shown(key)
        near = difflib.get_close_matches(key, list(known), n=1)
        homes = [section.name for section in SECTIONS if key in {known_key.name for known_key in section.keys}]
        if near:
            hint = f"; {near[0]} may be meant"
        elif homes:
            hint = f"; it belongs into [{homes[0]}]"
        else:
            hint = f"; known here: {', '.join(known)}"
        self.add(full, f"is not a key{hint}", code=Code.CONFIG_UNKNOWN_KEY)

    def add(self, key: str, reason: str, *, code: Code = Code.CONFIG_VALUE, value: str | None = None) -> None:
        """Note what is wrong with a key."""
        self.findings.append(_finding(self.file, key, reason, code=code, value=value))


_TABLES: Final = tuple(section.name for section in SECTIONS)
_PARENTS: Final = frozenset(name.partition(".")[0] for name in _TABLES if "." in name)


def _table(tables: dict[str, Any], name: str) -> object:
    """Return the table `name`, dots followed; empty when it is absent."""
    current: Any = tables
    for part in name.split("."):
        if not isinstance(current, dict):
            return current
        current = current.get(part, {})
    return current


def _sections(config: Config) -> Iterator[tuple[Section, str, object]]:
    """Yield every section with its name in the file and its value."""
    for section in SECTIONS:
        yield section, section.name, getattr(config, section.attribute)
    for profile in config.profiles.values():
        yield PROFILE, f"{_PROFILE_TABLE}.{profile.name}", profile


def _conflicts(config: Config, file: str) -> list[Finding]:
    """Return the contradictions between values that are each good."""
    found = []

    def add(key: str, reason: str) -> None:
        found.append(_finding(file, key, reason, code=Code.CONFIG_CONFLICT))

    zones = config.zones.declared.dns
    if not zones:
        add("zones.dns", "names no zone, and zones.split_horizon neither; at least one is needed")
    for zone in sorted({zone for zone in zones if zones.count(zone) > 1}):
        add("zones.split_horizon", f"{zone} is listed in zones.dns as well")
    if config.publish.crl_reissue >= config.publish.crl_lifetime:
        add("publish.crl_reissue", "must be shorter than publish.crl_lifetime, or every CRL runs out before the next")
    if config.issuing.days > config.root.days:
        add("authority.issuing.days", "is longer than the root's lifetime, authority.root.days")
    for profile in config.profiles.values():
        if profile.days > profile.max_days:
            add(f"profile.{profile.name}.days", f"is over the profile's max_days, {profile.max_days}")
        if profile.inventory_ip and not profile.ip:
            add(f"profile.{profile.name}.inventory_ip", "asks for addresses, which the profile's ip = false refuses")
    return found


def _finding(file: str, key: str | None, reason: str, *, code: Code, value: str | None = None) -> Finding:
    where = f"{file}: {key}" if key else file
    return Finding(code=code, message=f"{where}: {reason.removesuffix('.')}.", field=key, value=value)


def _doubt(key: str, message: str, severity: Severity) -> Finding:
    return Finding(code=Code.CONFIG_MISSING, message=message, severity=severity, field=key)


def _unusable(file: str, findings: list[Finding]) -> UsageError:
    if len(findings) == 1:
        message = findings[0].message
    else:
        message = f"The configuration {file} cannot be used for {len(findings)} reasons."
    return UsageError(message, hint="Correct the file; certmgr config check reads it again.", findings=findings)
