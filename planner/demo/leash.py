"""Runs a command that dies with whoever started it, even by ``kill -9``.

    python leash.py COMMAND...

The one who starts it holds the other end of its standard input. When that end is closed, by
intention or by death, the command and all in its process group are told to stop, and killed if
they do not. Told by SIGINT, at which a server stops without waiting for idle connections. Run by
its path: it needs the standard library only, and no start-up of Plugsure.
"""

import os
import signal
import subprocess
import sys
import threading

GRACE_S = 8.0
"""How long the command has to stop by itself."""


def main(command: list[str]) -> int:
    """Run the command to its end, or to the end of standard input; return its exit status."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, lambda *_: _tell(child, signal.SIGINT))
    threading.Thread(target=_watch, args=(child,), daemon=True).start()
    status = child.wait()
    _tell(child, signal.SIGKILL)
    return status if status >= 0 else 128 - status


def _watch(child: "subprocess.Popen[bytes]") -> None:
    while os.read(0, 4096):
        pass
    _tell(child, signal.SIGINT)
    threading.Timer(GRACE_S, _tell, (child, signal.SIGKILL)).start()


def _tell(child: "subprocess.Popen[bytes]", name: signal.Signals) -> None:
    try:
        os.killpg(child.pid, name)
    except (ProcessLookupError, PermissionError):
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
