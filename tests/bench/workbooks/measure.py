"""Runs a command and prints its CPU seconds, wall time and peak memory in MiB as JSON. A program
of its own, because a child's peak memory counts what its parent had when it was forked."""

import json
import os
import sys
import time

started = time.monotonic()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
_, status, usage = os.wait4(child, 0)
if status != 0:
    sys.exit(f"failed: {sys.argv[1:]}")
print(json.dumps([usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024]))
