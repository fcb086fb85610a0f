# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What is kept of Azure's answers: no secrets, and nothing that changes by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._model.raw_documents import Documents
from ansible_collections.azroll.vmss.tests.unit.builders import wire_instance

SECRET = "hunter2-hunter2"


def kept(**model: Any) -> dict[str, Any]:
    return Documents(model, [wire_instance(10), wire_instance(9)]).to_resources()


@pytest.mark.parametrize(
    "model",
    [
        {"properties": {"virtualMachineProfile": {"extensionProfile": {"protectedSettings": {"key": SECRET}}}}},
        {"additionalUnattendContent": [{"content": SECRET}]},
        {"tags": {"db_password": SECRET}},
        {"settings": {"secrets": [SECRET]}},
        {"settings": {"uris": [f"https://x.blob.core.windows.net/a?sv=1&sig={SECRET}"]}},
    ],
)
def test_no_secret_is_kept(model: dict[str, Any]) -> None:
    assert SECRET not in json.dumps(kept(**model))


def test_everything_else_is() -> None:
    model = {"sku": {"capacity": 3}, "tags": {"owner": "ops"}, "properties": {"overprovision": False, "zones": ["1"]}}
    assert kept(**model)["scale_set"] == model


def test_instances_come_in_the_order_of_their_ids_and_without_the_times_of_reports() -> None:
    instances = kept()["instances"]
    assert [one["instanceId"] for one in instances] == ["9", "10"]
    view = instances[0]["properties"]["instanceView"]
    assert "time" not in view["vmHealth"]["status"]
    assert "time" not in view["vmAgent"]["statuses"][0]
    assert "time" in view["statuses"][0], "when it was provisioned stays"


def test_azures_own_answers_are_not_touched() -> None:
    entry = wire_instance()
    Documents({}, [entry]).to_resources()
    assert entry == wire_instance()


def test_an_instance_without_a_view_is_kept_as_well() -> None:
    assert Documents({}, [{"name": "web_1"}]).to_resources()["instances"] == [{"name": "web_1"}]
