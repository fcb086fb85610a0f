# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Asking instances for their health by HTTP, as vmss_instance_probe does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import Call, Options, Request, Result, Work
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import OperationFailed
from ansible_collections.azroll.vmss.plugins.module_utils._model.addresses import describe_answers
from ansible_collections.azroll.vmss.plugins.module_utils._operations.http_probe import ask_instances


@dataclass(frozen=True, kw_only=True)
class ProbeRequest(Request):
    """What is asked of whom: `timeout` in seconds for each, None as `instance_ids` for all that are to be asked."""

    url: str
    statuses: tuple[int, ...]
    timeout: int
    instance_ids: tuple[str, ...] | None
    unhealthy: tuple[str, ...]

    @classmethod
    def from_options(cls, options: Options) -> ProbeRequest:
        """There is nothing that could be wrong."""
        ids = options["instance_ids"]
        return cls(
            resource_group=options["resource_group"],
            name=options["name"],
            url=options["url"],
            statuses=tuple(options["status_code"]),
            timeout=options["timeout"],
            instance_ids=None if ids is None else tuple(ids),
            unhealthy=tuple(options["unhealthy_before"]),
        )


@dataclass
class ProbeResult(Result):
    """One answer for each instance."""

    answers: list[dict[str, Any]] = field(default_factory=list)


def probe_instances(call: Call, request: ProbeRequest, result: ProbeResult) -> None:
    """Ask each of them once. Raises OperationFailed where one does not answer, or not as it should."""
    answers = ask_instances(
        call.arm,
        *request.address,
        request.url,
        instance_ids=request.instance_ids,
        unhealthy=request.unhealthy,
        timeout=request.timeout,
    )
    result.answers = [one.to_dict() for one in answers]
    result.msg = describe_answers(request.name, answers, request.statuses)
    bad = [one.instance_id for one in answers if not one.is_good(request.statuses)]
    if bad:
        raise OperationFailed(
            result.msg,
            advice="See whether the application runs there, and whether this host may reach it.",
            attempted=f"ask the instances of {request.name} for their health",
            instances=bad,
        )


INSTANCE_PROBE = Work(ProbeRequest.from_options, probe_instances, ProbeResult)
