# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Which instances were made from the scale set's model. Others are excluded from every rollout.

A virtual machine may be attached to a Flexible set, with an operating system, an image or a disk of its own
(documented). What an upgrade to the model does to it is not documented; its OS disk may be replaced (reported).
Instances of Uniform sets are always made from a model, even where that became their own (documented).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_tag_time, parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import PROFILE_TAG, Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id, listed

NOT_FROM_MODEL = "not made from the model of the scale set"


def why_attached(instance: Instance, scale_set: ScaleSet, include: Collection[str] = ()) -> str | None:
    """Why an instance is not part of a rollout; None where it is, because it was made from the model or is included.

    `include` are ids of instances that are rolled although they were not made from the model. Azure adds the tag
    `VirtualMachineProfileTimeCreated` to the virtual machines that it makes from a Flexible set's model (documented,
    recorded), from the API version 2023-09-01 on. A model without that time is older: there the image alone decides.
    """
    if not scale_set.flexible:
        return None
    never = _never_rolled(instance, scale_set)
    if never:
        return f"{NOT_FROM_MODEL}: {never}"
    if instance.profile_time or instance.instance_id.lower() in _folded(include):
        return None
    if _family(instance.image) != _family(scale_set.image):
        return f"{NOT_FROM_MODEL}: its image is another one ({instance.image.describe()})"
    if scale_set.profile_time:
        return f"{NOT_FROM_MODEL}: it has no tag {PROFILE_TAG}"
    return None


def follows_model(instance: Instance, scale_set: ScaleSet) -> bool | None:
    """Whether an instance of a Flexible set was made from the model as it is; None where nothing shows it.

    Its tag has the time at which the model was written that it was made from (recorded), to the second. Each write of
    the profile moves that time, also one that brings back what was there before (recorded).
    """
    made, written = parse_tag_time(instance.profile_time), parse_time(scale_set.profile_time)
    if made is None or written is None:
        return None
    return made == written.replace(microsecond=0)


def classify(scale_set: ScaleSet, instances: Iterable[Instance], include: Collection[str] = ()) -> list[Instance]:
    """The instances, each with the reason for which it is excluded.

    Raises BadInput where `include` names one that must never be rolled: its OS disk would be replaced.
    """
    judged = []
    for one in instances:
        attached = why_attached(one, scale_set, include)
        # A thousand copies at each read take longer than all else that is done with them.
        judged.append(one if one.attached == attached else replace(one, attached=attached))
    wanted = _folded(include)
    never = [one for one in judged if one.attached and one.instance_id.lower() in wanted]
    if never:
        raise BadInput(
            f"Instance {never[0].instance_id} cannot be included in a rollout: it is {never[0].attached}. "
            "An upgrade to the model would replace its OS disk",
            advice="Take it out of O(include_instances).",
            instances=[one.instance_id for one in never],
        )
    return judged


def read_instances(
    scale_set: ScaleSet, documents: Iterable[Mapping[str, Any]], include: Collection[str] = ()
) -> list[Instance]:
    """The instances from their documents on the wire; see `classify`."""
    return classify(scale_set, (Instance.from_wire(one) for one in documents), include)


def check_included(instances: Iterable[Instance], include: Collection[str]) -> None:
    """Raise BadInput where `include` names an instance that does not exist."""
    known = sorted((one.instance_id for one in instances), key=by_id)
    unknown = sorted(_folded(include) - _folded(known))
    if unknown:
        raise BadInput(
            f"O(include_instances) names instances that do not exist: {listed(unknown)}",
            advice=f"There are: {listed(known, 20)}.",
        )


def _never_rolled(instance: Instance, scale_set: ScaleSet) -> str | None:
    """Why an upgrade to the model would destroy what the instance is; None where it would not."""
    if scale_set.os_type and instance.os_type and scale_set.os_type.lower() != instance.os_type.lower():
        return f"it runs {instance.os_type}, and the model has {scale_set.os_type}"
    if instance.disk_attached:
        return "its OS disk was attached, and made from no image"
    return "it has no image" if instance.image.kind == "none" else None


def _family(image: Image) -> tuple[str, ...]:
    """What two versions of one image have in common."""
    if image.kind == "platform":
        return (image.kind, *(str(part or "").lower() for part in (image.publisher, image.offer, image.sku)))
    return (image.kind, (image.definition or "").lower())


def _folded(ids: Iterable[str]) -> set[str]:
    return {one.lower() for one in ids}
