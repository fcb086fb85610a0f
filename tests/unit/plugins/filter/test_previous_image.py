# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A rollback that was interrupted goes on when it is run again, and is not turned round."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._filters.planning import rollout_previous_image
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import ImageHistory
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, ubuntu, vmss_facts

OTHER, THIRD = ubuntu("22.04.1"), ubuntu("24.04.202603030")


def facts(model, mark, *images, **history):
    instances = [instance(number, image=image) for number, image in enumerate(images)]
    return vmss_facts(instances, image=model, rolled_back_from=mark, image_history=ImageHistory(**history))


@pytest.mark.parametrize(
    ("model", "mark", "images", "previous"),
    [
        (NEW, None, (NEW, OLD, OLD), OLD),
        (OLD, NEW, (NEW, OLD, OLD), OLD),
        (OLD, NEW, (NEW, NEW, NEW), OLD),
        # All are back, but the run was killed before it let go: there is nothing else to go back to.
        (OLD, NEW, (OLD, OLD, OLD), OLD),
        # What the mark speaks of is over.
        (NEW, NEW, (NEW, OLD, OLD), OLD),
        (OLD, OTHER, (NEW, OLD, OLD), NEW),
    ],
)
def test_the_image_to_go_back_to(model, mark, images, previous):
    assert rollout_previous_image(facts(model, mark, *images))["image"] == previous.to_dict()


def test_the_remembered_image_goes_before_what_instances_run_even_where_they_agree():
    vmss = facts(THIRD, None, THIRD, THIRD, NEW, rollout_image=THIRD, rollback_image=OLD, unproven_images=(NEW,))
    assert rollout_previous_image(vmss)["image"] == OLD.to_dict()


@pytest.mark.parametrize(
    ("images", "history", "words"),
    [
        ((THIRD, NEW, NEW, OLD), {}, [NEW.describe(), OLD.describe()]),
        # The one that is left is where a failed rollout put it.
        (
            (THIRD, THIRD, NEW),
            {"unproven_images": (NEW,)},
            ["no instance that belongs", f"failed, were rolled back or have not ended: {NEW.describe()}"],
        ),
        # After a rollback, the one before is not known.
        ((THIRD, NEW), {"rollout_image": THIRD, "unproven_images": (NEW,)}, ["Give the image"]),
    ],
)
def test_where_nothing_tells_for_certain_the_image_is_demanded_in_words(images, history, words):
    found = rollout_previous_image(facts(THIRD, None, *images, **history))
    assert found["image"] == {}
    for text in ["as rollout_image", *words]:
        assert text in found["why"]


def test_memory_of_another_image_than_the_model_has_tells_nothing():
    vmss = facts(NEW, THIRD, NEW, OLD, rollout_image=OTHER, rollback_image=OTHER)
    assert rollout_previous_image(vmss)["image"] == OLD.to_dict(), "nor does the mark of that time"


def test_without_tags_instances_may_run_what_a_rollback_left():
    found = rollout_previous_image(facts(OLD, None, OLD, NEW), remembers=False)
    assert (found["image"], found["candidates"]) == ({}, [NEW.describe()])


def test_a_run_that_was_killed_before_it_wrote_the_image_leaves_nothing_to_roll_back():
    killed = {"interrupted_from": NEW, "interrupted_to": " ".join(THIRD.to_dict().values())}
    done = {"rollout_image": NEW, "rollback_image": OLD}
    assert rollout_previous_image(facts(NEW, None, NEW, NEW, **done, **killed))["image"] == NEW.to_dict()
    # One that was on its rollback goes on.
    killed["interrupted_to"] = " ".join(OLD.to_dict().values())
    assert rollout_previous_image(facts(NEW, None, NEW, NEW, **done, **killed))["image"] == OLD.to_dict()


def test_what_is_excluded_does_not_tell():
    vmss = facts(THIRD, None, THIRD, OLD, NEW)
    assert rollout_previous_image(vmss)["image"] == {}
    assert rollout_previous_image(vmss, skip={"instance_ids": ["2"]})["image"] == OLD.to_dict()
    assert rollout_previous_image(vmss, only={"instance_ids": ["0", "1"]})["image"] == OLD.to_dict()
