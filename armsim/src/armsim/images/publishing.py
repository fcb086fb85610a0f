# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Versions of images that come out, or go, while the simulation runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from armsim.protocol.errors import ArmError
from armsim.scenario import GalleryVersion, Images


class Shelf:
    """The images of a scenario; its withheld versions are not among ``images`` before they are published."""

    def __init__(self, images: Images) -> None:
        self.images = images.model_copy(deep=True)
        owners: list[Any] = list(self.images.platform)
        for galleries in (self.images.galleries, self.images.shared_galleries, self.images.community_galleries):
            owners += [image for gallery in galleries for image in gallery.images]
        self._owners = owners
        self._withheld: list[tuple[list[Any], Any]] = []
        for owner in owners:
            self._withheld += [(owner.versions, version) for version in owner.versions if version.withheld]
            owner.versions[:] = [version for version in owner.versions if not version.withheld]

    def publish(self, name: str, now: datetime) -> None:
        """Let a version come out, in every image that withholds one of that name; 404 where none does."""
        coming = [item for item in self._withheld if item[1].version == name]
        if not coming:
            known = ", ".join(dict.fromkeys(version.version for _, version in self._withheld)) or "none"
            raise ArmError(404, "NotFound", f"no version {name} is withheld; those that are: {known}")
        for versions, version in coming:
            dated = isinstance(version, GalleryVersion) and version.published is None
            versions.append(version.model_copy(update={"published": now}) if dated else version)
            self._withheld.remove((versions, version))

    def withdraw(self, name: str) -> None:
        """Take a version away, from every image that has one of that name; 404 where none does."""
        losers = [owner for owner in self._owners if any(version.version == name for version in owner.versions)]
        if not losers:
            raise ArmError(404, "NotFound", f"no image has a version {name}")
        for owner in losers:
            owner.versions[:] = [version for version in owner.versions if version.version != name]
