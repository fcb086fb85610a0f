# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""A wire that answers whatever is asked, and modules run on it without a fixture, so that properties can be tested."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from unittest import mock

import requests
import urllib3
from ansible.module_utils import basic
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter

from ansible_collections.azroll.vmss.plugins.module_utils._azure import client
from ansible_collections.azroll.vmss.plugins.module_utils._border import run as border_run
from ansible_collections.azroll.vmss.tests.unit.wire import NOW, SUBSCRIPTION_ID, Clock, Token

# The status and the text for a method and an address.
Answer = Callable[[str, str], tuple[int, str]]

COMMON = {
    "subscription_id": SUBSCRIPTION_ID,
    "tenant": "t",
    "client_id": "c",
    "secret": "very-secret",
    "resource_group": "rg-shop",
    "name": "web",
}


class _Adapter(HTTPAdapter):
    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, **_more: Any) -> requests.Response:
        self.asked.append(f"{request.method} {request.url}")
        status, text = self._answer(str(request.method), str(request.url))
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(text.encode()),
            headers={"Date": NOW, "Content-Type": "application/json"},
            status=status,
            preload_content=False,
        )
        return self.build_response(request, raw)


class Answering(RequestsTransport):
    """The SDK's own transport on top of the answers; its sleeping moves the clock. `asked` is what was requested."""

    def __init__(self, answer: Answer, clock: Clock) -> None:
        self._adapter = _Adapter(answer)
        session = requests.Session()
        session.mount("https://", self._adapter)
        session.mount("http://", self._adapter)
        super().__init__(session=session, session_owner=False)
        self._clock = clock

    @property
    def asked(self) -> list[str]:
        return self._adapter.asked

    def sleep(self, duration: float) -> None:
        self._clock.sleep(duration)


def run_module(
    module: str, options: Mapping[str, Any], answer: Answer, *, login: bool = False, home: str = "/nonexistent"
) -> tuple[dict[str, Any], list[str], str]:
    """Run a module as Ansible does: its result, what it asked for, and all that it printed.

    Raises what the module lets through, where that is not its own end.
    """
    clock = Clock()
    wire = Answering(answer, clock)
    arguments = {key: value for key, value in {**COMMON, **options}.items() if value is not ...}
    connect = partial(client.connect, transport=wire, credential=None if login else Token())
    deadline = partial(border_run.Deadline, monotonic=clock.monotonic, sleep=clock.sleep)
    out, err = io.StringIO(), io.StringIO()
    main = importlib.import_module(f"ansible_collections.azroll.vmss.plugins.modules.{module}").main
    with (
        mock.patch.object(client, "connect", connect),
        mock.patch.object(border_run, "Deadline", deadline),
        mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()),
        # From ansible-core 2.19 on, a module is told how its arguments are written.
        mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True),
        mock.patch.object(basic.AnsibleModule, "warn"),
        mock.patch.dict(os.environ, {"HOME": home}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.suppress(SystemExit),
    ):
        main()
    return json.loads(out.getvalue()), wire.asked, out.getvalue() + err.getvalue()
