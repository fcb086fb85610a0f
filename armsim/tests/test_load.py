# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Many instances, many clients, many sets. `make bench` measures how fast that is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import requests
import yaml

from armsim import scenario

from .in_process import Site

CLIENTS = 50
SETS = 100


def test_fifty_clients_ask_about_a_thousand_instances_at_the_same_time(new_client):
    client = new_client("thousand")
    ids = [item["instanceId"] for item in client.instances()]
    assert len(ids) == 1000

    def send(number: int) -> list[int]:
        """What one client requests on a connection of its own."""
        with requests.Session() as http:
            http.trust_env, http.verify, http.headers = False, client.ready["ca_file"], dict(client.authorization)
            base, query = client.ready["base_url"] + client.web, "?api-version=2024-07-01"
            upgrade = {"instanceIds": ids[number::CLIENTS]}
            accepted = http.post(f"{base}/manualupgrade{query}", json=upgrade, timeout=60)
            one = f"{base}/virtualMachines/{ids[number]}"
            paths = [f"{base}{query}", f"{one}{query}", f"{one}/instanceView{query}", f"{base}/virtualMachines{query}"]
            answers = [accepted, *(http.get(path, timeout=60) for path in paths)]
            answers.append(http.get(accepted.headers["Azure-AsyncOperation"], timeout=60))
            return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(CLIENTS) as threads:
        statuses = list(threads.map(send, range(CLIENTS)))
    assert statuses == [[202, 200, 200, 200, 200, 200]] * CLIENTS
    assert client.simulator.ledger()["requests"]["by_operation"]["VirtualMachineScaleSets_UpdateInstances"] == CLIENTS


def test_a_hundred_sets_of_twenty_roll_a_domain_each():
    document = yaml.safe_load(scenario.locate("quickstart").read_text(encoding="utf-8"))
    (one,) = document["scale_sets"]
    document["scale_sets"] = [{**one, "name": f"web{number:02}"} for number in range(SETS)]
    site = Site(scenario.parse(yaml.safe_dump(document), "a hundred sets"))
    sets = site.host.simulation.scale_sets()
    assert len(site.get(sets[0].id.rpartition("/")[0]).json()["value"]) == SETS
    image = {"version": "24.04.202511100"}
    patch = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": image}}}}
    for item in sets:
        assert site.call("PATCH", item.id, document=patch).status == 200
    site.wait(10)
    for item in sets:
        page = site.get(f"{item.id}/virtualMachines", "$expand=instanceView").json()["value"]
        views = {entry["instanceId"]: entry["properties"]["instanceView"] for entry in page}
        domain = [name for name, view in views.items() if view["platformUpdateDomain"] == 0]
        assert len(domain) == 4
        assert site.call("POST", f"{item.id}/manualupgrade", document={"instanceIds": domain}).status == 202
    site.wait(1_800)
    accounts = site.admin("GET", "ledger")["scale_sets"]
    assert {
        (item["instances_on_target"], item["in_service"], item["min_in_service"]) for item in accounts.values()
    } == {(4, 20, 16)}
