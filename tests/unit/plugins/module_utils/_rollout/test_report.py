# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The report says how it ended, who is on which image, and how to go on or back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.report import build_report, by_image, describe_report
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import (
    begin_batch,
    end_batch,
    explain,
    hold,
    note,
    start,
)
from ansible_collections.azroll.vmss.tests.unit.builders import GALLERY_IMAGE, NEW, OLD, instance, scale_set, ubuntu
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets

HALF = [instance(n, image=NEW if n < 2 else OLD) for n in range(4)]


def journal(*, changed=True, batches=1, cause=None, previous=OLD):
    made = note(
        start("web", "web-rg", "2026-02-01T10:00:00"),
        previous_image=previous.to_dict(),
        target_image=NEW.to_dict(),
        image_changed=changed,
        cause=cause,
        finished_at="2026-02-01T11:00:00",
    )
    for number in range(batches):
        made = begin_batch(made, {"name": f"batch {number}", "instance_ids": [str(number)]}, "2026-02-01T10:10:00")
        made = end_batch(made, "failed" if cause else "succeeded", "2026-02-01T10:20:00")
    return made


def report(instances=HALF, planned=False, **events):
    return build_report(journal(**events), scale_set(), instances, planned=planned)


@pytest.mark.parametrize(
    ("events", "planned", "result"),
    [
        ({}, False, "succeeded"),
        ({"changed": True, "batches": 0}, False, "succeeded"),
        ({"changed": False, "batches": 1}, False, "succeeded"),
        ({"changed": False, "batches": 0}, False, "nothing_to_do"),
        ({"changed": False, "batches": 0}, True, "planned"),
        ({"changed": False, "batches": 0, "cause": "x"}, True, "failed"),
        ({"changed": False, "batches": 0, "cause": "x"}, False, "failed"),
        ({"changed": True, "batches": 0, "cause": "x"}, False, "halted"),
        ({"changed": False, "batches": 1, "cause": "x"}, False, "halted"),
    ],
)
def test_the_result_follows_from_what_was_done(events, planned, result):
    assert report(planned=planned, **events)["result"] == result


def test_the_report_has_every_promised_key_and_is_plain_data():
    made = report([*HALF, instance(9, provisioning_state="Deleting")])
    assert json.loads(json.dumps(made)) == made
    assert made["instances_total"] == 4
    assert made["instances_on_target"] == 2
    assert made["instances_in_service"] == 4
    assert made["previous_image"] == OLD.to_dict()
    assert made["target_image"] == NEW.to_dict()
    assert made["batches"][0]["result"] == "succeeded"
    assert (made["started_at"], made["finished_at"]) == ("2026-02-01T10:00:00", "2026-02-01T11:00:00")
    assert "cause" not in made
    assert report(cause="it broke")["cause"] == "it broke"


def test_a_scale_set_that_could_not_be_read_has_a_report_as_well():
    blank = note(start("web", "web-rg", "10:00"), cause="no credentials")
    made = build_report(blank, None, [], planned=False)
    assert (made["result"], made["instances_total"], made["target_image"]) == ("failed", 0, None)
    assert describe_report(made) == [
        "Rollout of web: failed. Nothing was read of the scale set.",
        "Cause: no credentials",
        "Nothing was written.",
    ]


def test_where_no_target_is_known_nothing_is_said_of_it():
    blank = note(start("web", "web-rg", "10:00"), cause="nothing tells the image to go back to")
    (line, *_rest) = describe_report(build_report(blank, scale_set(), HALF, planned=False))
    assert line == "Rollout of web: failed. It has 4 instances, 4 in service."


@pytest.mark.parametrize(
    ("held", "line"),
    [
        (["repairs", "upgrade_policy=Automatic"], "Still held: repairs, upgrade_policy=Automatic"),
        (["upgrade_policy=Automatic"], "and under that policy Azure would upgrade them by itself."),
    ],
)
@pytest.mark.parametrize("cause", [None, "it broke"])
def test_what_is_still_held_is_told_however_it_ended(held, line, cause):
    lines = describe_report(
        build_report({**journal(cause=cause), "still_held": held}, scale_set(), HALF, planned=False)
    )
    assert any(one.endswith(line) for one in lines)


def test_left_out_instances_are_named_with_the_reason_in_the_order_of_ids():
    instances = [instance(n, protected=True) for n in (10, 9)]
    made = report(instances)
    assert list(made["instances_excluded"]) == ["9", "10"]
    assert "Excluded: 9 (protected from scale set actions)" in describe_report(made)


IMAGES = f"Image: {OLD.describe()} -> {NEW.describe()}."


def test_success_is_one_line_and_the_images():
    made = build_report(journal(), scale_set(image=NEW), [instance(0, image=NEW)], planned=False)
    assert describe_report(made) == [
        "Rollout of web: succeeded. 1 of 1 instances on the target image, 1 in service.",
        f"{IMAGES} Azure makes new instances from {NEW.describe()}.",
    ]


def test_a_halted_rollout_names_the_cause_the_images_and_both_ways_out():
    lines = describe_report(report(cause="2 health checks failed"))
    assert "Cause, in batch 0: 2 health checks failed" in lines
    assert f"On {NEW.describe()}: 2 (0 1)" in lines
    assert f"On {OLD.describe()}: 2 (2 3)" in lines
    assert lines[-3].startswith("To continue: ")
    back = json.dumps({"rollout_image": OLD.to_dict()})
    assert lines[-2] == f"To roll back: run azroll.vmss.rollback with the same options and -e '{back}'."
    assert lines[-1] == f"{IMAGES} Azure makes new instances from {OLD.describe()}."


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"wanted_image": {"version": "latest"}}, f"Image: {OLD.describe()} -> {NEW.describe()} (latest)."),
        # It continues another run, which has written the image.
        ({"model_image": NEW.to_dict()}, IMAGES),
        ({"model_image": NEW.to_dict(), "previous_image": {}}, f"Image: not known -> {NEW.describe()}."),
        ({"model_image": NEW.to_dict(), "previous_image": NEW.to_dict()}, f"Image: {NEW.describe()}, as before."),
        # A rollback that goes on: the model has the old image already.
        (
            {"target_image": OLD.to_dict(), "model_image": OLD.to_dict(), "left_image": NEW.to_dict()},
            f"Image: {NEW.describe()} -> {OLD.describe()}.",
        ),
    ],
)
@pytest.mark.parametrize("cause", [None, "it broke"])
def test_the_last_line_names_both_images(facts, line, cause):
    made = build_report(note(journal(cause=cause), **facts), scale_set(image=OLD), HALF, planned=False)
    assert describe_report(made)[-1] == f"{line} Azure makes new instances from {OLD.describe()}."


def test_an_image_that_was_taken_out_of_the_model_is_named_with_the_one_that_is_there():
    made = build_report(note(journal(cause="x"), image_restored=True), scale_set(image=OLD), HALF, planned=False)
    restored = f"{NEW.describe()} has not proved itself, so the model was given {OLD.describe()} again; "
    assert any(line.startswith(restored) for line in describe_report(made))
    kept = build_report(note(journal(cause="x"), image_kept_why="It stays."), scale_set(image=NEW), HALF, planned=False)
    assert "It stays." in describe_report(kept)


def test_where_the_image_before_is_not_known_it_is_asked_for():
    lines = describe_report(report(cause="x", changed=False, previous=Image()))
    assert "with the same options and the image as rollout_image" in lines[-2]


def test_after_a_rollback_that_failed_nobody_is_sent_to_the_image_that_is_left():
    made = build_report(note(journal(cause="x"), rolls_back=True), scale_set(), HALF, planned=False)
    assert not any(line.startswith("To go back") for line in describe_report(made))


def test_the_rollback_holds_options_only():
    lines = describe_report(report(cause="x", previous=ubuntu("latest", exact="1.2.3")))
    assert "exact_version" not in lines[-2]


def test_instances_are_grouped_by_the_version_they_run():
    instances = [
        instance(10, image=Image(id=GALLERY_IMAGE, exact_version="1.0.0")),
        instance(9, image=Image(id=GALLERY_IMAGE, exact_version="1.0.0")),
        instance(2, image=Image(id=GALLERY_IMAGE, exact_version="2.0.0")),
        instance(3, image=Image(id=f"{GALLERY_IMAGE}/versions/2.0.0")),
        instance(4, image=ubuntu("latest", exact="7")),
        instance(5, image=ubuntu("7")),
        instance(6, image=Image(uri="https://x/golden.vhd")),
        instance(7, image=Image()),
        instance(8, image=Image(version="7")),
    ]
    assert by_image(instances) == {
        f"{GALLERY_IMAGE}/versions/2.0.0": ["2", "3"],
        "Canonical:ubuntu-24_04-lts:server:7": ["4", "5"],
        "https://x/golden.vhd": ["6"],
        "no image": ["7", "8"],
        f"{GALLERY_IMAGE}/versions/1.0.0": ["9", "10"],
    }


@given(fleets())
def test_every_instance_is_told_of_once(instances):
    made = report(instances, cause="x")
    present = sorted(one.instance_id for one in instances if not one.leaving)
    assert sorted(one for ids in made["instances_by_image"].values() for one in ids) == present
    assert all(isinstance(line, str) for line in describe_report(made))


def test_the_causes_of_a_failure_are_told_after_it_and_kept_whole():
    groups = [{"code": "X", "message": "y", "instance_ids": ["0"], "passes": None, "line": "1 instance (0): X: y"}]
    known = explain(journal(cause="it broke"), {"instances": [], "groups": groups}, {"code": "Conflict"}, "503")
    made = build_report(known, scale_set(), HALF, planned=False)
    assert made["failure"] == {
        "instances": [],
        "groups": [{**groups[0], "unhealthy_before": False}],
        "operation": {"code": "Conflict"},
        "probe": "503",
    }
    lines = describe_report(made)
    assert lines[lines.index("Cause, in batch 0: it broke") + 1] == "1 instance (0): X: y"


def test_what_was_set_aside_is_named_with_the_way_to_give_it_back():
    made = build_report(
        note(journal(cause="it broke"), quarantine=["0"], rollback="succeeded"), scale_set(), HALF, planned=False
    )
    line = next(one for one in describe_report(made) if one.startswith("Quarantined for study"))
    assert "0. To release them" in line
    assert "vmss_instance_protection" in line
    made = build_report(note(journal(cause="it broke"), quarantine_why="None was."), scale_set(), HALF, planned=False)
    assert "None was." in describe_report(made)


def test_what_was_sick_before_stands_apart_from_what_the_rollout_broke():
    groups = [{"code": "X", "message": "y", "instance_ids": ["0", "4"], "passes": None, "line": "2 instances: X: y"}]
    records = [{"instance_id": "0"}, {"instance_id": "4"}]
    details = {"instances": records, "groups": groups}
    known = explain(note(journal(cause="it broke"), unhealthy_before=["4"]), details)
    made = build_report(known, scale_set(), HALF, planned=False)["failure"]
    assert [(one["instance_id"], one["unhealthy_before"]) for one in made["instances"]] == [("0", False), ("4", True)]
    assert [(one["instance_ids"], one["unhealthy_before"]) for one in made["groups"]] == [(["0"], False), (["4"], True)]
    assert [one["line"] for one in made["groups"]] == [
        "1 instance (0): X: y",
        "Unhealthy before the rollout: 1 instance (4): X: y",
    ]


def test_a_run_that_continues_another_tells_of_both():
    lease = {"run_id": "run-a", "holder": "eve@ctl1", "since": "10:00", "expires": "12:00", "held": ["repairs"]}
    taken = {"held": ["repairs"], "continues": "run-a", "image_before": {}, "lease_before": lease}
    for ids, moved in (
        (["0", "1"], "2 instances were on the image when this run began: 0, 1."),
        ([], "No instance was"),
    ):
        known = hold(note(journal(), on_target_before=ids), taken)
        made = build_report(known, scale_set(), HALF, planned=False)
        expected = {**lease, "target": None, "on_target": ids}
        assert made["earlier_run"] == expected
        lines = describe_report(made)
        first = "It continued the unfinished run run-a of eve@ctl1, whose lease began at 10:00 and was to end at 12:00."
        assert lines[lines.index(first) + 1].startswith(f"It held repairs. {moved}")
    damaged = hold(journal(), {**taken, "continues": "unknown", "lease_before": None})
    lines = describe_report(build_report(damaged, scale_set(), HALF, planned=False))
    assert "It continued the unfinished run unknown." in lines
    assert build_report(journal(), scale_set(), HALF, planned=False)["earlier_run"] is None
