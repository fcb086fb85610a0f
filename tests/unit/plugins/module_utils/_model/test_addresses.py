# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Addresses of instances, and which of them are asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._model.addresses import (
    Answer,
    addresses_of,
    check_site,
    check_template,
    describe_answers,
    fill,
    to_ask,
)
from ansible_collections.azroll.vmss.tests.unit.builders import instance


def interface(machine: object, *addresses: object, primary: bool = True) -> dict[str, Any]:
    """Of several addresses the last one is the primary."""
    configurations = [
        {"properties": {"privateIPAddress": one, "primary": number == len(addresses)}}
        for number, one in enumerate(addresses, 1)
    ]
    return {
        "properties": {
            "primary": primary,
            "virtualMachine": {"id": f"/subscriptions/s/virtualMachines/{machine}"},
            "ipConfigurations": configurations,
        }
    }


@pytest.mark.parametrize("url", ["https://web/health", "http://10.0.0.4:8080", "https://[fd00::1]/"])
def test_addresses_of_sites(url: str) -> None:
    check_site(url, "x")


@pytest.mark.parametrize(
    "url", ["", "web/x", "ftp://web", "https://", "https://web:0/", "https://web:99999/", "http://a b"]
)
def test_no_addresses_of_sites(url: str) -> None:
    with pytest.raises(BadInput, match="rollout_health_url"):
        check_site(url, "rollout_health_url")


@given(st.text())
def test_what_a_wrong_address_holds_is_not_repeated(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_site(f"ftp://user:pa55word@{text}", "x")
    assert "pa55word" not in str(caught.value)


def test_a_template_has_a_place_for_the_address() -> None:
    check_template("http://{address}:8080/health", "url")
    with pytest.raises(BadInput):
        check_template("http://10.0.0.4/health", "url")


def test_addresses_of_the_sixth_version_are_put_in_brackets() -> None:
    assert fill("http://{address}:80/", "fd00::4") == "http://[fd00::4]:80/"
    assert fill("http://{address}:80/", "10.0.0.4") == "http://10.0.0.4:80/"


def test_who_is_asked() -> None:
    instances = [
        instance(10),
        instance(9),
        instance(1, power="deallocated"),
        instance(2, provisioning_state="Deleting"),
        instance(3),
    ]
    assert [one.instance_id for one in to_ask(instances, None, ["3"])] == ["9", "10"]
    assert [one.instance_id for one in to_ask(instances, ["10", "1", "77"], [])] == ["10"]


def test_the_primary_address_of_the_primary_interface_counts() -> None:
    interfaces = [
        interface(3, "10.0.0.1", primary=False),
        interface(3, "10.0.0.2", "10.0.0.3"),
        interface(4, "10.0.0.9"),
    ]
    assert addresses_of(interfaces, [instance(3)]) == {"3": "10.0.0.3"}


def test_names_of_machines_come_in_any_case() -> None:
    assert addresses_of([interface("WEB_A1", "10.0.0.1")], [instance("web_a1")]) == {"web_a1": "10.0.0.1"}


@pytest.mark.parametrize("address", [None, "", "web", "10.0.0.1@evil", "10.0.0.256"])
def test_what_is_no_address_is_none(address: object) -> None:
    assert addresses_of([interface(3, address)], [instance(3)]) == {}


def test_interfaces_without_a_machine_are_passed_over() -> None:
    assert addresses_of([{}, {"properties": {}}], [instance(3)]) == {}


def test_what_was_answered() -> None:
    good, bad, lost = (
        Answer("1", "10.0.0.1", 200),
        Answer("2", "10.0.0.2", 503),
        Answer("3", None, trouble="no address"),
    )
    assert "did not" not in describe_answers("web", [good], [200])
    said = describe_answers("web", [good, bad, lost], [200])
    assert said.startswith("2 of 3 ")
    assert "2 (10.0.0.2: status 503)" in said
    assert "3 (no address)" in said
    assert "1 (10.0.0.1" not in said
