# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Options of the role with values that cannot be meant, alone and together, beside the defaults of all others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._options.role_options import (
    FLAGS,
    LIMITS,
    RANGES,
    TASK_FILES,
    wrong_options,
)

ROLE = Path(__file__).parents[5] / "roles" / "rollout"
GOOD: dict[str, Any] = {
    **yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8")),
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


def no_file(name: str, value: Any) -> None:
    raise BadInput(f"{name} is {value}, and there is no such file", advice="Give a whole path.")


def no_folder(name: str, value: Any) -> None:
    raise BadInput(f"{name} is {value}, which is not a folder", advice="Give a folder.")


def wrong(**options: Any) -> list[str]:
    return wrong_options({**GOOD, **options}, check_file=no_file, check_folder=no_folder)


def test_the_defaults_are_right() -> None:
    assert wrong() == []


@pytest.mark.parametrize(("option", "value"), WRONG, ids=lambda part: repr(part)[:60])
def test_a_wrong_option_is_refused_by_name(option: str, value: Any) -> None:
    (sentence,) = wrong(**{option: value})
    assert option in sentence
    assert len(sentence) < 900
    assert "hush-hush" not in sentence


@pytest.mark.parametrize("option", RANGES)
def test_a_number_is_taken_from_the_least_to_the_most(option: str) -> None:
    def alone(value: Any) -> list[str]:
        return wrong_options({option: value}, check_file=no_file, check_folder=no_folder)

    least, most = RANGES[option]
    right: list[Any] = [least, most, str(least), f" {most} "]
    outside: list[Any] = [least - 1, most + 1, f"{most}.0", None, True, [least]]
    for value in right:
        assert alone(value) == []
    for value in outside:
        (sentence,) = alone(value)
        assert option in sentence
        assert f"Give {least} to {most}." in sentence


@pytest.mark.parametrize("option", FLAGS)
def test_a_flag_is_taken_as_ansible_reads_it(option: str) -> None:
    right: list[Any] = [True, "no", "on", 0]
    unreadable: list[Any] = ["perhaps", 2, None, []]
    for value in right:
        assert wrong_options({option: value}, check_file=no_file, check_folder=no_folder) == []
    for value in unreadable:
        (sentence,) = wrong(**{option: value})
        assert sentence.startswith(f"{option} is ")
        assert "neither true nor false" in sentence


@pytest.mark.parametrize("option", [*LIMITS, *TASK_FILES, "rollout_report_dir", "rollout_health_url"])
@pytest.mark.parametrize("empty", [None, ""])
def test_what_may_be_empty_is_not_looked_at_then(option: str, empty: str | None) -> None:
    assert wrong(**{option: empty}) == []


@pytest.mark.parametrize("option", TASK_FILES)
def test_a_file_of_tasks_is_looked_for(option: str) -> None:
    assert wrong(**{option: "drain.yml"}) == [f"{option} is drain.yml, and there is no such file. Give a whole path."]


def test_the_folder_of_the_report_is_looked_for() -> None:
    assert wrong(rollout_report_dir="/x") == ["rollout_report_dir is /x, which is not a folder. Give a folder."]


@pytest.mark.parametrize("image", [None, {}, ""])
def test_the_way_forward_takes_an_image_and_the_rollback_does_not(image: Any) -> None:
    (sentence,) = wrong(rollout_image=image)
    assert sentence.startswith("rollout_image is empty. Give the image to bring")
    assert wrong(rollout_image=image, rollout_direction="rollback") == []


def test_what_is_not_given_is_not_looked_at() -> None:
    assert wrong_options({}, check_file=no_file, check_folder=no_folder) == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("rollout_health_url_status", "200, 204"),
        ("rollout_domain_order", [0, "999"]),
        ("rollout_zone_order", ["2", " 1 "]),
        ("rollout_batches", "1,5,20%"),
        ("rollout_busy_tags", ["x" * 512, "in use"]),
        ("rollout_include_instances", ["web_1a2b3c", "Win.VM-1"]),
        ("rollout_accept", ["managed", "instances_missing"]),
        ("rollout_skip", {"instance_ids": ["3"], "tags": []}),
        ("rollout_only", {"zones": ["1"], "instance_ids": [3]}),
        ("rollout_health_url", "https://shop.example.com/health"),
    ],
)
def test_what_can_be_meant_is_taken(option: str, value: Any) -> None:
    assert wrong(**{option: value}) == []


@pytest.mark.parametrize("value", [["a/b"], ["x" * 65], [""], [None]])
def test_an_id_of_an_instance_is_the_name_of_a_virtual_machine(value: list[Any]) -> None:
    (sentence,) = wrong(rollout_include_instances=value)
    assert sentence.startswith("rollout_include_instances ")


@pytest.mark.parametrize("options", CONTRADICTIONS, ids=repr)
def test_options_that_contradict_each_other_are_refused_by_their_names(options: dict[str, Any]) -> None:
    (sentence,) = wrong(**options)
    assert [name for name in options if name not in sentence] == []


@pytest.mark.parametrize("options", HARMLESS, ids=repr)
def test_options_that_can_be_meant_together_are_taken(options: dict[str, Any]) -> None:
    assert wrong(**options) == []


@pytest.mark.parametrize("options", CONTRADICTIONS, ids=repr)
def test_the_rollback_is_open_with_what_only_the_way_forward_needs(options: dict[str, Any]) -> None:
    both_ways = {"rollout_lease_take_over", "rollout_skip"} & set(options)
    assert len(wrong(**options, rollout_direction="rollback")) == bool(both_ways)


def test_all_wrong_options_are_told_at_once() -> None:
    assert len(wrong(rollout_lease=0, rollout_lease_take_over=True, rollout_soak=-1)) == 2
    assert len(wrong(rollout_soak=-1, rollout_until="abc", rollout_batches=["x"])) == 3


def test_alerts_are_watched_by_ids_and_the_word_for_the_scale_set() -> None:
    assert wrong(rollout_health_alerts=["scale_set", WEB, f"{WEB}/probes/http"]) == []


def test_an_instance_is_asked_where_its_address_stands() -> None:
    assert wrong(rollout_health_instance_url="http://{address}:8080/health") == []
