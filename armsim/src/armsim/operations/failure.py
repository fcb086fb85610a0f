# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Why an operation failed, and who is notified."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Failure(NamedTuple):
    """Why an operation failed; ``target``: the instance that did, where it was one."""

    code: str
    message: str
    target: str | None = None


PREEMPTED = Failure("OperationPreempted", "Operation execution has been preempted by a more recent operation.")
Done = Callable[[Failure | None], None]
