# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A way back that was interrupted goes on when it is run again, and is not turned round."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.filter.rollout import rollout_previous_image
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, ubuntu, vmss_facts

OTHER = ubuntu("22.04.1")


def facts(model, mark, *images):
    instances = [instance(number, image=image) for number, image in enumerate(images)]
    return vmss_facts(instances, image=model, back_from=mark)


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
    assert rollout_previous_image(facts(model, mark, *images)) == previous.to_dict()
