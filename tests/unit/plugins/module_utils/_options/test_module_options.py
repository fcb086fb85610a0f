# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._options.module_options import (
    LIMITS,
    LONGEST_TEXT,
    RANGES,
    RESOURCES,
    check_options,
    check_range,
    check_text,
    signatures_in,
    texts,
)

GOOD: dict[str, Any] = {"resource_group": "rg-shop", "name": "web"}
ID = (
    "/subscriptions/5e5e5e5e-0000-4000-8000-000000000001/resourceGroups/rg-shop/providers/Microsoft.Network/"
    "loadBalancers/web"
)
SIGNED = "https://a.blob.core.windows.net/c/d.vhd?sv=2024-11-04&sig=hush-hush"


def refusal(**options: Any) -> BadInput:
    with pytest.raises(BadInput) as caught:
        check_options({**GOOD, **options})
    return caught.value


@pytest.mark.parametrize("option", RANGES)
def test_a_number_is_taken_from_the_least_to_the_most(option: str) -> None:
    least, most = RANGES[option]
    for value in (least, most, None):
        check_options({**GOOD, option: value})
    for value in (least - 1, most + 1):
        refused = refusal(**{option: value})
        assert (refused.message, refused.advice) == (f"{option} is {value}", f"Give {least} to {most}.")


def test_a_number_of_many_digits_is_not_repeated() -> None:
    with pytest.raises(BadInput, match=r"^n is far away\. Give 0 to 9\.$"):
        check_range(10**10, "n", 0, 9)
    with pytest.raises(BadInput, match="n is far away"):
        check_range(-(10**10), "n", 0, 9)


@pytest.mark.parametrize("text", ["", "x" * LONGEST_TEXT, "名前 🦄", "{{ 1 + 1 }}", "a b"])
def test_a_text_of_one_line_is_taken(text: str) -> None:
    check_text(text, "holder")


@pytest.mark.parametrize("letter", ["\n", "\r", "\t", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"])
def test_control_characters_are_refused_and_the_text_is_not_repeated(letter: str) -> None:
    refused = refusal(holder=f"hush{letter}hush")
    assert refused.message.startswith("holder holds control characters")
    assert "hush" not in str(refused)


def test_a_text_that_is_too_long_is_refused_by_its_length_alone() -> None:
    refused = refusal(holder="x" * (LONGEST_TEXT + 1))
    assert refused.message == f"holder has {LONGEST_TEXT + 1} characters"
    assert refused.advice == f"Give at most {LONGEST_TEXT}."


def test_texts_are_looked_for_in_lists_and_dictionaries_by_the_names_that_lead_there() -> None:
    given = {"name": "web", "skip": {"tags": ["a", "b"], "deep": [{"x": "c"}]}, "minutes": 5, "only": None}
    assert list(texts(given)) == [("name", "web"), ("skip.tags", "a"), ("skip.tags", "b"), ("skip.deep.x", "c")]
    assert refusal(skip={"tags": ["never", "a\nb"]}).message.startswith("skip.tags ")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("resource_group", "rg/../x"),
        ("name", "../web"),
        *((name, value) for name in LIMITS for value in ("0", "101%", "some")),
        ("url", "http://10.0.0.4/"),
        ("url", "ftp://{address}/"),
        ("status_code", [200, 99]),
        ("status_code", [600]),
        *((name, value) for name in RESOURCES for value in (["web"], [ID] * 21)),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(option: str, value: Any) -> None:
    refused = refusal(**{option: value})
    assert option in refused.message
    assert refused.advice


@pytest.mark.parametrize("option", ["image", "target_image"])
def test_an_image_that_cannot_be_meant_is_refused(option: str) -> None:
    assert "names nothing to change to" in refusal(**{option: {}}).message
    assert "several kinds of image" in refusal(**{option: {"id": ID, "version": "1.0.0"}}).message


@pytest.mark.parametrize(
    "options",
    [
        *({name: value} for name in LIMITS for value in (None, "", "1", "100%")),
        {"url": "http://{address}:8080/health", "status_code": [100, 599]},
        *({name: ["scale_set", ID]} for name in RESOURCES),
        {"resources": None, "status_code": None, "url": None, "image": None, "target_image": None},
        {"image": {"version": "latest"}, "target_image": {"id": ID}},
    ],
    ids=repr,
)
def test_what_can_be_meant_is_taken(options: dict[str, Any]) -> None:
    check_options({**GOOD, **options})


def test_options_are_held_against_each_other_when_each_is_right() -> None:
    both = {"wait_for": "healthy", "operation_id": "o"}
    assert "wait_for is neither upgraded nor idle" in refusal(**both).message
    assert refusal(**both, wait_timeout=-1).message == "wait_timeout is -1"


def test_signatures_are_found_wherever_they_stand() -> None:
    assert signatures_in({"image": {"uri": SIGNED}, "resources": [f"{SIGNED}2", "web"], "minutes": 5}) == {
        "hush-hush",
        "hush-hush2",
    }
    assert signatures_in({**GOOD, "url": "https://shop.example.com/?design=new"}) == set()
