"""Sending text to the clipboard of the terminal; whether it arrives there, nobody can tell.

OSC 52 goes through Textual. tmux drops it in its default configuration, so that within tmux its own buffer is loaded
too, which hands the text on to the terminal.
"""

import asyncio
import os
import shutil
from collections.abc import Mapping

TMUX_S = 2.0
"""How long tmux may take."""


def in_tmux(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the terminal is a pane of tmux."""
    return bool(environment.get("TMUX"))


async def load_tmux_buffer(text: str) -> bool:
    """Give `text` to tmux, for its buffer and for the terminal's clipboard; return whether it took it in time."""
    program = shutil.which("tmux")
    if program is None:
        return False
    try:
        tmux = await asyncio.create_subprocess_exec(
            program,
            "load-buffer",
            "-w",
            "-",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return False
    try:
        await asyncio.wait_for(tmux.communicate(text.encode()), TMUX_S)
    except TimeoutError:
        tmux.kill()
        await tmux.wait()
        return False
    return tmux.returncode == 0
