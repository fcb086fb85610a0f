# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Every option of the role in every form that surveys, `-e name=value` and YAML give it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._options.forms import read_options
from ansible_collections.azroll.vmss.plugins.module_utils._options.role_options import FLAGS, RANGES
from ansible_collections.azroll.vmss.tests.unit.filters import FILTERS

ROLE = Path(__file__).parents[3] / "roles" / "rollout"


def read(path: str) -> Any:
    return yaml.safe_load((ROLE / path).read_text(encoding="utf-8"))


SPEC = read("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
DEFAULTS = read("defaults/main.yml")
REQUIRED = {"rollout_resource_group": "rg-shop", "rollout_scale_set": "web"}
ALERTS = [
    f"/subscriptions/5e5e5e5e-0000-4000-8000-000000000001/resourceGroups/rg-shop/providers/Microsoft.Network/{name}"
    for name in ("loadBalancers/web", "loadBalancers/api")
]
# What is meant, where any value will not do.
MEANT: dict[str, Any] = {
    **REQUIRED,
    "rollout_image": {"publisher": "Canonical", "version": "latest"},
    "rollout_only": {"zones": ["1", "2"], "instance_ids": ["3"]},
    "rollout_skip": {"instance_ids": ["4", "5"], "tags": ["never"]},
    "rollout_batches": ["1", "5", "20%"],
    "rollout_zone_order": ["2", "1"],
    "rollout_domain_order": ["4", "0"],
    "rollout_include_instances": ["web_a", "web_b"],
    "rollout_busy_tags": ["busy", "in-use"],
    "rollout_accept": ["managed", "instances_missing"],
    "rollout_health_url_status": ["200", "204"],
    "rollout_health_alerts": ALERTS,
    "rollout_max_unavailable": "30%",
    "rollout_max_unavailable_per_zone": "2",
    "rollout_max_unavailable_per_fault_domain": "1",
    "rollout_until": "25%",
    "rollout_health_url": "https://shop.example.com/health",
    "rollout_health_instance_url": "http://{address}:8080/health",
    "rollout_health_tasks": "health_gate.yml",
    "rollout_before_batch": "health_gate.yml",
    "rollout_after_batch": "health_gate.yml",
    "rollout_report_dir": "/tmp",
    **{name: (least + most) // 2 for name, (least, most) in RANGES.items()},
    **{name: not DEFAULTS[name] for name in FLAGS},
    **{name: next(one for one in spec["choices"][::-1] if one) for name, spec in SPEC.items() if "choices" in spec},
}


def filtered(name: str, *values: Any) -> Any:
    return FILTERS[name](*values)


def as_given(option: str, value: Any) -> Any:
    return filtered("rollout_given", {**REQUIRED, option: value}, DEFAULTS)[option.removeprefix("rollout_")]


def forms(option: str) -> list[Any]:
    """What is meant, as it may come."""
    value = MEANT[option]
    if isinstance(value, bool):
        return [value, str(value), str(value).lower(), "yes" if value else "no", "1" if value else "0", int(value)]
    if isinstance(value, int):
        return [value, str(value), f" {value} "]
    if isinstance(value, list):
        return [value, json.dumps(value), f" {json.dumps(value)}\n", repr(value), ",".join(value), ", ".join(value)]
    if isinstance(value, dict):
        fields = {name: ",".join(one) if isinstance(one, list) else one for name, one in value.items()}
        pairs = [f'{name}="{text}"' for name, text in fields.items()]
        texts = [json.dumps(value), f" {json.dumps(value)}\n", repr(value), " ".join(pairs), ", ".join(pairs)]
        empty = dict.fromkeys(SPEC[option]["options"], "")
        return [value, *texts, fields, json.dumps(fields), {**empty, **value}, json.dumps({**empty, **fields})]
    return [value, int(value)] if value.isdigit() else [value]


EACH = [(option, form) for option in SPEC for form in forms(option)]


def test_every_option_is_tried_and_has_one_type():
    assert set(MEANT) == set(SPEC) == {*DEFAULTS, *REQUIRED}
    assert {name for name, value in DEFAULTS.items() if isinstance(value, int) and not isinstance(value, bool)} == set(
        RANGES
    )
    assert {name for name, value in DEFAULTS.items() if isinstance(value, bool)} == set(FLAGS)


@pytest.mark.parametrize(("option", "form"), EACH, ids=lambda part: repr(part)[:70])
def test_every_form_of_an_option_means_the_same(option, form):
    read = as_given(option, form)
    assert read == MEANT[option]
    assert type(read) is type(MEANT[option])


@pytest.mark.parametrize(("option", "form"), EACH, ids=lambda part: repr(part)[:70])
def test_every_form_of_an_option_passes_ansible_and_the_role(option, form):
    assert ArgumentSpecValidator({option: SPEC[option]}).validate({option: form}).error_messages == []
    # Without a lease nothing is too long for it.
    lease = {} if option == "rollout_lease_take_over" else {"rollout_lease": "0"}
    options = {**REQUIRED, "rollout_direction": "rollback", **lease, option: form}
    found = filtered("rollout_options", options, [str(ROLE / "tasks")], DEFAULTS)
    assert found == []


@pytest.mark.parametrize("option", sorted(DEFAULTS))
@pytest.mark.parametrize("empty", ["", "  ", None], ids=repr)
def test_an_empty_text_is_the_default(option, empty):
    assert as_given(option, empty) == DEFAULTS[option]
    if empty == "":
        assert ArgumentSpecValidator({option: SPEC[option]}).validate({option: empty}).error_messages == []


@pytest.mark.parametrize("option", sorted(REQUIRED))
def test_what_is_required_may_not_be_empty(option):
    (sentence,) = filtered("rollout_options", {**REQUIRED, "rollout_direction": "rollback", option: ""}, [], DEFAULTS)
    assert option in sentence


def test_an_option_that_is_not_given_has_its_default():
    assert filtered("rollout_given", REQUIRED, DEFAULTS) == {
        name.removeprefix("rollout_"): value for name, value in {**DEFAULTS, **REQUIRED}.items()
    }


def test_a_part_of_a_code_accepts_nothing():
    assert as_given("rollout_accept", "unmanaged") == ["unmanaged"]
    options = {**REQUIRED, "rollout_image": "version=latest", "rollout_accept": "unmanaged"}
    (sentence,) = filtered("rollout_options", options, [], DEFAULTS)
    assert "unmanaged" in sentence
    assert "managed," in sentence


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[
            (name, text)
            for name, one in DEFAULTS.items()
            if isinstance(one, dict)
            for text in ("x", "{", "[1]", "a=b c")
        ],
        *[
            (name, text)
            for name, one in DEFAULTS.items()
            if isinstance(one, list)
            for text in ("[", '["a"', "[" * 9999)
        ],
        *[(name, text) for name in FLAGS for text in ("perhaps", 2, [True])],
        *[(name, text) for name in RANGES for text in ("soon", "1.5", True, [1], "9" * 50)],
    ],
    ids=lambda part: repr(part)[:40],
)
def test_what_cannot_be_read_is_refused_by_name(option, value):
    found = filtered(
        "rollout_options", {**REQUIRED, "rollout_image": {"version": "latest"}, option: value}, [], DEFAULTS
    )
    assert [sentence for sentence in found if option in sentence] != []
    assert all(len(sentence) < 900 for sentence in found)


WORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(st.lists(WORDS, min_size=1))
def test_a_list_and_its_texts_are_one(entries: list[str]) -> None:
    read = [as_given("rollout_busy_tags", form) for form in (entries, json.dumps(entries), ",".join(entries))]
    assert read == [entries] * 3


@given(st.dictionaries(WORDS, WORDS, min_size=1))
def test_a_dictionary_and_its_texts_are_one(fields: dict[str, str]) -> None:
    pairs = " ".join(f"{name}={text}" for name, text in fields.items())
    assert [as_given("rollout_image", form) for form in (fields, json.dumps(fields), pairs)] == [fields] * 3


@given(st.sampled_from(sorted(SPEC)), ANYTHING)
def test_what_was_read_is_read_as_it_is(option: str, value: Any) -> None:
    once = read_options({option: value}, DEFAULTS)
    assert repr(read_options(once, DEFAULTS)) == repr(once)


def values(node: Any) -> list[str]:
    """Every name and text of a YAML document."""
    if isinstance(node, dict):
        return [text for name, value in node.items() for text in (str(name), *values(value))]
    return [text for value in node for text in values(value)] if isinstance(node, list) else [str(node)]


RAW = re.compile(rf"(?<![.\w])(?:{'|'.join(SPEC)})\b(?!=)")


@pytest.mark.parametrize(
    "file", sorted(path for path in ROLE.glob("tasks/*.yml") if path.name != "options.yml"), ids=lambda path: path.name
)
def test_no_task_reads_an_option_as_it_was_given(file):
    """Only `rollout__given` has the types; a text is `in` any longer text, and no list."""
    found = [name for text in values(yaml.safe_load(file.read_text(encoding="utf-8"))) for name in RAW.findall(text)]
    assert found == []


def test_no_variable_of_the_role_reads_one_either():
    variables = {name: one for name, one in read("vars/main.yml").items() if name != "rollout__checked"}
    assert [name for text in values(variables) for name in RAW.findall(text)] == []
