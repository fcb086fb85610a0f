# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Answers that no service should give: every module ends with a result or an error in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.tests.unit.answering import run_module
from ansible_collections.azroll.vmss.tests.unit.plugins.modules.test_hostile_options import MODULES, NEEDED
from ansible_collections.azroll.vmss.tests.unit.wire import (
    GROUP,
    NEW_VERSION,
    OLD_VERSION,
    SUBSCRIPTION_ID,
    WEB,
    model,
    vm,
)

# Nobody listens at the port of the probe.
MORE = {"vmss_domain_upgrade": {"max_unavailable": "100%"}, "vmss_instance_probe": {"url": "http://{address}:1/"}}
SERVICES = {"orchestrationServices": [{"serviceName": "AutomaticRepairs", "serviceState": "Running"}]}
AUTOSCALE = {
    "id": f"{GROUP}/autoscaleSettings/cpu",
    "name": "cpu",
    "location": "westeurope",
    "properties": {
        "targetResourceUri": WEB,
        "enabled": True,
        "profiles": [{"name": "day", "capacity": {"minimum": "2", "maximum": "9"}}],
    },
}
INTERFACES = [
    {
        "properties": {
            "primary": True,
            "virtualMachine": {"id": f"{WEB}/virtualMachines/{number}"},
            "ipConfigurations": [{"properties": {"primary": True, "privateIPAddress": "127.0.0.1"}}],
        }
    }
    for number in range(5)
]
PLATFORM_IMAGE = {
    "properties": {
        "osDiskImage": {"operatingSystem": "Linux"},
        "hyperVGeneration": "V2",
        "features": [{"name": "SecurityType", "value": "TrustedLaunch"}],
        "imageDeprecationStatus": {"imageState": "Active"},
    }
}
# What each address answers when all is well: the end of its path, and the document.
GOOD: dict[str, Any] = {
    "/instanceView": SERVICES,
    "/rollingUpgrades/latest": {"properties": {"runningStatus": {"code": "Completed"}}},
    "/autoscaleSettings": {"value": [AUTOSCALE]},
    "/locks": {"value": [{"id": f"{WEB}/providers/Microsoft.Authorization/locks/a", "properties": {"level": "x"}}]},
    "/permissions": {"value": [{"actions": ["*"], "notActions": []}]},
    "/virtualMachines": {"value": [vm(number, domain=number) for number in range(4)] + [vm(4, NEW_VERSION)]},
    "/versions": [{"name": version} for version in (OLD_VERSION, NEW_VERSION)],
    f"/{NEW_VERSION}": PLATFORM_IMAGE,
    f"/{OLD_VERSION}": PLATFORM_IMAGE,
    "/alerts": {"value": [{"name": "a", "properties": {"essentials": {"targetResource": WEB, "severity": "Sev1"}}}]},
    "/networkInterfaces": {"value": INTERFACES},
    f"/{SUBSCRIPTION_ID}": {"state": "Enabled"},
    "/rg-shop": {"name": "rg-shop", "managedBy": None},
    "/web": {**model(), "tags": {"team": "shop"}},
}
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def places(document: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield path
    each = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for name, item in each:
        yield from places(item, *path, name)


def with_junk(document: Any, path: tuple[Any, ...], junk: Any) -> Any:
    """The document with something else in one place."""
    if not path:
        return junk
    changed = deepcopy(document)
    holder = changed
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = junk
    return changed


PLACES = [(end, path) for end, document in GOOD.items() for path in places(document)]


def answers(module: str, texts: dict[str, str]) -> dict[str, Any]:
    """The result of a module in check mode, with these texts for the good ones."""

    def answer(_method: str, address: str) -> tuple[int, str]:
        path = address.partition("?")[0]
        end = next((one for one in GOOD if path.endswith(one)), "")
        return (200, texts.get(end) or json.dumps(GOOD[end])) if end else (404, "{}")

    options = {**NEEDED.get(module, {}), **MORE.get(module, {}), "_ansible_check_mode": True}
    result, _asked, printed = run_module(module, options, answer)
    assert "Traceback" not in printed
    return result


@pytest.mark.parametrize("module", MODULES)
def test_all_is_well_when_the_answers_are(module: str) -> None:
    result = answers(module, {})
    assert not result.get("failed") or "5 of 5 instances of web did not answer well: 0 (127.0.0.1: " in result["msg"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(MODULES), st.sampled_from(PLACES), JUNK, st.integers(1, 400))
def test_no_answer_brings_a_module_down(module: str, place: tuple[str, Any], junk: Any, cut: int) -> None:
    end, path = place
    text = json.dumps(with_junk(GOOD[end], path, junk))
    for sent in (text, text[:cut]):
        result = answers(module, {end: sent})
        assert result["msg"]
        assert not result.get("failed") or result["error"]["message"]
