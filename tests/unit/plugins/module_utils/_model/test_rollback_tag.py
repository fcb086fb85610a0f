# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A rollback that was interrupted is told from a rollout that was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.rollback_tag import (
    read_mark,
    rolling_back,
    write_mark,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.image_write import ImageUpdate
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Lease
from ansible_collections.azroll.vmss.plugins.module_utils._tags.tag_codec import TAG_LIMIT
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, scale_set

GALLERY = Image(id="/subscriptions/" + "a" * 300 + "/galleries/g/images/web/versions/1.2.3")


@pytest.mark.parametrize("image", [OLD, GALLERY])
def test_the_mark_is_read_as_it_was_written_and_leaves_other_tags_alone(image):
    tags = {"team": "shop", "AZROLL-rolled-back-from": "of another time", "azroll-run": "run-a"}
    marked = write_mark(tags, image)
    assert read_mark({name.upper(): value for name, value in marked.items()}) == image
    assert write_mark(marked, None) == {"team": "shop", "azroll-run": "run-a"}


def test_where_azure_takes_no_more_tags_there_is_no_mark():
    full = {f"tag-{number}": "x" for number in range(TAG_LIMIT)}
    assert write_mark(full, OLD) == full


@given(
    st.dictionaries(
        st.sampled_from(["azroll-rolled-back-from", "azroll-rolled-back-from-2", "other"]), st.text(max_size=30)
    )
)
def test_a_damaged_mark_is_none(tags):
    assert read_mark(tags) is None or read_mark(write_mark({}, read_mark(tags))) == read_mark(tags)


def test_the_image_that_a_rollback_leaves_is_noted_and_the_next_change_forgets_it():
    lease = Lease("run-a")
    back = ImageUpdate(scale_set(image=NEW, tags={"team": "shop"}), OLD, lease=lease, back=True).body()
    assert read_mark(back["tags"]) == NEW
    assert back["tags"]["team"] == "shop"
    assert read_mark(ImageUpdate(scale_set(image=OLD, tags=back["tags"]), NEW, lease=lease).body()["tags"]) is None


def test_whoever_has_no_lease_writes_no_tags():
    for back in (True, False):
        assert "tags" not in ImageUpdate(scale_set(image=NEW, tags={"team": "shop"}), OLD, back=back).body()


def test_an_instance_that_is_being_deleted_keeps_no_mark():
    gone = replace(instance(0, image=NEW), provisioning_state="Deleting")
    assert gone.leaving
    assert not rolling_back(NEW, OLD, [gone])
