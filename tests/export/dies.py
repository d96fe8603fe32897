"""A task whose process aborts, as a converter may."""

import os


def run(tell):
    """Abort."""
    tell("about to abort")
    os.abort()
