# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, Refused
from ansible_collections.azroll.vmss.plugins.module_utils._common.wording import ROLE
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import (
    TAG_LIMIT,
    VALUE_LIMIT,
    Claim,
    Lease,
    LeaseExpired,
    LeaseLost,
    read_lease,
    require_own,
    take,
    write_lease,
)
from ansible_collections.azroll.vmss.tests.unit.builders import GALLERY_IMAGE, OLD

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
LATER = "2026-11-22T12:15:00Z"
THEIRS = Lease("run-a", "eve@ctl1#7/99.0123456789ab", "image 2", "2026-11-22T10:15:00Z", LATER, ("repairs",))
OWN_NAMES = ("run", "holder", "target", "since", "expires", "held", "held-2", "previous-image")
TAGS = write_lease({}, THEIRS)

_words = st.text("abcXYZ0189-._/:@#", max_size=300)
_items = st.sampled_from(["repairs", "upgrade_policy=Rolling", "what comes later"]) | st.from_regex(
    r"autoscale=[a-z0-9-]{1,60}/[a-z0-9-]{1,60}", fullmatch=True
)
_images = st.one_of(
    st.none(),
    st.just(OLD),
    st.integers(1, 700).map(lambda size: Image(id=f"{GALLERY_IMAGE}/versions/{'9' * size}")),
    st.integers(1, 99).map(lambda number: Image(uri=f"https://a.blob.core.windows.net/vhds/os.vhd?v={number}")),
    st.just(Image(shared_gallery_image_id="/SharedGalleries/s/Images/i/Versions/1.0.0")),
    st.just(Image(community_gallery_image_id="/CommunityGalleries/c/Images/i/Versions/latest")),
)
_leases = st.builds(
    Lease,
    run_id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}", fullmatch=True),
    holder=_words.map(lambda text: text[:VALUE_LIMIT]),
    target=_words.map(lambda text: text[:VALUE_LIMIT]),
    since=st.just("2026-11-22T10:15:00Z"),
    expires=st.just(LATER),
    held=st.lists(_items, max_size=6, unique=True).map(tuple),
    previous_image=_images,
)
_others = st.dictionaries(
    st.text(max_size=40).filter(lambda name: not name.lower().startswith("azroll-")) | st.just("azroll-of-mine"),
    st.text(max_size=40),
    max_size=20,
)
_damaged = st.dictionaries(
    st.sampled_from([f"azroll-{name}" for name in OWN_NAMES] + ["AzRoll-Expires", "azroll-previous-image-2"]),
    st.text(max_size=300) | st.sampled_from(["repairs,,upgrade_policy=", "=", "id=", "::::", "2026-13-40T99:99:99Z"]),
)


@given(_others, _leases, _leases)
def test_what_is_written_can_be_read_and_foreign_tags_stay(others: dict[str, str], first: Lease, second: Lease) -> None:
    tags = write_lease(write_lease(others, first), second)
    assert read_lease(tags) == second
    assert {name: value for name, value in tags.items() if name in others} == others
    assert all(len(value) <= VALUE_LIMIT for name, value in tags.items() if name not in others)
    assert write_lease(tags, None) == others
    assert read_lease(others) is None


@given(_others, _damaged)
def test_damaged_tags_are_a_lease_that_keeps_others_out_until_it_ends(
    others: dict[str, str], damaged: dict[str, str]
) -> None:
    lease = read_lease({**others, **damaged})
    assert write_lease({**others, **damaged}, None) == others, "whatever stands in them, they can be removed"
    if lease is None:
        assert not any(value.strip() for value in damaged.values())
        return
    assert lease.describe()
    claim = Claim("run-b")
    if not lease.expired(NOW) and lease.run_id != "run-b":
        with pytest.raises(Refused) as refusal:
            take("web", lease, claim, NOW, holder_dead=False)
        assert refusal.value.kind == "lease"
    taken = take("web", lease, replace(claim, take_over=True), NOW, holder_dead=False)
    assert (taken.run_id, taken.held) == ("run-b", lease.held)


@pytest.mark.parametrize(
    ("lease", "claim", "dead"),
    [
        pytest.param(None, Claim("run-b"), False, id="free"),
        pytest.param(THEIRS, Claim("run-a"), False, id="own"),
        pytest.param(replace(THEIRS, expires="2026-11-22T10:15:00Z"), Claim("run-b"), False, id="expired"),
        pytest.param(THEIRS, Claim("run-b"), True, id="dead"),
        pytest.param(THEIRS, Claim("run-b", take_over=True), False, id="on request"),
        pytest.param(replace(THEIRS, expires="soon"), Claim("run-b", take_over=True), False, id="damaged, on request"),
    ],
)
def test_who_may_take_it(lease: Lease | None, claim: Claim, dead: bool) -> None:
    taken = take("web", lease, claim, NOW, holder_dead=dead)
    assert taken.run_id == claim.run_id
    assert not taken.expired(NOW)
    assert taken.held == (lease.held if lease else ())


@pytest.mark.parametrize("expires", [LATER, "2026-11-22T10:15:01Z", None, "soon"])
def test_who_may_not(expires: str | None) -> None:
    with pytest.raises(Refused, match=r"run run-a \(holder eve@ctl1#7.*target image 2\).*take_over: true"):
        take("web", replace(THEIRS, expires=expires), Claim("run-b"), NOW, holder_dead=False)


def test_a_lease_is_renewed_when_less_than_half_of_it_is_left() -> None:
    claim = Claim("run-a", minutes=120)
    assert take("web", THEIRS, claim, NOW + timedelta(minutes=60), holder_dead=False).expires == LATER
    renewed = take("web", THEIRS, claim, NOW + timedelta(minutes=60, seconds=1), holder_dead=False)
    assert renewed.expires == "2026-11-22T13:15:01Z"
    assert renewed.since == THEIRS.since
    assert renewed.target == THEIRS.target


def test_azure_takes_fifty_tags() -> None:
    others = {f"team-{number}": "x" for number in range(TAG_LIMIT - 6)}
    assert len(write_lease(others, THEIRS)) == TAG_LIMIT
    with pytest.raises(Refused, match=r"takes 6 tags.*has 45 of at most 50") as refusal:
        write_lease({**others, "one": "more"}, THEIRS)
    assert refusal.value.kind == "tag_limit"


@pytest.mark.parametrize("run_id", ["", " ", "a b", "-a", "a\n", "é", "a" * 129, "a,b", "<a>"])
def test_run_ids_that_cannot_be_meant(run_id: str) -> None:
    with pytest.raises(BadInput, match="run_id"):
        Claim(run_id)


@pytest.mark.parametrize("minutes", [-1, 7 * 24 * 60 + 1])
def test_leases_that_cannot_be_meant(minutes: int) -> None:
    with pytest.raises(BadInput, match="minutes"):
        Claim("run-a", minutes=minutes)


def test_the_first_policy_is_the_one_to_be_remembered() -> None:
    lease = Lease().holding("repairs", "upgrade_policy=Automatic", "repairs").holding("upgrade_policy=Rolling")
    assert lease.held == ("repairs", "upgrade_policy=Automatic")


def test_a_lost_lease_says_who_has_it() -> None:
    assert require_own("web", TAGS, "run-a", None) == THEIRS
    with pytest.raises(LeaseLost, match="run-a") as lost:
        require_own("web", TAGS, "run-b", None)
    assert lost.value.kind == "lease_lost"
    with pytest.raises(LeaseLost, match="tags are gone"):
        require_own("web", {"__AzureDevOpsElasticPool": "agents"}, "run-a", None)


def test_a_lease_that_has_run_out_is_not_said_to_be_taken_over() -> None:
    assert require_own("web", TAGS, "run-a", "2026-11-22T10:16:00+00:00") == THEIRS
    with pytest.raises(LeaseExpired, match="The lease of web that run run-a holds has run out") as expired:
        require_own("web", TAGS, "run-a", LATER)
    assert expired.value.kind == "lease_expired"
    assert "rollout_lease" in expired.value.describe(ROLE)
