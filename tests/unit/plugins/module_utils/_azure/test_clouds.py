# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Where the endpoints of a cloud are, in every form in which a private one describes itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._azure.clouds import (
    KNOWN_CLOUDS,
    Cloud,
    known_cloud,
    metadata_url,
    parse_metadata,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, ConnectionFailed

URL = "https://management.local.azurestack.external/metadata/endpoints?api-version=2015-01-01"
LOGIN = {"loginEndpoint": "https://login.local/", "audiences": ["https://management.local/"]}


@pytest.mark.parametrize("name", KNOWN_CLOUDS)
def test_clouds_are_known_in_any_case(name: str) -> None:
    assert known_cloud(name.upper()) == KNOWN_CLOUDS[name]


def test_an_address_is_a_private_cloud_and_anything_else_none() -> None:
    assert known_cloud("https://management.local") is None
    for wrong in ("", "AzureMoonCloud", "http://management.local", "https://"):
        with pytest.raises(BadInput):
            known_cloud(wrong)


def test_the_address_of_a_resource_manager_alone_will_do() -> None:
    assert metadata_url("https://management.local.azurestack.external/") == URL
    assert metadata_url("https://x/metadata/endpoints?api-version=2022-09-01").endswith("2022-09-01")


@pytest.mark.parametrize(
    "document",
    [
        {"authentication": LOGIN},
        {"resourceManager": "https://management.local.azurestack.external/", "authentication": LOGIN},
        [
            {"resourceManager": "https://other", "authentication": {**LOGIN, "audiences": ["https://other"]}},
            {"resourceManager": "https://management.local.azurestack.external", "authentication": LOGIN},
        ],
    ],
    ids=["2015", "2022", "2019"],
)
def test_every_form_leads_to_the_same_cloud(document: Any) -> None:
    assert parse_metadata(json.dumps(document), URL) == Cloud(
        "https://management.local.azurestack.external", "https://login.local", "https://management.local/"
    )


@pytest.mark.parametrize(
    "login",
    [{**LOGIN, "loginEndpoint": "https://login.local/adfs/"}, {**LOGIN, "identityProvider": "ADFS"}],
)
def test_a_cloud_with_adfs(login: dict[str, Any]) -> None:
    cloud = parse_metadata(json.dumps({"authentication": login}), URL)
    assert (cloud.adfs, cloud.authority) == (True, "https://login.local")


def test_a_token_is_asked_for_with_one_slash() -> None:
    assert Cloud("x", "y", "https://management.local/").scope == "https://management.local/.default"


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["authentication", "loginEndpoint", "audiences", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.text() | JSON.map(json.dumps))
def test_an_answer_that_describes_no_cloud_is_refused(body: str) -> None:
    with pytest.raises(ConnectionFailed):
        parse_metadata(body, URL)
