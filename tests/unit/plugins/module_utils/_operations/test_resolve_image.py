# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""An image is made sure of where its kind is kept, and `latest` becomes the number that the region would take."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    BadInput,
    Forbidden,
    ImageNotFound,
    ImageNotReplicated,
    NotFound,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._operations.resolve_image import read_details, resolve_image
from ansible_collections.azroll.vmss.tests.unit.builders import SUBSCRIPTION
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._operations.conftest import Play
from ansible_collections.azroll.vmss.tests.unit.wire import (
    COMPUTE,
    NEW_VERSION,
    OLD_VERSION,
    VERSIONS,
    Exchange,
    error,
    get,
    get_versions,
    reference,
)

# None of the login's own subscription.
ELSEWHERE = f"{SUBSCRIPTION}/resourceGroups/rg-images/providers/Microsoft.Compute"
GALLERY = f"{ELSEWHERE}/galleries/shop/images/web"
MANAGED = f"{ELSEWHERE}/images/golden"
API = "2023-07-03"
PINNED = pytest.mark.parametrize("pin_latest", [True, False])
PUBLIC = pytest.mark.parametrize(("kind", "stem"), [("shared", "SharedGalleries"), ("community", "CommunityGalleries")])


def platform(version: str) -> Image:
    return Image(**reference(version))


def gallery(version: str | None = None) -> Image:
    return Image(id=f"{GALLERY}/versions/{version}" if version else GALLERY)


def public(kind: str, stem: str, version: str) -> Image:
    return Image(**{f"{kind}_gallery_image_id": f"/{stem}/shop-1/Images/web/Versions/{version}"})


def resolve(
    play: Play, image: Image, *script: Exchange, pin_latest: bool = True, location: str = "westeurope"
) -> Image:
    arm, _deadline = play(*script)
    return resolve_image(arm, image, location, pin_latest=pin_latest)


def entry(name: str, *regions: str | dict[str, Any], state: str = "Succeeded", **profile: Any) -> dict[str, Any]:
    """A version of a gallery with its target regions."""
    targets = [one if isinstance(one, dict) else {"name": one} for one in regions]
    return {
        "name": name,
        "properties": {"provisioningState": state, "publishingProfile": {"targetRegions": targets, **profile}},
    }


def get_entries(*entries: dict[str, Any], path: str = GALLERY) -> Exchange:
    return get(f"{path}/versions", {"value": list(entries)}, api=API)


def get_entry(name: str, *regions: str, state: str | None = "Completed", **more: Any) -> Exchange:
    """One version, which says how its replication to West Europe stands."""
    body = entry(name, *(regions or ("West Europe",)))
    if state:
        body["properties"]["replicationStatus"] = {"summary": [{"region": "West Europe", "state": state}]}
    return get(
        f"{GALLERY}/versions/{name}", **{"body": body, "api": API, "query": {"$expand": "ReplicationStatus"}, **more}
    )


@PINNED
def test_latest_becomes_the_greatest_number_where_that_is_wanted(play: Play, pin_latest: bool) -> None:
    found = resolve(play, platform("latest"), get_versions("9.9.9", "10.0.0", "2.0.0"), pin_latest=pin_latest)
    assert found == platform("10.0.0" if pin_latest else "latest")


def test_a_fixed_version_stays_as_it_is_if_there_is_one(play: Play) -> None:
    assert resolve(play, platform(OLD_VERSION), get_versions()) == platform(OLD_VERSION)


def test_an_unknown_version_names_the_newest_five(play: Play) -> None:
    with pytest.raises(ImageNotFound) as caught:
        resolve(play, platform("2.0.0"), get_versions("1.0.2", "1.0.10", "1.0.9", "1.0.1", "1.0.3", "1.0.4"))
    assert "server:2.0.0 does not exist in westeurope" in caught.value.message
    assert caught.value.advice == "The newest versions there are: 1.0.10, 1.0.9, 1.0.4, 1.0.3, 1.0.2."


@pytest.mark.parametrize(("version", "words"), [("latest", "has no version in westeurope"), ("1.0.0", "not exist")])
def test_an_image_without_versions_is_none(play: Play, version: str, words: str) -> None:
    with pytest.raises(ImageNotFound, match=words) as caught:
        resolve(play, platform(version), get(VERSIONS, []))
    assert "version" in caught.value.advice


def test_an_unknown_publisher(play: Play) -> None:
    path = VERSIONS.replace("Canonical", "Kanonikal")
    missing = get(path, error("NotFound", "Artifact: VMImage was not found."), status=404)
    with pytest.raises(ImageNotFound, match="Kanonikal:ubuntu-24_04-lts:server:latest in westeurope") as caught:
        resolve(play, Image(**{**reference("latest"), "publisher": "Kanonikal"}), missing)
    assert (caught.value.fault.status, caught.value.fault.message) == (404, "Artifact: VMImage was not found.")


@pytest.mark.parametrize("code", ["SubscriptionNotFound", "InvalidSubscriptionId"])
def test_a_subscription_that_the_login_cannot_see_says_nothing_of_the_image(play: Play, code: str) -> None:
    hidden = get_entry("1.0.0", body=error(code, "There is none."), status=404)
    with pytest.raises(NotFound) as caught:
        resolve(play, gallery("1.0.0"), hidden)
    assert not isinstance(caught.value, ImageNotFound)


def test_an_image_that_may_not_be_read_is_not_taken_for_missing(play: Play) -> None:
    with pytest.raises(Forbidden):
        resolve(play, gallery("1.0.0"), get_entry("1.0.0", body=error("AuthorizationFailed", "No."), status=403))


@PINNED
def test_a_gallery_gives_its_newest_version_that_the_region_may_use(play: Play, pin_latest: bool) -> None:
    entries = [
        entry("1.0.0", "West Europe"),
        entry("1.10.0", "westeurope", state="Updating"),
        entry("1.9.0", "West Europe"),
        entry("2.0.0", "North Europe"),
        entry("3.0.0", "West Europe", excludeFromLatest=True),
        entry("3.1.0", {"name": "West Europe", "excludeFromLatest": True}),
        *[entry(f"4.{n}.0", "West Europe", state=state) for n, state in enumerate(("Creating", "Failed", "Deleting"))],
    ]
    # It is read once more: only the version itself says how its replication stands.
    script = [get_entries(*entries), get_entry("1.10.0")]
    found = resolve(play, gallery(), *script, pin_latest=pin_latest, location="West Europe")
    assert found == gallery("1.10.0" if pin_latest else None)


def test_a_version_kept_out_of_latest_elsewhere_or_by_name_is_one(play: Play) -> None:
    away = entry("2.0.0", "West Europe", {"name": "North Europe", "excludeFromLatest": True})
    assert resolve(play, gallery(), get_entries(away), get_entry("2.0.0")) == gallery("2.0.0")
    kept_out = entry("3.0.0", "West Europe", excludeFromLatest=True)
    by_name = get_entry("3.0.0", body=kept_out)
    assert resolve(play, gallery("3.0.0"), by_name) == gallery("3.0.0")


def test_a_gallery_without_a_version_for_the_region_has_none(play: Play) -> None:
    with pytest.raises(ImageNotFound, match="has no version in westeurope"):
        resolve(play, gallery(), get_entries(entry("1.0.0", "North Europe")))


@pytest.mark.parametrize("pin_latest", [True, False])
def test_the_newest_version_must_have_arrived_even_where_latest_is_written(play: Play, pin_latest: bool) -> None:
    script = [get_entries(entry("1.0.0", "West Europe")), get_entry("1.0.0", state="Replicating")]
    with pytest.raises(ImageNotReplicated):
        resolve(play, gallery(), *script, pin_latest=pin_latest)


@pytest.mark.parametrize(
    ("state", "region", "message", "advice"),
    [
        ("Replicating", "West Europe", "not replicated to westeurope yet: Replicating", "Wait"),
        ("Failed", "West Europe", "The replication of .* to westeurope has failed", "start it again"),
        ("Replicating", "North Europe", "not replicated to westeurope yet: Replicating", "Wait"),
        (None, "North Europe", "not replicated to westeurope", "which are: North Europe."),
    ],
)
def test_a_gallery_version_that_the_region_lacks(
    play: Play, state: str | None, region: str, message: str, advice: str
) -> None:
    with pytest.raises(ImageNotReplicated, match=message) as caught:
        resolve(play, gallery("2.0.0"), get_entry("2.0.0", region, state=state))
    assert advice in caught.value.advice


@pytest.mark.parametrize(("state", "region"), [("completed", "North Europe"), (None, "westeurope")])
def test_what_azure_tells_of_the_replication_counts_and_else_the_target_regions(
    play: Play, state: str | None, region: str
) -> None:
    assert resolve(play, gallery("2.0.0"), get_entry("2.0.0", region, state=state)) == gallery("2.0.0")


@PUBLIC
def test_shared_and_community_galleries_are_asked_by_region(play: Play, kind: str, stem: str) -> None:
    path = f"{COMPUTE}/{kind}Galleries/shop-1/images/web"
    kept_out = {"name": "2.0.0", "properties": {"excludeFromLatest": True}}
    entries = get_entries({"name": "1.0.0"}, {"name": "1.2.0"}, kept_out, path=path)
    newest = resolve(play, public(kind, stem, "latest"), entries)
    assert newest.effective_version == "1.2.0"
    assert resolve(play, public(kind, stem, "latest"), entries, pin_latest=False) == public(kind, stem, "latest")
    named = public(kind, stem, "2.0.0")
    assert resolve(play, named, entries) == named
    with pytest.raises(ImageNotFound, match="does not exist") as caught:
        resolve(play, public(kind, stem, "3.0.0"), entries)
    assert "2.0.0, 1.2.0, 1.0.0" in caught.value.advice, "versions kept out of latest can be named"


def test_a_managed_image_works_in_its_own_region_only(play: Play) -> None:
    image = Image(id=MANAGED)
    for location in ("westeurope", "West Europe"):
        assert resolve(play, image, get(MANAGED, {"name": "golden", "location": location})) == image
    with pytest.raises(ImageNotReplicated, match="golden is in northeurope, and the scale set in westeurope"):
        resolve(play, image, get(MANAGED, {"name": "golden", "location": "northeurope"}))


def test_a_vhd_is_taken_at_its_word(play: Play) -> None:
    image = Image(uri="https://shop.blob.core.windows.net/vhds/web.vhd")
    assert resolve(play, image) == image


@pytest.mark.parametrize(
    "image",
    [
        Image(id="/galleries/shop/images/web"),
        Image(id="/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/web"),
        Image(id=f"{MANAGED}/versions/1.0.0"),
        Image(shared_gallery_image_id="/Galleries/shop/Images/web/Versions/1.0.0"),
        Image(community_gallery_image_id=f"{GALLERY}/versions/1.0.0"),
    ],
)
def test_an_id_of_another_form_is_refused_before_anything_is_asked(play: Play, image: Image) -> None:
    with pytest.raises(BadInput, match="not of the form Azure uses") as caught:
        resolve(play, image)
    assert caught.value.advice.startswith("Give /")


def details_of(play: Play, image: Image, *script: Exchange) -> Any:
    arm, _deadline = play(*script)
    return read_details(arm, image, "westeurope")


DEFINITION = {"osType": "Linux", "osState": "Generalized", "hyperVGeneration": "V2"}


def test_a_platform_image_tells_of_itself_by_its_version(play: Play) -> None:
    properties = {"hyperVGeneration": "V2", "osDiskImage": {"operatingSystem": "Linux"}}
    found = details_of(play, platform(NEW_VERSION), get(f"{VERSIONS}/{NEW_VERSION}", {"properties": properties}))
    assert (found.os_type, found.generation) == ("Linux", "V2")


def test_the_version_behind_latest_is_the_one_that_is_looked_at(play: Play) -> None:
    shown = Image(id=GALLERY, exact_version="1.0.0")
    found = details_of(play, shown, get_entry("1.0.0"), get(GALLERY, {"properties": DEFINITION}, api=API))
    assert found.os_state == "Generalized"


@pytest.mark.parametrize(
    "image",
    [
        platform("latest"),
        Image(id=GALLERY),
        Image(uri="https://shop.blob.core.windows.net/vhds/web.vhd"),
        Image(),
        Image(id=f"{MANAGED}/more"),
        Image(shared_gallery_image_id="/SharedGalleries/shop-1"),
    ],
)
def test_of_an_image_without_a_version_nothing_is_asked(play: Play, image: Image) -> None:
    assert details_of(play, image) is None


def test_a_managed_image_tells_of_its_disk(play: Play) -> None:
    disk = {"osType": "Windows", "osState": "Specialized", "diskSizeGB": 127}
    found = details_of(play, Image(id=MANAGED), get(MANAGED, {"properties": {"storageProfile": {"osDisk": disk}}}))
    assert (found.os_type, found.os_state, found.disk_gb) == ("Windows", "Specialized", 127)


@pytest.mark.parametrize(
    ("version", "excluded"),
    [
        (entry("1.0.0", "West Europe"), False),
        (entry("1.0.0", "West Europe", excludeFromLatest=True), True),
        (entry("1.0.0", {"name": "West Europe", "excludeFromLatest": True}), True),
        (entry("1.0.0", "West Europe", {"name": "North Europe", "excludeFromLatest": True}), False),
    ],
)
def test_whether_a_version_is_kept_out_of_latest_depends_on_the_region(
    play: Play, version: dict[str, Any], excluded: bool
) -> None:
    definition = get(GALLERY, {"properties": DEFINITION}, api=API)
    found = details_of(play, gallery("1.0.0"), get_entry("1.0.0", body=version), definition)
    assert (found.excluded, found.generation) == (excluded, "V2")


@PUBLIC
def test_of_a_public_gallery_the_list_of_the_region_is_read(play: Play, kind: str, stem: str) -> None:
    path = f"{COMPUTE}/{kind}Galleries/shop-1/images/web"
    kept_out = {"name": "1.1.0", "properties": {"excludeFromLatest": True, "endOfLifeDate": "2027-01-01"}}
    script = [get_entries({"name": "1.0.0"}, kept_out, path=path), get(path, {"properties": DEFINITION}, api=API)]
    found = details_of(play, public(kind, stem, "1.1.0"), *script)
    assert (found.excluded, found.end_of_life, found.os_type) == (True, "2027-01-01", "Linux")
    # One that the region does not list has what all have in common.
    found = details_of(play, public(kind, stem, "9.0.0"), *script)
    assert (found.excluded, found.end_of_life, found.os_type) == (False, None, "Linux")
