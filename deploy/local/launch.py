"""Become another program, one that the kernel kills the moment our parent dies.

Run as a script by `child.py`, never imported: between fork and exec only a fresh interpreter may safely do this much.
Arguments: the parent's process id, then the command.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we could ask to be told
        sys.exit("the process that wanted this engine is gone")
    os.execv(command[0], command)  # noqa: S606 - an absolute path, found by us


if __name__ == "__main__":
    main()
