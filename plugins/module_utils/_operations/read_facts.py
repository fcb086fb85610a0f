# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Reading a scale set for its facts, once; and what may be refused without being an error."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeVar

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.facts import Snapshot
from ansible_collections.azroll.vmss.plugins.module_utils._model.origin import read_instances
from ansible_collections.azroll.vmss.plugins.module_utils._model.raw_documents import Documents

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm

# There is no such thing in this cloud or scale set.
_NOTHING = (400, 404, 409)

T = TypeVar("T")


def gather(
    arm: Arm, resource_group: str, name: str, optional: OptionalReads | None = None, *, include: Collection[str] = ()
) -> Snapshot:
    """Read the set once: model, instances, and by `optional` what can be read of rolling upgrades and repairs.

    Raises BadInput where `include` names an instance that must never be rolled.
    """
    read = optional or readable
    model = arm.scale_set_document(resource_group, name)
    scale_set = arm.to_scale_set(model, resource_group)
    entries = arm.instance_documents(scale_set)
    at = arm.server_time
    return Snapshot(
        scale_set,
        tuple(read_instances(scale_set, entries, include)),
        at,
        documents=Documents(model, tuple(entries)),
        rolling_upgrade=read(lambda: arm.rolling_upgrade(scale_set)),
        repairs_state=read(lambda: arm.repairs_state(scale_set)),
    )


def readable(read: Callable[[], T], absent: T | None = None) -> T | None:
    """None where Azure refuses the read; `absent` where there is no such thing in this cloud or scale set.

    A login that works for the scale set may be refused (401) for what belongs to another tenant.
    """
    try:
        return read()
    except VmssError as error:
        if not error.fault.refused:
            raise
        return absent if error.fault.status in _NOTHING else None


def answered(error: VmssError) -> bool:
    """Whether Azure has answered at all: a login that fails, and silence, concern everything."""
    return error.fault.status is not None


class OptionalReads:
    """Reads that preflight can do without: none of them ends it. `trouble` is what kept it from reading."""

    def __init__(self) -> None:
        self.trouble: list[VmssError] = []

    def __call__(self, read: Callable[[], T], absent: T | None = None, *, report: bool = False) -> T | None:
        """What was read, `absent` where there is no such thing, None where it cannot be read.

        A refusal is trouble only where it is to be reported: most have findings of their own.
        """

        def reading() -> T:
            try:
                return read()
            except VmssError as error:
                if answered(error) and (not error.fault.refused or (report and error.fault.status not in _NOTHING)):
                    self.trouble.append(error)
                raise

        try:
            return readable(reading, absent)
        except VmssError as error:
            if not answered(error):
                raise
            return None
