# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Whatever a client sends as a model is taken, or refused as the service would: it never breaks the simulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armsim.actions import model_write
from armsim.actions.instance_actions import upgrade_instances
from armsim.protocol.errors import ArmError

from .conftest import VERSION, World

LEAVES = st.none() | st.booleans() | st.integers(-5, 2000) | st.text(max_size=5) | st.just("latest")
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with some of the fields, each as it should be or anything else."""
    return st.fixed_dictionaries({}, optional={name: inner | ANYTHING for name, inner in fields.items()})


STORAGE = some(
    imageReference=some(
        publisher=st.just("Canonical"), version=st.just("24.04.202511180"), id=st.text(max_size=3), exactVersion=LEAVES
    ),
    osDisk=some(image=some(uri=LEAVES), vhdContainers=st.lists(st.text(max_size=3), max_size=1), caching=LEAVES),
)
EXTENSION = some(
    name=st.just("health"),
    properties=some(type=st.just("ApplicationHealthLinux"), publisher=LEAVES, settings=some(intervalInSeconds=LEAVES)),
)
PROFILE = some(
    storageProfile=STORAGE,
    osProfile=some(computerNamePrefix=LEAVES),
    networkProfile=some(
        healthProbe=some(id=LEAVES), networkInterfaceConfigurations=st.lists(some(name=LEAVES), max_size=1)
    ),
    extensionProfile=some(extensions=st.lists(EXTENSION, max_size=2)),
    timeCreated=LEAVES,
)
POLICY = some(
    mode=st.sampled_from(["Manual", "Automatic", "Rolling"]), rollingUpgradePolicy=some(maxBatchInstancePercent=LEAVES)
)
MODEL = some(
    sku=some(name=LEAVES, capacity=st.integers(15, 25)),
    tags=ANYTHING,
    zones=ANYTHING,
    location=LEAVES,
    properties=some(
        virtualMachineProfile=PROFILE,
        upgradePolicy=POLICY,
        automaticRepairsPolicy=some(enabled=LEAVES),
        orchestrationMode=LEAVES,
        platformFaultDomainCount=LEAVES,
    ),
)


def status_of(call: Callable[..., object], *arguments: Any) -> int:
    """The status with which a call is answered."""
    try:
        call(*arguments)
    except ArmError as refused:
        return refused.status
    return 200


@pytest.mark.parametrize("write", [model_write.patch, model_write.put])
@settings(max_examples=150)
@given(bodies=st.lists(MODEL | ANYTHING, min_size=1, max_size=3))
def test_any_body_is_taken_or_refused_and_the_set_stays_readable(write, bodies):
    world = World.bundled("quickstart")
    for body in bodies:
        assert status_of(write, world.web, body, None, None) in (200, 400, 404, 409)
        assert status_of(upgrade_instances, world.web, {"instanceIds": list(world.web.instances)[:1]}) in (
            200,
            400,
            409,
        )
        world.wait(45)
        simulation, web = world.simulation, world.web
        now = simulation.timeline.now
        json.dumps(simulation.views.scale_set(web, VERSION))
        json.dumps(simulation.views.scale_set_instance_view(web))
        for instance in world.instances:
            json.dumps(simulation.views.instance(web, instance, now, VERSION, view=True))
        json.dumps([simulation.ledger(), simulation.state()])


def test_secrets_are_taken_and_never_told_again(world):
    extension = {"name": "greeter", "properties": {"type": "CustomScript", "protectedSettings": {"token": "hush"}}}
    system = {"adminPassword": "hush", "customData": "hush"}
    profile = {"osProfile": system, "extensionProfile": {"extensions": [extension]}, "userData": "to be expanded"}
    model_write.patch(world.web, {"properties": {"virtualMachineProfile": profile}}, None, None)
    views = world.simulation.views
    answer, whole = (json.dumps(views.scale_set(world.web, VERSION, user_data=expanded)) for expanded in (False, True))
    assert "greeter" in answer
    assert "hush" not in answer
    assert "to be expanded" not in answer
    assert "to be expanded" in whole
