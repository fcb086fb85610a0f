# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The wire: images of every kind."""

from __future__ import annotations

from ansible_collections.azroll.vmss.plugins.module_utils._azure.pipeline import (
    COMPUTE_API,
    GALLERY_API,
    Client,
    Json,
    resource_path,
)


class ImageReads:
    """What may be read of images; a gallery's `path` is resource group, gallery and definition."""

    def __init__(self, client: Client, subscription_id: str) -> None:
        self._client = client
        self.subscription_id = subscription_id

    def platform_versions(self, location: str, publisher: str, offer: str, sku: str) -> list[str]:
        """The versions of a platform image in a region, unordered. The answer is a bare list (recorded)."""
        attempted = f"list the versions of image {publisher}:{offer}:{sku} in {location}"
        path = self._platform_path(location, publisher, offer, sku)
        entries = self._client.get(path, COMPUTE_API, attempted, bare_list=True)
        return [str(entry["name"]) for entry in entries if entry.get("name")]

    def platform_version(self, location: str, publisher: str, offer: str, sku: str, version: str) -> Json:
        """A version of a platform image: its system, generation, features and deprecation."""
        path = self._platform_path(location, publisher, offer, sku, version)
        body: Json = self._client.get(
            path, COMPUTE_API, f"read image {publisher}:{offer}:{sku}:{version} in {location}"
        )
        return body

    def managed_image(self, subscription_id: str, resource_group: str, name: str) -> Json:
        """A managed image, as on the wire."""
        path = self._compute_path(resource_group, "images", name, subscription_id=subscription_id)
        body: Json = self._client.get(path, COMPUTE_API, f"read managed image {name}")
        return body

    def gallery_definition(self, subscription_id: str, path: tuple[str, str, str]) -> Json:
        """A gallery image: what all its versions have in common."""
        address = self._gallery_path(subscription_id, path)
        body: Json = self._client.get(address, GALLERY_API, f"read gallery image {'/'.join(path[1:])}")
        return body

    def gallery_version(self, subscription_id: str, path: tuple[str, str, str], version: str) -> Json:
        """A version of a gallery image with its replication."""
        attempted = f"read version {version} of gallery image {'/'.join(path[1:])}"
        address = self._gallery_path(subscription_id, path, "versions", version)
        body: Json = self._client.get(address, GALLERY_API, attempted, {"$expand": "ReplicationStatus"})
        return body

    def gallery_versions(self, subscription_id: str, path: tuple[str, str, str]) -> list[Json]:
        """All versions of a gallery image."""
        attempted = f"list the versions of gallery image {'/'.join(path[1:])}"
        return self._client.entries(self._gallery_path(subscription_id, path, "versions"), GALLERY_API, attempted)

    def public_gallery_definition(self, location: str, kind: str, gallery: str, definition: str) -> Json:
        """An image of a gallery of `kind` `shared` or `community`, as a region has it."""
        path = self._public_path(location, kind, gallery, definition)
        body: Json = self._client.get(path, GALLERY_API, f"read {kind} image {gallery}/{definition} in {location}")
        return body

    def public_gallery_versions(self, location: str, kind: str, gallery: str, definition: str) -> list[Json]:
        """The versions of an image of a gallery of `kind` `shared` or `community` that a region has."""
        path = self._public_path(location, kind, gallery, definition, "versions")
        attempted = f"list the versions of {kind} image {gallery}/{definition} in {location}"
        return self._client.entries(path, GALLERY_API, attempted)

    def _group_path(self, resource_group: str, *rest: str, subscription_id: str | None = None) -> str:
        subscription = subscription_id or self.subscription_id
        return resource_path("subscriptions", subscription, "resourceGroups", resource_group, *rest)

    def _compute_path(self, resource_group: str, *rest: str, subscription_id: str | None = None) -> str:
        return self._group_path(
            resource_group, "providers", "Microsoft.Compute", *rest, subscription_id=subscription_id
        )

    def _gallery_path(self, subscription_id: str, path: tuple[str, str, str], *rest: str) -> str:
        group, gallery, definition = path
        return self._compute_path(
            group, "galleries", gallery, "images", definition, *rest, subscription_id=subscription_id
        )

    def _location_path(self, location: str, *rest: str) -> str:
        fixed = ("providers", "Microsoft.Compute", "locations", location)
        return resource_path("subscriptions", self.subscription_id, *fixed, *rest)

    def _platform_path(self, location: str, publisher: str, offer: str, sku: str, *version: str) -> str:
        image = ("artifacttypes", "vmimage", "offers", offer, "skus", sku, "versions", *version)
        return self._location_path(location, "publishers", publisher, *image)

    def _public_path(self, location: str, kind: str, gallery: str, definition: str, *rest: str) -> str:
        return self._location_path(location, f"{kind}Galleries", gallery, "images", definition, *rest)
