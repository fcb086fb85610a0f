# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What is waited for, what failed, what vanished, and the numbers of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import (
    Progress,
    count,
    healthy,
    idle,
    reported,
    upgraded,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import out_of_service
from ansible_collections.azroll.vmss.tests.unit.builders import EXTENSION, NEW, OLD, instance
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets, health_sources

AFTER = datetime(2026, 2, 1, 11, tzinfo=UTC)
EARLIER = "2026-02-01T10:59:59.9+00:00"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"image": NEW}, None),
        ({"image": NEW, "health": "unhealthy"}, None),
        ({"image": OLD}, "still on the old image"),
        ({"image": NEW, "latest_model": False}, "still on the old image"),
        ({"image": OLD, "provisioning_state": "Updating"}, "Updating"),
        ({"image": NEW, "power": "starting"}, "starting"),
    ],
)
def test_an_instance_is_upgraded_when_it_is_up_on_the_target(fields, reason):
    progress = upgraded([instance(0, **fields)], ["0"], NEW)
    assert progress.waiting == ({"0": reason} if reason else {})
    assert progress.done == (reason is None)


@pytest.mark.parametrize(
    ("state_since", "waiting"),
    [
        (EARLIER, {"0": "shows the image, but nothing was done to it yet"}),
        ("2026-02-01T11:00:00+00:00", {}),
        (None, {}),
    ],
)
def test_an_image_that_is_shown_early_is_no_upgrade(state_since, waiting):
    shown = instance(0, image=NEW, state_since=state_since)
    progress = upgraded([shown], ["0"], NEW, sent_at=AFTER)
    assert progress.waiting == progress.without_operation().waiting == waiting


@pytest.mark.parametrize(
    ("fields", "waiting"),
    [
        ({"image": NEW, "state_since": EARLIER}, {"0": "shows the image, but nothing was done to it yet"}),
        (
            {"image": NEW, "state_since": EARLIER, "provisioning_state": "Failed"},
            {"0": "shows the image, but nothing was done to it yet"},
        ),
        ({"image": NEW, "state_since": AFTER.isoformat()}, {}),
        ({"image": OLD, "state_since": EARLIER}, {}),
    ],
)
def test_one_that_was_out_of_service_may_show_the_image_early_as_well(fields, waiting):
    progress = upgraded([instance(0, **fields)], ["0"], NEW, unhealthy=["0"], sent_at=AFTER)
    assert (progress.waiting, progress.failed) == (waiting, {})


@pytest.mark.parametrize(
    ("fields", "running", "waiting"),
    [
        ({"provisioning_state": "Updating"}, False, {"0": "Updating"}),
        ({"provisioning_state": "Failed"}, False, {}),
        ({"image": OLD, "health": "unhealthy"}, False, {}),
        ({"image": OLD}, True, {"0": "its operation is still running"}),
        ({"provisioning_state": "Failed"}, True, {"0": "its operation is still running"}),
    ],
)
def test_what_is_settled_may_have_ended_in_any_way(fields, running, waiting):
    progress = idle([instance(0, **fields)], ["0", "9"], running=running)
    assert (progress.waiting, progress.failed, progress.vanished) == (waiting, {}, ("9",))


@pytest.mark.parametrize(
    ("fields", "waiting"),
    [
        ({"health": "initializing"}, {"0": "initializing"}),
        ({"health": None}, {"0": "no health report"}),
        ({}, {"0": "health report is older than the upgrade"}),
        ({"health": "unhealthy"}, {}),
        ({"health_time": "2026-02-01T11:00:01+00:00"}, {}),
    ],
)
def test_initializing_is_no_verdict(fields, waiting):
    progress = reported([instance(0, **fields)], ["0"], EXTENSION, since=AFTER)
    assert (progress.waiting, progress.failed) == (waiting, {})


def test_an_earlier_failure_is_waited_out_until_the_instance_is_begun():
    waiting = upgraded([instance(0, provisioning_state="Failed")], ["0"], NEW, failed_before=["0"])
    assert (waiting.waiting, waiting.failed) == ({"0": "still on the old image"}, {})
    assert waiting.without_operation().failed == {"0": "still on the old image, and its operation is over"}
    ended = upgraded([instance(0, image=NEW, provisioning_state="Failed")], ["0"], NEW, failed_before=["0"])
    assert ended.failed == {"0": "provisioning failed"}


def test_a_failed_instance_that_reports_healthy_has_passed_the_gate():
    assert healthy([instance(0, provisioning_state="Failed")], ["0"], EXTENSION).done


@pytest.mark.parametrize("image", [OLD, NEW])
def test_a_failed_instance_is_no_longer_waited_for_and_says_why(image):
    unhealthy = instance(0, image=image, provisioning_state="Failed", failure="failed/OSProvisioningTimedOut")
    progress = upgraded([unhealthy], ["0"], NEW)
    assert progress.failed == {"0": "provisioning failed (failed/OSProvisioningTimedOut)"}
    assert (progress.waiting, progress.done) == ({}, False)


@pytest.mark.parametrize(
    ("fields", "source", "reason"),
    [
        ({}, EXTENSION, "health report is older than the upgrade"),
        ({"health_time": "2026-02-01T11:00:00.0000001+00:00"}, EXTENSION, None),
        ({"health": "unhealthy"}, EXTENSION, "unhealthy"),
        ({"health": None}, EXTENSION, "no health report"),
        ({"health": None}, None, None),
        ({"health": None, "agent_ready": False}, None, "guest agent is not ready"),
        ({"health": None, "agent_ready": None}, None, None),
        ({"agent_ready": False, "power": "stopped"}, None, "stopped"),
    ],
)
def test_an_instance_is_healthy_by_a_fresh_report_or_else_by_its_agent(fields, source, reason):
    progress = healthy([instance(0, **fields)], ["0"], source, since=AFTER)
    assert progress.waiting == ({"0": reason} if reason else {})


def test_instances_that_are_gone_are_not_waited_for():
    progress = upgraded([instance(1, provisioning_state="Deleting"), instance(2, image=NEW)], ["0", "1", "2"], NEW)
    assert progress.vanished == ("0", "1")
    assert progress.done
    assert progress.describe() == "1 of 3 instances upgraded; vanished: 0, 1"


def test_one_sentence_says_how_many_are_ready_and_what_is_open():
    progress = Progress("healthy", 20, {"10": "no health report", "9": "unhealthy"}, {"2": "provisioning failed"})
    assert progress.describe() == (
        "17 of 20 instances healthy; open: 2 (provisioning failed), 9 (unhealthy), 10 (no health report)"
    )


def test_the_sentence_stays_short_for_a_thousand_instances():
    ids = [str(n) for n in range(1000)]
    assert len(upgraded([instance(n) for n in range(1000)], ids, NEW).describe()) < 400
    assert len(upgraded([], ids, NEW).describe()) < 200


@given(fleets(), health_sources, st.data())
def test_each_id_is_ready_waiting_failed_or_vanished(instances, source, data):
    ids = data.draw(st.lists(st.sampled_from([*(one.instance_id for one in instances), "77777"]), unique=True))
    for progress in (upgraded(instances, ids, NEW), healthy(instances, ids, source)):
        away = [*progress.waiting, *progress.failed, *progress.vanished]
        assert len(set(away)) == len(away)
        assert set(away) <= set(ids)
        assert progress.describe().startswith(f"{len(ids) - len(away)} of {len(ids)} instances")
        assert progress.to_dict()["done"] == (not progress.waiting and not progress.failed)
        json.dumps(progress.to_dict())


@given(fleets(), health_sources)
def test_the_numbers_add_up(instances, source):
    numbers = count(instances, NEW, source)
    assert numbers["total"] == sum(not one.leaving for one in instances)
    assert numbers["on_target"] + numbers["stale"] == numbers["total"]
    assert numbers["in_service"] + numbers["out_of_service"] == numbers["total"]
    assert numbers["out_of_service"] == len(out_of_service(instances, source))


def test_an_instance_on_its_way_is_busy_and_out_of_service():
    assert count([instance(0, image=NEW, provisioning_state="Updating")], NEW, EXTENSION) == {
        "total": 1,
        "on_target": 1,
        "stale": 0,
        "in_service": 0,
        "out_of_service": 1,
        "busy": 1,
        "attached": 0,
    }


def test_an_operation_is_not_over_because_every_instance_has_vanished():
    progress = upgraded([], ["0", "1"], NEW)
    assert progress.done
    running = progress.while_running()
    assert not running.done
    assert (set(running.waiting), running.vanished) == ({"0", "1"}, ())
