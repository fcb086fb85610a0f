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
WEB = (
    "/subscriptions/5e5e5e5e-0000-4000-8000-000000000001/resourceGroups/rg-shop/providers/Microsoft.Network/"
    "loadBalancers/web"
)
WRONG: list[tuple[str, Any]] = [
    *[("rollout_resource_group", value) for value in ("", "..", "a/b", "rg?x", "rg.", "x" * 91, "a\nb")],
    *[("rollout_scale_set", value) for value in ("", "../web", "web#", "_web", "web-", "x" * 65, "web%2f")],
    *[
        ("rollout_image", value)
        for value in ({}, {"version": ".."}, {"id": "x"}, {"id": "/a/b", "uri": "c"}, {"os": 1})
    ],
    *[("rollout_image", {"uri": f"https://a/b.vhd{query}"}) for query in ("?sig=hush-hush", "#x")],
    *[("rollout_max_unavailable", value) for value in ("", "0", "-1", "101%", "abc", 1.5, "NaN", "9" * 50)],
    *[("rollout_max_unavailable_per_zone", value) for value in ("0", "0%", "x", "-5%")],
    *[("rollout_max_unavailable_per_fault_domain", value) for value in ("0", "1e3")],
    *[("rollout_until", value) for value in ("abc", "0", "200%", "25 percent")],
    *[("rollout_batches", value) for value in (["x"], [1, "0"], [None], [[1]], {"a": 1})],
    *[("rollout_only", value) for value in ({"rack": ["1"]}, ["1"])],
    *[("rollout_skip", value) for value in ({"names": ["web-1"]}, "3")],
    *[("rollout_accept", value) for value in (["everything"], ["lease", "{{ x }}"])],
    *[(name, value) for name in ("rollout_soak", "rollout_bake", "rollout_warm_up") for value in (-1, "x", "", 10**30)],
    *[("rollout_canary", value) for value in (-1, "one", 1.5, True)],
    *[("rollout_lease", value) for value in (-1, 10**9, "two hours")],
    *[("rollout_sweep_rounds", value) for value in (-1, "")],
    *[("rollout_sweep_delay", value) for value in (-1, "")],
    *[("rollout_upgrade_timeout", value) for value in (0, -5, "10m")],
    *[("rollout_poll_interval", value) for value in (0, -1, float("inf"))],
    *[("rollout_health_retries", value) for value in (-1, "many")],
    *[("rollout_health_delay", value) for value in (-1, 0, float("nan"))],
    *[("rollout_health_successes", value) for value in (0, -1)],
    *[("rollout_health_url", value) for value in ("shop", "ftp://shop/", "http://", "http://a:b/", "https://a b/")],
    *[
        ("rollout_health_instance_url", value)
        for value in ("http://10.0.0.4/", "{address}", "ftp://{address}/", "http://{address}:x/", "http://{address} /")
    ],
    *[("rollout_health_url_status", value) for value in ([99], ["ok"], [None], 200)],
    *[("rollout_health_alerts", value) for value in (["web"], ["/a/b"], "/subscriptions/x", [None], {"a": 1})],
    *[("rollout_health_alerts", [f"{WEB}{more}"]) for more in ("/..", "/../x", "?a=b", "#", "/", "%2f", " ")],
    ("rollout_health_alerts", [WEB] * 21),
    *[("rollout_zone_order", value) for value in (["1/../2"], "a b", [None], ["x" * 41], {"1": 2})],
    *[("rollout_domain_order", value) for value in (["one"], [-1], ["1000"], [[1]], ["9" * 50])],
    *[("rollout_busy_tags", value) for value in (["a/b"], [" "], ["x" * 513], [None], {"a": 1})],
    *[("rollout_skip", {"tags": value}) for value in (["a?b"], [None], {"a": 1})],
    *[("rollout_before_batch", value) for value in ("nowhere.yml", "/", "a\x00b")],
    ("rollout_after_batch", "/nonexistent/after.yml"),
    ("rollout_health_tasks", "../../nowhere.yml"),
    *[("rollout_report_dir", value) for value in ("/etc/passwd", "/etc/passwd/report", "a\nb")],
]

# Right one by one; the names that the one sentence has to say are those of the options.
CONTRADICTIONS: list[dict[str, Any]] = [
    *[{"rollout_lease_take_over": value, "rollout_lease": none} for value in (True, "yes") for none in (0, "0")],
    {"rollout_only": {"instance_ids": ["web_1", 2]}, "rollout_skip": {"instance_ids": ["2", "Web_1", "3"]}},
    {"rollout_only": {"instance_ids": "1", "zones": ["1"]}, "rollout_skip": {"instance_ids": ["1"], "tags": ["x"]}},
    {"rollout_skip": {"tags": ["Drain"]}, "rollout_busy_tags": ["batch-job", "drain"]},
    *[{"rollout_domain_order": ["1"], "rollout_by": by} for by in ("zone", "batch")],
    *[{"rollout_checkpoint": "canary", "rollout_canary": none} for none in (0, "0")],
    {"rollout_quarantine": 1, "rollout_max_unavailable": "1"},
    # Longer than half of the lease only together: 300 s for room and 1800 s for the upgrade.
    {"rollout_upgrade_timeout": 1800, "rollout_health_retries": 30, "rollout_lease": 69},
    *[
        {name: seconds, "rollout_lease": 71}
        for name in (
            "rollout_warm_up",
            "rollout_soak",
            "rollout_bake",
            "rollout_upgrade_timeout",
            "rollout_sweep_delay",
        )
        for seconds in (2131, "7200")
    ],
]
# At the edge of those, or where an option only has no effect.
HARMLESS: list[dict[str, Any]] = [
    {"rollout_lease_take_over": "false", "rollout_lease": 0},
    {"rollout_only": {"instance_ids": ["1", "2"]}, "rollout_skip": {"instance_ids": ["1"]}},
    {"rollout_only": {"zones": ["1"]}, "rollout_skip": {"instance_ids": ["1"]}},
    {"rollout_skip": {"tags": ["never"]}, "rollout_busy_tags": ["busy"]},
    {"rollout_domain_order": ["1"], "rollout_by": "fault_domain"},
    {"rollout_zone_order": ["1"], "rollout_by": "batch"},
    {"rollout_checkpoint": "canary", "rollout_canary": 0, "rollout_batches": [1, "20%"]},
    {"rollout_checkpoint": "batch", "rollout_canary": 0, "rollout_until": "25%"},
    {"rollout_batches": [1, 5], "rollout_canary": 3},
    {"rollout_quarantine": 1, "rollout_max_unavailable": 2},
    {"rollout_soak": 1800, "rollout_warm_up": 400, "rollout_bake": 1800, "rollout_lease": 70},
    {"rollout_soak": 7200, "rollout_lease": 0},
    {"rollout_restore_policy": True, "rollout_health_alert_severity": "Sev1", "rollout_health_url_status": [204]},
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


@pytest.mark.parametrize("options", CONTRADICTIONS, ids=repr)
def test_options_that_contradict_each_other_are_refused_by_their_names(options):
    (sentence,) = wrong(**options)
    assert [name for name in options if name not in sentence] == []


@pytest.mark.parametrize("options", HARMLESS, ids=repr)
def test_options_that_can_be_meant_together_are_taken(options):
    assert wrong(**options) == []


@pytest.mark.parametrize("options", CONTRADICTIONS, ids=repr)
def test_the_rollback_is_open_with_what_only_the_way_forward_needs(options):
    both_ways = {"rollout_lease_take_over", "rollout_skip"} & set(options)
    assert len(wrong(**options, rollout_direction="rollback")) == bool(both_ways)


def test_all_wrong_options_are_told_at_once():
    assert len(wrong(rollout_lease=0, rollout_lease_take_over=True, rollout_soak=-1)) == 2
    assert len(wrong(rollout_soak=-1, rollout_until="abc", rollout_batches=["x"])) == 3


def test_alerts_are_watched_by_ids_and_the_word_for_the_scale_set():
    assert wrong(rollout_health_alerts=["scale_set", WEB, f"{WEB}/probes/http"]) == []


def test_an_instance_is_asked_where_its_address_stands():
    assert wrong(rollout_health_instance_url="http://{address}:8080/health") == []


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
