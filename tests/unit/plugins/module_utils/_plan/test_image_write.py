# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The change of a model's image: one PATCH with nothing in it but what changes."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import MANUAL
from ansible_collections.azroll.vmss.plugins.module_utils._plan.image_write import ImageUpdate
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Lease, read_lease
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, scale_set

LEASE = Lease(run_id="run-a", expires="2026-02-01T12:00:00Z")


def test_only_the_image_is_written() -> None:
    update = ImageUpdate(scale_set(), NEW)
    (section,) = update.body()["properties"].values()
    assert update.changes
    assert set(update.body()) == {"properties"}
    assert section["storageProfile"]["imageReference"]["version"] == NEW.version


def test_an_image_that_is_there_is_not_written() -> None:
    update = ImageUpdate(scale_set(image=NEW), NEW)
    assert not update.changes
    assert update.body() == {"properties": {}}


@pytest.mark.parametrize(("policy", "changes"), [("Automatic", True), ("Rolling", True), (MANUAL, False)])
def test_the_policy_goes_along_where_it_is_to_and_is_another(policy: str, changes: bool) -> None:
    update = ImageUpdate(scale_set(upgrade_policy=policy), OLD, set_manual=True)
    assert update.policy_changes is update.changes is changes
    assert update.upgrade_policy == MANUAL
    assert not ImageUpdate(scale_set(upgrade_policy=policy), OLD).changes


def test_whoever_has_no_lease_writes_no_tags() -> None:
    assert "tags" not in ImageUpdate(scale_set(tags={"owner": "ops"}), NEW).body()


def test_the_lease_remembers_what_is_to_be_undone() -> None:
    before = scale_set(tags={"owner": "ops"}, upgrade_policy="Automatic")
    tags = ImageUpdate(before, NEW, set_manual=True, lease=LEASE).body()["tags"]
    lease = read_lease(tags)
    assert lease is not None
    assert (lease.run_id, lease.held, lease.previous_image) == ("run-a", ("upgrade_policy=Automatic",), OLD)
    assert tags["owner"] == "ops"


def test_a_run_that_goes_on_keeps_what_an_earlier_one_remembered() -> None:
    earlier = Lease(run_id="run-a", target="x", held=("upgrade_policy=Rolling",), previous_image=OLD)
    before = scale_set(image=NEW, upgrade_policy="Automatic")
    lease = read_lease(ImageUpdate(before, NEW, set_manual=True, lease=earlier).body()["tags"])
    assert lease is not None
    assert (lease.target, lease.held, lease.previous_image) == ("x", ("upgrade_policy=Rolling",), OLD)


def test_before_and_after() -> None:
    diff = ImageUpdate(scale_set(upgrade_policy="Rolling"), NEW, set_manual=True).diff()
    assert (diff["before"]["image"], diff["after"]["image"]) == (OLD.to_dict(), NEW.to_dict())
    assert (diff["before"]["upgrade_policy"], diff["after"]["upgrade_policy"]) == ("Rolling", MANUAL)
