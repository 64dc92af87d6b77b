"""POSTs that may be repeated: the answer to a request with an Idempotency-Key is given again.

Answers lie as files in the home, so that all processes of a machine share them. Who answers holds a
lock on the file, which the system takes back if the process dies: a request that comes meanwhile is
told so, and one that comes after a death is answered anew. They are encrypted like all that comes
from wallets.
"""

import base64
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Request, Response

from planner.errors import InputError
from planner.faces.api.problems import Refused
from planner.store.vault import Vault

HEADER = "Idempotency-Key"
LONGEST_KEY = 200
KEPT_HEADERS = ("Content-Type", "Content-Location", "Location", "Link", "ETag")


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to requests with an Idempotency-Key, for a time."""

    folder: Path
    vault: Callable[[], Vault]
    keep_s: float

    def answer_once(
        self, request: Request, caller: str, data: bytes, make: Callable[[], Response]
    ) -> Response:
        """Answer by ``make``, or as the same request was answered before.

        Raises
        ------
        InputError
            If the key is no key.
        Refused
            409, if the key was used for another request, or the first is still under way.
        """
        key = request.headers.get(HEADER)
        if key is None:
            return make()
        if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
            raise InputError("should be 1 to 200 printable ASCII characters", place=HEADER)
        name = hashlib.sha256(f"{caller}\n{request.path}\n{key}".encode()).hexdigest()
        asked = hashlib.sha256(data + b"\n" + request.mimetype.encode()).hexdigest()
        path = self.folder / name
        self._forget_old()
        claim = self._claim(path)
        if claim is None:
            return self._again(path, asked)
        try:
            answer = make()
            if answer.is_streamed or answer.status_code >= 500:  # noqa: PLR2004 -- ours, try again
                path.unlink(missing_ok=True)
            else:
                self._keep(path, asked, answer)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(claim)
        return answer

    def _claim(self, path: Path) -> int | None:
        """Open and lock an empty file; None where it is another's, or holds an answer."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            claim = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(claim)
                return None
            try:
                there = path.stat()
            except FileNotFoundError:
                there = None
            if there is not None and there.st_ino == os.fstat(claim).st_ino and not there.st_size:
                return claim
            os.close(claim)  # answered, or given up, between our opening it and locking it
            if there is not None and there.st_size:
                return None

    def _again(self, path: Path, asked: str) -> Response:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            data = b""
        if not data:
            raise Refused(
                409, "request-under-way", "the same request is being answered", {"Retry-After": "2"}
            )
        kept: dict[str, Any] = json.loads(self.vault().unseal(data))
        if kept["asked"] != asked:
            detail = f"this {HEADER} was used for another request"
            raise Refused(409, "key-reused", detail)
        answer = Response(base64.b64decode(kept["body"]), kept["status"])
        for name, value in kept["headers"]:
            answer.headers[name] = value
        answer.headers["Idempotent-Replayed"] = "true"
        return answer

    def _keep(self, path: Path, asked: str, answer: Response) -> None:
        kept = {
            "asked": asked,
            "status": answer.status_code,
            "headers": [(n, answer.headers[n]) for n in KEPT_HEADERS if n in answer.headers],
            "body": base64.b64encode(answer.get_data()).decode(),
        }
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(self.vault().seal(json.dumps(kept).encode()))
        draft.replace(path)

    def _forget_old(self) -> None:
        """Delete answers that are too old, looking through the folder once a minute at most."""
        mark = self.folder / "looked"
        now = time.time()
        try:
            if now - mark.stat().st_mtime < 60:  # noqa: PLR2004 -- seconds
                return
        except FileNotFoundError:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark.touch()
        for path in self.folder.iterdir():
            try:
                if path.name != "looked" and now - path.stat().st_mtime > self.keep_s:
                    path.unlink()
            except FileNotFoundError:
                continue
