# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What people get to see is read from records as modules and reports have them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._filters.reporting import (
    rollout_heatmap,
    rollout_report_lines,
    rollout_status,
)
from ansible_collections.azroll.vmss.plugins.module_utils._options.filter_values import read_set
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.report import build_report
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import note, start
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, vmss_facts

TARGET = NEW.to_dict()
# One has the new image, and the last one reports that it is unhealthy.
FLEET = [instance(0, image=NEW), instance(1), instance(2, health="unhealthy")]
VMSS = vmss_facts(FLEET)


def test_the_heatmap_is_drawn_for_the_target() -> None:
    assert rollout_heatmap(VMSS, TARGET) == ["all  #o!  2 of 3 in service", "# new  o old  ! in trouble"]
    assert rollout_heatmap(VMSS, OLD.to_dict())[0] == "all  o#!  2 of 3 in service"


def test_health_is_judged_by_the_source_that_the_set_has() -> None:
    without = vmss_facts(FLEET, health_source=None)
    assert rollout_heatmap(without, TARGET)[0] == "all  #oo  3 of 3 in service"
    assert "health by instance state" in rollout_status(without)[0]
    assert "health by application health extension" in rollout_status(VMSS)[0]


def test_a_target_may_be_a_text() -> None:
    assert rollout_heatmap(VMSS, json.dumps(TARGET)) == rollout_heatmap(VMSS, TARGET)


@pytest.mark.parametrize("target", [{}, {"version": "1"}, None, "web"])
def test_there_is_no_heatmap_without_an_image(target: Any) -> None:
    with pytest.raises(BadInput, match="target"):
        rollout_heatmap(VMSS, target)


@pytest.mark.parametrize("vmss", [{}, [], None, "web", {name: VMSS[name] for name in VMSS if name != "instances"}])
def test_only_the_whole_record_of_a_scale_set_is_shown(vmss: Any) -> None:
    for show in (rollout_status, lambda record: rollout_heatmap(record, TARGET)):
        with pytest.raises(BadInput, match="not a record of a scale set"):
            show(vmss)


def test_the_status_names_the_set_its_instances_and_what_is_wrong_with_them() -> None:
    lines = rollout_status(VMSS)
    assert lines[0].startswith("web: Uniform")
    assert lines[2] == "2 of 3 instances on the model's image, 2 in service"
    assert lines[-1] == "  2: unhealthy"


def test_a_report_that_was_kept_in_a_file_has_the_same_lines() -> None:
    journal = note(start("web", "web-rg", "10:00"), target_image=TARGET, cause="it broke")
    report = build_report(journal, *read_set(VMSS), planned=False)
    lines = rollout_report_lines(report)
    assert lines[0] == "Rollout of web: failed. 1 of 3 instances on the target image, 2 in service."
    assert "Cause: it broke" in lines
    assert rollout_report_lines(json.loads(json.dumps(report))) == lines
