# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A scenario for dumps: what they refer to, and over it what a scenario file adds that a dump cannot know."""

from __future__ import annotations

from collections.abc import Sequence

from armsim import scenario
from armsim.dump.files import Dump, DumpError
from armsim.dump.images import with_images
from armsim.scenario import Scenario


def with_dumps(spec: Scenario | None, dumps: Sequence[Dump]) -> Scenario:
    """The scenario, or an empty one, with the subscription, resource groups and images of the dumps.

    What the scenario has of them stays as it is. Raises DumpError where the sets cannot be in one simulation.
    """
    spec = spec or Scenario(version=1)
    if not dumps:
        return spec
    first = dumps[0]
    subscription = spec.subscription.id if "subscription" in spec.model_fields_set else first.subscription
    taken = {item.name.lower(): "the scenario" for item in spec.scale_sets}
    for dump in dumps:
        if dump.subscription.lower() != subscription.lower():
            raise DumpError(
                f"{dump.source}: is of subscription {dump.subscription}, but the simulator has {subscription}; "
                "start one simulator for each subscription"
            )
        if dump.name.lower() in taken:
            raise DumpError(
                f"{dump.source}: scale set {dump.name} is in {taken[dump.name.lower()]}, too; the ledger separates "
                "sets by name: omit one"
            )
        taken[dump.name.lower()] = dump.source
    images = with_images(spec.images, dumps)
    return spec.model_copy(
        update={
            "subscription": spec.subscription.model_copy(update={"id": subscription}),
            "images": images,
            "resource_groups": _groups(spec, images, dumps),
        }
    )


def _groups(spec: Scenario, images: scenario.Images, dumps: Sequence[Dump]) -> list[scenario.ResourceGroup]:
    groups = {group.name.lower(): group for group in spec.resource_groups}
    wanted = [(dump.resource_group, str(dump.model["location"])) for dump in dumps]
    wanted += [(gallery.resource_group, gallery.location) for gallery in images.galleries]
    wanted += [(image.resource_group, image.location) for image in images.managed]
    for name, location in wanted:
        groups.setdefault(name.lower(), scenario.ResourceGroup(name=name, location=location))
    return list(groups.values())
