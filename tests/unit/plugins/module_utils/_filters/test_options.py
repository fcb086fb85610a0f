# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The options of the role as its tasks read them: their names and types, what is wrong with them, and who runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._filters.options import (
    rollout_given,
    rollout_holder,
    rollout_options,
)
from ansible_collections.azroll.vmss.plugins.module_utils._operations.lease_process import holder_name

DEFAULTS: dict[str, Any] = {"rollout_soak": 30, "rollout_by": "zone", "rollout_image": {}, "rollout_zone_order": []}


def test_options_lose_their_prefix_and_gain_their_types_and_what_is_not_given_is_the_default() -> None:
    given = rollout_given({"rollout_soak": "60", "rollout_zone_order": "2,1"}, DEFAULTS)
    assert given == {"soak": 60, "by": "zone", "image": {}, "zone_order": ["2", "1"]}


def test_an_empty_option_is_the_default_and_none_of_what_is_given_is_changed() -> None:
    options = {"rollout_soak": "", "rollout_by": None}
    assert rollout_given(options, DEFAULTS) == rollout_given({}, DEFAULTS)
    assert options == {"rollout_soak": "", "rollout_by": None}


def test_only_the_prefix_is_taken_away() -> None:
    assert rollout_given({"rollout_rollout_x": "a", "y": "b"}, {}) == {"rollout_x": "a", "y": "b"}


def test_options_may_be_a_text() -> None:
    assert rollout_given(json.dumps({"rollout_soak": 7}), json.dumps(DEFAULTS))["soak"] == 7


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: rollout_given([], {}), "options"),
        (lambda: rollout_given({}, 7), "defaults"),
        (lambda: rollout_options([]), "options"),
        (lambda: rollout_options({}, None, 7), "defaults"),
        (lambda: rollout_options({}, {"a": 1}), "folders"),
    ],
)
def test_a_parameter_of_another_type_is_refused_by_name(call: Any, name: str) -> None:
    with pytest.raises(BadInput, match=f"^{name} is "):
        call()


def test_there_is_a_sentence_for_each_option_that_is_wrong_and_none_for_the_others() -> None:
    wrong = rollout_options({"rollout_soak": "x", "rollout_canary": -1, "rollout_lease": 60})
    assert len(wrong) == 2
    assert {one.split()[0] for one in wrong} == {"rollout_soak", "rollout_canary"}
    assert rollout_options({"rollout_lease": 60}) == []


@pytest.mark.parametrize("soak", ["", None])
def test_an_option_that_a_survey_left_empty_is_right_where_the_defaults_are_known(soak: Any) -> None:
    assert rollout_options({"rollout_soak": soak}, None, DEFAULTS) == []
    assert "rollout_soak" in rollout_options({"rollout_soak": soak})[0]


def test_a_wrong_default_is_found_as_well() -> None:
    assert "rollout_soak" in rollout_options({}, None, {"rollout_soak": -1})[0]


def test_files_of_tasks_are_looked_for_in_the_folders(tmp_path: Path) -> None:
    (tmp_path / "drain.yml").write_text("[]", encoding="utf-8")
    options = {"rollout_before_batch": "drain.yml"}
    assert rollout_options(options, ["/nonexistent", str(tmp_path)]) == []
    assert rollout_options(options, f"/nonexistent,{tmp_path}") == []
    (wrong,) = rollout_options(options, ["/nonexistent"])
    assert "rollout_before_batch" in wrong
    assert "no such file" in wrong


def test_a_folder_for_reports_has_to_be_one_that_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert rollout_options({"rollout_report_dir": str(tmp_path / "reports")}) == []
    assert "rollout_report_dir" in rollout_options({"rollout_report_dir": str(tmp_path / "file")})[0]


@pytest.mark.parametrize("job", [17, "17"])
def test_the_holder_is_this_process_with_the_job_where_there_is_one(job: str | int) -> None:
    assert rollout_holder() == holder_name()
    assert rollout_holder(job) == f"{holder_name()} (job 17)"
