"""A task for children: it fails with two lines, or tells its process number and sleeps."""

import os
import time


def run(tell, fail=False):
    if fail:
        raise RuntimeError("first line\nsecond line")
    tell(str(os.getpid()))
    time.sleep(600)
