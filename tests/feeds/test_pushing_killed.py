"""A server killed amid a burst of PATCHes has kept all that it acknowledged, and no halves."""

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from planner.model.station import STATUSES
from planner.store.store import Store
from tests.feeds.partner import Partner, add_partner, desk_of, location

SERVER = """
import sys
from pathlib import Path
from flask import Flask
from werkzeug.serving import make_server
from planner.faces.api.party import party_door
from planner.feeds.client import OcpiClient
from planner.store.store import Store

class Used:
    store = Store.open(sys.argv[1], Path(sys.argv[2]))
    clock = staticmethod(lambda: 1_790_000_000.0)
    client = staticmethod(lambda patience: OcpiClient())

env = {"PLUGSURE_OCPI_URL": "http://localhost/ocpi", "PLUGSURE_OCPI_PARTY": "DE*PLG"}
app = Flask("killed")
app.register_blueprint(party_door(Used, env))
server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
"""
EVSES = 12
ENOUGH = 150


def test_no_acknowledged_patch_is_lost_when_the_server_is_killed(
    url_with_tables: str, tmp_path: Path
) -> None:
    url, key = url_with_tables, tmp_path / "key"
    store = Store.open(url, key)
    token = add_partner(store, "cpo", "NL*TNM")
    uids = [str(number) for number in range(EVSES)]
    desk = desk_of(store, lambda: 1_790_000_000.0)
    Partner(desk, token).ask("PUT", "locations/NL/TNM/LOC1", location("LOC1", *uids))
    store.close()
    command = [sys.executable, "-c", SERVER, url, str(key)]
    acknowledged: dict[str, str] = {}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        enough = threading.Event()
        counted: list[int] = []
        threads = [
            threading.Thread(target=burst, args=(port, token, uid, acknowledged, counted, enough))
            for uid in uids
        ]
        for thread in threads:
            thread.start()
        assert enough.wait(60)
        os.kill(server.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
    store = Store.open(url, key)
    held = Partner(desk_of(store), token).ask("GET", "locations/NL/TNM/LOC1").data
    raw = {evse["uid"]: (evse["last_updated"], evse["status"]) for evse in held["evses"]}
    seen = store.snapshot()
    (station,) = seen.stations
    shown = {e.uid: str(STATUSES[seen.status[n]]) for n, e in enumerate(station.evses)}
    assert len(counted) >= ENOUGH
    for uid, last in acknowledged.items():
        assert raw[uid][0] >= last, "an acknowledged PATCH was lost"
    assert {uid: status for uid, (_, status) in raw.items()} == shown
    assert held["last_updated"] == max(at for at, _ in raw.values())
    assert all(len(evse["connectors"]) == 1 for evse in held["evses"])
    store.close()


def burst(
    port: int,
    token: str,
    uid: str,
    acknowledged: dict[str, str],
    counted: list[int],
    enough: threading.Event,
) -> None:
    """PATCH one EVSE again and again, until the server is gone."""
    said = base64.b64encode(token.encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    step = 0
    try:
        while True:
            step += 1
            at = f"2026-06-08T{step // 3600:02d}:{step // 60 % 60:02d}:{step % 60:02d}Z"
            status = ("CHARGING", "AVAILABLE", "BLOCKED")[step % 3]
            connection.request(
                "PATCH",
                f"/ocpi/2.2.1/locations/NL/TNM/LOC1/{uid}",
                json.dumps({"status": status, "last_updated": at}),
                {"Authorization": f"Token {said}"},
            )
            answer = json.loads(connection.getresponse().read())
            if answer["status_code"] == 1000:
                acknowledged[uid] = at
                counted.append(step)
                if len(counted) >= ENOUGH:
                    enough.set()
    except (OSError, http.client.HTTPException, ValueError):
        enough.set()
    finally:
        connection.close()
