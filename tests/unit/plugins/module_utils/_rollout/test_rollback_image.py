# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The image to go back to: what is known, else what all agree on, never a majority, a failed or a floating one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_image
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.rollback_image import followers, previous_image
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import ImageHistory
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, ubuntu

OLDER = ubuntu("24.04.202501010")
LATEST = ubuntu("latest")
IMAGES = [NEW, OLD, OLDER, LATEST, *[replace(LATEST, exact_version=one.version) for one in (NEW, OLD, OLDER)]]
NOTHING = ImageHistory()


def before(images, known=(), history=NOTHING):
    return previous_image(NEW, images, known, history).image


def test_what_is_known_goes_before_what_the_instances_tell():
    assert before([OLDER, OLDER, OLD], [OLD]) == OLD
    assert before([NEW, OLDER, OLD, OLD], [NEW, OLDER]) == OLDER
    assert before([OLD], [None, Image(), NEW]) == OLD


def test_a_floating_reference_goes_back_to_the_newest_number_that_its_instances_got():
    got = [replace(LATEST, exact_version=version) for version in ("1.9.0", "1.9.0", "1.10.0")]
    assert before([*got, OLD, OLD, OLD], [LATEST]) == ubuntu("1.10.0")
    assert before([], [LATEST]) is None
    # Those that Azure made from the newest one meanwhile tell nothing of what was before.
    newest = replace(LATEST, exact_version=NEW.version)
    assert before([newest, newest, got[0]], [LATEST]) == ubuntu("1.9.0")
    assert before([*got], [LATEST], ImageHistory(unproven_images=(ubuntu("1.10.0"),))) == ubuntu("1.9.0")


def test_where_nothing_is_known_all_have_to_agree():
    assert before([NEW, OLD, OLD]) == OLD
    assert before([NEW, NEW]) is None
    found = previous_image(NEW, [NEW, OLDER, OLD, OLD, OLD], (), NOTHING)
    assert (found.image, found.candidates) == (None, (OLDER, OLD))


def test_no_failed_image_is_gone_back_to_whoever_knows_it():
    failed = ImageHistory(unproven_images=(OLD,))
    assert before([OLD, OLD, OLDER], [OLD], failed) == OLDER
    assert before([OLD, OLD], [OLD], failed) is None


@pytest.mark.parametrize(
    "excluded",
    [
        {"protected": True},
        {"power": "deallocated"},
        {"provisioning_state": "Deleting"},
        {"own_model": True},
        {"tags": {"pinned": "yes"}},
        {"instance_id": "7"},
        {"zone": "2"},
    ],
)
def test_what_is_excluded_has_no_voice(excluded):
    instances = [instance(0, zone="1"), *(instance(n, **{"image": OLDER, "zone": "1", **excluded}) for n in (7, 8))]
    marks = Marks(skip_ids=("7", "8"), skip_tags=("pinned",)) if "zone" not in excluded else Marks()
    assert set(followers(instances, marks, Selection(zones=("1",)))) == {OLD}


def test_what_azure_adds_to_an_instance_s_image_is_not_part_of_the_rollback():
    found = before([ubuntu(OLD.version, exact=OLD.version)])
    assert found is not None
    assert found.to_dict() == OLD.to_dict()


@given(
    st.lists(st.sampled_from(IMAGES), max_size=8),
    st.lists(st.none() | st.sampled_from(IMAGES), max_size=3),
    st.sets(st.sampled_from([OLD, OLDER])),
)
def test_it_is_another_image_at_a_fixed_version_that_has_not_failed(images, known, failed):
    found = previous_image(NEW, images, known, ImageHistory(unproven_images=tuple(failed)))
    if found.image is not None:
        assert not found.image.floating
        assert not same_image(found.image, NEW)
        assert found.image not in failed
    else:
        assert len(found.candidates) != 1
