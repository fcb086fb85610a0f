# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Image references: reading them, merging them, and telling whether two mean the same."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import (
    Image,
    merge,
    newest,
    same_image,
    same_reference,
)
from ansible_collections.azroll.vmss.tests.unit.builders import GALLERY_IMAGE, SUBSCRIPTION, ubuntu

MANAGED = Image(id=f"{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute/images/golden")
DEFINITION = Image(id=GALLERY_IMAGE)
VERSION = Image(id=f"{GALLERY_IMAGE}/versions/1.2.3")
SHARED = Image(shared_gallery_image_id="/SharedGalleries/9c5d-WEB/Images/ubuntu/Versions/1.2.3")
COMMUNITY = Image(community_gallery_image_id="/CommunityGalleries/web-9c5d/Images/ubuntu/Versions/latest")
VHD = Image(uri="https://images.blob.core.windows.net/vhds/golden.vhd")
KINDS = {
    "platform": ubuntu("24.04.202601010"),
    "managed_image": MANAGED,
    "gallery": VERSION,
    "shared_gallery": SHARED,
    "community_gallery": COMMUNITY,
    "vhd": VHD,
    "none": Image(),
}

versions = st.sampled_from(["latest", "Latest", "1.2.3", "1.2.4", "1.10.0"])
exact_versions = st.sampled_from([None, None, "1.2.3", "1.2.4"])
_galleries = st.sampled_from([GALLERY_IMAGE, GALLERY_IMAGE.upper(), f"{GALLERY_IMAGE}-2"])
_gallery_ids = st.one_of(_galleries, st.builds("{}/versions/{}".format, _galleries, versions))
images = st.one_of(
    st.builds(
        Image,
        publisher=st.sampled_from(["Canonical", "canonical", "Debian"]),
        offer=st.just("ubuntu-24_04-lts"),
        sku=st.sampled_from(["server", "minimal"]),
        version=versions,
        exact_version=exact_versions,
    ),
    st.builds(Image, id=_gallery_ids, exact_version=exact_versions),
    st.builds(Image, shared_gallery_image_id=st.sampled_from([SHARED.shared_gallery_image_id, "/SharedGalleries/a"])),
    st.builds(Image, community_gallery_image_id=st.just(COMMUNITY.community_gallery_image_id)),
    st.sampled_from([MANAGED, VHD, Image()]),
)


# Reading and writing


@pytest.mark.parametrize(("kind", "image"), KINDS.items())
def test_each_kind_is_known_by_its_fields(kind, image):
    assert image.kind == kind


def test_an_instance_repeats_the_reference_and_adds_the_exact_version():
    profile = {
        "imageReference": {
            "publisher": "MicrosoftWindowsServer",
            "offer": "WindowsServer",
            "sku": "2012-R2-Datacenter",
            "version": "latest",
            "exactVersion": "9600.21620.231004",
        },
        "osDisk": {"osType": "Windows", "createOption": "FromImage"},
    }
    image = Image.from_storage_profile(profile)
    assert image == Image("MicrosoftWindowsServer", "WindowsServer", "2012-R2-Datacenter", "latest")
    assert image.effective_version == "9600.21620.231004"
    assert image.floating


def test_a_gallery_instance_on_the_wire():
    image = Image.from_storage_profile({"imageReference": {"id": GALLERY_IMAGE, "exactVersion": "202503.21.0"}})
    assert (image.kind, image.floating, image.effective_version) == ("gallery", True, "202503.21.0")


def test_an_unmanaged_vhd_on_the_wire():
    assert Image.from_storage_profile({"osDisk": {"image": {"uri": VHD.uri}, "name": "os"}}) == VHD


@pytest.mark.parametrize(
    "profile",
    [
        {},
        {"imageReference": None, "osDisk": None},
        {"imageReference": {"id": "", "publisher": None}, "osDisk": {"image": None}},
        {"osDisk": {"image": {"uri": ""}}},
    ],
)
def test_no_reference_is_no_image(profile):
    assert Image.from_storage_profile(profile) == Image()


@given(images)
def test_the_reference_is_written_as_it_is_read(image):
    assert Image.from_storage_profile(image.to_storage_profile()) == image


def test_only_the_reference_is_written():
    assert ubuntu("latest", exact="1.2.3").to_storage_profile() == {
        "imageReference": {
            "publisher": "Canonical",
            "offer": "ubuntu-24_04-lts",
            "sku": "server",
            "version": "latest",
        }
    }
    assert VHD.to_storage_profile() == {"osDisk": {"image": {"uri": VHD.uri}}}


@given(images)
def test_a_record_is_read_back_from_json(image):
    back = Image.from_dict(json.loads(json.dumps(image.to_dict())))
    assert (back, back.exact_version) == (image, image.exact_version)


def test_options_that_are_unset_or_empty_count_as_left_out():
    options = {"version": "1.2.3", "publisher": "", "offer": None, "id": None, "exact_version": "9"}
    image = Image.from_options(options)
    assert image == Image(version="1.2.3")
    assert image.exact_version is None


@pytest.mark.parametrize(
    ("image", "text"),
    [
        (ubuntu("1.2.3"), "Canonical:ubuntu-24_04-lts:server:1.2.3"),
        (ubuntu("latest", exact="1.2.3"), "Canonical:ubuntu-24_04-lts:server:latest (1.2.3)"),
        (ubuntu("1.2.3", exact="1.2.3"), "Canonical:ubuntu-24_04-lts:server:1.2.3"),
        (Image(offer="x"), "?:x:?:?"),
        (VERSION, VERSION.id),
        (SHARED, SHARED.shared_gallery_image_id),
        (VHD, VHD.uri),
        (Image(), "no image"),
    ],
)
def test_people_read_one_line(image, text):
    assert image.describe() == text


# Versions


@pytest.mark.parametrize(
    ("image", "floating", "version"),
    [
        (ubuntu("latest"), True, "latest"),
        (ubuntu("LATEST"), True, "LATEST"),
        (ubuntu("1.2.3"), False, "1.2.3"),
        (DEFINITION, True, None),
        (VERSION, False, "1.2.3"),
        (SHARED, False, "1.2.3"),
        (COMMUNITY, True, "latest"),
        (MANAGED, False, None),
        (VHD, False, None),
        (Image(), False, None),
    ],
)
def test_a_reference_floats_where_it_names_no_number(image, floating, version):
    assert (image.floating, image.effective_version) == (floating, version)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (ubuntu("latest", exact="1"), ubuntu("2.0.0")),
        (DEFINITION, Image(id=f"{GALLERY_IMAGE}/versions/2.0.0")),
        (VERSION, Image(id=f"{GALLERY_IMAGE}/versions/2.0.0")),
        (SHARED, Image(shared_gallery_image_id="/SharedGalleries/9c5d-WEB/Images/ubuntu/versions/2.0.0")),
        (COMMUNITY, Image(community_gallery_image_id="/CommunityGalleries/web-9c5d/Images/ubuntu/versions/2.0.0")),
    ],
)
def test_the_version_of_every_versioned_kind_can_be_replaced(image, expected):
    changed = image.with_version("2.0.0")
    assert changed == expected
    assert changed.effective_version == "2.0.0"
    assert not changed.floating


@pytest.mark.parametrize("image", [MANAGED, VHD, Image()])
def test_kinds_without_versions_say_so(image):
    with pytest.raises(BadInput, match="has no versions"):
        image.with_version("2.0.0")


@pytest.mark.parametrize("image", [ubuntu("1.2.3"), VERSION, SHARED, COMMUNITY])
def test_latest_makes_every_versioned_kind_float(image):
    assert image.with_version("latest").floating


def test_the_newest_of_a_gallery_is_its_definition():
    assert VERSION.with_version("latest") == DEFINITION


def test_versions_are_compared_as_numbers():
    ascending = ["1.9.9", "1.10.0", "2.0.0", "20.04.202401010", "24.04.202402020"]
    assert all(newest(pair) == pair[1] for pair in pairwise(ascending))
    assert newest(reversed(ascending)) == "24.04.202402020"


def test_words_come_before_numbers_and_nothing_is_newest_of_nothing():
    assert newest(["1.0.beta", "1.0.0"]) == "1.0.0"
    assert newest([]) is None


# The image that the model gets


@pytest.mark.parametrize(
    ("current", "wanted", "expected"),
    [
        (ubuntu("1"), Image(version="2"), ubuntu("2")),
        (ubuntu("1"), Image(version="latest"), ubuntu("latest")),
        (ubuntu("1"), Image(sku="minimal"), Image("Canonical", "ubuntu-24_04-lts", "minimal", "1")),
        (VERSION, Image(version="2.0.0"), Image(id=f"{GALLERY_IMAGE}/versions/2.0.0")),
        (DEFINITION, Image(version="2.0.0"), Image(id=f"{GALLERY_IMAGE}/versions/2.0.0")),
        (VERSION, Image(version="latest"), DEFINITION),
        (COMMUNITY, Image(version="2.0.0"), COMMUNITY.with_version("2.0.0")),
        (SHARED, Image(version="2.0.0"), SHARED.with_version("2.0.0")),
        (VERSION, ubuntu("2"), ubuntu("2")),
        (VHD, ubuntu("2"), ubuntu("2")),
        (Image(), ubuntu("2"), ubuntu("2")),
        *[(current, VERSION, VERSION) for current in KINDS.values()],
        *[(current, SHARED, SHARED) for current in KINDS.values()],
        *[(current, COMMUNITY, COMMUNITY) for current in KINDS.values()],
        *[(current, VHD, VHD) for current in KINDS.values()],
        *[(current, MANAGED, MANAGED) for current in KINDS.values()],
    ],
)
def test_what_is_left_out_is_taken_from_the_model(current, wanted, expected):
    assert merge(current, wanted) == expected


def test_the_exact_version_of_the_old_image_is_not_kept():
    assert merge(ubuntu("latest", exact="1"), Image(version="latest")).exact_version is None


@pytest.mark.parametrize(
    ("current", "wanted", "words"),
    [
        (ubuntu("1"), Image(), "names nothing to change to"),
        (ubuntu("1"), Image(id="x", uri="y"), "several kinds of image at once: id, uri"),
        (ubuntu("1"), Image(id="x", version="2"), "several kinds of image at once: id, version"),
        (ubuntu("1"), Image(publisher="a", uri="y"), "several kinds of image at once: uri, publisher"),
        (VERSION, Image(sku="minimal", version="2"), "lacks publisher, offer"),
        (Image(), Image(publisher="a", offer="b", sku="c"), "lacks version"),
        (MANAGED, Image(version="2"), "has no versions"),
        (VHD, Image(version="2"), "has no versions"),
        (Image(), Image(version="2"), "has no versions"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_advice(current, wanted, words):
    with pytest.raises(BadInput, match=words) as refused:
        merge(current, wanted)
    assert refused.value.advice


@given(images)
def test_merging_what_is_there_changes_nothing(image):
    if image.kind != "none":
        assert same_reference(merge(image, Image.from_options(image.to_dict())), image)


# The same image


@given(images, images)
def test_sameness_has_no_direction(first, second):
    assert same_image(first, second) == same_image(second, first)
    assert same_reference(first, second) == same_reference(second, first)


@given(images)
def test_an_image_is_the_same_as_itself_and_none_is_the_same_as_nothing(image):
    assert same_image(image, image) == (image.kind != "none")
    assert same_reference(image, image)


@given(images)
def test_case_does_not_matter(image):
    loud = Image(**{name: value.upper() for name, value in image.to_dict().items()})
    assert same_image(image, loud) == (image.kind != "none")
    assert same_reference(image, loud)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (ubuntu("1"), ubuntu("2"), False),
        (ubuntu("latest", exact="2"), ubuntu("2"), True),
        (ubuntu("latest", exact="1"), ubuntu("2"), False),
        (ubuntu("latest", exact="1"), ubuntu("latest", exact="2"), False),
        (ubuntu("latest", exact="1"), ubuntu("latest"), True),
        # Pinned to a number, so made from another model than one that floats; and its number may be any.
        (ubuntu("1"), ubuntu("latest"), False),
        (ubuntu("1"), Image("Canonical", "ubuntu-24_04-lts", "minimal", "1"), False),
        (DEFINITION, VERSION, False),
        (Image(id=GALLERY_IMAGE, exact_version="1.2.3"), VERSION, True),
        (Image(id=GALLERY_IMAGE, exact_version="1.2.4"), VERSION, False),
        (Image(id=GALLERY_IMAGE, exact_version="1.2.4"), DEFINITION, True),
        (Image(id=f"{GALLERY_IMAGE}-2/versions/1.2.3"), VERSION, False),
        (Image(id=f"{GALLERY_IMAGE}/"), DEFINITION, True),
        (MANAGED, DEFINITION, False),
        (MANAGED, Image(id=f"{MANAGED.id}-2"), False),
        (MANAGED, Image(id=f"{MANAGED.id}/"), True),
        (SHARED, SHARED.with_version("1.2.4"), False),
        (VHD, Image(uri=f"{VHD.uri}.old"), False),
        (ubuntu("1"), Image(), False),
    ],
)
def test_the_same_image_is_the_same_version_of_it(one, other, same):
    assert same_image(one, other) == same


def test_a_reference_to_latest_is_not_one_to_the_number_behind_it():
    assert same_image(ubuntu("latest", exact="2"), ubuntu("2"))
    assert not same_reference(ubuntu("latest", exact="2"), ubuntu("2"))
