# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What is masked in the words of others, and what stays as they wrote it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.masking import masked, names_secret

NAMES = ["password", "adminPassword", "admin-password", "client_secret", "access_token", "AccountKey", "customData"]


@pytest.mark.parametrize("name", NAMES)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_whatever_json_sets_a_secret_to_is_masked_at_every_depth(name: str, text: str) -> None:
    said = {"before": "kept", name: f"hidden{text}hidden", "after": "kept"}
    document = json.dumps(said)
    for told in (
        document,
        json.dumps(document),
        json.dumps(json.dumps(document)),
        json.dumps(said, ensure_ascii=False),
    ):
        shown = masked(f"The request {told} was refused.")
        assert "hidden" not in shown
        assert shown.count("kept") == 2
        assert shown.endswith("was refused.")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def x", "Authorization: *** x"),
        ("run --admin-password 'a b' --verbose", "run --admin-password *** --verbose"),
        ("password='a b", "password=***"),
        (
            "X-Authorization: abc, my-user-data=abc, -sig=abc, my.token=abc",
            "X-Authorization: ***, my-user-data=***, -sig=***, my.token=***",
        ),
        ("---password abc --custom-data abc --account-key abc", "---password *** --custom-data *** --account-key ***"),
        ("token eyJhbGciOiJub25l.eyJzdWIiOiJ4In0.sig, too", "token ***, too"),
        ('{"protectedSettings": {"a": [{"b": "c"}]}, "d": 1}', '{"protectedSettings": ***'),
        ("GET /x?sv=1&sig=abc%3D&se=2", "GET /x?sv=1&sig=***&se=2"),
    ],
)
def test_secrets_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value.",
        "Required parameter 'adminPassword' is missing (null).",
        "The client 'a' does not have authorization to perform action 'x/write' over scope '/subscriptions/b'.",
        "VM has reported a failure when processing extension 'config': exit status=1, design: none.",
        "Trace ID: 1 Correlation ID: 2 Timestamp: 2026-11-20 10:00:00Z",
        "The supplied password must be between 6-72 characters long.",
    ],
)
def test_words_of_azure_stay_as_they_are(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "unit", ["x", "token", "token=", '"', "\\", "--password ", "eyJ", "password='", "-", "a-", "--a", "-sig"]
)
def test_no_text_takes_long(unit: str) -> None:
    assert len(masked(unit * 20_000)) <= 400_000


@pytest.mark.parametrize(
    "name", ["keyData", "disablePasswordAuthentication", "secretUrl", "sourceVault", "computerNamePrefix"]
)
def test_fields_that_hold_no_secret(name: str) -> None:
    assert not names_secret(name)
