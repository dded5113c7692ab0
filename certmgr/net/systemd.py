"""Telling systemd how a service is: sd_notify(3), a datagram to the socket that NOTIFY_SOCKET names."""

import os
import socket
from contextlib import suppress
from typing import Final

READY: Final = "READY=1"
STOPPING: Final = "STOPPING=1"
WATCHDOG: Final = "WATCHDOG=1"


def notify(*states: str) -> None:
    """Send the states, as READY and `status`; nothing happens outside systemd, or where it does not listen."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    # An abstract socket's name begins with a zero byte.
    target = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.sendto("\n".join(states).encode(), target)


def status(text: str) -> str:
    """Return the state that `systemctl status` shows as one line."""
    return f"STATUS={' '.join(text.split())}"
