# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What a scale set remembers of its images is read as it was written, and is true of the rollouts that were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_image
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._plan.image_write import ImageUpdate
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import (
    UNPROVEN_LIMIT,
    ImageHistory,
    read_history,
    tags_needed,
    write_history,
)
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Lease, write_lease
from ansible_collections.azroll.vmss.plugins.module_utils._tags.tag_codec import TAG_LIMIT
from ansible_collections.azroll.vmss.tests.unit.builders import GALLERY_IMAGE, NEW, OLD, scale_set, ubuntu

GALLERY = Image(id=f"{GALLERY_IMAGE}/versions/{'1' * 300}.2.3")
ONE, TWO, THREE = (ubuntu(f"{number}.0.0") for number in (1, 2, 3))
PROFILE = {"sku": "a", "osProfile": "b"}


def rolled(history, model, target, **given):
    return history.written(model, target, PROFILE, **{"previous": None, "back": False, **given})


@given(
    st.none() | st.sampled_from([OLD, GALLERY]),
    st.none() | st.sampled_from([NEW, GALLERY]),
    st.lists(st.sampled_from([OLD, NEW, GALLERY]), unique=True),
    st.sampled_from(["", "0123456789abcdef"]),
)
def test_it_is_read_as_it_was_written_and_leaves_other_tags_alone(rollout, rollback, unproven, by_image):
    history = ImageHistory(rollout, rollback, tuple(unproven), by_image)
    tags = write_history({"team": "shop", "azroll-run": "run-a", "AZROLL-rollback-image-2": "old"}, history)
    read = read_history({name.upper(): value for name, value in tags.items()})
    assert read.to_dict() == history.to_dict()
    assert ImageHistory.from_dict(read.to_dict()) == history
    assert {"team": "shop", "azroll-run": "run-a"}.items() <= tags.items()
    assert all(len(value) <= 256 for value in tags.values())
    assert write_history(tags, ImageHistory()) == {"team": "shop", "azroll-run": "run-a"}


@given(
    st.dictionaries(
        st.sampled_from(
            ["azroll-rollout-image", "azroll-unproven-images", "azroll-by-image", "azroll-rollback-image-2"]
        ),
        st.text(max_size=30),
    )
)
def test_damaged_tags_are_read_as_nothing(tags):
    assert read_history(tags).rollback_image is None


def test_where_azure_takes_no_more_tags_there_is_none_rather_than_one_of_long_ago():
    full = {f"tag-{number}": "x" for number in range(TAG_LIMIT)}
    history = ImageHistory(NEW, OLD)
    assert write_history(full, history) == full
    stale = {**dict(list(full.items())[:-1]), "azroll-rollback-image": "a:b:c:1"}
    assert "azroll-rollback-image" not in write_history(stale, history)


def test_the_image_before_is_the_last_one_whose_rollout_came_to_a_good_end():
    second = rolled(ImageHistory(), ONE, TWO)
    assert (second.previous(TWO), second.unproven_images) == (ONE, (TWO,))
    # Failed, and left in the model: the next one is not rolled back to it.
    third = rolled(second, TWO, THREE)
    assert (third.previous(THREE), third.unproven_images) == (ONE, (THREE, TWO))
    assert third.finished(THREE).unproven_images == (TWO,)
    # Come to a good end: it is.
    assert rolled(second.finished(TWO), TWO, THREE).previous(THREE) == TWO


def test_after_a_rollback_the_image_that_was_left_is_unproven_and_none_is_known_before():
    second = rolled(ImageHistory(), ONE, TWO).finished(TWO)
    back = rolled(second, TWO, ONE, back=True)
    assert (back.previous(ONE), back.unproven_images) == (None, (TWO,))
    assert rolled(back, ONE, THREE).previous(THREE) == ONE


def test_an_image_that_somebody_else_has_written_makes_it_tell_nothing():
    second = rolled(ImageHistory(), ONE, TWO).finished(TWO)
    assert second.previous(THREE) is None
    assert rolled(second, THREE, OLD).previous(OLD) == THREE
    # A floating one only where the caller knows what it stood for.
    assert rolled(second, ubuntu("latest"), OLD).previous(OLD) is None
    assert rolled(second, ubuntu("latest"), OLD, previous=THREE).previous(OLD) == THREE


def test_no_unproven_image_is_remembered_as_the_one_before_whoever_says_so():
    assert rolled(ImageHistory(unproven_images=(TWO,)), TWO, THREE, previous=TWO).previous(THREE) is None


def test_only_the_newest_unproven_images_are_remembered():
    history = ImageHistory()
    for number in range(2 * UNPROVEN_LIMIT):
        history = rolled(history, ONE, ubuntu(f"9.{number}.0"))
    assert len(history.unproven_images) == UNPROVEN_LIMIT
    assert history.unproven_images[0] == ubuntu(f"9.{2 * UNPROVEN_LIMIT - 1}.0")


def test_an_image_that_was_there_before_is_judged_by_the_image_as_long_as_the_model_is_the_same():
    second = rolled(ImageHistory(), ONE, TWO)
    assert not second.judged_by_image(TWO, TWO, PROFILE)
    back = rolled(second, TWO, ONE, back=True)
    assert back.judged_by_image(ONE, ONE, PROFILE), "the reference went to and fro"
    assert back.judged_by_image(TWO, ONE, PROFILE), "it goes there again"
    assert not back.judged_by_image(THREE, ONE, PROFILE)
    again = rolled(back, ONE, TWO).finished(TWO)
    assert again.judged_by_image(TWO, TWO, PROFILE)
    assert not again.judged_by_image(TWO, TWO, {**PROFILE, "extensionProfile": "c"}), "somebody wants another model"
    assert not rolled(again, TWO, THREE).judged_by_image(THREE, THREE, PROFILE)


def test_that_tags_make_models_is_remembered_with_the_image():
    known = ImageHistory().written(ONE, TWO, PROFILE, previous=None, back=False, by_image=True)
    assert known.judged_by_image(TWO, TWO, PROFILE)
    assert not known.judged_by_image(TWO, TWO, {**PROFILE, "extensionProfile": "c"})


@pytest.mark.parametrize("before", [OLD, GALLERY, None])
@pytest.mark.parametrize("target", [NEW, GALLERY])
def test_a_rollout_takes_no_more_tags_than_foretold(before, target):
    lease = Lease("run-a", "me", "x", "2026-01-01", "2026-01-02", ("repairs",))
    model = before or OLD
    most = 0
    tags: dict[str, str] = {}
    for wanted, back in ((target, False), (model, True), (target, False)):
        there = ScaleSet.from_wire({"tags": tags}, resource_group="x")
        held = write_lease(tags, lease)
        current = scale_set(image=model if wanted is target else target, tags=held, image_history=there.image_history)
        tags = ImageUpdate(current, wanted, lease=lease, back=back, previous=before).body()["tags"]
        most = max(most, len(tags))
    assert most <= tags_needed(target, model, lease)
    assert not same_image(target, model) or before is GALLERY
