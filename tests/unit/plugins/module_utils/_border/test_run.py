# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.azroll.vmss.plugins.module_utils._azure import client
from ansible_collections.azroll.vmss.plugins.module_utils._azure.credentials import Login
from ansible_collections.azroll.vmss.plugins.module_utils._border import run
from ansible_collections.azroll.vmss.plugins.module_utils._border.run import module_spec, run_module
from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import Call, Options, Request, Result, Work
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import MissingLibrary, NotFound


@dataclass
class Things(Result):
    things: list[int] = field(default_factory=list)


class _Arm:
    closed = False
    ignore_health_source = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The settings and the deadline with which Azure was reached, and the wire; any settings will do for a login."""
    calls: list[Any] = []

    def connect(login: Login, deadline: Any) -> _Arm:
        calls.extend([login.settings, deadline, _Arm()])
        return calls[2]

    monkeypatch.setattr(run, "choose_login", lambda settings, _environ: Login("any", settings))
    monkeypatch.setattr(client, "connect", connect)
    return calls


def read(options: Options) -> Request:
    return Request(resource_group=options["resource_group"], name=options["name"])


def play(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], work: Any, **options: Any
) -> dict[str, Any]:
    arguments = {"resource_group": "rg", "name": "web", "_ansible_check_mode": True, **options}
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    with pytest.raises(SystemExit):
        run_module(
            AnsibleModule(module_spec({"wait_timeout": {"type": "int", "default": 5}}), supports_check_mode=True),
            Work(read, work, Things),
        )
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_a_success_has_every_key(monkeypatch: Any, capsys: Any, reached: list[Any]) -> None:
    def work(call: Call, request: Request, result: Things) -> None:
        assert call.check_mode
        assert request.address == ("rg", "web")
        result.changed, result.msg = True, "done"

    result = play(monkeypatch, capsys, work, secret="s3cret", wait_timeout=7)
    result.pop("invocation", None)
    assert result == {"changed": True, "msg": "done", "error": None, "things": []}
    assert reached[0].secret == "s3cret"
    assert reached[1].seconds == 7
    assert reached[2].closed


def test_a_failure_has_every_key_and_what_is_known(monkeypatch: Any, capsys: Any, reached: list[Any]) -> None:
    def work(call: Call, request: Request, result: Things) -> None:
        result.changed, result.things = True, [1]
        raise NotFound("It is gone", advice="Look elsewhere.", attempted="look")

    result = play(monkeypatch, capsys, work)
    assert (result["failed"], result["changed"], result["things"]) == (True, True, [1])
    assert result["msg"] == "It is gone. Look elsewhere."
    assert result["error"]["kind"] == "not_found"
    assert reached[2].closed


def test_a_missing_library_names_it_the_interpreter_and_the_command(
    monkeypatch: Any, capsys: Any, reached: list[Any]
) -> None:
    def work(call: Call, request: Request, result: Things) -> None:
        raise MissingLibrary("azure-identity", advice="Install it: pip install azure-identity.")

    result = play(monkeypatch, capsys, work)
    assert "(azure-identity)" in result["msg"]
    assert "python" in result["msg"].lower()
    assert result["msg"].endswith("pip install azure-identity.")


def test_a_bug_is_not_dressed_up_as_an_error_of_azure(monkeypatch: Any, capsys: Any, reached: list[Any]) -> None:
    def work(call: Call, request: Request, result: Things) -> None:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        play(monkeypatch, capsys, work)


@pytest.mark.parametrize(
    ("variable", "field"),
    [
        ("AZURE_SUBSCRIPTION_ID", "subscription_id"),
        ("AZURE_TENANT", "tenant"),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "client_id"),
        ("AZURE_SECRET", "secret"),
        ("AZURE_CLIENT_SECRET", "secret"),
        ("AZURE_PROFILE", "profile"),
        ("AZURE_CLOUD_ENVIRONMENT", "cloud_environment"),
    ],
)
def test_settings_come_from_the_environment(
    monkeypatch: Any, capsys: Any, reached: list[Any], variable: str, field: str
) -> None:
    for name in ("AZURE_TENANT", "AZURE_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "from-environment")
    play(monkeypatch, capsys, lambda call, request, result: None)
    assert getattr(reached[0], field) == "from-environment"
