# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Names that lead to a resource never lead anywhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, CredentialError
from ansible_collections.azroll.vmss.plugins.module_utils._common.validation import (
    check_resource_group,
    check_scale_set,
    check_subscription,
    check_tenant,
    shown,
)

CHECKS = (check_resource_group, check_scale_set, check_subscription, check_tenant)
ID = "72f988bf-86f1-41af-91ab-2d7cd011db47"


@pytest.mark.parametrize("name", ["rg-shop", "a", "(x)", "a.b-c_d", "Größe", "x" * 90])
def test_names_of_resource_groups(name: str) -> None:
    check_resource_group(name)


@pytest.mark.parametrize("name", ["", "ends.", "a/b", "a?b", "a b", "x" * 91])
def test_no_names_of_resource_groups(name: str) -> None:
    with pytest.raises(BadInput, match="rollout_resource_group"):
        check_resource_group(name, "rollout_resource_group")


@pytest.mark.parametrize("name", ["web", "web_1", "a.b", "x" * 64])
def test_names_of_scale_sets(name: str) -> None:
    check_scale_set(name)


@pytest.mark.parametrize("name", ["", "_web", "web-", "web.", "a/b", "x" * 65, "web\n"])
def test_no_names_of_scale_sets(name: str) -> None:
    with pytest.raises(BadInput):
        check_scale_set(name)


def test_a_subscription_is_its_id() -> None:
    check_subscription(ID)
    with pytest.raises(BadInput):
        check_subscription("Production")


@pytest.mark.parametrize("tenant", [ID, "contoso.onmicrosoft.com", "common", "adfs"])
def test_tenants(tenant: str) -> None:
    check_tenant(tenant)


@pytest.mark.parametrize("tenant", ["", ".com", "contoso.", "a/b", "a@b"])
def test_no_tenants(tenant: str) -> None:
    with pytest.raises(CredentialError):
        check_tenant(tenant)


@given(st.text(), st.sampled_from("/?#%\\ \n"), st.text())
def test_nothing_that_means_something_in_an_address_passes(before: str, letter: str, after: str) -> None:
    for check in CHECKS:
        with pytest.raises((BadInput, CredentialError)):
            check(before + letter + after)


@given(st.text())
def test_what_is_shown_of_a_value_is_short_and_one_line(text: str) -> None:
    assert len(shown(text).splitlines()) == 1
    assert len(shown(text)) <= 10 * 43 + 2
