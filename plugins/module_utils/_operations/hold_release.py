# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Holding a scale set for a rollout: the lease, automatic repairs, autoscale and the upgrade policy.

What is held is written into the lease first and done then; the release goes the other way round. A run that is
interrupted anywhere in between leaves tags with at least what it held, and each step reads before it acts: the next run
with the right to the lease does the same again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import WRITE_ATTEMPTS, Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    Conflict,
    ModelLimit,
    OperationFailed,
    Preempted,
    Refused,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.origin import follows_model
from ansible_collections.azroll.vmss.plugins.module_utils._model.rollback_tag import rolling_back, write_mark
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import MANUAL, ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import listed
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import is_stale
from ansible_collections.azroll.vmss.plugins.module_utils._operations.acquire_lease import (
    claim_lease,
    guard_claim,
    server_time,
)
from ansible_collections.azroll.vmss.plugins.module_utils._operations.effect import (
    WRITTEN_BACK,
    until_shown,
    with_verb,
    write_without_effect,
)
from ansible_collections.azroll.vmss.plugins.module_utils._operations.repairs_and_autoscale import (
    BUSY,
    Actors,
    find_autoscale,
)
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import decide
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import read_history, write_history
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import (
    AUTOSCALE,
    POLICY,
    REPAIRS,
    Claim,
    Lease,
    kind_of,
    let_go,
    named,
    own_tags,
    read_lease,
    require_own,
    write_lease,
)

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.operations import Operation


@dataclass(frozen=True)
class Holds:
    """What is to be held beside the lease, and the image to be remembered."""

    repairs: bool = False
    autoscale: bool = False
    set_manual: bool = False
    previous_image: Image | None = None


@dataclass(frozen=True)
class Outcome:
    """How things stand afterwards (in check mode: would stand).

    `before` is the lease that was found. `held` is what is held, by the lease or by the caller's memory. `lost`:
    another run has the lease, so nothing was released. `lagging`: instances for which the policy was not restored.
    `made_model`: what was written made a new model, so that an instance that followed the latest one does not any more;
    None where no such instance is known.
    """

    before: Lease | None
    lease: Lease | None
    held: tuple[str, ...] = ()
    lost: bool = False
    lagging: tuple[str, ...] = ()
    made_model: bool | None = None


class LeaseManager:
    """Holds and releases under one claim. `actions` names what was done so far, or in check mode would have been.

    `found` is the lease that was there when the set was read last. `remembered` is what the caller knows to be held,
    should there be no lease (`minutes` of the claim are 0) or its tags be gone.
    """

    def __init__(
        self, arm: Arm, deadline: Deadline, claim: Claim, *, remembered: Sequence[str] = (), check_mode: bool = False
    ) -> None:
        self._arm = arm
        self._deadline = deadline
        self._claim = claim
        self._remembered = tuple(remembered)
        self._check_mode = check_mode
        self.actions: list[str] = []
        self.found: Lease | None = None
        self._actors = Actors(arm, deadline, self.actions, guard=self._guard, check_mode=check_mode)
        # The instance that is to be read, and the model that it followed before the first write.
        self._current = ""
        self._followed: ScaleSet | None = None
        # The set, as (resource group, name).
        self._address = ("", "")
        # What was there, and what has to be held, when the write was decided on last.
        self._before: Lease | None = None
        self._chosen: tuple[str, ...] = ()
        self._finished: Image | None = None
        self._by_image = False
        # What was written last.
        self._written: Mapping[str, Any] = {}
        # What was released already.
        self._free: list[str] = []
        # Whether a write may have been received though it had no answer.
        self._unanswered = False
        # Of a release: for which instances the policy stays, and so what stays held.
        self._lagging: tuple[str, ...] = ()
        self._kept: tuple[str, ...] = ()

    @property
    def held(self) -> tuple[str, ...]:
        """What may be held by now, also where an act failed half way: Azure may have done it all the same."""
        held = (self.found or Lease()).holding(*self._remembered, *self._chosen).held
        return tuple(item for item in held if item not in self._free)

    def hold(
        self, resource_group: str, name: str, holds: Holds, *, by_image: bool = False, current: str = ""
    ) -> Outcome:
        """Take or renew the lease and hold what is wished. Raises Refused (`lease`, `upgrade_policy`, `tag_limit`).

        `current` is an instance that follows the latest model, if one is known: it is read before and after. Where that
        shows that writes of tags make a new model, or the caller knows (`by_image`), the lease's tags are joined by one
        that remembers it: a run that is interrupted after that is continued by one that judges by image.
        """
        self._address = (resource_group, name)
        self._current = current
        self._by_image = by_image
        scale_set = self._write(lambda now: self._hold_body(now, holds))
        if self._claim.minutes and not self._check_mode:
            require_own(name, scale_set.tags, self._claim.run_id, self._arm.server_time)
        if REPAIRS in self._chosen:
            self._actors.set_repairs(scale_set, "Suspend")
        self._actors.set_autoscale(scale_set, named(self._chosen, AUTOSCALE), enabled=False)
        made_model = self._made_model()
        if made_model and not by_image:
            self._by_image = True
            before, chosen = self._before, self._chosen
            scale_set = self._write(lambda now: self._hold_body(now, holds))
            self._before, self._chosen = before, chosen
        lease = self._lease(scale_set, holds) if self._claim.minutes else None
        return Outcome(self._before, lease, lease.held if lease else self.held, made_model=made_model)

    def release(
        self,
        resource_group: str,
        name: str,
        *,
        restore_policy: bool,
        finished: Image | None = None,
        by_image: bool = False,
        current: str = "",
    ) -> Outcome:
        """Undo what is held by the lease, and what the caller remembers, and release the lease last of all.

        `finished` is the image whose rollout has come to a good end: it is not unproven any more. `by_image`: writes of
        tags make a new model here, which is remembered, so that no later run moves instances because of that. Where
        that is not known yet, `current` is an instance that follows the latest model: it is read before and after.
        Another run's lease is left alone, with all that it holds. An error leaves the rest held and in the tags. Raises
        Refused (`upgrade_policy`) where another client has set a policy under which a write of the tags would have
        Azure upgrade instances that lag.
        """
        self._address = (resource_group, name)
        scale_set = self._read()
        before, remembered = self.found, self._remembered
        if before and self._lost(scale_set):
            if self._claim.minutes:
                return Outcome(before, before, lost=True)
            # Without a lease of its own, the caller may remember what a refusal reported of the other's.
            remembered = tuple(item for item in remembered if item not in before.held)
            before = None
        held = (before or Lease()).holding(*remembered).held
        self._finished = finished
        self._by_image = by_image
        self._current = current
        if held:
            self._note_followed(scale_set)
        self._undo(scale_set, held)
        policy = next(iter(named(held, POLICY)), "") if restore_policy else ""
        if policy and before:
            # Tags alone first: where they are part of the model, all instances lag after that, and the policy stays.
            self._write(lambda now: self._expired_body(now, policy))
        written = self.found
        after = self._write(lambda now: self._release_body(now, policy))
        if before and written and self.found == written and not self._check_mode and not self._kept:
            self._sweep_tags(written)
        made_model = self._made_model()
        if made_model and not by_image:
            self._by_image = True
            after = self._write(lambda now: self._release_body(now, policy))
        lease = read_lease(after.tags) if self._kept else None
        return Outcome(before, lease, self._kept, lagging=self._lagging, made_model=made_model)

    # What to write

    def _choose(self, scale_set: ScaleSet, holds: Holds) -> tuple[str, ...]:
        """What has to be held: only what runs now, or what was held by a lease already."""
        known = (read_lease(scale_set.tags) or Lease()).holding(*self._remembered).held
        found: list[str] = []
        if (
            holds.repairs
            and scale_set.automatic_repairs
            and (REPAIRS in known or self._actors.repairs_state(scale_set) == "running")
        ):
            found.append(REPAIRS)
        if holds.autoscale:
            settings = find_autoscale(self._arm, scale_set)
            items = {f"{AUTOSCALE}={one.label}": one.enabled for one in settings}
            found += [item for item, enabled in items.items() if enabled or item in known]
        if holds.set_manual and not scale_set.manual:
            found.append(f"{POLICY}={scale_set.upgrade_policy}")
        return tuple(found)

    def _lease(self, scale_set: ScaleSet, holds: Holds) -> Lease:
        lease = claim_lease(self._arm, scale_set, self._claim)
        held = lease.holding(*self._remembered, *self._chosen)
        return replace(held, previous_image=lease.previous_image or holds.previous_image)

    def _hold_body(self, scale_set: ScaleSet, holds: Holds) -> dict[str, Any]:
        guard_claim(self._arm, scale_set, self._claim)
        found = read_lease(scale_set.tags)
        # After a write without an answer, a lease of this run is that write's, and not what was there before.
        if not (self._unanswered and found and found.run_id == self._claim.run_id):
            self._before = found
        self._chosen = self._choose(scale_set, holds)
        body: dict[str, Any] = {}
        if self._claim.minutes:
            lease = self._lease(scale_set, holds)
            tags = self._noting_by_image(scale_set)
            if lease != read_lease(scale_set.tags) or tags != scale_set.tags:
                body["tags"] = write_lease(tags, lease)
        if holds.set_manual and not scale_set.manual:
            body["properties"] = {"upgradePolicy": {"mode": MANUAL}}
        elif body and not scale_set.manual:
            raise Refused(
                "upgrade_policy",
                f"The upgrade policy of {scale_set.name} is {scale_set.upgrade_policy}: any write of the model, the "
                "tags of a lease included, may have Azure upgrade the instances that lag",
                advice="Set O(upgrade_policy=set_manual) to write the policy Manual in the same request, or change the "
                "policy first.",
            )
        if body or self._chosen:
            self._note_followed(scale_set)
        return body

    def _note_followed(self, scale_set: ScaleSet) -> None:
        """Before the first write: the model, if the instance that is known to be current follows it."""
        if self._current and self._followed is None and not self._check_mode:
            self._followed = scale_set if self._follows(scale_set) else None

    def _follows(self, scale_set: ScaleSet) -> bool | None:
        """Whether the instance follows the latest model; None where it does not report it, or is gone."""
        instance = self._arm.get_instance(scale_set, self._current)
        return instance.latest_model if instance else None

    def _made_model(self) -> bool | None:
        """Whether the writes made a new model, though none of them is about what instances are made from; None where
        nothing shows it.

        That they do not is a guess; where another client has changed the model meanwhile, it was not they.
        """
        if self._followed is None or not self.actions:
            return None
        now = self._read()
        same = (now.image, now.profile) == (self._followed.image, self._followed.profile)
        return same and self._follows(now) is False

    def _expired_body(self, scale_set: ScaleSet, policy: str) -> dict[str, Any]:
        """A lease that anybody may take, with the policy that is still to be restored."""
        lease = read_lease(scale_set.tags)
        if lease is None or not scale_set.manual or self._lost(scale_set):
            return {}
        left = let_go(lease, (f"{POLICY}={policy}",), server_time(self._arm))
        if left == lease:
            return {}
        self._note_followed(scale_set)
        return {"tags": write_lease(scale_set.tags, left)}

    def _release_body(self, scale_set: ScaleSet, policy: str) -> dict[str, Any]:
        instances = self._list_for_release(scale_set, policy)
        # Where tags are part of the model, the write that restores the policy would leave all instances behind it.
        lagging = _lagging(scale_set, instances, any_model=self._by_image)
        self._lagging = lagging if policy and scale_set.manual else ()
        self._kept = (f"{POLICY}={policy}",) if self._lagging else ()
        arrived = not self._lagging and _arrived(scale_set, instances)
        body = self._released(scale_set, "" if self._lagging else policy, self._kept, arrived)
        if body and not scale_set.manual and lagging:
            raise Refused(
                "upgrade_policy",
                f"The lease stays in the tags of {scale_set.name}: its upgrade policy is {scale_set.upgrade_policy} by "
                "now, so that any write of the model, that of tags included, would have Azure upgrade what lags behind "
                f"({listed(lagging)})",
                advice="Set the upgrade policy back to Manual, and run the same play again.",
            )
        if body:
            self._note_followed(scale_set)
        return body

    def _list_for_release(self, scale_set: ScaleSet, policy: str) -> list[Instance]:
        """The instances, where what is to be released depends on them."""
        if scale_set.manual and not policy and scale_set.rolled_back_from is None:
            return []
        if not scale_set.manual and scale_set.rolled_back_from is None and read_lease(scale_set.tags) is None:
            return []
        return self._arm.list_instances(scale_set)

    def _released(self, scale_set: ScaleSet, policy: str, kept: tuple[str, ...], arrived: bool) -> dict[str, Any]:
        lease = read_lease(scale_set.tags)
        body: dict[str, Any] = {}
        if policy and scale_set.manual:
            body["properties"] = {"upgradePolicy": {"mode": policy}}
        # A caller without a lease leaves the tags alone: a policy may forbid to write them.
        tags = self._remembering(scale_set, arrived) if self._claim.minutes else scale_set.tags
        if tags != scale_set.tags:
            body["tags"] = tags
        if lease is None or self._lost(scale_set):
            return body
        left = let_go(lease, kept, server_time(self._arm)) if kept else None
        if left != lease:
            body["tags"] = write_lease(tags, left)
        return body

    def _remembering(self, scale_set: ScaleSet, arrived: bool) -> Mapping[str, str]:
        """The tags without the mark of a rollback that has `arrived`, and with an image that has proved itself."""
        tags = write_mark(scale_set.tags, None) if arrived else scale_set.tags
        history = scale_set.image_history
        if self._finished is not None and history.unproven(self._finished):
            tags = write_history(tags, history.finished(self._finished))
        return self._noting_by_image(scale_set, tags)

    def _noting_by_image(self, scale_set: ScaleSet, tags: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """The tags, with what makes the next run judge by image, where writes of tags make models."""
        tags = scale_set.tags if tags is None else tags
        if not self._by_image:
            return tags
        history = read_history(tags)
        noted = history.judging_by_image(scale_set.image, scale_set.profile)
        return tags if noted == history else write_history(tags, noted)

    # Doing it

    def _write(self, make_body: Callable[[ScaleSet], dict[str, Any]]) -> ScaleSet:
        """Write what `make_body` wants of the set as it is; past other writers it is read again and asked anew.

        Returns the set as it is then. An operation's own verdict is none: another write preempts it, though its
        goal has been taken over already.
        """
        attempts = 0
        while True:
            attempts += 1
            try:
                scale_set, operation = decide(lambda: self._attempt(make_body), self._deadline)
            except Conflict as conflict:
                if attempts == WRITE_ATTEMPTS:
                    raise
                if conflict.fault.status == 409:
                    self._deadline.sleep(BUSY)
                continue
            if operation is None:
                return scale_set
            return self._shown(scale_set, self._written, operation)

    def _shown(self, before: ScaleSet, body: Mapping[str, Any], operation: Operation) -> ScaleSet:
        """The set as it is when the operation is over. Raises NoEffect, or what the operation ended with, where what
        was written is not there.
        """
        trouble = _settle(operation.wait)
        after = until_shown(self._read, lambda now: not _left_as_before(before, now, body), self._deadline)[0]
        left = _left_as_before(before, after, body)
        if left:
            raise trouble or write_without_effect(
                f"the write of {before.name}",
                with_verb(left),
                attempted=f"write the model of scale set {before.name}",
                reasons=f"Known are {WRITTEN_BACK}. ",
            )
        return after

    def _attempt(self, make_body: Callable[[ScaleSet], dict[str, Any]]) -> tuple[ScaleSet, Operation | None]:
        scale_set = self._read()
        body = make_body(scale_set)
        if not body:
            return scale_set, None
        if self._check_mode:
            self._note(body)
            return scale_set, None
        try:
            operation = self._arm.patch_scale_set(scale_set, body)
        except ModelLimit as error:
            raise _no_more_models(scale_set, error) from error
        except VmssError as error:
            if error.unanswered:
                self._unanswered = True
                self._note(body)
            raise
        self._note(body)
        self._written = body
        return scale_set, operation

    def _note(self, body: dict[str, Any]) -> None:
        """Report what was written, or may have been."""
        actions = ["lease"] if "tags" in body else []
        actions += [f"upgrade policy {body['properties']['upgradePolicy']['mode']}"] if "properties" in body else []
        self.actions += [action for action in actions if action not in self.actions]

    def _sweep_tags(self, lease: Lease) -> None:
        """Name the tags that go one by one: they are still there, so the service has merged what it should replace."""

        def attempt() -> tuple[list[str], Operation | None]:
            scale_set = self._read()
            gone: dict[str, Any] = dict.fromkeys(own_tags(scale_set.tags))
            if self.found != lease:
                return [], None
            tags = {**write_lease(scale_set.tags, None), **gone}
            return list(gone), self._arm.patch_scale_set(scale_set, {"tags": tags})

        gone, operation = decide(attempt, self._deadline)
        if operation is None:
            return
        _settle(operation.wait)
        scale_set, shown = until_shown(self._read, lambda _now: self.found != lease, self._deadline)
        if not shown:
            raise write_without_effect(
                f"the removal of tags from {scale_set.name}",
                "the lease's are there",
                attempted=f"write the tags of scale set {scale_set.name}",
                reasons=f"Remove the tags {', '.join(gone)} by hand. ",
            )

    def _undo(self, scale_set: ScaleSet, held: Sequence[str]) -> None:
        """Resume and switch on what is held. One that fails does not keep the others."""
        trouble: list[VmssError] = []
        steps: list[tuple[str, Callable[[], None]]] = []
        if REPAIRS in held and scale_set.automatic_repairs:
            steps.append((REPAIRS, lambda: self._actors.set_repairs(scale_set, "Resume")))
        if labels := named(held, AUTOSCALE):
            steps.append((AUTOSCALE, lambda: self._actors.set_autoscale(scale_set, labels, enabled=True)))
        for kind, step in steps:
            try:
                step()
            except VmssError as error:
                trouble.append(error)
            else:
                self._free += [item for item in held if kind_of(item) == kind]
        if trouble:
            raise trouble[0]

    # Reading

    def _lost(self, scale_set: ScaleSet) -> bool:
        try:
            guard_claim(self._arm, scale_set, self._claim)
        except Refused:
            return True
        return False

    def _guard(self) -> None:
        """Read whose the set is, for a write that rests on it. Raises Refused (`lease`)."""
        if self._claim.minutes and not self._check_mode:
            guard_claim(self._arm, self._read(), self._claim)

    def _read(self) -> ScaleSet:
        scale_set = self._arm.get_scale_set(*self._address)
        self.found = read_lease(scale_set.tags)
        return scale_set


def _lagging(scale_set: ScaleSet, instances: Sequence[Instance], *, any_model: bool = False) -> tuple[str, ...]:
    """The instances that Azure would upgrade by itself; never protected ones (documented).

    Those of a Flexible set show which model they were made from by a tag at best: one without such a tag may lag
    behind a model that has gone to another image and back.
    """
    there = [one for one in instances if not (one.leaving or one.protected or one.attached)]
    return tuple(
        one.instance_id
        for one in there
        if any_model or is_stale(one, scale_set.image) or (scale_set.flexible and not follows_model(one, scale_set))
    )


def _arrived(scale_set: ScaleSet, instances: Sequence[Instance]) -> bool:
    """Whether a set that was rolled back from an image has no instance left that runs it, or may be about to."""
    mark = scale_set.rolled_back_from
    if mark is None:
        return False
    under_way = any(one.busy for one in instances if not one.attached)
    return not (rolling_back(mark, scale_set.image, instances) or under_way)


def _settle(wait: Callable[[], None]) -> VmssError | None:
    """Wait for an operation, and return how it failed: what counts is what can be read afterwards."""
    try:
        wait()
    except (OperationFailed, Preempted) as error:
        return error
    return None


def _no_more_models(scale_set: ScaleSet, error: ModelLimit) -> ModelLimit:
    """The error with what it means for a lease: its tags cannot be written or removed until models are free."""
    lease = read_lease(scale_set.tags)
    stays = f" The lease that is there ends by itself at {lease.expires}." if lease else ""
    return ModelLimit(
        f"The tags of {scale_set.name} cannot be written: here a write of tags makes a new model, and "
        "the instances refer to as many as Azure allows",
        advice="Bring some of the instances that do not follow the latest model to it, which restarts them "
        "(azroll.vmss.vmss_domain_upgrade with instance_ids), and run the same play again. Or roll without a lease "
        f"(O(minutes=0)), which writes no tags, and see to it that no two rollouts meet.{stays}",
        attempted=error.attempted,
        fault=error.fault,
    )


def _left_as_before(before: ScaleSet, now: ScaleSet, body: Mapping[str, Any]) -> list[str]:
    """What was written, and is not there: the policy, and tags of a lease where no other client has written the set.

    Where another client has, the lease was lost to them, which others report; so it is where a client removes
    tags.
    """
    policy = ((body.get("properties") or {}).get("upgradePolicy") or {}).get("mode") or before.upgrade_policy
    tags = {name: text for name, text in (body.get("tags") or {}).items() if own_tags([name])}
    lost = any(
        before.tags.get(name) != text and now.tags.get(name) == before.tags.get(name) for name, text in tags.items()
    )
    return [
        *(["the lease's part of the tags"] if lost and now.etag == before.etag else []),
        *(
            [f"the upgrade policy ({now.upgrade_policy}, not {policy})"]
            if now.upgrade_policy == before.upgrade_policy != policy
            else []
        ),
    ]
