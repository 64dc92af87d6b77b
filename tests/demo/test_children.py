"""No process of the demo outlives it, however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.demo.children import Child, ChildFailed

SLEEPER = "import time; print('{\"port\": 1}', flush=True); time.sleep(600)"
FAMILY = (
    "import subprocess, sys, time;"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print('{\"port\": %d}' % p.pid, flush=True); time.sleep(600)"
)
STUBBORN = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);" + SLEEPER


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_a_child_says_its_port_and_stops_with_all_its_own_when_let_go(tmp_path):
    with Child("family", [sys.executable, "-c", FAMILY], {}, tmp_path) as child:
        grandchild = child.read_line(10)["port"]
        child.demand_alive()
        assert is_alive(grandchild)
    assert eventually(lambda: not is_alive(grandchild))
    assert not is_alive(child.pid)


def test_a_child_that_ignores_the_order_to_stop_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("planner.demo.leash.GRACE_S", 0.3)
    script = tmp_path / "quick_leash.py"
    source = Path(sys.modules["planner.demo.leash"].__file__).read_text()
    script.write_text(source.replace("GRACE_S = 8.0", "GRACE_S = 0.3"))
    monkeypatch.setattr("planner.demo.leash.__file__", str(script))
    with Child("stubborn", [sys.executable, "-c", STUBBORN], {}, tmp_path) as child:
        child.read_line(10)
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    assert not is_alive(child.pid)


def test_a_child_that_ends_early_is_told_with_the_end_of_its_log(tmp_path):
    broken = [sys.executable, "-c", "import sys; sys.exit('the disk is on fire')"]
    with Child("broken", broken, {}, tmp_path) as child:
        with pytest.raises(ChildFailed, match="the disk is on fire") as caught:
            child.read_line(10)
        assert str(tmp_path / "broken.log") in str(caught.value)


def test_a_child_that_says_nothing_in_time_is_told(tmp_path):
    silent = [sys.executable, "-c", "import time; time.sleep(600)"]
    with (
        Child("silent", silent, {}, tmp_path) as child,
        pytest.raises(ChildFailed, match="said nothing"),
    ):
        child.read_line(0.3)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to look for processes")
def test_children_die_when_the_one_who_started_them_is_killed_outright(tmp_path):
    parent = (
        "import sys, time; from pathlib import Path; from planner.demo.children import Child;"
        f"child = Child('c', [sys.executable, '-c', {FAMILY!r}], {{}}, Path({str(tmp_path)!r}));"
        "print(child.pid, child.read_line(10)['port'], flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        leash, grandchild = map(int, process.stdout.readline().split())
        assert is_alive(leash)
        assert is_alive(grandchild)
        os.kill(process.pid, signal.SIGKILL)
    assert eventually(lambda: not is_alive(grandchild))
    assert eventually(lambda: not is_alive(leash))
