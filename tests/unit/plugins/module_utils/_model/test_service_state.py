# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""In service is provisioned, running, and healthy by a report where there is a source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import (
    demanded,
    in_service,
    never_reported,
    out_of_service,
    report_time,
    trouble,
)
from ansible_collections.azroll.vmss.tests.unit.builders import EXTENSION, instance
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets, health_sources

REPORTED = datetime(2026, 2, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"provisioning_state": "succeeded"}, None),
        ({"provisioning_state": "Failed"}, None),
        ({"provisioning_state": "Hatching"}, None),
        ({"provisioning_state": ""}, None),
        ({"power": None}, None),
        ({"power": "unknown"}, None),
        ({"agent_ready": False}, None),
        ({"provisioning_state": "Failed", "power": None}, None),
        ({"provisioning_state": "Failed", "health": "unhealthy"}, "provisioning failed"),
        (
            {"provisioning_state": "Failed", "failure": "failed/VMExtensionProvisioningError", "health": None},
            "provisioning failed (failed/VMExtensionProvisioningError)",
        ),
        ({"provisioning_state": "Updating"}, "Updating"),
        ({"provisioning_state": "Creating"}, "Creating"),
        ({"provisioning_state": "Deleting"}, "Deleting"),
        ({"provisioning_state": "Hatching", "health": None}, "Hatching"),
        ({"provisioning_state": "", "health": "unknown"}, "no provisioning state"),
        ({"power": "deallocated"}, "deallocated"),
        ({"power": "stopped"}, "stopped"),
        ({"power": "starting"}, "starting"),
        ({"power": None, "health": "unhealthy"}, "no power state"),
        ({"health": "unhealthy"}, "unhealthy"),
        ({"health": "unknown"}, "unknown"),
        ({"health": "initializing"}, "initializing"),
        ({"health": None}, "no health report"),
    ],
)
def test_an_instance_is_out_of_service_for_one_reason(fields, expected):
    assert trouble(instance(**fields), EXTENSION) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"provisioning_state": "Failed"}, "provisioning failed"),
        ({"provisioning_state": "Hatching"}, "Hatching"),
        ({"power": None}, "no power state"),
    ],
)
def test_without_a_source_the_states_are_all_there_is(fields, expected):
    assert trouble(instance(**fields), None) == expected


@pytest.mark.parametrize("health", [None, "unhealthy", "unknown"])
def test_without_a_source_reports_do_not_count(health):
    assert in_service(instance(health=health), None)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (timedelta(0), None),
        (timedelta(seconds=-1), None),
        (timedelta(microseconds=1), "health report is older than the upgrade"),
    ],
)
def test_a_report_must_be_as_young_as_asked(later, expected):
    assert trouble(instance(), EXTENSION, since=REPORTED + later) == expected


@pytest.mark.parametrize("reported", [None, "", "yesterday"])
def test_a_report_without_a_time_is_not_fresh(reported):
    assert trouble(instance(health_time=reported), EXTENSION) is None
    assert trouble(instance(health_time=reported), EXTENSION, since=REPORTED) is not None


def test_without_a_source_no_report_has_to_be_fresh():
    assert trouble(instance(health_time=None), None, since=REPORTED) is None


@given(fleets(), health_sources)
def test_each_instance_is_in_service_or_out_or_leaving(instances, source):
    out = out_of_service(instances, source)
    for one in instances:
        assert (one.instance_id in out) + in_service(one, source) + (one.leaving and not in_service(one, source)) == 1


@given(st.text(), st.text() | st.none(), st.text() | st.none(), health_sources)
def test_states_that_nobody_has_heard_of_are_out_of_service(state, power, health, source):
    odd = instance(provisioning_state=state, power=power, health=health)
    known = state.lower() == "succeeded" and power == "running" and (source is None or health == "healthy")
    assert in_service(odd, source) == known


PROBE = "load_balancer_probe"
HOURS_AGO = "2026-02-01T07:00:00+00:00"


@pytest.mark.parametrize(
    ("times", "source", "expected"),
    [
        ([], EXTENSION, "refreshed"),
        ([], PROBE, "on_change"),
        (["2026-02-01T09:59:58+00:00"] * 3, EXTENSION, "refreshed"),
        (["2026-02-01T09:59:58+00:00"] * 3, PROBE, "on_change"),
        ([HOURS_AGO, HOURS_AGO, "2026-02-01T09:59:58+00:00"], EXTENSION, "on_change"),
        ([HOURS_AGO, "2026-02-01T09:59:58+00:00"], EXTENSION, "refreshed"),
        ([None, None], EXTENSION, "on_change"),
        (["2026-02-01T09:54:58+00:00"], EXTENSION, "on_change"),
        (["2026-02-01T09:56:00+00:00"], EXTENSION, "refreshed"),
    ],
)
def test_the_set_itself_tells_what_moves_the_time_of_its_reports(times, source, expected):
    fleet = [instance(number, health_time=time) for number, time in enumerate(times)]
    assert report_time([*fleet, instance(9, power="deallocated", health_time=HOURS_AGO)], source, REPORTED) == expected


def test_a_report_whose_time_stands_still_counts_after_the_settling_time_and_not_before():
    second = timedelta(seconds=1)
    assert demanded(REPORTED, REPORTED + 119 * second, 120) == REPORTED
    assert demanded(REPORTED, REPORTED + 120 * second, 120) is None
    assert demanded(REPORTED, REPORTED + 9_999 * second, None) == REPORTED
    assert demanded(None, REPORTED, 120) is None


SILENT = {"health": None, "health_time": None}


@pytest.mark.parametrize(
    ("instances", "source", "expected"),
    [
        ([instance(0, **SILENT), instance(1, **SILENT)], EXTENSION, True),
        ([instance(0, **SILENT), instance(1)], EXTENSION, False),
        ([instance(0, **SILENT), instance(1, health="unhealthy")], EXTENSION, False),
        ([instance(0, **SILENT)], None, False),
        # What does not run, is on its way or leaves says nothing in any set.
        ([instance(0, **SILENT, power="deallocated")], EXTENSION, False),
        ([instance(0, **SILENT, provisioning_state="Updating")], EXTENSION, False),
        ([instance(0, **SILENT, provisioning_state="Deleting")], EXTENSION, False),
        ([instance(0, **SILENT), instance(1, power="stopped")], EXTENSION, False),
        ([], EXTENSION, False),
    ],
)
def test_a_set_of_which_no_instance_has_ever_reported(instances, source, expected):
    assert never_reported(instances, source) is expected
