# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Tags and ids by which users keep instances out of a rollout, for good or for the moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance

# The value of a mark that takes it back, so that nobody has to delete a tag.
_NO = ("false", "no", "off", "0")


@dataclass(frozen=True)
class Marks:
    """What keeps instances out of a rollout: `skip_ids` and `skip_tags` for good, `busy_tags` for the moment.

    A tag counts by its name, in any case, unless its value is a no.
    """

    skip_ids: tuple[str, ...] = ()
    skip_tags: tuple[str, ...] = ()
    busy_tags: tuple[str, ...] = ()

    def skips(self, instance: Instance) -> bool:
        """Whether the instance is to be left as it is."""
        ids = {one.lower() for one in self.skip_ids}
        return instance.instance_id.lower() in ids or _tagged(instance, self.skip_tags)

    def busy(self, instance: Instance) -> bool:
        """Whether the instance is to be tried again later."""
        return _tagged(instance, self.busy_tags)


NO_MARKS = Marks()


def _tagged(instance: Instance, names: Collection[str]) -> bool:
    wanted = {name.lower() for name in names}
    return any(name.lower() in wanted and value.lower() not in _NO for name, value in instance.tags.items())
