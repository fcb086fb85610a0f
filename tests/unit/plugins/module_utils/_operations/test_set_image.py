# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The image is written past writers that left it alone, never over one that did not, and judged by what is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests

from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import WRITE_ATTEMPTS, Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    Conflict,
    Forbidden,
    ImageNotFound,
    NoEffect,
    OperationFailed,
    Preempted,
    Refused,
    ServiceError,
    Unavailable,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import Overrides
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.model_fingerprint import fingerprints
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._operations.set_image import (
    Writing,
    finish_update,
    plan_update,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.image_write import Expected, ImageUpdate
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Claim, LeaseLost
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._operations.conftest import Play
from ansible_collections.azroll.vmss.tests.unit.wire import (
    NEW_VERSION,
    OLD_VERSION,
    VERSIONS,
    Clock,
    Exchange,
    error,
    get,
    get_model,
    get_rolling,
    get_versions,
    model,
    patch_model,
    poll,
    reference,
)

OLD, NEW = (Image(**reference(version)) for version in (OLD_VERSION, NEW_VERSION))
IMAGE_PATCH = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference(NEW_VERSION)}}}}
BOTH_PATCH = {"properties": {**IMAGE_PATCH["properties"], "upgradePolicy": {"mode": "Manual"}}}
DECIDED = [get_model(), get_versions(), get_rolling()]
STALE = patch_model(IMAGE_PATCH, error("PreconditionFailed", "Etag does not match"), status=412, headers={})
LOST = patch_model(IMAGE_PATCH, raises=requests.exceptions.ReadTimeout("Read timed out."))
ROLLS = {"properties": {"runningStatus": {"code": "RollingForward"}}}
AUTOMATIC = {"upgradePolicy": {"mode": "Automatic"}}
AKS = {"aks-managed-poolName": "np1"}


def settled(after: dict[str, Any] | None = None) -> list[Exchange]:
    """The end of a write: the SDK reads the model when the operation has succeeded, and this reads it again."""
    return [poll(), get_model(after), get_model(after)]


def tagged(tags: dict[str, str], version: str = OLD_VERSION, **more: Any) -> dict[str, Any]:
    return {**model(version, **more), "tags": tags}


class Setting:
    """Setting the image as a module does: planned, written and seen through."""

    def __init__(
        self, connected: tuple[Arm, Deadline], version: str = "latest", *, check_mode: bool = False, **options: Any
    ) -> None:
        self.arm, self.deadline = connected
        self.wanted = Image(version=version)
        self.options: dict[str, Any] = {"pin_latest": True, "overrides": Overrides(), **options}
        self.writing = Writing(self.arm, self.deadline, self._plan, check_mode=check_mode)

    def _plan(self, scale_set: ScaleSet) -> ImageUpdate:
        first = self.writing.first
        return plan_update(self.arm, scale_set, self.wanted, resolved=first.target if first else None, **self.options)

    def start(self) -> tuple[ImageUpdate, Any]:
        return self.writing.start("rg-shop", "web")

    def run(self) -> ScaleSet:
        update, operation = self.start()
        return finish_update(self.arm, update, operation, self.deadline)

    def refused(self, kind: type[VmssError]) -> VmssError:
        """The error that it ends in."""
        with pytest.raises(kind) as caught:
            self.run()
        return caught.value


def test_the_write_names_the_image_alone_under_the_etag_that_was_read(play: Play) -> None:
    before = model(etag='"5"')
    script = [get_model(before), get_versions(), get_rolling(), patch_model(IMAGE_PATCH, if_match='"5"')]
    setting = Setting(play(*script, *settled(model(NEW_VERSION, etag='"6"'))))
    after = setting.run()
    assert (after.image, after.etag, setting.writing.written) == (NEW, '"6"', True)


def test_a_model_without_etag_is_written_without_condition(play: Play) -> None:
    before = model()
    del before["etag"]
    script = [get_model(before), get_versions(), get_rolling(), patch_model(IMAGE_PATCH, if_match=None)]
    assert Setting(play(*script, *settled(model(NEW_VERSION)))).run().image == NEW


def test_an_image_that_is_there_already_is_not_written_and_guards_nothing(play: Play) -> None:
    setting = Setting(play(get_model(model(NEW_VERSION, **AUTOMATIC)), get_versions()))
    update, operation = setting.start()
    assert (update.changes, operation, setting.writing.written) == (False, None, False)


def test_in_check_mode_all_is_read_that_could_forbid_it(play: Play) -> None:
    setting = Setting(play(*DECIDED), check_mode=True)
    update, operation = setting.start()
    assert (update.target, update.changes, operation, setting.writing.written) == (NEW, True, None, False)
    rolls = [get_model(), get_versions(), get_rolling(200, ROLLS)]
    assert Setting(play(*rolls), check_mode=True).refused(Refused).kind == "rolling_upgrade"


@pytest.mark.parametrize(
    ("body", "read", "kind"),
    [
        # Whose the set is, is known before the image is looked for.
        (tagged(AKS), [], "managed"),
        ({**model(), "properties": {"orchestrationMode": "Flexible"}}, [], "profile_missing"),
        (model(**AUTOMATIC), [get_versions(), get_rolling()], "upgrade_policy"),
        (model(), [get_versions(), get_rolling(200, ROLLS)], "rolling_upgrade"),
    ],
)
def test_what_forbids_it_is_told_before_anything_is_written(
    play: Play, body: dict[str, Any], read: list[Exchange], kind: str
) -> None:
    setting = Setting(play(get_model(body), *read))
    assert setting.refused(Refused).kind == kind
    assert not setting.writing.written


def test_what_the_user_takes_upon_himself_forbids_nothing(play: Play) -> None:
    body = tagged(AKS, **AUTOMATIC)
    setting = Setting(
        play(
            *[get_model(body), get_versions(), get_rolling(), patch_model(BOTH_PATCH)],
            *settled(tagged(AKS, NEW_VERSION)),
        ),
        overrides=Overrides(set_manual=True, managed=True),
    )
    assert setting.run().upgrade_policy == "Manual"


def test_an_image_that_does_not_exist_is_written_nowhere(play: Play) -> None:
    Setting(play(get_model(), get(VERSIONS, []))).refused(ImageNotFound)


def test_another_runs_set_is_left_alone_before_the_image_is_looked_for(play: Play) -> None:
    held = tagged({"azroll-run": "theirs", "azroll-expires": "2026-11-22T12:15:00Z"})
    assert Setting(play(get_model(held)), claim=Claim("ours")).refused(Refused).kind == "lease"


def test_whoever_set_the_wanted_image_is_no_matter_but_another_one_is(play: Play) -> None:
    expected = Expected(image=OLD)
    update, _operation = Setting(play(get_model(model(NEW_VERSION)), get_versions()), expected=expected).start()
    assert not update.changes
    other = Setting(play(get_model(model("24.04.202509090")), get_versions()), expected=expected)
    assert other.refused(Refused).kind == "concurrent_change"


@pytest.mark.parametrize("version", [OLD_VERSION, NEW_VERSION])
def test_a_size_that_somebody_else_has_set_is_noticed_even_where_nothing_is_to_be_written(
    play: Play, version: str
) -> None:
    larger = {**model(version), "sku": {"name": "Standard_D8s_v5", "tier": "Standard", "capacity": 3}}
    setting = Setting(play(get_model(larger), get_versions()), expected=Expected(profile=fingerprints(model())))
    assert "the size was changed" in setting.refused(Refused).message


# Other writers, and answers that did not come


def test_another_write_that_left_the_image_alone_is_no_matter(play: Play) -> None:
    again = [get_model(model(etag='"7"')), get_rolling(), patch_model(IMAGE_PATCH, if_match='"7"')]
    setting = Setting(play(*DECIDED, STALE, *again, *settled(model(NEW_VERSION, etag='"8"'))))
    assert setting.run().etag == '"8"'


def test_what_latest_became_at_first_is_what_is_written(play: Play) -> None:
    """The versions are read once: another one may be published in between."""
    again = [get_model(model(etag='"7"')), get_rolling(), patch_model(IMAGE_PATCH, if_match='"7"')]
    setting = Setting(play(*DECIDED, STALE, *again, *settled(model(NEW_VERSION))))
    update, operation = setting.start()
    assert (update.target, update.scale_set.etag) == (NEW, '"7"')
    finish_update(setting.arm, update, operation, setting.deadline)
    assert setting.writing.first is not None
    assert setting.writing.first.scale_set.etag == '"1"', "what is told is the change as it was found at first"


def test_another_write_of_the_same_image_leaves_nothing_to_write(play: Play) -> None:
    after = model(NEW_VERSION, etag='"7"')
    setting = Setting(play(*DECIDED, STALE, get_model(after), get_model(after)))
    assert setting.run().etag == '"7"'
    assert not setting.writing.written


def test_another_write_of_another_image_is_a_conflict(play: Play) -> None:
    setting = Setting(play(*DECIDED, STALE, get_model(model("24.04.1"))))
    message = setting.refused(Conflict).message
    assert f"it was Canonical:ubuntu-24_04-lts:server:{OLD_VERSION}" in message
    assert "is Canonical:ubuntu-24_04-lts:server:24.04.1 now" in message
    assert not setting.writing.written


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        (model(etag='"7"', **AUTOMATIC), "upgrade_policy"),
        (tagged(AKS, etag='"7"'), "managed"),
        (tagged({"azroll-run": "theirs", "azroll-expires": "2026-11-22T12:15:00Z"}, etag='"7"'), "lease"),
    ],
)
def test_what_another_write_brought_is_guarded_against_anew(play: Play, now: dict[str, Any], kind: str) -> None:
    read = [get_rolling()] if kind == "upgrade_policy" else []
    # The tags of the lease go with the image.
    stale = replace(STALE, sends=None)
    setting = Setting(play(*DECIDED, stale, get_model(now), *read), claim=Claim("ours"))
    assert setting.refused(Refused).kind == kind


def overtaken(writers: int) -> list[Exchange]:
    """Decisions that so many other clients overtake, one after the other."""
    script = [*DECIDED, STALE]
    for number in range(2, writers + 1):
        stale = replace(STALE, if_match=f'"{number}"')
        script += [get_model(model(etag=f'"{number}"')), get_rolling(), stale]
    return script


def test_the_image_is_written_past_one_writer_after_the_other(play: Play) -> None:
    etag = f'"{WRITE_ATTEMPTS}"'
    last = [get_model(model(etag=etag)), get_rolling(), patch_model(IMAGE_PATCH, if_match=etag)]
    script = [*overtaken(WRITE_ATTEMPTS - 1), *last, *settled(model(NEW_VERSION))]
    assert Setting(play(*script)).run().image == NEW


def test_writers_without_end_are_a_conflict(play: Play) -> None:
    setting = Setting(play(*overtaken(WRITE_ATTEMPTS)))
    assert setting.refused(Conflict).fault.status == 412


def test_a_set_that_is_busy_is_not_written_again(play: Play) -> None:
    busy = patch_model(IMAGE_PATCH, error("Conflict", "a concurrent request"), status=409, headers={})
    setting = Setting(play(*DECIDED, busy))
    assert setting.refused(Conflict).fault.status == 409
    assert not setting.writing.written


def test_a_write_without_an_answer_that_was_received_is_not_made_again(play: Play) -> None:
    after = model(NEW_VERSION, etag='"2"')
    setting = Setting(play(*DECIDED, LOST, get_model(after), get_model(after)))
    assert setting.run().etag == '"2"'
    assert setting.writing.written
    assert setting.writing.first is not None
    assert setting.writing.first.scale_set.image == OLD


def test_a_write_that_was_never_received_is_decided_anew(play: Play) -> None:
    again = [get_model(), get_rolling(), patch_model(IMAGE_PATCH)]
    assert Setting(play(*DECIDED, LOST, *again, *settled(model(NEW_VERSION)))).run().image == NEW
    setting = Setting(play(*DECIDED, LOST, get_model(model("24.04.1", etag='"2"'))))
    setting.refused(Conflict)
    assert setting.writing.written, "it may have been received before the other one"


def test_a_write_that_is_never_answered_may_have_been_received(play: Play) -> None:
    lost = patch_model(IMAGE_PATCH, error("InternalServerError", "No."), status=500, headers={})
    setting = Setting(play(*DECIDED, lost, *[get_model(), get_rolling(), lost] * 4))
    setting.refused(Unavailable)
    assert setting.writing.written


def test_a_refused_write_was_none(play: Play) -> None:
    denied = patch_model(IMAGE_PATCH, error("AuthorizationFailed", "No."), status=403, headers={})
    setting = Setting(play(*DECIDED, denied))
    setting.refused(Forbidden)
    assert not setting.writing.written


def test_a_policy_that_was_changed_during_a_wait_for_tokens_is_refused(play: Play, clock: Clock) -> None:
    throttled = patch_model(IMAGE_PATCH, error("TooManyRequests", "no"), status=429, headers={"Retry-After": "40"})
    setting = Setting(play(*DECIDED, throttled, get_model(model(etag='"2"', **AUTOMATIC)), get_rolling()))
    assert setting.refused(Refused).kind == "upgrade_policy"
    assert clock.sleeps == [40]


# What came of it


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (poll("Failed", error={"code": "VMExtensionProvisioningError", "message": "an old sore"}), OperationFailed),
        (poll("Canceled"), Preempted),
    ],
)
def test_the_model_and_not_the_operation_tells_whether_it_was_written(
    play: Play, end: Exchange, kind: type[VmssError]
) -> None:
    script = [*DECIDED, patch_model(IMAGE_PATCH), end]
    assert Setting(play(*script, get_model(model(NEW_VERSION)))).run().image == NEW
    setting = Setting(play(*script, get_model(), get_model()))
    setting.refused(kind)
    assert setting.writing.written


def test_a_success_without_effect_is_noticed_after_one_more_read(play: Play, clock: Clock) -> None:
    caught = Setting(play(*DECIDED, patch_model(IMAGE_PATCH), *settled(), get_model())).refused(NoEffect)
    assert f"but the image (Canonical:ubuntu-24_04-lts:server:{OLD_VERSION}) is as before" in caught.message
    assert "does not change to in silence" in caught.advice
    assert clock.sleeps == [10]


def test_a_read_that_is_behind_the_write_is_no_matter(play: Play, clock: Clock) -> None:
    script = [*DECIDED, patch_model(IMAGE_PATCH), *settled(), get_model(model(NEW_VERSION))]
    assert Setting(play(*script)).run().image == NEW
    assert clock.sleeps == [10]


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (model(NEW_VERSION, **AUTOMATIC), "but the upgrade policy (Automatic) is as before"),
        (
            model(**AUTOMATIC),
            f"the image (Canonical:ubuntu-24_04-lts:server:{OLD_VERSION}) and the upgrade policy (Automatic) are as",
        ),
    ],
)
def test_a_policy_that_stays_is_noticed_too(play: Play, after: dict[str, Any], words: str) -> None:
    begun = [get_model(model(**AUTOMATIC)), get_versions(), get_rolling(), patch_model(BOTH_PATCH)]
    setting = Setting(play(*begun, *settled(after), get_model(after)), overrides=Overrides(set_manual=True))
    assert words in setting.refused(NoEffect).message


@pytest.mark.parametrize("after", [model("24.04.202501010"), model(upgradePolicy={"mode": "Rolling"})])
def test_what_is_neither_as_before_nor_as_written_is_somebody_elses(play: Play, after: dict[str, Any]) -> None:
    begun = [get_model(model(**AUTOMATIC)), get_versions(), get_rolling(), patch_model(BOTH_PATCH)]
    setting = Setting(play(*begun, *settled(after), get_model(after)), overrides=Overrides(set_manual=True))
    caught = setting.refused(ServiceError)
    assert "who else writes" in caught.advice
    assert not isinstance(caught, NoEffect)


def test_a_lease_that_is_gone_after_the_write_is_an_error(play: Play) -> None:
    script = [*DECIDED, patch_model(None), *settled(model(NEW_VERSION))]
    Setting(play(*script), claim=Claim("ours")).refused(LeaseLost)
    mine = tagged({"azroll-run": "ours", "azroll-expires": "2026-11-22T12:15:00Z"}, NEW_VERSION)
    assert Setting(play(*DECIDED, patch_model(None), *settled(mine)), claim=Claim("ours")).run().image == NEW


def test_where_nothing_was_written_no_lease_is_looked_for(play: Play) -> None:
    script = [get_model(model(NEW_VERSION)), get_versions(), get_model(model(NEW_VERSION))]
    assert Setting(play(*script), claim=Claim("ours")).run().image == NEW
