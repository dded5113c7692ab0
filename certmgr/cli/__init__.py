"""The command line: words in, words out. Nothing here decides about certificates."""

import atexit
import errno
import gc
import os
import signal
import sys
from contextlib import nullcontext, suppress
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from certmgr.errors import CertmgrError

if TYPE_CHECKING:
    import click

INTERRUPTED = 130
TERMINATED = 143
_GARBAGE_FROM = 100_000
"""How many objects are made before the first look for garbage; starting makes fewer, and no garbage."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run one command and leave with its documented exit code; the `certmgr` script."""
    os.umask(0o077)
    gc.set_threshold(_GARBAGE_FROM)
    signal.signal(signal.SIGTERM, _terminate)
    arguments = sys.argv[1:] if arguments is None else arguments
    codes: list[int] = []
    # The first to be registered is the last to be called: after all that others have registered.
    atexit.register(_leave, codes)
    codes.append(run(arguments))
    sys.exit(codes[0])


def _leave(codes: list[int]) -> None:
    """End the process without taking the interpreter apart, which takes half as long as all else in `certmgr issue`.

    Other threads have ended by then and everything is closed. Without a code (a signal), or where something cannot be
    written out, it is left to the interpreter to end, and to say so (docs/decisions/start-up.md).
    """
    with suppress(AttributeError, OSError, ValueError):
        # A stream may be closed, or never have been there.
        sys.stdout.flush()
        sys.stderr.flush()
        if codes:
            os._exit(codes[0])


def _terminate(_number: int, _frame: FrameType | None) -> None:
    # An exception, so that an open transaction rolls back and temporary files go.
    raise SystemExit(TERMINATED)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every error is told here and nowhere else."""
    import click  # noqa: PLC0415 - after the signal handler is set

    from certmgr.cli import printer  # noqa: PLC0415
    from certmgr.cli.root import root  # noqa: PLC0415

    as_json = "--json" in arguments
    result: object = 0
    try:
        with printer.rehearsing() if as_json and "--dry-run" in arguments else nullcontext():
            result = root.main(args=arguments, prog_name="certmgr", standalone_mode=False)
        if sys.stdout is not None:
            # None where it was closed (`certmgr check >&-`).
            sys.stdout.flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except click.ClickException as problem:
        return _usage(problem, as_json=as_json)
    except CertmgrError as problem:
        printer.error(problem, as_json=as_json)
        return problem.exit_code
    except BrokenPipeError:
        # The reader had what it wanted (`certmgr list | head`); keep the interpreter's own flush quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as problem:
        printer.error(_system_error(problem), as_json=as_json)
        return 1
    except Exception as problem:  # noqa: BLE001 - the last line of defence: logged whole, told in one sentence
        from certmgr.cli.crash import log_crash  # noqa: PLC0415

        told = _no_text(problem, arguments) or log_crash(problem, arguments)
        printer.error(told, as_json=as_json)
        return told.exit_code
    return result if isinstance(result, int) else 0


def _usage(problem: "click.ClickException", *, as_json: bool) -> int:
    import click  # noqa: PLC0415

    from certmgr.cli import printer  # noqa: PLC0415
    from certmgr.errors import UsageError  # noqa: PLC0415

    if isinstance(problem, click.exceptions.NoArgsIsHelpError):
        click.echo(problem.format_message(), err=True)
        return problem.exit_code
    hint = None
    if isinstance(problem, click.UsageError) and problem.ctx is not None:
        hint = f"See `{problem.ctx.command_path} --help`."
    printer.error(UsageError(problem.format_message(), hint=hint), as_json=as_json)
    return problem.exit_code if isinstance(problem, click.UsageError) else 2


def _no_text(problem: Exception, arguments: list[str]) -> CertmgrError | None:
    """Return what is said of an argument whose bytes are no text, where that is the problem; else None."""
    from certmgr.errors import UsageError  # noqa: PLC0415

    if not isinstance(problem, UnicodeEncodeError):
        return None
    for word in arguments:
        try:
            word.encode()
        except UnicodeEncodeError:
            return UsageError(f"The argument {word[:80]!r} is not UTF-8.", hint="Write it in UTF-8.")
    return None


def _system_error(problem: OSError) -> CertmgrError:
    """Turn an error of the system into one sentence that names the file and the next step."""
    hints = {
        errno.ENOSPC: "Make room on that file system and run the command again; what was acknowledged is safe.",
        errno.EACCES: "Check the owner and the mode of that path.",
        errno.EPERM: "Check the owner and the mode of that path.",
        errno.EROFS: "The file system is read-only; mount it for writing.",
        errno.ENOENT: "Check the path.",
    }
    where = f"{problem.filename}: " if problem.filename else ""
    return CertmgrError(f"{where}{problem.strerror or problem}.", hint=hints.get(problem.errno or 0))
