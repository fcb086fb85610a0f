# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A simulator starts from a scale set of the user, and shows the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armsim import dump, scenario
from armsim.cli.command import main
from armsim.common.clock import ManualClock
from armsim.dump import Dump, DumpError
from armsim.launch import running
from armsim.service.simulation import Simulation

from .conftest import SPEED, VERSION, Client, World

SUBSCRIPTION = "12345678-0000-4000-8000-000000000009"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-bank"
WEB = f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/front"
NIC = {"subnet": {"id": f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/front"}}
IMAGE = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
HEALTH = {
    "publisher": "Microsoft.ManagedServices",
    "typeHandlerVersion": "2.0",
    "settings": {"port": 80, "diskSizeGb": None},
}

Json = dict[str, Any]
Files = Callable[..., list[Path]]


def arm_model(**properties: Any) -> Json:
    """A scale set as on the wire."""
    interface = {
        "name": "nic",
        "properties": {
            "primary": True,
            "enableIPForwarding": False,
            "ipConfigurations": [
                {
                    "name": "ip",
                    "properties": {
                        **NIC,
                        "privateIPAddressVersion": "IPv4",
                        "publicIPAddressConfiguration": {"name": "pip", "properties": {"idleTimeoutInMinutes": 10}},
                    },
                }
            ],
        },
    }
    return {
        "id": WEB,
        "name": "front",
        "type": "Microsoft.Compute/virtualMachineScaleSets",
        "location": "northeurope",
        "tags": {"cost": "9", "resourceGroup": "mine"},
        "sku": {"name": "Standard_D4s_v5", "tier": "Standard", "capacity": 3},
        "zones": ["1", "2"],
        "etag": '"14"',
        "properties": {
            "provisioningState": "Succeeded",
            "uniqueId": "77777777-0000-4000-8000-000000000007",
            "orchestrationMode": "Uniform",
            "upgradePolicy": {"mode": "Manual", "automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": False}},
            "somethingNew": {"level": 3},
            "virtualMachineProfile": {
                "osProfile": {
                    "computerNamePrefix": "front",
                    "linuxConfiguration": {"provisionVMAgent": True},
                },
                "storageProfile": {"imageReference": IMAGE, "osDisk": {"osType": "Linux", "diskSizeGB": 64}},
                "networkProfile": {"networkInterfaceConfigurations": [interface]},
                "extensionProfile": {
                    "extensions": [
                        {"name": "health", "properties": {**HEALTH, "type": "ApplicationHealthLinux"}},
                    ]
                },
            },
            **properties,
        },
    }


def arm_instance(number: int, version: str = "24.04.1", *, view: Json | None = None, **properties: Any) -> Json:
    """An instance as on the wire; ``view`` may be left out, as without ``--expand instanceView``."""
    return {
        "id": f"{WEB.replace('rg-bank', 'RG-BANK')}/virtualMachines/{number}",
        "name": f"front_{number}",
        "instanceId": str(number),
        "location": "northeurope",
        "zones": [str(1 + number % 2)],
        "etag": '"5"',
        "properties": {
            "latestModelApplied": True,
            "provisioningState": "Succeeded",
            "vmId": f"00000000-0000-4000-8000-{number:012}",
            "storageProfile": {
                "imageReference": {**IMAGE, "exactVersion": version},
                "osDisk": {"osType": "Linux", "name": f"front_front_{number}_OsDisk_1_abc{number}"},
            },
            **({"instanceView": view} if view else {}),
            **properties,
        },
    }


def seen(domain: int = 0, power: str = "running", health: str | None = "healthy", *more: str) -> Json:
    """An instance view."""
    view: Json = {
        "placementGroupId": "99999999-0000-4000-8000-000000000009",
        "platformUpdateDomain": domain,
        "platformFaultDomain": 1,
        "osName": "ubuntu",
        "osVersion": "24.04",
        "vmAgent": {"statuses": [{"code": "ProvisioningState/succeeded"}]},
        "statuses": [
            {"code": "ProvisioningState/succeeded"},
            {"code": f"PowerState/{power}"},
            *({"code": code, "message": "Too slow."} for code in more),
        ],
    }
    if health:
        view["vmHealth"] = {"status": {"code": f"HealthState/{health}"}}
    return view


CLI_MODEL: Json = {
    **{name: value for name, value in arm_model().items() if name != "properties"},
    "resourceGroup": "rg-bank",
    "provisioningState": "Succeeded",
    "uniqueId": "77777777-0000-4000-8000-000000000007",
    "orchestrationMode": "Uniform",
    "upgradePolicy": {"mode": "Manual", "automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": False}},
    "somethingNew": {"level": 3},
    "virtualMachineProfile": {
        "osProfile": {"computerNamePrefix": "front", "linuxConfiguration": {"provisionVMAgent": True}},
        "storageProfile": {"imageReference": IMAGE, "osDisk": {"osType": "Linux", "diskSizeGB": 64}},
        "networkProfile": {
            "networkInterfaceConfigurations": [
                {
                    "name": "nic",
                    "primary": True,
                    "enableIPForwarding": False,
                    "ipConfigurations": [
                        {
                            "name": "ip",
                            "subnet": {**NIC["subnet"], "resourceGroup": "rg-bank"},
                            "privateIPAddressVersion": "IPv4",
                            "publicIPAddressConfiguration": {"name": "pip", "idleTimeoutInMinutes": 10},
                        }
                    ],
                }
            ]
        },
        "extensionProfile": {"extensions": [{"name": "health", **HEALTH, "type": "ApplicationHealthLinux"}]},
    },
}
# As releases printed it whose commands were made from the SDK.
OLD_CLI_MODEL: Json = json.loads(
    json.dumps({**CLI_MODEL, "plan": None})
    .replace("automaticOSUpgradePolicy", "automaticOsUpgradePolicy")
    .replace("enableAutomaticOSUpgrade", "enableAutomaticOsUpgrade")
    .replace("diskSizeGB", "diskSizeGb")
    .replace("provisionVMAgent", "provisionVmAgent")
    .replace("enableIPForwarding", "enableIpForwarding")
    .replace("privateIPAddressVersion", "privateIpAddressVersion")
    .replace("publicIPAddressConfiguration", "publicIpAddressConfiguration")
    .replace('"type": "ApplicationHealthLinux"', '"typePropertiesType": "ApplicationHealthLinux", "type": null')
)


def flat(instance: Json) -> Json:
    """An instance as the CLI prints it."""
    return {**{name: value for name, value in instance.items() if name != "properties"}, **instance["properties"]}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Write a dump; returns the two files."""

    def write(model: object, instances: object) -> list[Path]:
        paths = [tmp_path / "set.json", tmp_path / "instances.json"]
        for path, content in zip(paths, (model, instances), strict=True):
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return paths

    return write


def start(*dumps: Dump, overlay: str | None = None, seed: int = 1) -> Simulation:
    """A simulation in this process that starts from dumps."""
    spec = scenario.Scenario(version=1, clock={"start": "2026-11-20T08:00:00Z"})
    if overlay is not None:
        spec = scenario.parse(overlay, "overlay.json")
    spec = dump.with_dumps(spec, dumps)
    return Simulation(spec, ManualClock(), seed, dumps)


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_times(item) for name, item in value.items() if name not in ("time", "timeCreated")}
    return [without_times(item) for item in value] if isinstance(value, list) else value


def as_read(simulation: Simulation) -> Dump:
    """The first scale set of a simulation, as a client reads it."""
    made = simulation.scale_sets()[0]
    views = simulation.views
    show = views.virtual_machine if made.flexible else views.instance
    entries = [show(made, item, simulation.timeline.now, VERSION, view=True) for item in made.instances.values()]
    return Dump("read", views.scale_set(made, VERSION), tuple(entries))


# --- the forms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [CLI_MODEL, OLD_CLI_MODEL], ids=["cli", "old cli"])
def test_what_the_cli_prints_is_read_as_what_is_on_the_wire(files: Files, model: Json) -> None:
    instances = [arm_instance(0, view=seen()), arm_instance(7)]
    on_the_wire = dump.read(files(arm_model(), {"value": instances}))
    assert dump.read(files(model, [flat(item) for item in instances])) == on_the_wire
    assert on_the_wire.model == arm_model(), "what is on the wire already stays as it is"


def test_the_output_of_powershell_is_read(files: Files) -> None:
    paths = files(CLI_MODEL, [flat(arm_instance(0))])
    for path in paths:
        path.write_text(path.read_text(encoding="utf-8"), encoding="utf-16")
    assert dump.read(paths).name == "front"


def test_a_folder_holds_both_files(files: Files) -> None:
    paths = files(arm_model(), [arm_instance(0)])
    assert dump.read([paths[0].parent]) == dump.read(paths)


# --- the scale set --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["quickstart", "zonal", "gallery", "vhd", "flexible", "automatic"])
def test_what_a_client_reads_is_what_was_dumped(name: str) -> None:
    world = World.bundled(name)
    special = world.instances[0], world.instances[1], world.instances[2], world.instances[3]
    special[0].power, special[0].agent_since = "deallocated", None
    special[1].verdict = "unhealthy"
    special[2].protect_from_scale_set_actions = not world.web.flexible
    special[3].etag = 9
    special[3].own_definition = not world.web.flexible
    world.web.etag = 31
    before = as_read(world.simulation)
    after = as_read(start(before))
    assert without_times(after.model) == without_times(before.model)
    assert without_times([*after.instances]) == without_times([*before.instances])


def test_states_images_and_models_of_instances(files: Files) -> None:
    behind = {"latestModelApplied": False}
    instances = [
        arm_instance(0, view=seen()),
        arm_instance(1, "24.04.0", view=seen(1, "stopped", None), **behind),
        arm_instance(4, view=seen(2, "deallocating", None), protectionPolicy={"protectFromScaleSetActions": True}),
        arm_instance(5, view=seen(6, "running", "unhealthy")),
        arm_instance(
            9,
            view=seen(0, "running", None, "ProvisioningState/failed/OSProvisioningTimedOut"),
            provisioningState="Failed",
        ),
        arm_instance(11, "24.04.0", view=seen(1), **behind),
    ]
    simulation = start(dump.read(files(arm_model(), instances)))
    (front,) = simulation.scale_sets()
    found = front.instances
    assert list(found) == ["0", "1", "4", "5", "9", "11"]
    assert [one.power for one in found.values()] == [
        "running",
        "stopped",
        "deallocated",
        "running",
        "running",
        "running",
    ]
    assert [one.in_service(0) for one in found.values()] == [True, False, False, False, False, True]
    assert found["9"].failure is not None
    assert found["9"].failure.code == "OSProvisioningTimedOut"
    assert [one.id for one in front.lagging(found.values())] == ["1", "11"]
    assert found["1"].model is found["11"].model, "one older model, not one for each instance"
    assert found["1"].image.exact_version == "24.04.0"
    assert front.image().exact_version == "24.04.1", "latest is the newest that any instance has"
    assert found["4"].protect_from_scale_set_actions
    assert (found["5"].place.zone, found["5"].place.update_domain) == ("2", 6)
    assert front.update_domains == 7
    assert (front.capacity, front.etag, front.document["properties"]["somethingNew"]) == (6, 14, {"level": 3})
    assert simulation.notes == ["front: the capacity is 6, as many as there are instances, not 3"]


def test_what_was_going_on_is_over(files: Files) -> None:
    instances = [
        arm_instance(0, view=seen(power="starting", health="initializing"), provisioningState="Updating"),
        arm_instance(1, view=seen(), provisioningState="Deleting"),
        arm_instance(2, view=seen()),
        arm_instance(3, view=seen()),
    ]
    simulation = start(dump.read(files(arm_model(), instances)))
    (front,) = simulation.scale_sets()
    assert {one.id: one.in_service(0) for one in front.instances.values()} == {"0": True, "2": True, "3": True}
    assert simulation.notes == [
        "front: instances that were being deleted and are left out: 1",
        "front: instances with a change in progress, taken as finished: 1",
    ]


def test_without_views_domains_are_made_up_alike_each_time(files: Files) -> None:
    read = dump.read(files(arm_model(), [arm_instance(number) for number in (0, 1, 2, 4, 6, 8, 10)]))
    (front,), (again,), (other,) = (start(read, seed=seed).scale_sets() for seed in (1, 1, 2))
    places = [one.place for one in front.instances.values()]
    assert [(place.zone, place.update_domain) for place in places] == [
        ("1", 0),
        ("2", 0),
        ("1", 1),
        ("1", 2),
        ("1", 3),
        ("1", 4),
        ("1", 0),
    ]
    assert len({(place.zone, place.placement_group) for place in places}) == 2
    assert places == [one.place for one in again.instances.values()]
    assert places != [one.place for one in other.instances.values()]
    assert all(one.in_service(0) for one in front.instances.values())
    assert start(read).notes[:1] == [
        "front: instances without an instance view, whose domains, placement groups, power and health are made up: 7"
    ]


def test_the_bare_list_of_a_flexible_set_will_do() -> None:
    world = World.bundled("flexible")
    bare = tuple(world.simulation.views.bare_instance(world.web, one) for one in world.instances)
    simulation = start(Dump("read", as_read(world.simulation).model, bare))
    assert list(simulation.scale_sets()[0].instances) == [one.id for one in world.instances]
    assert simulation.notes == ["web: instances without an instance view, whose power and health are made up: 12"]


def test_latest_of_which_nothing_is_known_is_a_version_made_up(files: Files) -> None:
    old = arm_instance(0, view=seen())
    del old["properties"]["storageProfile"]["imageReference"]["exactVersion"]
    simulation = start(dump.read(files(arm_model(), [old])))
    assert simulation.scale_sets()[0].instances["0"].image.exact_version == "1.0.0"
    assert simulation.notes[0].endswith("nothing shows what it stands for: it is made up: 1")


# --- what goes over it ----------------------------------------------------------------------------------------------


OVERLAY = {
    "version": 1,
    "images": {
        "platform": [
            {
                **{name: IMAGE[name].upper() for name in ("publisher", "offer", "sku")},
                "versions": [{"version": "24.04.9", "health": "unhealthy"}],
            }
        ]
    },
    "timings": {"upgrade": 10, "boot": 10, "agent": 1, "first_report": 1},
}


def test_an_overlay_adds_images_with_behaviours(files: Files) -> None:
    read = dump.read(files(arm_model(), [arm_instance(number, view=seen(number)) for number in range(3)]))
    simulation = start(read, overlay=json.dumps(OVERLAY))
    (front,) = simulation.scale_sets()
    versions = [version.version for version in simulation.catalogue.platform[0].versions]
    assert versions == ["24.04.9", "24.04.1"]
    assert front.image().behaviour.health == "unhealthy", "latest is the overlay's, and it is bad"
    assert front.lagging(front.active()) == [], "a newer latest makes no new model"


def test_galleries_and_their_groups_come_with_the_dump() -> None:
    world = World.bundled("gallery")
    read = as_read(world.simulation)
    overlay = {
        "version": 1,
        "images": {
            "galleries": [
                {
                    "name": "shop_gallery",
                    "resource_group": "rg-shop",
                    "location": "westeurope",
                    "images": [{"name": "web", "versions": [{"version": "9.0.0", "regions": ["westeurope"]}]}],
                }
            ]
        },
    }
    simulation = start(read, overlay=json.dumps(overlay))
    (gallery,) = simulation.catalogue.galleries
    assert [version.version for version in gallery.images[0].versions] == ["9.0.0", "1.0.0"]
    assert set(simulation.groups) == {"rg-shop"}


def test_a_gallery_may_be_in_another_subscription(files: Files) -> None:
    other = "22222222-0000-4000-8000-000000000002"
    gallery = f"/subscriptions/{other}/resourceGroups/rg-images/providers/Microsoft.Compute/galleries/golden"
    model, instance = arm_model(), arm_instance(0, view=seen())
    model["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"] = {"id": f"{gallery}/images/web"}
    instance["properties"]["storageProfile"]["imageReference"] = {
        "id": f"{gallery}/images/web",
        "exactVersion": "3.1.0",
    }
    with running(from_dump=files(model, [instance]), speed=SPEED) as simulator:
        client = Client(simulator)
        with client.http:
            version = client.get(f"{gallery}/images/web/versions/3.1.0", version="2023-07-03")
            assert (version.status_code, version.json()["id"]) == (200, f"{gallery}/images/web/versions/3.1.0")
            elsewhere = client.get(WEB.replace(SUBSCRIPTION, other))
            assert elsewhere.json()["error"]["code"] == "SubscriptionNotFound"
            (entry,) = client.instances()
            assert entry["properties"]["storageProfile"]["imageReference"]["exactVersion"] == "3.1.0"


def test_sets_that_cannot_be_in_one_simulation() -> None:
    one = as_read(World.bundled("quickstart").simulation)
    with pytest.raises(DumpError, match="is in read, too"):
        start(one, one)
    elsewhere = json.loads(json.dumps(one.model).replace("5e5e5e5e-", "6e6e6e6e-"))
    with pytest.raises(DumpError, match="one simulator for each subscription"):
        start(one, Dump("other.json", elsewhere, ()))


# --- the command line -----------------------------------------------------------------------------------------------

TABLE = "Name    ResourceGroup    Location\n------  ---------------  ----------\nfront   rg-bank          northeurope\n"
OTHER = json.loads(json.dumps(arm_instance(3)).replace("/front/", "/back/"))


@pytest.mark.parametrize(
    ("model", "instances", "complaint"),
    [
        ("", [], "set.json: is empty; save what this prints: az vmss show "),
        (TABLE, [], "set.json: is not JSON (line 1: "),
        (json.dumps(CLI_MODEL)[:400], [], "set.json: ends in the middle; "),
        ([CLI_MODEL], [], "set.json: holds a list, not one scale set; save what this prints: az vmss show "),
        (flat(arm_instance(0)), [], "set.json: holds no scale set; "),
        ({"id": WEB}, [], "set.json: has no location"),
        (CLI_MODEL, [], "instances.json: holds an empty list"),
        (CLI_MODEL, {"value": [], "nextLink": "https://x"}, "instances.json: holds only the first page"),
        (CLI_MODEL, CLI_MODEL, "instances.json: holds no list of instances; save what this prints: az vmss list-inst"),
        (CLI_MODEL, [{"code": "ProvisioningState/succeeded"}], "instances.json: holds no list of instances; "),
        (CLI_MODEL, [CLI_MODEL], "is not an instance of a scale set; "),
        (CLI_MODEL, [arm_instance(1), arm_instance(1)], "twice; "),
        (CLI_MODEL, [arm_instance(1), OTHER], "virtualMachineScaleSets/back, but the scale set is /subscriptions/"),
    ],
)
def test_a_bad_dump_ends_in_one_line(
    files: Files, capsys: pytest.CaptureFixture[str], model: object, instances: object, complaint: str
) -> None:
    paths = files(model, instances)
    assert main(["--from-dump", *map(str, paths)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"armsim: {paths[0].parent}")
    assert complaint in line


def test_files_that_are_not_there_end_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--from-dump", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"armsim: {tmp_path}/set.json: cannot be read: No such file or directory\n"
    assert main(["--from-dump", str(tmp_path / "web")]) == 2
    assert capsys.readouterr().err == f"armsim: {tmp_path}/web: there is no such folder\n"
    assert main(["--from-dump", "a", "b", "c"]) == 2
    assert "give two files, set.json and instances.json" in capsys.readouterr().err
    assert main([]) == 2
    assert "give --scenario, --from-dump or both" in capsys.readouterr().err


def test_a_simulator_of_ones_own_scale_set(files: Files, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.json"
    overlay.write_text(json.dumps(OVERLAY), encoding="utf-8")
    paths = files(CLI_MODEL, [flat(arm_instance(number)) for number in (0, 3, 4)])
    with running(overlay, from_dump=paths, speed=SPEED) as simulator:
        client = Client(simulator)
        with client.http:
            assert client.web == WEB
            assert simulator.ready["subscription_id"] == SUBSCRIPTION
            assert "are made up" in simulator.ready["notes"][0]
            assert client.get(WEB).json()["properties"]["somethingNew"] == {"level": 3}
            assert [entry["instanceId"] for entry in client.instances()] == ["0", "3", "4"]
            assert client.patch_image({**IMAGE, "version": "24.04.9"}).status_code == 200
            assert client.poll(client.upgrade("3"))["status"] == "Succeeded"
        assert simulator.state()["scale_sets"]["front"]["instances"]["3"]["image"].endswith(":24.04.9")
        simulator.reset()
        assert simulator.state()["scale_sets"]["front"]["instances"]["3"]["image"].endswith(":24.04.1")


@pytest.mark.parametrize("shown", [True, False])
def test_an_instance_behind_its_model_has_the_extensions_that_it_shows(files: Files, *, shown: bool) -> None:
    own = {"name": "own", "properties": {"publisher": "P", "type": "T", "provisioningState": "Succeeded"}}
    # The second has health reports, so it has an extension: where it shows none, this dump has none.
    second = arm_instance(1, "24.04.0", view=None if shown else seen(), latestModelApplied=False)
    first = {**arm_instance(0, "24.04.0", latestModelApplied=False), "resources": [own]}
    simulation = start(dump.read(files(arm_model(), [first, second])))
    (front,) = simulation.scale_sets()
    names = [
        [extension["name"] for extension in one.model.profile["extensionProfile"]["extensions"]]
        for one in front.instances.values()
    ]
    of_model = [extension["name"] for extension in front.model.profile["extensionProfile"]["extensions"]]
    assert names == ([["own"], []] if shown else [of_model, of_model])
