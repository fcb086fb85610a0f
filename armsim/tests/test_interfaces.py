# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Network interfaces: whose they are, and their addresses."""

from __future__ import annotations

import pytest

from armsim.scenario import ScenarioError

from .in_process import Site


def addresses(answer):
    assert answer.status == 200, answer.body
    return {
        item["properties"]["virtualMachine"]["id"].rpartition("/")[2]: [
            one["properties"]["privateIPAddress"] for one in item["properties"]["ipConfigurations"]
        ]
        for item in answer.json()["value"]
    }


def test_instances_of_a_uniform_set_keep_their_addresses():
    site = Site.bundled()
    first = site.get(f"{site.web}/networkInterfaces")
    given = addresses(first)
    assert len(given) == 20
    assert [given[number] for number in sorted(given, key=int)[:2]] == [["10.0.0.4"], ["10.0.0.5"]]
    assert len({one for (one,) in given.values()}) == 20
    interface = first.json()["value"][0]
    assert interface["properties"]["primary"]
    assert interface["id"].startswith(f"{site.web}/virtualMachines/")
    assert interface["id"].endswith("/networkInterfaces/webNic")
    group = site.web.partition("/Microsoft.Compute/")[0]
    assert addresses(site.get(f"{group}/Microsoft.Network/networkInterfaces")) == {}
    assert addresses(site.get(f"{site.web}/networkInterfaces")) == given


def test_interfaces_of_a_flexible_set_are_resources_of_their_group():
    site = Site.bundled("flexible", address_space="127.0.1.0/24")
    group = site.web.partition("/Microsoft.Compute/")[0]
    listed = site.get(f"{group}/Microsoft.Network/networkInterfaces")
    machines = site.get(f"{group}/Microsoft.Compute/virtualMachines").json()["value"]
    assert set(addresses(listed)) == {item["name"] for item in machines}
    assert ["127.0.1.4"] in addresses(listed).values()
    (first,) = [item for item in machines if item["name"] == next(iter(addresses(listed)))]
    assert first["properties"]["networkProfile"]["networkInterfaces"][0]["id"] == listed.json()["value"][0]["id"]
    assert site.get(f"{site.web}/networkInterfaces").status == 400


def test_an_address_space_that_is_none_is_refused():
    with pytest.raises(ScenarioError, match="address_space"):
        Site.bundled(address_space="10.0.0.4/16")
