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


PUBLIC = {"name": "pub", "properties": {"idleTimeoutInMinutes": 10, "dnsSettings": {"domainNameLabel": "shop"}}}


def with_public_addresses(name):
    """The site of a bundled scenario whose instances have public addresses, and the interfaces of its set."""
    site = Site.bundled(name)
    profile = site.get(site.web).json()["properties"]["virtualMachineProfile"]
    interfaces = profile["networkProfile"]["networkInterfaceConfigurations"]
    interfaces[0]["properties"]["ipConfigurations"][0]["properties"]["publicIPAddressConfiguration"] = PUBLIC
    network = {"networkInterfaceConfigurations": interfaces}
    body = {"properties": {"virtualMachineProfile": {"networkProfile": network}}}
    assert site.call("PATCH", site.web, document=body).status == 200
    site.wait(60)
    return site


def test_an_instance_has_interfaces_and_public_addresses():
    site = with_public_addresses("quickstart")
    assert site.get(f"{site.web}/publicIPAddresses").json()["value"] == []
    web = site.host.simulation.scale_sets()[0]
    number = next(iter(web.instances))
    site.call("POST", f"{site.web}/manualupgrade", document={"instanceIds": [number]})
    site.wait(600)
    (address,) = site.get(f"{site.web}/publicipaddresses").json()["value"]
    interface = f"{site.web}/virtualMachines/{number}/networkInterfaces/webNic"
    path = f"{interface}/ipConfigurations/webIPConfig/publicIPAddresses/pub"
    assert address["id"] == path
    shown = address["properties"]
    assert (shown["ipAddress"], shown["publicIPAllocationMethod"], shown["idleTimeoutInMinutes"]) == (
        "198.18.0.0",
        "Dynamic",
        10,
    )
    assert shown["dnsSettings"] == {
        "domainNameLabel": f"vm{number}.shop",
        "fqdn": f"vm{number}.shop.westeurope.cloudapp.azure.com",
    }
    assert site.get(path).json() == address
    assert site.get(path.rpartition("/")[0]).json()["value"] == [address]
    (own,) = site.get(interface.rpartition("/")[0]).json()["value"]
    assert own == site.get(interface).json()
    site.call("POST", f"{site.web}/virtualMachines/{number}/deallocate")
    site.wait(600)
    assert "ipAddress" not in site.get(path).json()["properties"]


@pytest.mark.parametrize("tail", ["x", "webNic/ipConfigurations/x/publicIPAddresses", "webNic/ipConfigurations/x"])
def test_what_an_instance_does_not_have(tail):
    site = Site.bundled()
    number = next(iter(site.host.simulation.scale_sets()[0].instances))
    assert site.get(f"{site.web}/virtualMachines/{number}/networkInterfaces/{tail}").status == 404


def test_public_addresses_of_a_flexible_set_are_resources_of_their_group():
    site = with_public_addresses("flexible")
    group = f"{site.web.partition('/providers/')[0]}/providers"
    (machine, *_) = site.get(f"{group}/Microsoft.Compute/virtualMachines").json()["value"]
    site.call("POST", f"{site.web}/manualupgrade", document={"instanceIds": [machine["name"]]})
    site.wait(600)
    (address,) = site.get(f"{group}/Microsoft.Network/publicIPAddresses").json()["value"]
    assert site.get(address["id"]).json() == address
    assert address["location"] == "westeurope"
    interface = address["properties"]["ipConfiguration"]["id"].partition("/ipConfigurations/")[0]
    assert site.get(interface).json()["id"] == interface
    assert site.get(f"{group}/Microsoft.Network/publicIPAddresses/x").json()["error"]["code"] == "ResourceNotFound"
    assert site.get(f"{site.web}/publicIPAddresses").status == 400


def test_an_address_space_that_is_none_is_refused():
    with pytest.raises(ScenarioError, match="address_space"):
        Site.bundled(address_space="10.0.0.4/16")
