# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The image to go back to: what is known first, then what the instances tell, and never a floating one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._image import Image, same_image
from ansible_collections.azroll.vmss.plugins.module_utils._previous import previous_image
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, ubuntu

OLDER = ubuntu("24.04.202501010")
LATEST = ubuntu("latest")
IMAGES = [NEW, OLD, OLDER, LATEST, *[replace(LATEST, exact_version=one.version) for one in (NEW, OLD, OLDER)]]


def fleet(*images):
    return [instance(number, image=image) for number, image in enumerate(images)]


def test_what_is_known_goes_before_what_the_instances_tell():
    assert previous_image(NEW, fleet(OLDER, OLDER, OLD), [OLD]) == OLD
    assert previous_image(NEW, fleet(NEW, OLDER, OLD, OLD), [NEW, OLDER]) == OLDER
    assert previous_image(NEW, fleet(OLD), [None, Image(), NEW]) == OLD


def test_a_floating_reference_goes_back_to_the_number_that_most_of_its_instances_got():
    got = [replace(LATEST, exact_version=version) for version in ("1.0.0", "1.1.0", "1.1.0")]
    assert previous_image(NEW, fleet(*got, OLD, OLD, OLD), [LATEST]) == ubuntu("1.1.0")
    assert previous_image(NEW, [], [LATEST]) is None
    # Those that Azure made from the newest one meanwhile tell nothing of what was before.
    newest = replace(LATEST, exact_version=NEW.version)
    assert previous_image(NEW, fleet(newest, newest, got[0]), [LATEST]) == ubuntu("1.0.0")


def test_after_a_killed_run_most_of_the_other_instances_tell():
    assert previous_image(NEW, fleet(NEW, OLDER, OLD, OLD)) == OLD
    assert previous_image(NEW, fleet(NEW, NEW)) is None


def test_what_azure_adds_to_an_instance_s_image_is_not_part_of_the_way_back():
    found = previous_image(NEW, fleet(ubuntu(OLD.version, exact=OLD.version)))
    assert found is not None
    assert found.to_dict() == OLD.to_dict()


@given(st.lists(st.sampled_from(IMAGES), max_size=8), st.lists(st.none() | st.sampled_from(IMAGES), max_size=3))
def test_it_is_another_image_at_a_fixed_version(images, known):
    found = previous_image(NEW, fleet(*images), known)
    if found is not None:
        assert not found.floating
        assert not same_image(found, NEW)
    else:
        assert all(same_image(one.pinned, NEW) or one.pinned.floating for one in images)
