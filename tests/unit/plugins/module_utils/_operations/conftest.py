# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Operations on the real client, on top of the scripted wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm, connect
from ansible_collections.azroll.vmss.plugins.module_utils._azure.credentials import Settings, choose_login
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.tests.unit.wire import SUBSCRIPTION_ID, Clock, Exchange, Token, Wire

# The client and the time it has, for a script.
Play = Callable[..., tuple[Arm, Deadline]]

_LOGIN = choose_login(Settings(subscription_id=SUBSCRIPTION_ID, tenant="t", client_id="c", secret="very-secret"), {})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def play(clock: Clock) -> Iterator[Play]:
    """Connect to a script; at the end of the test, all of it must have been played, and nothing else asked."""
    wires: list[Wire] = []

    def connected(*script: Exchange, seconds: float = 600) -> tuple[Arm, Deadline]:
        wires.append(Wire(script, clock))
        deadline = Deadline(seconds, monotonic=clock.monotonic, sleep=clock.sleep)
        return connect(_LOGIN, deadline, credential=Token(), transport=wires[-1]), deadline

    yield connected
    for wire in wires:
        wire.check()
