# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The journal, and the events that write it."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._filters.state import (
    EVENTS,
    rollout_image_change,
    rollout_journal,
)
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD

AT = "2026-02-01T10:00:00+00:00"


def begun() -> dict:
    return rollout_journal({}, "start", scale_set="web", resource_group="rg-shop", at=AT)


def test_a_journal_begins_with_what_it_is_about() -> None:
    assert (begun()["scale_set"], begun()["started_at"], begun()["batches"]) == ("web", AT, [])


def test_an_event_makes_a_new_journal_and_leaves_the_old_one() -> None:
    journal = begun()
    noted = rollout_journal(journal, "note", cause="x")
    assert (noted["cause"], journal["cause"]) == ("x", None)
    batch = {"name": "canary", "instance_ids": ["0"], "canary": True}
    assert len(rollout_journal(journal, "begin_batch", batch=batch, at=AT)["batches"]) == 1
    assert journal == begun()


@pytest.mark.parametrize("event", ["", "finish", "__class__"])
def test_an_event_that_there_is_not_is_refused_with_those_that_there_are(event: str) -> None:
    with pytest.raises(BadInput) as caught:
        rollout_journal(begun(), event)
    assert all(name in caught.value.advice for name in ("start", *EVENTS))


def test_the_images_in_one_line() -> None:
    journal = rollout_journal(begun(), "note", previous_image=OLD.to_dict(), target_image=NEW.to_dict())
    assert OLD.describe() in rollout_image_change(journal)
    assert NEW.describe() in rollout_image_change(journal)
