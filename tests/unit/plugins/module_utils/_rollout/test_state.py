# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The journal grows by copies, and takes down only what it knows."""

from __future__ import annotations

import copy
import json

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, NoRoom, Throttled
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.retry import already_retried
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import (
    begin_batch,
    end_batch,
    explain,
    hold,
    not_ours,
    note,
    quarantine,
    record_read,
    release,
    retry,
    sent_ids,
    start,
    stop,
)
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD

BATCH = {"name": "canary", "instance_ids": ["0"], "canary": True}


def test_a_batch_goes_from_running_to_its_result():
    journal = begin_batch(start("web", "web-rg", "10:00"), BATCH, "10:01")
    assert journal["batches"] == [
        {
            "name": "canary",
            "instance_ids": ["0"],
            "canary": True,
            "sent": [],
            "excluded": [],
            "chosen_for_retry": [],
            "retried": [],
            "started_at": "10:01",
            "finished_at": None,
            "result": "running",
        }
    ]
    told = {"instance_ids": [], "excluded": [{"instance_id": "0", "reason": "no longer there"}]}
    ended = end_batch(journal, "succeeded", "10:05", told)["batches"][0]
    assert (ended["result"], ended["finished_at"], ended["excluded"]) == ("succeeded", "10:05", told["excluded"])


@pytest.mark.parametrize(
    ("told", "sent"),
    [({"instance_ids": ["0"]}, ["0"]), ({"instance_ids": [], "error": {"kind": "lease_lost"}}, []), ({}, ["0"])],
)
def test_a_batch_that_failed_claims_what_was_sent_or_may_have_been(told, sent):
    journal = begin_batch(start("web", "web-rg", "10:00"), BATCH, "10:01")
    assert sent_ids(end_batch(journal, "failed", "10:05", told)) == sent


def test_chosen_for_retrys_are_added_to_the_batch_under_way():
    journal = end_batch(begin_batch(start("web", "web-rg", "10:00"), BATCH, "10:01"), "succeeded", "10:05")
    journal = begin_batch(journal, {"name": "next", "instance_ids": ["1", "2"]}, "10:06")
    journal = retry(retry(retry(journal, chosen=["1", "2"]), ["1"]), [])
    assert [batch["retried"] for batch in journal["batches"]] == [[], ["1"]]
    # Who could not be sent is not chosen again.
    assert already_retried(journal["batches"]) == ["1", "2"]


def test_an_ended_batch_stays_as_it_is():
    journal = begin_batch(start("web", "web-rg", "10:00"), BATCH, "10:01")
    ended = end_batch(journal, "succeeded", "10:05")
    assert end_batch(ended, "failed", "10:09") == ended
    assert end_batch(start("web", "web-rg", "10:00"), "failed", "10:09")["batches"] == []


@pytest.mark.parametrize(
    ("error", "check", "kind", "blocks"),
    [
        (Throttled("x").to_dict(), {}, "throttled", True),
        (NoRoom("x", advice="y").to_dict(), {}, "max_unavailable", False),
        ({}, {"kind": "forbidden", "blocks_rollback": "a permission is missing"}, "forbidden", True),
        ("what a module of somebody's calls so", {}, "", False),
        ({}, {"kind": "other_host"}, "other_host", True),
        ({}, {}, "", False),
    ],
)
def test_a_stop_has_the_kind_of_the_error_and_what_follows_from_it(error, check, kind, blocks):
    stopped = stop(begin_batch(start("web", "web-rg", "10:00"), BATCH, "10:01"), "It failed.", error, check, at="10:05")
    assert (stopped["cause"], stopped["cause_kind"], bool(stopped["blocks_rollback"])) == ("It failed.", kind, blocks)
    assert stopped["batches"][0]["result"] == ("interrupted" if kind == "other_host" else "failed")


@pytest.mark.parametrize(("error", "cause"), [({}, "It failed. Wait."), (Throttled("x").to_dict(), "It failed.")])
def test_the_way_out_is_told_only_where_it_is_the_instances_that_failed(error, cause):
    assert stop(start("web", "web-rg", "10:00"), "It failed.", error, way_out="Wait.")["cause"] == cause


def test_a_secret_in_the_words_of_a_hook_is_masked():
    said = "POST https://hook.example/?sig=abcdefghijklmnop failed"
    assert "abcdefghijklmnop" not in stop(start("web", "web-rg", "10:00"), said)["cause"]


def test_notes_are_taken_of_known_entries_only():
    journal = start("web", "web-rg", "10:00")
    assert note(journal, image_changed=True, cause="x") == {**journal, "image_changed": True, "cause": "x"}
    with pytest.raises(BadInput, match="has no image_chnaged"):
        note(journal, image_chnaged=True)


def test_nothing_that_was_given_is_changed():
    journal = begin_batch(start("web", "web-rg", "10:00"), BATCH, "10:01")
    before = copy.deepcopy(journal)
    end_batch(journal, "failed", "10:05")
    retry(journal, ["0"])
    begin_batch(journal, {"name": "next", "instance_ids": []}, "10:06")
    note(journal, cause="x")
    assert journal == before
    assert json.loads(json.dumps(journal)) == journal


HELD = {"held": ["repairs"], "continues": None, "image_before": {}, "lease_before": None}


def looked_at():
    """Before the first write: 0 and 1 are on the target, 1 and 2 out of service, 3 is on its way."""
    before = start("web", "web-rg", "10:00")
    return note(before, on_target_before=["0", "1"], unhealthy_before=["1", "2", "3"], previous_image={"v": 1})


def test_what_an_unfinished_run_moved_counts_as_this_runs_work():
    fresh = hold(looked_at(), HELD, ["3"])
    assert (fresh["on_target_before"], fresh["unhealthy_before"]) == (["0", "1"], ["1", "2", "3"])
    assert (fresh["held"], fresh["continues"], fresh["previous_image"]) == (["repairs"], None, {"v": 1})
    continued = hold(looked_at(), {**HELD, "continues": "run-a", "image_before": {"v": 0}}, ["3"])
    assert (not_ours(fresh), not_ours(continued), continued["unhealthy_before"]) == (["0", "1"], [], ["2"])
    # One that rolled something else: what is on this run's target was there before it.
    leases = {"lease": {"target": "a"}, "lease_before": {"target": "b", "holder": "eve"}}
    other = hold(looked_at(), {**HELD, **leases, "continues": "run-a", "image_before": {"v": 0}}, ["3"])
    assert (not_ours(other), other["unhealthy_before"], other["continues"]) == (["0", "1"], ["1", "2", "3"], "run-a")
    assert other["earlier_run"]["target"] == "b"
    # The lease is renewed on the way: then there is nothing to continue.
    renewed = hold(continued, HELD, ["3"])
    assert (renewed["continues"], renewed["unhealthy_before"]) == ("run-a", ["2"])


def test_those_that_fell_sick_before_their_batch_were_sick_before():
    assert explain(looked_at(), unhealthy=["2", "9"])["unhealthy_before"] == ["1", "2", "3", "9"]


def test_set_aside_is_what_could_be_protected():
    aside = {"instance_ids": ["4", "5"], "why": ""}
    told = {"instances": [{"instance_id": "4"}], "error": None}
    assert quarantine(looked_at(), aside, told)["quarantine"] == ["4"]
    failed = quarantine(looked_at(), aside, {**told, "error": {"kind": "forbidden"}, "msg": "No right."})
    assert (failed["quarantine"], failed["quarantine_why"]) == (["4"], "Not all could be quarantined: No right.")
    killed = quarantine(looked_at(), aside, {"msg": "MODULE FAILURE"})
    assert killed["quarantine_why"] == "Whether 4, 5 are protected now is not known: MODULE FAILURE"
    none = quarantine(looked_at(), {"instance_ids": [], "why": "None was quarantined: x."}, {"skipped": True})
    assert (none["quarantine"], none["quarantine_why"]) == ([], "None was quarantined: x.")


def record(image, *stale):
    instances = [{"instance_id": str(n), "stale": n in stale, "in_service": n != 1} for n in range(3)]
    return {"image": image.to_dict(), "instances": instances}


def test_what_was_on_the_target_before_is_no_work_of_this_rollout():
    begun = note(start("web", "web-rg", "10:00"), target_image=NEW.to_dict())
    looked = record_read(begun, record(OLD, 1, 2), ["9"])
    assert (looked["on_target_before"], looked["unhealthy_before"], looked["deferred"]) == (["0"], ["1"], ["9"])
    assert not_ours(looked) == ["0"]
    # The model has the image already: an earlier run began this rollout, and what it moved belongs to it.
    assert not_ours(record_read(begun, record(NEW, 1, 2), [])) == []


@pytest.mark.parametrize(
    ("model", "holds", "image", "changed"),
    [(OLD, True, NEW, True), (OLD, True, OLD, False), (OLD, False, NEW, False), (NEW, True, NEW, False)],
)
def test_an_image_whose_answer_was_lost_counts_as_written(model, holds, image, changed):
    begun = note(start("web", "web-rg", "10:00"), target_image=NEW.to_dict())
    looked = note(record_read(begun, record(model), []), holds=holds)
    assert explain(looked, image=image.to_dict())["image_changed"] is changed


def test_what_could_not_be_let_go_of_is_a_cause_by_itself():
    held = note(start("web", "web-rg", "10:00"), held=["repairs"], cause="The batch failed.")
    assert release(held, {"error": None, "held": [], "lost": False}) == held
    lagging = release(held, {"error": None, "held": ["upgrade_policy=Automatic"], "lost": False})
    assert (lagging["still_held"], lagging["cause"]) == (["upgrade_policy=Automatic"], "The batch failed.")
    assert release(held, {"error": None, "held": ["repairs"], "lost": True})["still_held"] == []
    for told in ({"error": {"kind": "forbidden"}, "held": ["repairs"], "msg": "No right."}, {"msg": "No right."}):
        failed = release(held, told)
        assert failed["still_held"] == ["repairs"]
        assert failed["cause"].startswith("The batch failed. What the rollout holds could not be released")
        assert failed["cause"].endswith("No right.")
