# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What must still be true right before instances are sent."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Refused, VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._guards.baseline import Baseline
from ansible_collections.azroll.vmss.plugins.module_utils._guards.preconditions import NO_TERMS, Terms
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Lease, LeaseLost, write_lease
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, scale_set

NOW = "2026-02-01T10:00:01+00:00"
LEASE = Lease(run_id="run-a", expires="2026-02-01T12:00:00Z")
FLEET = [instance(0), instance(1)]


def options(**given: Any) -> dict[str, Any]:
    return {"run_id": "", "target_image": None, "baseline": None, **given}


def check(terms: Terms, **fields: Any) -> None:
    terms.check(scale_set(**fields), FLEET, now=NOW)


def test_nothing_is_asked_for_where_nothing_was_given() -> None:
    assert Terms.from_options(options()) == NO_TERMS
    check(NO_TERMS)


def test_a_run_must_hold_the_lease() -> None:
    terms = Terms.from_options(options(run_id="run-a"))
    check(terms, tags=write_lease({}, LEASE))
    for tags in ({}, write_lease({}, Lease(run_id="run-b", expires=LEASE.expires))):
        with pytest.raises(LeaseLost):
            check(terms, tags=tags)


def test_the_model_must_have_the_image() -> None:
    terms = Terms.from_options(options(target_image={"version": NEW.version}))
    check(terms, image=NEW)
    with pytest.raises(Refused):
        check(terms, image=OLD)


def test_the_set_must_be_as_it_was_seen() -> None:
    seen = Baseline.of(scale_set(capacity=2), FLEET, OLD, at=NOW, any_capacity=False)
    terms = Terms.from_options(options(baseline=seen.to_dict()))
    check(terms, capacity=2)
    with pytest.raises(Refused):
        check(terms, capacity=2, profile={"sku": "other"})


def test_a_rollout_may_do_its_own_work() -> None:
    seen = Baseline.of(scale_set(), FLEET, NEW, at=NOW, any_capacity=False)
    terms = Terms.from_options(options(baseline=seen.to_dict()))
    moved = [instance(0, image=NEW, latest_model=True), instance(1)]
    with pytest.raises(VmssError):
        terms.check(scale_set(image=NEW), moved, now=NOW)
    terms.without(["0"]).check(scale_set(image=NEW), moved, now=NOW)
