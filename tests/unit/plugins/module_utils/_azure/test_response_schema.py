# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Answers of the service's own shapes are taken, and of the others the odd part is named."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._azure.response_schema import odd_part
from ansible_collections.azroll.vmss.tests.unit.builders import wire_instance

DEFINITION = {
    "name": "ubuntu",
    "properties": {
        "identifier": {"publisher": "shop", "offer": "web", "sku": "server"},
        "osType": "Linux",
        "features": [{"name": "SecurityType", "value": "TrustedLaunchSupported"}],
    },
}
SETTING = {"name": "web", "properties": {"profiles": [{"name": "all", "capacity": {"minimum": "2", "maximum": "10"}}]}}


@pytest.mark.parametrize(
    "answer",
    [
        {"sku": {"name": "Standard_D2s_v5", "capacity": 4}, "tags": {"sku": 1, "properties": "mine"}},
        {"value": [wire_instance(3), {"name": "web_4", "sku": None, "properties": None}]},
        DEFINITION,
        {"value": [DEFINITION, SETTING]},
        {"properties": {"settings": {"statuses": "mine", "code": 7}}},
    ],
)
def test_the_service_s_own_answers_are_taken(answer):
    assert odd_part(answer) == ""


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([], "it is not an object"),
        ({"sku": "Standard"}, "sku is not an object"),
        ({"value": [{"sku": []}]}, "value[0].sku is not an object"),
        ({"value": [None]}, "entry 0 of value is not an object"),
        ({"properties": {"identifier": {"sku": {}}}}, "properties.identifier.sku is not a text"),
        ({"sku": {"capacity": True}}, "sku.capacity is not a number"),
    ],
)
def test_the_odd_part_is_named(answer, words):
    assert odd_part(answer).endswith(words)


def test_a_list_of_image_versions_is_bare():
    assert odd_part([{"name": "1.0.0"}], bare_list=True) == ""
    assert odd_part({"value": []}, bare_list=True) == "it is not a list"
