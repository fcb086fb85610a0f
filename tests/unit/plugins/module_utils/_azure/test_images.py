# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Where images of every kind are read, in which version of the API, and what an answer has to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._azure.images import ImageReads
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, NotFound, ServiceError
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._azure.conftest import connect
from ansible_collections.azroll.vmss.tests.unit.wire import COMPUTE, HOST, VERSIONS, Clock, error, get

GALLERY_API = "2023-07-03"
# Images are often kept in a subscription of their own.
OTHER = "99999999-0000-4000-8000-000000000009"
ELSEWHERE = f"/subscriptions/{OTHER}/resourceGroups/rg-images/providers/Microsoft.Compute"
DEFINITION = f"{ELSEWHERE}/galleries/shop/images/web"
GALLERY_IMAGE = ("rg-images", "shop", "web")
UBUNTU = ("westeurope", "Canonical", "ubuntu-24_04-lts", "server")
BODY = {"name": "one"}

READS: dict[str, tuple[Callable[[ImageReads], Any], str, dict[str, Any]]] = {
    "image Canonical:ubuntu-24_04-lts:server:1.0 in westeurope": (
        lambda reads: reads.platform_version(*UBUNTU, "1.0"),
        f"{VERSIONS}/1.0",
        {},
    ),
    "managed image golden": (
        lambda reads: reads.managed_image(OTHER, "rg-images", "golden"),
        f"{ELSEWHERE}/images/golden",
        {},
    ),
    "gallery image shop/web": (
        lambda reads: reads.gallery_definition(OTHER, GALLERY_IMAGE),
        DEFINITION,
        {"api": GALLERY_API},
    ),
    # Without the expansion Azure leaves out whether the region has the version.
    "version 1.2.3 of gallery image shop/web": (
        lambda reads: reads.gallery_version(OTHER, GALLERY_IMAGE, "1.2.3"),
        f"{DEFINITION}/versions/1.2.3",
        {"api": GALLERY_API, "query": {"$expand": "ReplicationStatus"}},
    ),
    "shared image shop-1/web in westeurope": (
        lambda reads: reads.public_gallery_definition("westeurope", "shared", "shop-1", "web"),
        f"{COMPUTE}/sharedGalleries/shop-1/images/web",
        {"api": GALLERY_API},
    ),
    "community image shop-1/web in westeurope": (
        lambda reads: reads.public_gallery_definition("westeurope", "community", "shop-1", "web"),
        f"{COMPUTE}/communityGalleries/shop-1/images/web",
        {"api": GALLERY_API},
    ),
}
LISTS: dict[str, tuple[Callable[[ImageReads], Any], str]] = {
    "versions of gallery image shop/web": (
        lambda reads: reads.gallery_versions(OTHER, GALLERY_IMAGE),
        f"{DEFINITION}/versions",
    ),
    "versions of shared image shop-1/web in westeurope": (
        lambda reads: reads.public_gallery_versions("westeurope", "shared", "shop-1", "web"),
        f"{COMPUTE}/sharedGalleries/shop-1/images/web/versions",
    ),
    "versions of community image shop-1/web in westeurope": (
        lambda reads: reads.public_gallery_versions("westeurope", "community", "shop-1", "web"),
        f"{COMPUTE}/communityGalleries/shop-1/images/web/versions",
    ),
}


@pytest.mark.parametrize("image", READS)
def test_an_image_is_read_where_its_kind_is_kept(clock: Clock, image: str) -> None:
    read, path, more = READS[image]
    reads, wire = connect(clock, get(path, BODY, **more))
    assert read(reads) == BODY
    wire.check()


@pytest.mark.parametrize("image", READS)
def test_an_image_that_is_not_there_is_named(clock: Clock, image: str) -> None:
    read, path, more = READS[image]
    reads, wire = connect(clock, get(path, error("NotFound", "There is none."), status=404, **more))
    with pytest.raises(NotFound) as caught:
        read(reads)
    assert caught.value.attempted == f"read {image}"
    wire.check()


@pytest.mark.parametrize("versions", LISTS)
def test_the_versions_of_a_gallery_image_are_those_of_all_pages(clock: Clock, versions: str) -> None:
    read, path = LISTS[versions]
    more = f"{HOST}{path}?page=2&api-version={GALLERY_API}"
    first = get(path, {"value": [{"name": "1.0.0"}], "nextLink": more}, api=GALLERY_API)
    second = get(path, {"value": [{"name": "1.1.0"}]}, api=GALLERY_API, query={"page": "2"})
    reads, wire = connect(clock, first, second)
    assert read(reads) == [{"name": "1.0.0"}, {"name": "1.1.0"}]
    wire.check()


@pytest.mark.parametrize("versions", LISTS)
def test_versions_that_may_not_be_listed_are_named(clock: Clock, versions: str) -> None:
    read, path = LISTS[versions]
    reads, wire = connect(clock, get(path, error("NotFound", "There is none."), status=404, api=GALLERY_API))
    with pytest.raises(NotFound) as caught:
        read(reads)
    assert caught.value.attempted == f"list the {versions}"
    wire.check()


def test_the_versions_of_a_platform_image_are_the_names_in_a_bare_list(clock: Clock) -> None:
    entries = [{"name": "2.0"}, {"name": "1.0"}, {"name": None}, {"name": ""}, {"location": "westeurope"}]
    reads, wire = connect(clock, get(VERSIONS, entries))
    assert reads.platform_versions(*UBUNTU) == ["2.0", "1.0"]
    wire.check()


@pytest.mark.parametrize("answer", [{"value": [{"name": "1.0"}]}, ["1.0"], [{"name": 1}]])
def test_any_other_list_of_platform_versions_cannot_be_read(clock: Clock, answer: Any) -> None:
    reads, wire = connect(clock, get(VERSIONS, answer))
    with pytest.raises(ServiceError, match=r"list the versions of image Canonical:.* could not be read"):
        reads.platform_versions(*UBUNTU)
    wire.check()


def test_a_name_with_the_marks_of_an_address_is_one_part_of_the_path(clock: Clock) -> None:
    path = f"{ELSEWHERE}/images/a%2F..%2Fb%3Fc%3D1%23d"
    reads, wire = connect(clock, get(path, BODY))
    assert reads.managed_image(OTHER, "rg-images", "a/../b?c=1#d") == BODY
    wire.check()


@pytest.mark.parametrize(
    "read",
    [
        lambda reads: reads.platform_versions("westeurope", "Canonical", "..", "server"),
        lambda reads: reads.platform_version(*UBUNTU, ""),
        lambda reads: reads.managed_image(OTHER, "..", "golden"),
        lambda reads: reads.gallery_definition(OTHER, ("rg-images", "..", "web")),
        lambda reads: reads.gallery_version(OTHER, GALLERY_IMAGE, "."),
        lambda reads: reads.public_gallery_versions("westeurope", "shared", "..", "web"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_before_any_request(
    clock: Clock, read: Callable[[ImageReads], Any]
) -> None:
    reads, wire = connect(clock)
    with pytest.raises(BadInput, match="not a valid name"):
        read(reads)
    wire.check()
