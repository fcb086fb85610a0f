# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The journal grows by copies, and takes down only what it knows."""

from __future__ import annotations

import copy
import json

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._journal import (
    begin_batch,
    end_batch,
    explain,
    hold,
    note,
    retry,
    set_aside,
    start,
)

BATCH = {"name": "canary", "instance_ids": ["0"]}


def test_a_batch_goes_from_running_to_its_result():
    journal = begin_batch(start("web", "web-rg", "10:00"), BATCH, "10:01")
    assert journal["batches"] == [
        {
            "name": "canary",
            "instance_ids": ["0"],
            "left_out": [],
            "retried": [],
            "started_at": "10:01",
            "finished_at": None,
            "result": "running",
        }
    ]
    left_out = [{"instance_id": "0", "reason": "no longer there"}]
    ended = end_batch(journal, "succeeded", "10:05", left_out)["batches"][0]
    assert (ended["result"], ended["finished_at"], ended["left_out"]) == ("succeeded", "10:05", left_out)


def test_second_chances_are_added_to_the_batch_under_way():
    journal = end_batch(begin_batch(start("web", "web-rg", "10:00"), BATCH, "10:01"), "succeeded", "10:05")
    journal = begin_batch(journal, {"name": "next", "instance_ids": ["1", "2"]}, "10:06")
    journal = retry(retry(retry(journal, ["1"]), []), ["2"])
    assert [batch["retried"] for batch in journal["batches"]] == [[], ["1", "2"]]


def test_an_ended_batch_stays_as_it_is():
    journal = begin_batch(start("web", "web-rg", "10:00"), BATCH, "10:01")
    ended = end_batch(journal, "succeeded", "10:05")
    assert end_batch(ended, "failed", "10:09") == ended
    assert end_batch(start("web", "web-rg", "10:00"), "failed", "10:09")["batches"] == []


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
    return note(before, on_target_before=["0", "1"], sick_before=["1", "2", "3"], previous_image={"v": 1})


def test_what_an_unfinished_run_moved_counts_as_this_runs_work():
    fresh = hold(looked_at(), HELD, ["3"])
    assert (fresh["on_target_before"], fresh["sick_before"]) == (["0", "1"], ["1", "2", "3"])
    assert (fresh["held"], fresh["continues"], fresh["previous_image"]) == (["repairs"], None, {"v": 1})
    continued = hold(looked_at(), {**HELD, "continues": "run-a", "image_before": {"v": 0}}, ["3"])
    assert (continued["on_target_before"], continued["sick_before"]) == ([], ["2"])
    # The lease is renewed on the way: then there is nothing to continue.
    renewed = hold(continued, HELD, ["3"])
    assert (renewed["continues"], renewed["sick_before"]) == ("run-a", ["2"])


def test_those_that_fell_sick_before_their_batch_were_sick_before():
    assert explain(looked_at(), sick=["2", "9"])["sick_before"] == ["1", "2", "3", "9"]


def test_set_aside_is_what_could_be_protected():
    aside = {"instance_ids": ["4", "5"], "why": ""}
    told = {"instances": [{"instance_id": "4"}], "error": None}
    assert set_aside(looked_at(), aside, told)["set_aside"] == ["4"]
    failed = set_aside(looked_at(), aside, {**told, "error": {"kind": "forbidden"}, "msg": "No right."})
    assert (failed["set_aside"], failed["set_aside_why"]) == (["4"], "Not all could be set aside: No right.")
    none = set_aside(looked_at(), {"instance_ids": [], "why": "None was set aside: x."}, {"skipped": True})
    assert (none["set_aside"], none["set_aside_why"]) == ([], "None was set aside: x.")
