# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Planted secrets, looked for in all that a control node prints and leaves behind at its most talkative."""

from __future__ import annotations

import json
import re
import ssl
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from armsim.launch import Simulator, running
from armsim.scenario import locate

from .conftest import GROUP, SET, SPEED, Site

PLANTED = "hush-hush"
LOGIN_SECRET = f"{PLANTED}/of the+login"
# A JSON web token, as the simulator's identity platform hands them out.
TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}")
SIGNED = f"https://shop.blob.core.windows.net/scripts/a.sh?sp=r&sig={PLANTED}-signature"
REPEATED = (
    f'The request was: Bearer eyJhbGciOiJub25l{PLANTED}.eyJ{PLANTED}.x {{"customData": "{PLANTED} custom"}} {SIGNED}'
)
EXTENSION = {
    "name": "script",
    "properties": {
        "publisher": "Microsoft.Azure.Extensions",
        "type": "CustomScript",
        "typeHandlerVersion": "2.1",
        "settings": {"fileUris": [SIGNED], "apiKey": f"{PLANTED}-key", "run": f"setup --password '{PLANTED} setting'"},
        "protectedSettings": {"commandToExecute": f"{PLANTED}-command"},
    },
}
PROFILE = {
    "osProfile": {"adminPassword": f"{PLANTED}-admin", "customData": f"{PLANTED}-custom"},
    "userData": f"{PLANTED}-user",
    "extensionProfile": {"extensions": [EXTENSION]},
}
# What a playbook of the user's own can show after a rollout that failed.
ENDING = ("ansible_failed_result", "rollout__finish", "rollout__step")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A small scale set full of secrets, and a control node whose login is one."""
    document = yaml.safe_load(locate("quickstart").read_text(encoding="utf-8"))
    document["principal"] = {"client_secret": LOGIN_SECRET}
    document["scale_sets"][0] |= {"capacity": 3}
    scenario = tmp_path / "secrets.yaml"
    scenario.write_text(yaml.safe_dump(document))
    with running(scenario, speed=SPEED) as simulator:
        scenario.unlink()
        plant(simulator)
        yield Site(simulator, tmp_path)


def plant(simulator: Simulator) -> None:
    """Write into the model what other tools write there."""
    ready = simulator.ready
    trust = ssl.create_default_context(cafile=ready["ca_file"])

    def send(url: str, body: bytes, **more: Any) -> dict[str, Any]:
        with urllib.request.urlopen(urllib.request.Request(url, body, **more), context=trust) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    form = {"grant_type": "client_credentials", "client_id": ready["client_id"], "client_secret": LOGIN_SECRET}
    form["scope"] = f"{ready['base_url']}/.default"
    login = send(f"{ready['authority']}/{ready['tenant_id']}/oauth2/v2.0/token", urllib.parse.urlencode(form).encode())
    headers = {"Authorization": f"Bearer {login['access_token']}", "Content-Type": "application/json"}
    address = f"{ready['base_url']}{ready['scale_sets'][0]['id']}?api-version=2024-07-01"
    body = json.dumps({"properties": {"virtualMachineProfile": PROFILE}}).encode()
    told = send(address, body, headers=headers, method="PATCH")
    assert told["properties"]["virtualMachineProfile"]["extensionProfile"]["extensions"][0]["name"] == "script"
    refused = {"kind": "status", "status": 412, "operation": "VirtualMachineScaleSets_Update", "times": "unlimited"}
    simulator.faults({**refused, "code": "PreconditionFailed", "message": REPEATED})


def playbook() -> str:
    """The role, then all that the snapshot writes down; the login is an option first, and then a credential file."""
    roll = {"name": "Roll", "ansible.builtin.include_role": {"name": "azroll.vmss.rollout"}}
    rescue = [{"name": "Show the end", "ansible.builtin.debug": {"msg": "{{ end }}"}}]
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"group/azroll.vmss.all": {"secret": "{{ lookup('env', 'LOGIN_SECRET') }}"}},
        "vars": {"end": [f"{{{{ {name} }}}}" for name in ENDING]},
        "tasks": [{"block": [roll], "rescue": rescue}],
    }
    look = {"resource_group": GROUP, "name": SET, "raw": True, "details": True}
    after = {"hosts": "localhost", "gather_facts": False, "tasks": [{"azroll.vmss.vmss_instance_facts": look}]}
    return yaml.safe_dump([play, after])


def left_behind(folder: Path) -> str:
    """Everything under the folder, as one text."""
    return "\n".join(one.read_text(errors="replace") for one in sorted(folder.rglob("*")) if one.is_file())


def found(text: str) -> list[str]:
    """What stands around each secret in a text."""
    return [text[max(0, one.start() - 100) : one.end() + 40] for one in re.finditer(f"{PLANTED}|{TOKEN.pattern}", text)]


def test_no_secret_is_printed_or_left_behind(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    control_node, home = site.folder / "control-node", site.folder / "home"
    (home / ".azure").mkdir(parents=True)
    login = [f"{name}={site.simulator.ready[name]}" for name in ("subscription_id", "client_id")]
    login += [f"tenant={site.simulator.ready['tenant_id']}", f"secret={LOGIN_SECRET}"]
    (home / ".azure" / "credentials").write_text("\n".join(["[default]", *login]))
    given = {**site.environment(), "HOME": str(home), "AZURE_SECRET": "", "AZURE_CLIENT_SECRET": ""}
    given["LOGIN_SECRET"] = LOGIN_SECRET
    # Half the steps to each module; what is printed and what stays are the same.
    given["ANSIBLE_PIPELINING"] = "true"
    monkeypatch.setattr(site, "environment", lambda: given)
    control_node.mkdir()
    (control_node / "all.yml").write_text(playbook())
    options = {
        "rollout_resource_group": GROUP,
        "rollout_scale_set": SET,
        "rollout_image": {"version": "latest"},
        "rollout_max_unavailable": 1,
        "rollout_accept": ["health_source_missing"],
        "rollout_report_dir": str(control_node / "report"),
        "rollout_token_cache": True,
    }
    run = site.play(str(control_node / "all.yml"), options, "-vvvv")
    assert run.rc == 0
    assert run.report["result"] == "failed"
    assert "The request was:" in run.report["failure"]["operation"]["message"]
    assert "customData" in run.output
    assert found(run.output) == []
    assert found(left_behind(control_node)) == []
