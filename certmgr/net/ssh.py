"""A conversation with the certmgr of the CA's host over ssh, and what went wrong with it in words.

ssh is a program of its own, started with an argument list: it never asks anything (BatchMode), gives up on a host that
does not answer, and knows hosts and keys from the configuration of whoever runs it.
"""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from certmgr import deployment_wire as wire
from certmgr.codes import Code
from certmgr.errors import CertmgrError, UsageError
from certmgr.net.lines import EndedError, Lines
from certmgr.printable import printable
from certmgr.records import dataclass

PROGRAM: Final = "ssh"
ANSWER_S: Final = 60.0
"""How long an answer may take; the first one, with the connection."""
_CLOSE_S: Final = 5.0
_SHOWN: Final = 300
_CONNECTION: Final = 255
"""With what ssh ends where it was ssh that failed."""
_NOT_FOUND: Final = 127
_USAGE: Final = 2
_ADDRESS: Final = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9\[:][A-Za-z0-9._:%\[\]-]*")
_MAX_ADDRESS: Final = 320
_FIXED: Final = (
    "BatchMode=yes",
    "ConnectTimeout=20",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
)
_HINTS: Final = (
    (
        "Host key verification failed",
        "Compare what `ssh-keyscan` shows with that host's own key, and put it into this user's known_hosts.",
    ),
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "Somebody may stand in between. Ask whoever runs that host before its key is replaced in known_hosts.",
    ),
    (
        "Permission denied",
        "Put this host's public key into authorized_keys there, with the line that `certmgr help deploy serve` shows.",
    ),
    ("Could not resolve", "Check the name after --from."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How the CA's host is reached."""

    address: str
    """[USER@]HOST."""
    host: str
    """As whom this host asks; a forced command there has the last word."""
    program: str = PROGRAM
    options: tuple[str, ...] = ()
    """Each as ssh takes it after -o."""

    def command(self) -> list[str]:
        """Return the argument list."""
        options = [word for one in (*self.options, *_FIXED) for word in ("-o", one)]
        return [self.program, "-T", *options, "--", self.address, "certmgr", "deploy", "serve", self.host]


class Peer:
    """The certmgr of the CA's host, as the one that asks sees it."""

    def __init__(self, route: Route, process: "subprocess.Popen[bytes]", lines: Lines) -> None:
        self._route = route
        self._process = process
        self._lines = lines
        self._answered = False

    def ask(self, **fields: object) -> wire.Message:
        """Say something and return the answer.

        Raises CertmgrError (deploy.ssh, deploy.protocol, deploy.version) that says what went wrong and what to do.
        """
        try:
            self._lines.write(wire.encoded(**fields), ANSWER_S)
        except CertmgrError as problem:
            raise self._explained(problem) from None
        return self.more()

    def more(self) -> wire.Message:
        """Return the next answer; raises as `ask` does."""
        try:
            line = self._lines.read(ANSWER_S)
        except CertmgrError as problem:
            raise self._explained(problem) from None
        if line is None:
            raise self._explained(None)
        try:
            message = wire.decoded(line)
        except CertmgrError as problem:
            if problem.code is Code.DEPLOY_VERSION or self._answered:
                # Once it has begun, a line may hold a key and is not quoted.
                raise self._told(problem.message, problem.hint, problem.code) from None
            raise self._foreign(line) from None
        self._answered = True
        if message.get("is") == "error":
            code = Code.DEPLOY_VERSION if message.get("code") == Code.DEPLOY_VERSION else Code.DEPLOY_PROTOCOL
            raise self._told(
                f"It answers: {wire.sentence(message, 'message')}", wire.sentence(message, "hint") or None, code
            )
        return message

    def _told(self, message: str, hint: str | None, code: Code) -> CertmgrError:
        return CertmgrError(f"The certmgr of {self._route.address}: {message}", hint=hint, code=code)

    def _foreign(self, line: bytes) -> CertmgrError:
        said = printable(line[:80].decode("utf-8", "replace"))
        return CertmgrError(
            f"What {self._route.address} answers is not certmgr's: {said}",
            hint="Its authorized_keys line runs `certmgr deploy serve HOST`, and nothing may print anything before it.",
            code=Code.DEPLOY_PROTOCOL,
        )

    def _explained(self, problem: CertmgrError | None) -> CertmgrError:
        """Return the error for a conversation that has ended, by what ssh ended with and what it said."""
        address = self._route.address
        has_gone = problem is None or isinstance(problem, EndedError)
        code = _ended(self._process, self._lines) if has_gone else None
        said = _last_words(self._lines.said_aside)
        why = f": {said}" if said else "."
        if code == _CONNECTION:
            hint = next((hint for words, hint in _HINTS if words in said), f"Try: ssh -T {address}")
            return CertmgrError(f"ssh does not get through to {address}{why}", hint=hint, code=Code.DEPLOY_SSH)
        if code == _NOT_FOUND:
            hint = "Install it there, or give its whole path in the command of the authorized_keys line."
            return CertmgrError(f"There is no certmgr on {address}{why}", hint=hint, code=Code.DEPLOY_SSH)
        if code == _USAGE and "serve" in said and not self._answered:
            hint = "Bring certmgr to the same version on both hosts."
            message = f"The certmgr of {address} is too old to serve other hosts{why}"
            return CertmgrError(message, hint=hint, code=Code.DEPLOY_VERSION)
        if code:
            hint = f"Run there: certmgr deploy serve {self._route.host} < /dev/null"
            message = f"The certmgr of {address} ended with {code}{why}"
            return CertmgrError(message, hint=hint, code=Code.DEPLOY_SSH)
        reason = problem.message if problem else "It has ended."
        return CertmgrError(
            f"The conversation with {address} broke off: {reason}{f' It said: {said}' if said else ''}",
            hint="Run it again: what was installed and not confirmed is confirmed then.",
            code=Code.DEPLOY_PROTOCOL,
        )


@contextmanager
def conversation(route: Route) -> Iterator[Peer]:
    """Yield the other side of a conversation; ssh has ended when the block has.

    Raises UsageError for an address that is none, CertmgrError (deploy.ssh) where ssh cannot be started.
    """
    if len(route.address) > _MAX_ADDRESS or not _ADDRESS.fullmatch(route.address):
        raise UsageError(
            f"{printable(route.address[:80])} is not a host to ask.", hint="It has the form USER@HOST, after --from."
        )
    process = _started(route.command())
    try:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError(route.program)
        lines = Lines(
            process.stdout.fileno(), process.stdin.fileno(), limit=wire.MAX_ANSWER, aside=process.stderr.fileno()
        )
        yield Peer(route, process, lines)
        _ended(process, lines)
    finally:
        _kill(process)


def _started(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603 - an argument list, no shell
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            # Without a terminal of its own it cannot ask there, either.
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CertmgrError(
            f"The program {printable(command[0])} cannot be started: {reason}.",
            hint="Install the ssh client (Debian: openssh-client), or name it with --ssh.",
            code=Code.DEPLOY_SSH,
        ) from None


def _ended(process: "subprocess.Popen[bytes]", lines: Lines) -> int | None:
    """Say that nothing more is asked, and return with what ssh ended; None: it did not, in time."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    lines.drain_aside(_CLOSE_S)
    try:
        return process.wait(_CLOSE_S)
    except subprocess.TimeoutExpired:
        return None


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _last_words(said: bytes) -> str:
    """Return the end of what ssh or the other certmgr said, in one line, fit for a terminal."""
    text = printable(" ".join(said.decode("utf-8", "replace").split()))
    return text if len(text) <= _SHOWN else "..." + text[-_SHOWN:]
