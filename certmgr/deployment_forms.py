"""The form that folders, owners, modes and hooks must have: where a person records them, and where another host does.

What a host reads from the CA's host over ssh is held against the same rules as what was typed here.
"""

import os.path
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from certmgr import names
from certmgr.codes import Code
from certmgr.errors import Finding
from certmgr.models.servers import Installation

MAX_HOOK: Final = 64
"""How many words a hook may have."""
MAX_WORD: Final = 1024
MAX_PATH: Final = 1024
MAX_TIMEOUT_S: Final = 3600
MAX_HOST: Final = 253
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}")
_KEY_BITS: Final = 0o640
"""All that a file with a private key may allow: its owner to read and write, its group to read."""
_OWNER_READS: Final = 0o400


def host_findings(host: str) -> Iterator[Finding]:
    """Yield what is wrong with the name of a host that fetches its files: it stands in a command line of its shell."""
    if len(host) > MAX_HOST or not _HOST.fullmatch(host):
        message = f"{names.shown(host)!r} is not a host's name: a-z, 0-9, '.', '_' and '-', {MAX_HOST} characters."
        yield finding(message, "on")


def installation_findings(one: Installation, home: Path | None = None) -> Iterator[Finding]:
    """Yield what is wrong with the form of an installation; nothing may lie in `home`, if it is on the same host."""
    if one.target:
        yield from host_findings(one.target)
    yield from _folder_findings(one.folder, None if one.target else home)
    yield from _file_findings(one)
    yield from _hook_findings(one)


def _folder_findings(folder: str, home: Path | None) -> Iterator[Finding]:
    if not folder.startswith("/") or os.path.normpath(folder) != folder or folder.startswith("//"):
        yield finding(f"The folder {names.shown(folder)} is not a plain absolute path.", "folder")
    elif len(folder) > MAX_PATH or not folder.isprintable():
        yield finding(f"The folder holds a control character or more than {MAX_PATH} characters.", "folder")
    elif home is not None and os.path.commonpath([folder, str(home)]) == str(home):
        yield finding(f"The folder {names.shown(folder)} lies in certmgr's home; no server reads there.", "folder")


def _file_findings(one: Installation) -> Iterator[Finding]:
    for field, value in (("owner", one.owner), ("group", one.group)):
        if value and not _ACCOUNT.fullmatch(value):
            yield finding(f"{names.shown(value)!r} is not the name of a user or group.", field)
    if one.mode & ~_KEY_BITS or not one.mode & _OWNER_READS:
        message = f"The mode {one.mode:04o} is not for a private key: 0400, 0600, 0440 and 0640 are."
        yield finding(message, "mode")


def _hook_findings(one: Installation) -> Iterator[Finding]:
    if one.hook and not os.path.isabs(one.hook[0]):  # noqa: PTH117 - text, where a Path would hide a trailing slash
        yield finding(f"The hook's program {names.shown(one.hook[0])} is not an absolute path.", "hook")
    if len(one.hook) > MAX_HOOK or any(len(word) > MAX_WORD or "\0" in word for word in one.hook):
        yield finding(f"The hook has more than {MAX_HOOK} words, or a word of over {MAX_WORD} characters.", "hook")
    if not 1 <= one.hook_timeout_s <= MAX_TIMEOUT_S:
        yield finding(f"The hook's time is 1 to {MAX_TIMEOUT_S} seconds.", "hook-timeout")


def finding(message: str, field: str) -> Finding:
    """Return the finding that a part of a deployment is not of its form."""
    return Finding(code=Code.DEPLOYMENT_PLACE, message=message, field=field)
