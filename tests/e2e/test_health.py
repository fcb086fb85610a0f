# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The checks that a site adds to Azure's own: a URL, and a file of tasks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from armsim.launch import running
from armsim.scenario import locate

from .conftest import SET, SPEED, Site
from .test_documentation import documented_examples, run_tasks

# One instance is enough to see the gate at work.
ONE = {"rollout_image": {"version": "latest"}, "rollout_only": {"instance_ids": ["1"]}}


class Shop:
    """A site that answers with these statuses, one after the other, and goes on with the last."""

    def __init__(self) -> None:
        self.statuses = [200]
        self.asked = 0
        # Where it was asked: on any address of the loop, as instances have their own.
        self.hosts: list[str] = []
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status = shop.statuses[min(shop.asked, len(shop.statuses) - 1)]
                shop.asked += 1
                shop.hosts.append(self.connection.getsockname()[0])
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Not to the terminal."""

        self.server = HTTPServer(("", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/healthz"


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_the_url_must_answer_well_often_enough_in_a_row(site, shop):
    shop.statuses = [503, 200, 503, 200, 200]
    rolled = site.upgrade(**ONE, rollout_health_url=shop.url)
    assert rolled.rc == 0
    assert rolled.report["result"] == "succeeded"
    assert shop.asked == 5


def test_a_url_that_stays_bad_halts_the_rollout_with_its_answer(site, shop):
    shop.statuses = [503]
    halted = site.upgrade(**ONE, rollout_health_url=shop.url, rollout_health_retries=2)
    assert halted.rc != 0
    assert halted.report["result"] == "halted"
    assert "503" in halted.report["cause"]
    assert shop.asked == 4


def on_the_loop(folder: Path, **of_set: object) -> Path:
    """A scenario of four instances at addresses of the loop; nobody repairs them."""
    scenario = yaml.safe_load(locate("quickstart").read_text())
    scenario["address_space"] = "127.0.1.0/24"
    scenario["scale_sets"][0] |= {"capacity": 4, "id_holes": 0, "automatic_repairs": {"enabled": False}, **of_set}
    file = folder / "loop.yaml"
    file.write_text(yaml.safe_dump(scenario))
    return file


@pytest.mark.newest
def test_each_instance_of_a_batch_must_answer_at_its_own_address(shop, tmp_path):
    # The one that was unhealthy before has an address as well, and is not asked there.
    file = on_the_loop(tmp_path, instances={"0": {"health": "unhealthy"}})
    shop.statuses = [503, 200]
    with running(file, speed=SPEED) as simulator:
        rolled = Site(simulator, tmp_path).upgrade(
            rollout_image={"version": "latest"},
            rollout_by="batch",
            rollout_canary=0,
            rollout_max_unavailable=2,
            rollout_only={"instance_ids": ["0", "2"]},
            rollout_health_successes=1,
            rollout_health_instance_url=f"http://{{address}}:{shop.server.server_port}/healthz",
        )
    assert rolled.rc == 0
    assert "status 503" in rolled.output
    assert shop.hosts == ["127.0.1.6", "127.0.1.6"]


@pytest.mark.newest
def test_the_examples_of_the_probe_run(shop, tmp_path):
    examples = documented_examples()["azroll.vmss.vmss_instance_probe"]
    with running(on_the_loop(tmp_path), speed=SPEED) as simulator:
        run_tasks(Site(simulator, tmp_path), examples.replace(":8080/", f":{shop.server.server_port}/"))
    assert set(shop.hosts) == {f"127.0.1.{number}" for number in range(4, 8)}


def test_health_tasks_see_the_batch_and_halt_the_rollout(site, tmp_path):
    checks = tmp_path / "checks.yml"
    checks.write_text(
        """
- name: Ask the shop
  ansible.builtin.fail:
    msg: "no orders from {{ rollout_batch.instances | map(attribute='name') | join(' ') }}"
"""
    )
    halted = site.upgrade(**ONE, rollout_health_tasks=str(checks), rollout_health_retries=1)
    assert halted.rc != 0
    assert "no orders from web_1" in halted.report["cause"]
    assert halted.report["batches"][0]["result"] == "failed"


def test_a_set_without_a_health_source_is_judged_by_its_instances(tmp_path):
    scenario = locate("quickstart").read_text()
    file = tmp_path / "plain.yaml"
    file.write_text(
        scenario.replace(
            "    automatic_repairs:\n      enabled: true\n      grace_period: PT10M\n", "    health: {source: none}\n"
        )
    )
    with running(file, speed=SPEED) as simulator:
        site = Site(simulator, tmp_path)
        refused = site.upgrade("--check", **ONE)
        assert refused.rc != 0
        assert "accept health_source_missing" in refused.report["cause"]
        rolled = site.upgrade(**ONE, rollout_accept=["health_source_missing"])
        assert rolled.rc == 0
        assert simulator.ledger()["scale_sets"][SET]["instances_on_target"] == 1
