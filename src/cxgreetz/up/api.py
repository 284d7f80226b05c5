"""The little of Prefect's server that is asked from here, over its HTTP API.

In: a path and a JSON body. Out: JSON. Never: an import of Prefect (two seconds), a password in
an error.

SQLite makes the server answer 503 now and then; those are asked again, as Prefect's own client
does. The CSRF token is got once for each `Api`.
"""

from __future__ import annotations

import base64
import http.client
import json
import time
import uuid
from typing import Any

from cxgreetz.errors import CxGreetzError

_TRIES = 6
_TIMEOUT = 20.0


class ServerError(CxGreetzError):
    """Prefect's server did not do what it was asked."""


class Api:
    """Prefect's server on this machine."""

    def __init__(self, host: str, port: int, login: str) -> None:
        self._place = (host, port)
        self._login = base64.b64encode(login.encode()).decode()
        self._client = str(uuid.uuid4())
        self._token = ""

    def is_ready(self) -> bool:
        """Whether the server answers, and takes our password (another's would not)."""
        try:
            return self._send("GET", "/version", None)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def post(self, path: str, body: object) -> Any:
        if not self._token:
            self._token = self.get(f"/csrf-token?client={self._client}")["token"]
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: object) -> Any:
        said = ""
        for turn in range(_TRIES):
            if turn:
                time.sleep(0.2 * 2**turn)
            try:
                status, text = self._send(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                said = str(error) or type(error).__name__
                continue
            if status < 300:
                return json.loads(text) if text else None
            said = f"{status} {text[:200]}"
            if status not in (429, 502, 503):
                break
        raise ServerError(f"Prefect's server did not answer {path}: {' '.join(said.split())}")

    def _send(self, method: str, path: str, body: object) -> tuple[int, str]:
        headers = {"Authorization": f"Basic {self._login}", "Content-Type": "application/json"}
        if body is not None:
            headers |= {"Prefect-Csrf-Token": self._token, "Prefect-Csrf-Client": self._client}
        connection = http.client.HTTPConnection(*self._place, timeout=_TIMEOUT)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, f"/api{path}", sent, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()
