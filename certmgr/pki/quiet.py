"""Reading what strangers wrote without cryptography's own warnings."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_warnings() -> Iterator[None]:
    """Keep warnings of the library, as on a common name over 64 characters, off standard error.

    Whatever matters in them is a finding of certmgr's, in its own words.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
