"""Letting the modes of files bind root too, for tests that run in a container."""

import ctypes
import os

_VERSION_3 = 0x20080522
"""_LINUX_CAPABILITY_VERSION_3 (capget(2))."""


def drop_capabilities() -> None:
    """Give up every capability of this process, CAP_DAC_OVERRIDE among them; nothing for a common user."""
    if os.geteuid() != 0:
        return
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    code = ctypes.CDLL(None, use_errno=True).capset(ctypes.byref(header), ctypes.byref(none))
    if code:
        raise OSError(ctypes.get_errno(), "capset")
