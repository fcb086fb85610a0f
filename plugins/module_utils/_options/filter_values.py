# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What filters are given, read as Ansible reads options: `-e name=value` makes a text of everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.validation import (
    check_type_bool,
    check_type_dict,
    check_type_int,
    check_type_list,
)

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._common.validation import shown
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import (
    OF_FAULT_DOMAIN,
    OF_SET,
    OF_ZONE,
    Budget,
    read_budget,
)

# Without these fields, a dictionary is not a record of a scale set.
RECORD = {"id", "name", "resource_group", "location", "instances"}


def read_flag(value: Any, name: str) -> bool:
    """True or false. Raises BadInput, with `name`, as all of these do."""
    return bool(_read(check_type_bool, value, name, "neither true nor false"))


def read_number(value: Any, name: str) -> int:
    """A whole number."""
    return int(_read(check_type_int, value, name, "no whole number"))


def read_dict(value: Any, name: str) -> Mapping[str, Any]:
    """A dictionary."""
    fields: Mapping[str, Any] = _read(check_type_dict, value, name, "no dictionary")
    return fields


def read_texts(value: Any, name: str) -> tuple[str, ...]:
    """The texts of a list; none where it is empty or null."""
    if value in (None, ""):
        return ()
    return tuple(str(one) for one in _read(check_type_list, value, name, "no list"))


def read_set(vmss: Any) -> tuple[ScaleSet, list[Instance]]:
    """The scale set and its instances, of `ansible_facts.vmss` as vmss_instance_facts returns it."""
    if not isinstance(vmss, Mapping) or not set(vmss) >= RECORD:
        raise BadInput(
            "This is not a record of a scale set",
            advice="Give the whole ansible_facts.vmss that azroll.vmss.vmss_instance_facts returned.",
        )
    return ScaleSet.from_dict(vmss), [Instance.from_dict(record) for record in vmss["instances"]]


def read_target(target: Any) -> Image:
    """An image as modules return it."""
    image = Image.from_dict(read_dict(target, "target"))
    if image.kind == "none":
        # Every instance differs from no image, so a plan for it would move them all.
        raise BadInput(
            "The target names no image",
            advice="Give a whole image, such as the one that azroll.vmss.vmss_image_update returns.",
        )
    return image


def read_selection(only: Any) -> Selection:
    """The role's `rollout_only`; a number and a text in the place of a list are lists of one."""
    fields = read_dict(only or {}, "rollout_only")
    return Selection.from_options(
        {
            name: _read(check_type_list, value, f"rollout_only.{name}", "no list")
            for name, value in fields.items()
            if value not in (None, "")
        },
        "rollout_only",
    )


def read_marks(skip: Any, busy_tags: Any = None) -> Marks:
    """The role's `rollout_skip` and `rollout_busy_tags`."""
    fields = read_dict(skip or {}, "rollout_skip")
    unknown = sorted(str(one) for one in set(fields) - {"instance_ids", "tags"})
    if unknown:
        raise BadInput(f"Unknown way to skip instances: {', '.join(unknown)}", advice="Skip by instance_ids or tags.")
    return Marks(
        skip_ids=read_texts(fields.get("instance_ids"), "rollout_skip.instance_ids"),
        skip_tags=read_texts(fields.get("tags"), "rollout_skip.tags"),
        busy_tags=read_texts(busy_tags, "rollout_busy_tags"),
    )


def read_limits(of_set: Any, of_zone: Any, of_fault_domain: Any, ignore_missing: Any) -> Budget:
    """The role's `rollout_max_unavailable` and those of its kind."""
    limits = {
        OF_SET: of_set,
        OF_ZONE: of_zone,
        OF_FAULT_DOMAIN: of_fault_domain,
        "ignore_missing": read_flag(ignore_missing, "ignore_missing"),
    }
    return read_budget(limits, "rollout_")


def _read(check: Callable[[Any], Any], value: Any, name: str, otherwise: str) -> Any:
    try:
        return check(value)
    except (ArithmeticError, TypeError, ValueError) as exc:
        raise BadInput(f"{name} is {shown(value)}, which is {otherwise}") from exc
