# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The simulator's own interface, its command line and its launcher."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys

import pytest
import requests
import yaml

from armsim import scenario
from armsim.cli.command import main
from armsim.launch import SimulatorError, running, start
from armsim.scenario import BUNDLED

from .conftest import Client, World
from .test_wire import NEW, error


def test_the_ledger_counts_requests_by_operation_and_logins_apart(client):
    client.get(client.web)
    client.get(client.web)
    client.poll(client.patch_image({"version": NEW}))
    requests_made = client.simulator.ledger()["requests"]
    counts = requests_made["by_operation"]
    assert counts["VirtualMachineScaleSets_Get"] == 2
    assert counts["VirtualMachineScaleSets_Update"] == 1
    assert requests_made["total"] == sum(counts.values())
    assert requests_made["writes"] == 1
    assert requests_made["other"] == {"admin": 1, "login": 1}


def test_the_ledger_in_lines_fit_for_people(client, tmp_path, capsys):
    ready_file = tmp_path / "ready.json"
    ready_file.write_text(json.dumps(client.ready))
    for _ in range(3):
        client.get(client.web)
    client.poll(client.patch_image({"version": NEW}))
    assert main(["ledger", "--ready-file", str(ready_file)]) == 0
    service, target, requests_made, most, *_rest = capsys.readouterr().out.splitlines()
    assert service == "web: 20 of 20 in service, never fewer than 20"
    assert target == f"  0 of 20 on Canonical:ubuntu-24_04-lts:server:{NEW}"
    assert requests_made.endswith(" requests, 1 of them writes; 0 throttled, 0 refused")
    assert most.split()[1] == "VirtualMachineScaleSets_Get"


def test_a_ledger_of_nobody_ends_in_one_line(client, tmp_path, capsys):
    ready_file = tmp_path / "ready.json"
    gone = {**client.ready, "admin_url": "https://127.0.0.1:1/armsim"}
    for text, complaint in (
        (None, "no simulator"),
        ("{}", "is not the ready file"),
        (json.dumps(gone), "no simulator"),
    ):
        if text is not None:
            ready_file.write_text(text)
        assert main(["ledger", "--ready-file", str(ready_file)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert complaint in line
        assert str(ready_file) in line


def test_in_read_only_mode_every_write_is_refused_and_counted(client):
    client.simulator.read_only()
    assert error(client.patch_image({"version": NEW})) == (409, "ScopeLocked")
    assert error(client.upgrade("*")) == (409, "ScopeLocked")
    assert client.get(client.web).status_code == 200
    made = client.simulator.ledger()["requests"]
    assert (made["refused"], made["writes"]) == (2, 0)
    client.simulator.read_only(False)
    assert client.patch_image({"version": NEW}).status_code == 200


def test_an_ordered_throttling_befalls_the_named_operation_so_many_times(client):
    client.simulator.faults(
        {"kind": "status", "status": 429, "retry_after": 7, "operation": "VirtualMachineScaleSets_G*", "times": 2}
    )
    client.instances()
    for _ in range(2):
        refused = client.get(client.web)
        assert error(refused) == (429, "OperationNotAllowed")
        assert refused.json()["error"]["details"][0]["code"] == "TooManyRequests"
        assert refused.headers["Retry-After"] == "7"
    assert client.get(client.web).status_code == 200
    assert client.simulator.ledger()["requests"]["throttled"] == 2


def test_a_reset_cuts_the_connection_before_the_request_takes_effect(client):
    client.simulator.faults({"kind": "reset", "operation": "VirtualMachineScaleSets_Update"})
    with pytest.raises(requests.ConnectionError):
        client.patch_image({"version": NEW})
    assert client.get(client.web).json()["etag"] == '"1"'
    assert client.patch_image({"version": NEW}).status_code == 200


def test_an_unknown_fault_is_refused_with_what_is_allowed(client):
    with pytest.raises(SimulatorError, match="'status', 'reset'"):
        client.simulator.faults({"kind": "earthquake"})
    with pytest.raises(SimulatorError, match="409, 412, 429, 500, 502, 503 or 504"):
        client.simulator.faults({"kind": "status", "status": 418})


def test_a_reset_goes_back_to_the_start(client):
    client.poll(client.patch_image({"version": NEW}))
    client.simulator.reset()
    assert client.get(client.web).json()["etag"] == '"1"'
    ledger = client.simulator.ledger()
    assert ledger["requests"]["total"] == 1
    assert ledger["scale_sets"]["web"]["target_image"].endswith("24.04.202510010")


def test_changes_from_outside(client):
    simulator = client.simulator
    chosen = client.instances()[0]["instanceId"]
    simulator.change(scale_set="web", instances=chosen, protect=True)
    policy = client.get(f"{client.web}/virtualMachines/{chosen}").json()["properties"]["protectionPolicy"]
    assert policy == {"protectFromScaleIn": False, "protectFromScaleSetActions": True}
    simulator.change(scale_set="web", instances=chosen, health="unhealthy")
    assert simulator.state()["scale_sets"]["web"]["instances"][chosen]["in_service"] is False
    simulator.change(scale_set="web", capacity=22)
    assert client.get(client.web).json()["sku"]["capacity"] == 22
    simulator.change(scale_set="web", policy="Automatic")
    assert client.get(client.web).json()["properties"]["upgradePolicy"]["mode"] == "Automatic"
    before = client.get(client.web).json()["etag"]
    simulator.change(scale_set="web", patch={"tags": {"changed": "yes"}})
    after = client.get(client.web).json()
    assert after["tags"] == {"changed": "yes"}
    assert after["etag"] != before
    simulator.change(scale_set="web", instances=chosen, delete=True)
    assert client.get(client.web).json()["sku"]["capacity"] == 21
    with pytest.raises(SimulatorError, match="there are: web"):
        simulator.change(scale_set="nope", capacity=1)
    with pytest.raises(SimulatorError, match=r"capactiy: unknown field; did you mean capacity\?"):
        simulator.change(scale_set="web", capactiy=1)


@pytest.mark.parametrize("name", sorted(file.stem for file in BUNDLED.glob("*.yaml")))
def test_every_bundled_scenario_is_valid_has_the_set_web_and_something_newer_to_roll_to(name):
    spec = scenario.load(scenario.locate(name))
    (scale_set,) = spec.scale_sets
    assert (scale_set.name, scale_set.resource_group) == ("web", "rg-shop")
    platform = [version for image in spec.images.platform for version in image.versions]
    gallery = [version for each in spec.images.galleries for image in each.images for version in image.versions]
    assert len(platform) > 1 or len(gallery) > 1 or len(spec.images.vhds) > 1


def test_without_a_capacity_the_instances_are_those_of_the_scenario():
    document = yaml.safe_load(scenario.locate("quickstart").read_text())
    document["scale_sets"][0].update({"capacity": None, "instances": {"4": {}, "9": {}}})
    assert [instance.id for instance in World(scenario.check(document)).instances] == ["4", "9"]


def test_instances_of_the_scenario_are_as_described(new_client):
    text = (
        scenario.locate("quickstart").read_text()
        + """
    instances:
      "3": {protect_from_scale_set_actions: true, update_domain: 4}
      "5": {state: deallocated}
      "7": {state: failed}
      "8":
        image: {publisher: Canonical, offer: ubuntu-24_04-lts, sku: server, version: 24.04.202511100}
"""
    )
    client = new_client(text)
    instances = client.simulator.state()["scale_sets"]["web"]["instances"]
    assert len(instances) == 20
    assert (instances["3"]["protected"], instances["3"]["update_domain"]) == (True, 4)
    assert (instances["5"]["power"], instances["7"]["provisioning"]) == ("deallocated", "Failed")
    assert instances["8"]["image"].endswith("24.04.202511100")
    assert client.simulator.ledger()["scale_sets"]["web"]["min_in_service"] == 18
    entries = {entry["instanceId"]: entry["properties"] for entry in client.instances(query="$expand=instanceView")}
    assert entries["8"]["latestModelApplied"] is False
    assert entries["5"]["instanceView"]["statuses"][1]["code"] == "PowerState/deallocated"
    assert "placementGroupId" not in entries["5"]["instanceView"]


def _run(*arguments):
    command = [sys.executable, "-m", "armsim", *arguments]
    return subprocess.run(command, env={}, capture_output=True, text=True, timeout=30, check=False)


def test_an_unknown_scenario_ends_the_program_with_one_line():
    ended = _run("--scenario", "nope")
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [ended.stderr.strip()]
    assert "bundled scenarios are: automatic, " in ended.stderr


def test_a_taken_port_ends_the_program_with_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = _run("--scenario", "quickstart", "--port", str(taken.getsockname()[1]))
    assert ended.returncode == 2
    assert "cannot listen on 127.0.0.1:" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_program_cleanly_with_connections_open(number):
    simulator = start("quickstart")
    client = Client(simulator)
    client.get(client.web)
    simulator.process.send_signal(number)
    assert simulator.process.wait(timeout=10) == 0


def test_the_launcher_reports_why_a_simulator_did_not_start():
    with pytest.raises(SimulatorError, match="no scenario file nope"):
        start("nope")


def test_the_ready_object_and_the_environment_lead_to_the_simulator():
    with running("quickstart", seed=3) as simulator:
        ready, env = simulator.ready, simulator.env()
        assert set(ready) == {
            "base_url",
            "metadata_url",
            "authority",
            "tenant_id",
            "client_id",
            "client_secret",
            "subscription_id",
            "ca_file",
            "admin_url",
            "identity_endpoint",
            "identity_header",
            "pod_identity_authority_host",
            "federated_token_file",
            "principals",
            "scale_sets",
            "notes",
        }
        assert [(item["name"], item["resource_group"], item["capacity"]) for item in ready["scale_sets"]] == [
            ("web", "rg-shop", 20)
        ]
        assert env["AZURE_CLOUD_ENVIRONMENT"] == ready["metadata_url"]
        assert env["REQUESTS_CA_BUNDLE"] == env["SSL_CERT_FILE"] == ready["ca_file"]
        assert (env["NO_PROXY"], env["HTTPS_PROXY"]) == ("*", "")
        assert simulator.ledger()["clock"]["seed"] == 3
        assert json.dumps(ready)
    assert simulator.process.returncode == 0
