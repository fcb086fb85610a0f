# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The lease of a rollout: tags on the scale set that say who rolls it, until when, and what it holds.

Azure has no locks that expire, but it writes the tags of a scale set under If-Match like the rest of the model: of two
runs that start at once one is refused and reads the other's name. What is held is written down before it is done, so
that the run after an interrupted one knows what to undo.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.defaults import LEASE_MINUTES
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, Refused, VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._tags.known_scalers import scaler_of
from ansible_collections.azroll.vmss.plugins.module_utils._tags.tag_codec import (
    TAG_LIMIT,
    VALUE_LIMIT,
    image_text,
    joined,
    read_image,
    split,
)

_RUN, _HOLDER, _TARGET = "azroll-run", "azroll-holder", "azroll-target"
_SINCE, _EXPIRES = "azroll-since", "azroll-expires"
_HELD, _IMAGE = "azroll-held", "azroll-previous-image"
# The last two may be long, and go on in `-2`, `-3` and so on. What else begins with `azroll-` is not ours to touch.
_OWN = re.compile(r"azroll-(?:run|holder|target|since|expires|(?:held|previous-image)(?:-\d+)?)\Z", re.IGNORECASE)
REPAIRS, AUTOSCALE, POLICY = "repairs", "autoscale", "upgrade_policy"
_RUN_ID = re.compile(r"[A-Za-z0-9][\w.:@+-]{0,127}\Z", re.ASCII)


@dataclass(frozen=True)
class Lease:
    """Who rolls a scale set, and what that run holds.

    `since` and `expires` are Azure's times in ISO 8601; `expires` is None where the tag is damaged. `held` is what the
    run holds, or was about to: `repairs` (automatic repairs are suspended), `autoscale=GROUP/NAME` (an autoscale
    setting is switched off), `upgrade_policy=Automatic` (the policy before Manual was set). `previous_image` is the
    model's image before the first run that was not finished.
    """

    run_id: str = ""
    holder: str = ""
    target: str = ""
    since: str | None = None
    expires: str | None = None
    held: tuple[str, ...] = ()
    previous_image: Image | None = None

    def holding(self, *more: str) -> Lease:
        """The same lease, with these things held as well. Of two policies the first stays: it was the user's."""
        kinds = {kind_of(item) for item in self.held}
        added = [item for item in more if item not in self.held and not (kind_of(item) == POLICY and POLICY in kinds)]
        return replace(self, held=(*self.held, *dict.fromkeys(added)))

    def expired(self, now: datetime) -> bool:
        """Whether it has run out at that time of Azure's clock; one without a readable time never does."""
        end = parse_time(self.expires)
        return end is not None and end <= now

    def describe(self) -> str:
        """Who, for people."""
        run = f"run {self.run_id}" if self.run_id else "a run whose tags are damaged"
        known = [f"holder {self.holder}" if self.holder else "", f"target {self.target}" if self.target else ""]
        details = ", ".join(text for text in known if text)
        until = f" until {self.expires}" if parse_time(self.expires) else " without a readable end"
        return f"{run} ({details}){until}" if details else f"{run}{until}"

    def to_dict(self) -> dict[str, Any]:
        """The `lease` key of results."""
        return {
            "run_id": self.run_id,
            "holder": self.holder,
            "target": self.target,
            "since": self.since,
            "expires": self.expires,
            "held": list(self.held),
            "previous_image": self.previous_image.to_dict() if self.previous_image else {},
        }


@dataclass(frozen=True)
class Claim:
    """What a run wants: to hold the scale set under its id for so many minutes, in place of another if `take_over`."""

    run_id: str
    holder: str = ""
    target: str = ""
    minutes: int = LEASE_MINUTES
    take_over: bool = False

    def __post_init__(self) -> None:
        if not _RUN_ID.match(self.run_id):
            raise BadInput(
                f"run_id is {self.run_id[:40]!r}",
                advice="Give 1 to 128 letters, digits and any of . _ : @ + -, beginning with a letter or digit.",
            )
        if not 0 <= self.minutes <= 7 * 24 * 60:
            raise BadInput(
                f"The lease would last {self.minutes} minutes",
                advice="Give 1 to 10080 minutes (a week), or 0 for no lease.",
            )


def read_lease(tags: Mapping[str, str]) -> Lease | None:
    """The lease in the tags, None where there is none. Whatever stands in them, they can be read."""
    own = {name.lower(): str(value or "").strip() for name, value in tags.items() if _OWN.match(name)}
    if not any(own.values()):
        return None
    return Lease(
        run_id=own.get(_RUN, ""),
        holder=own.get(_HOLDER, ""),
        target=own.get(_TARGET, ""),
        since=own.get(_SINCE) or None,
        expires=own.get(_EXPIRES) or None,
        held=tuple(dict.fromkeys(item.strip() for item in joined(own, _HELD).split(",") if item.strip())),
        previous_image=read_image(joined(own, _IMAGE)),
    )


def own_tags(tags: Iterable[str]) -> list[str]:
    """The names of those that belong to a lease."""
    return [name for name in tags if _OWN.match(name)]


def write_lease(tags: Mapping[str, str], lease: Lease | None) -> dict[str, str]:
    """All tags of a scale set as they shall be: everybody else's as they are, and the lease's.

    The whole dictionary, because a PATCH replaces it (Azure's contract for resource providers; typespec-azure 1234).
    Raises Refused (`tag_limit`) where they are more than Azure takes.
    """
    others = {name: value for name, value in tags.items() if not _OWN.match(name)}
    if lease is None:
        return others
    texts = {
        _RUN: lease.run_id,
        _HOLDER: lease.holder[:VALUE_LIMIT],
        _TARGET: lease.target[:VALUE_LIMIT],
        _SINCE: lease.since or "",
        _EXPIRES: lease.expires or "",
        **split(_HELD, ",".join(lease.held)),
        **split(_IMAGE, image_text(lease.previous_image)),
    }
    every = {**others, **{name: text for name, text in texts.items() if text}}
    if len(every) > TAG_LIMIT:
        raise Refused(
            "tag_limit",
            f"The lease of the rollout takes {len(every) - len(others)} tags, and the scale set has {len(others)} of "
            f"at most {TAG_LIMIT} already",
            advice="Remove tags that nobody needs, or roll without a lease (O(minutes=0)).",
        )
    return every


def guard_lease(name: str, lease: Lease | None, claim: Claim, now: datetime, *, holder_dead: bool) -> None:
    """Refuse (`lease`) a set that another run holds, unless its lease has expired or is to be taken over.

    `holder_dead`: the process that holds it is dead for certain.
    """
    if lease is None or lease.run_id == claim.run_id or lease.expired(now) or holder_dead or claim.take_over:
        return
    raise Refused(
        "lease",
        f"Another run rolls {name}: {lease.describe()}",
        advice="Wait until it has ended. If you know that its run was interrupted, take its lease over "
        "(O(take_over=true)): what "
        "it held is released with yours.",
    )


def take(name: str, lease: Lease | None, claim: Claim, now: datetime, *, holder_dead: bool) -> Lease:
    """The lease under this claim, with all that was held so far and is to be undone. Raises as `guard_lease` does.

    It is renewed when less than half of its time is left, so that asking again does not write again.
    """
    guard_lease(name, lease, claim, now, holder_dead=holder_dead)
    old = lease or Lease()
    mine = old.run_id == claim.run_id
    end = now + timedelta(minutes=claim.minutes)
    fresh = mine and not is_due(old.expires, claim.minutes, now)
    return replace(
        old,
        run_id=claim.run_id,
        holder=_tag_text(claim.holder) or (old.holder if mine else ""),
        target=_tag_text(claim.target) or (old.target if mine else ""),
        since=old.since if mine else _text(now),
        expires=old.expires if fresh else _text(end),
    )


def let_go(lease: Lease, held: tuple[str, ...], now: datetime) -> Lease:
    """A lease that anybody may take, with what is still to be undone.

    Its rollout is over: the image before that is remembered with the images, and is none of the next rollout's.
    """
    expires = lease.expires if lease.expired(now) else _text(now)
    return replace(lease, held=held, expires=expires, previous_image=None)


def is_due(expires: str | None, minutes: int, now: datetime) -> bool:
    """Whether less than half of the time of a lease of so many minutes is left."""
    end = parse_time(expires)
    return end is None or (end - now) * 2 < timedelta(minutes=minutes)


def require_own(name: str, tags: Mapping[str, str], run_id: str, now: str | None) -> Lease:
    """The lease, if it still is that run's and has not run out at that time of Azure's: from then on it is anybody's.

    Raises LeaseExpired, and LeaseLost, which names the service that is known to write the `tags` of the set.
    """
    lease = read_lease(tags)
    if lease is not None and lease.run_id == run_id:
        time = parse_time(now)
        if time is None or not lease.expired(time):
            return lease
        raise LeaseExpired(
            f"The lease of {name} that run {run_id} holds has run out, at {lease.expires}",
            advice="Nothing more was written, for another run may have begun. Take a longer lease (O(minutes)), and "
            "run again.",
        )
    if lease is None:
        scaler = scaler_of(tags)
        likely = f", most likely {scaler.name}, which scales the set" if scaler else ""
        raise LeaseLost(
            f"Run {run_id} has lost its lease of {name}: its tags are gone, because another client has written the "
            f"tags of the scale set without them{likely}",
            advice="Nothing more was written, and what the rollout holds is released. The activity log of the scale "
            "set shows who wrote it. Hold that client for the time of the rollout, or roll without a lease "
            "(O(minutes=0)) and see to it that no two rollouts meet; then run again.",
        )
    raise LeaseLost(
        f"Run {run_id} has lost its lease of {name}: {lease.describe()} holds it now",
        advice="Nothing more was written. See who took it (activity log), and run again when the set is free.",
    )


def kind_of(item: str) -> str:
    """What kind of thing one of `held` is: `repairs`, `autoscale`, `upgrade_policy`."""
    return item.partition("=")[0]


def named(held: Iterable[str], kind: str) -> list[str]:
    """What stands behind the `=` of those of `held` that are of a kind."""
    return [item.partition("=")[2] for item in held if kind_of(item) == kind]


class LeaseLost(VmssError):
    """Another run took the lease over, or another client removed its tags."""

    kind = "lease_lost"
    blocks_rollback = "the lease of this rollout is gone: another one has taken it over, or its tags were removed"


class LeaseExpired(VmssError):
    """The run's own lease has run out, and nobody else has taken it yet."""

    kind = "lease_expired"
    blocks_rollback = "the lease of this rollout has run out, so that any other may have begun"


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _tag_text(text: str) -> str:
    # As it can be read back: Azure takes 256 characters, and spaces at the ends are nobody's.
    return " ".join(text.split())[:VALUE_LIMIT].strip()
