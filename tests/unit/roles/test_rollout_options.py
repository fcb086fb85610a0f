# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Every option of the role with values that nobody should give: Ansible's own check, then the role's first one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.tests.unit.filters import FILTERS

ROLE = Path(__file__).parents[3] / "roles" / "rollout"


def read(path: str) -> Any:
    return yaml.safe_load((ROLE / path).read_text(encoding="utf-8"))


SPEC = read("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
GOOD = {
    **read("defaults/main.yml"),
    "rollout_resource_group": "rg-shop",
    "rollout_scale_set": "web",
    "rollout_image": {"version": "latest"},
}
WRONG: list[tuple[str, Any]] = [
    *[("rollout_before_batch", value) for value in ("nowhere.yml", "/", "a\x00b")],
    ("rollout_after_batch", "/nonexistent/after.yml"),
    ("rollout_health_tasks", "../../nowhere.yml"),
    *[("rollout_report_dir", value) for value in ("/etc/passwd", "/etc/passwd/report", "a\nb")],
]


def wrong(**options: Any) -> list[str]:
    found: list[str] = FILTERS["rollout_options"]({**GOOD, **options}, [str(ROLE / "tasks")])
    return found


def test_the_defaults_are_right():
    assert wrong() == []


def test_every_option_is_looked_at():
    assert read("vars/main.yml")["rollout__checked"] == list(SPEC)


@pytest.mark.parametrize(("option", "value"), WRONG, ids=lambda part: repr(part)[:60])
def test_a_wrong_option_is_refused_by_name(option, value):
    (sentence,) = wrong(**{option: value})
    assert option in sentence
    assert len(sentence) < 900
    assert "hush-hush" not in sentence


@pytest.mark.parametrize("value", ["a\nb", "\x00", "x" * 3000], ids=["two lines", "null", "huge"])
@pytest.mark.parametrize(
    "option", [name for name, one in SPEC.items() if "choices" not in one and one["type"] != "bool"]
)
def test_a_hostile_text_is_refused_by_every_option_that_takes_one(option, value):
    spec = SPEC[option]
    match spec["type"]:
        case "list":
            given = [value]
        case "dict":
            given = {_text_of(spec): [value]}
        case _:
            given = value
    (sentence,) = wrong(**{option: given})
    assert option in sentence
    assert len(sentence) < 900


def _text_of(spec: dict[str, Any]) -> str:
    """A suboption, of any type: `tags`, `instance_ids` and `version` are looked into."""
    return next(name for name in ("tags", "instance_ids", "version") if name in spec["options"])


def test_a_file_is_found_where_the_role_would_find_it(tmp_path):
    file = tmp_path / "drain.yml"
    file.touch()
    assert wrong(rollout_before_batch=str(file), rollout_report_dir=str(tmp_path / "a" / "b")) == []
    assert wrong(rollout_before_batch="health_gate.yml") == []


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


@given(st.sampled_from(sorted(SPEC)), VALUES)
def test_no_value_is_answered_by_anything_but_words(option: str, value: Any) -> None:
    try:
        sentences = wrong(**{option: value})
    except AnsibleFilterError as error:
        sentences = [str(error)]
    assert all(isinstance(one, str) and len(one) < 2000 for one in sentences)


@pytest.mark.parametrize("option", [name for name, spec in SPEC.items() if spec["type"] != "str" or "choices" in spec])
def test_another_type_is_refused_by_ansible_or_by_the_role(option):
    value = {"int": "x", "bool": "perhaps", "list": {"a": 1}, "dict": "x", "str": "sideways"}[
        type(SPEC[option]["default"]).__name__
    ]
    validator = ArgumentSpecValidator({option: SPEC[option]})
    refused = [*validator.validate({option: value}).error_messages, *wrong(**{option: value})]
    assert [sentence for sentence in refused if option in sentence] != []
