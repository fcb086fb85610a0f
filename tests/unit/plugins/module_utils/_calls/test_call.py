# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How a call of a module is joined of its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import (
    Call,
    DiffResult,
    Options,
    Request,
    Work,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput

OPTIONS = {"resource_group": "rg-shop", "name": "web"}


@dataclass
class Things(DiffResult):
    things: list[str] = field(default_factory=list)


def read(options: Options) -> Request:
    return Request(resource_group=options["resource_group"], name=options["name"])


def act(_call: Call, request: Request, result: Things) -> None:
    result.changed = True
    result.things.append("/".join(request.address))
    raise BadInput("no")


def call() -> Call:
    return Call(cast(Any, SimpleNamespace(ignore_health_source=None)), Deadline(1), False, lambda _text: None)


def test_a_failure_leaves_what_was_known_by_then() -> None:
    result = Things()
    with pytest.raises(BadInput):
        Work(read, act, Things).carry_out(call(), OPTIONS, result)
    assert result.to_dict() == {
        "changed": True,
        "msg": "",
        "diff": {"before": {}, "after": {}},
        "things": ["rg-shop/web"],
    }


@pytest.mark.parametrize(("options", "ignored"), [({}, False), ({"ignore_health_source": True}, True)])
def test_the_health_source_is_ignored_where_the_module_can_and_is_told_to(options: Options, ignored: bool) -> None:
    made = call()
    with pytest.raises(BadInput):
        Work(read, act, Things).carry_out(made, {**OPTIONS, **options}, Things())
    assert made.arm.ignore_health_source is ignored


def test_what_cannot_be_read_is_not_begun() -> None:
    result = Things()
    with pytest.raises(KeyError):
        Work(read, act, Things).carry_out(call(), {}, result)
    assert result == Things()
