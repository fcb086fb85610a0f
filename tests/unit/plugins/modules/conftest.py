# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Running modules as Ansible does, on the scripted wire."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from ansible.module_utils import basic

from ansible_collections.azroll.vmss.plugins.module_utils._azure import client
from ansible_collections.azroll.vmss.plugins.module_utils._border import run as border_run
from ansible_collections.azroll.vmss.tests.unit.wire import SUBSCRIPTION_ID, Clock, Exchange, Token, Wire

Run = Callable[..., dict[str, Any]]

LOGIN = {"subscription_id": SUBSCRIPTION_ID, "tenant": "t", "client_id": "c", "secret": "very-secret"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clock: Clock) -> Run:
    """Run a module with options and a script; gives back what it printed, and checks that the script was played."""
    connect = client.connect
    deadline = partial(border_run.Deadline, monotonic=clock.monotonic, sleep=clock.sleep)
    monkeypatch.setattr(border_run, "Deadline", deadline)
    for name in ("AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLOUD_ENVIRONMENT", "AZURE_PROFILE", "ANSIBLE_AZURE_AUTH_SOURCE"):
        monkeypatch.delenv(name, raising=False)

    def play(
        module: str, script: Sequence[Exchange], *, check_mode: bool = False, login: bool = False, **options: Any
    ) -> dict[str, Any]:
        wire = Wire(script, clock)
        credential = None if login else Token()
        monkeypatch.setattr(client, "connect", partial(connect, transport=wire, credential=credential))
        arguments = {**LOGIN, "resource_group": "rg-shop", "name": "web", **options, "_ansible_check_mode": check_mode}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        # From ansible-core 2.19 on, a module is told how its arguments are written.
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        warned: list[str] = []
        # Where Ansible's own warnings go depends on what else the process has imported.
        monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, text: warned.append(text))
        main = importlib.import_module(f"ansible_collections.azroll.vmss.plugins.modules.{module}").main
        with pytest.raises(SystemExit):
            main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        wire.check()
        result.pop("invocation", None)
        return {**result, "warnings": warned} if warned else result

    return play
