# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Options of the modules that cannot be meant together: refused by their names before anything is asked of Azure."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.tests.unit.answering import run_module
from ansible_collections.azroll.vmss.tests.unit.plugins.modules.test_hostile_options import (
    MODULES,
    NEEDED,
    TALKATIVE,
    nobody_home,
)

ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i"
KINDS = [
    {"id": ID, "uri": "https://a.blob.core.windows.net/c/d.vhd"},
    {"id": ID, "version": "1.0.0"},
    {"id": ID, "shared_gallery_image_id": "/SharedGalleries/g/Images/i"},
    {"community_gallery_image_id": "/CommunityGalleries/g/Images/i", "publisher": "Canonical"},
]
HEALTHY, UPGRADED = {"wait_for": "healthy"}, {"wait_for": "upgraded"}
RELEASED = {"state": "released", "run_id": "run-a"}
ALL_BUT_NAMED: dict[str, Any] = {"all_instances": False}

# The module, its options, and what the refusal has to name.
IMPOSSIBLE: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    *[
        ("vmss_domain_upgrade", {"all_instances": True, way: value}, ("all_instances", way))
        for way, value in {
            "update_domain": 0,
            "fault_domain": 0,
            "zone": "1",
            "placement_group": "g",
            "instance_ids": ["0"],
        }.items()
    ],
    *[
        ("vmss_domain_upgrade", {**ALL_BUT_NAMED, "instance_ids": ["0"], way: value}, ("instance_ids", way))
        for way, value in {"update_domain": 0, "fault_domain": 0, "zone": "1", "placement_group": "g"}.items()
    ],
    ("vmss_domain_upgrade", ALL_BUT_NAMED, ("all_instances", "instance_ids", "update_domain")),
    ("vmss_domain_upgrade", {"skip_tags": ["Busy", "x"], "busy_tags": ["busy"]}, ("skip_tags", "busy_tags")),
    *[
        (module, {image: kinds}, tuple(kinds))
        for kinds in KINDS
        for module, image in {
            "vmss_domain_upgrade": "target_image",
            "vmss_instance_facts": "target_image",
            "vmss_instance_reimage": "target_image",
            "vmss_image_update": "image",
            "vmss_preflight": "image",
        }.items()
    ],
    *[("vmss_instance_facts", {**HEALTHY, name: True}, (name, "wait_for")) for name in ("raw", "details")],
    *[("vmss_instance_facts", {**more, "operation_id": "o"}, ("operation_id", "wait_for")) for more in ({}, HEALTHY)],
    ("vmss_instance_facts", {**HEALTHY, "sent_at": "2026-11-22T10:15:00Z"}, ("sent_at", "wait_for")),
    *[
        ("vmss_instance_facts", {**more, "fresher_than": "2026-11-22T10:15:00Z"}, ("fresher_than", "wait_for"))
        for more in ({}, UPGRADED)
    ],
    ("vmss_instance_facts", {"same_model": True, "target_image": {"version": "1"}}, ("same_model", "wait_for")),
    ("vmss_instance_facts", {**HEALTHY, "same_model": True}, ("same_model", "target_image")),
    *[
        (
            "vmss_instance_facts",
            {**HEALTHY, "wait_successes": successes, "wait_interval": interval, "wait_timeout": timeout},
            ("wait_successes", "wait_interval", "wait_timeout"),
        )
        for successes, interval, timeout in ((2, 10, 0), (8, 10, 60), (9, 10, 61), (1000, 10, 600))
    ],
    (
        "vmss_preflight",
        {"only": {"instance_ids": ["0", "Web_1"]}, "skip": {"instance_ids": [2, 0, "web_1"]}},
        ("only.instance_ids", "skip.instance_ids"),
    ),
    *[
        ("vmss_hold", {**RELEASED, name: value}, (name, "state"))
        for name, value in {"repairs": True, "autoscale": True, "upgrade_policy": "set_manual"}.items()
    ],
    ("vmss_hold", {"take_over": True, "minutes": 0}, ("take_over", "minutes")),
    *[("vmss_instance_protection", {"scale_in": none}, ("scale_in", "scale_set_actions")) for none in (None, ...)],
    # Those that all modules have: half a service principal.
    *[(module, {"client_id": None}, ("client_id", "secret", "tenant")) for module in MODULES],
    *[
        (module, {"auth_source": "env", "secret": None, "tenant": None}, ("tenant", "secret", "client_id"))
        for module in MODULES
    ],
]
# At the edge of what is refused, so that nothing is refused that can be meant.
POSSIBLE: list[tuple[str, dict[str, Any]]] = [
    ("vmss_domain_upgrade", {**ALL_BUT_NAMED, "zone": "1", "update_domain": 0, "fault_domain": 0}),
    ("vmss_domain_upgrade", {"skip_tags": ["never"], "busy_tags": ["busy"]}),
    ("vmss_instance_facts", {**HEALTHY, "wait_successes": 7, "wait_interval": 10, "wait_timeout": 60}),
    ("vmss_instance_facts", {**HEALTHY, "wait_successes": 8, "wait_interval": 10, "wait_timeout": 61}),
    ("vmss_instance_facts", {**HEALTHY, "wait_timeout": 0}),
    ("vmss_instance_facts", {**UPGRADED, "operation_id": "o", "same_model": True, "target_image": {"version": "1"}}),
    ("vmss_instance_facts", {"raw": True, "details": True, "unhealthy_before": ["0"], "operation_id": []}),
    ("vmss_preflight", {"only": {"instance_ids": ["0", "1"]}, "skip": {"instance_ids": ["0"]}, "restore_policy": True}),
    ("vmss_preflight", {"only": {"zones": ["1"]}, "skip": {"instance_ids": ["0"]}, "take_over_lease": True}),
    ("vmss_hold", {**RELEASED, "take_over": True, "restore_policy": False, "held": ["repairs"]}),
    ("vmss_hold", {"minutes": 0, "repairs": True, "autoscale": True, "upgrade_policy": "set_manual"}),
    ("vmss_image_update", {"lease_minutes": 5, "holder": "eve@ctl1"}),
    ("vmss_image_update", {"run_id": "run-a", "lease_minutes": 0}),
    ("vmss_instance_probe", {"instance_ids": ["0"], "unhealthy_before": ["0"], "timeout": 300, "wait_timeout": 1}),
]


def answer_to(module: str, options: dict[str, Any]) -> tuple[dict[str, Any], list[str], str]:
    return run_module(module, {**TALKATIVE, **NEEDED.get(module, {}), **options}, nobody_home, login=True)


@pytest.fixture(autouse=True)
def _no_login_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TENANT", "TENANT_ID", "CLIENT_ID", "SECRET", "CLIENT_SECRET", "FEDERATED_TOKEN_FILE", "PROFILE"):
        monkeypatch.delenv(f"AZURE_{name}", raising=False)
    monkeypatch.delenv("ANSIBLE_AZURE_AUTH_SOURCE", raising=False)


@pytest.mark.parametrize(("module", "options", "names"), IMPOSSIBLE, ids=lambda part: str(part)[:70])
def test_what_cannot_be_meant_together_is_refused_by_name(
    module: str, options: dict[str, Any], names: tuple[str, ...]
) -> None:
    result, asked, printed = answer_to(module, options)
    assert asked == []
    assert result["failed"]
    assert "Traceback" not in printed
    message = result["msg"]
    assert [name for name in names if name not in message] == []
    # Of Ansible's own rules the sentence itself says it.
    ansible = ("mutually exclusive", "one of the following is required")
    assert result["error"]["advice"] in message if "error" in result else any(one in message for one in ansible)


@pytest.mark.parametrize(("module", "options"), POSSIBLE, ids=lambda part: str(part)[:70])
def test_what_can_be_meant_together_is_asked(module: str, options: dict[str, Any]) -> None:
    result, asked, _printed = answer_to(module, options)
    assert asked, result["msg"]


def test_every_module_has_its_combinations() -> None:
    assert {module for module, _options, _names in IMPOSSIBLE} == set(MODULES)
