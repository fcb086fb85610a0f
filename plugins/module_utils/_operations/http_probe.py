# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Asking many instances at once by HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from ansible_collections.azroll.vmss.plugins.module_utils._model.addresses import Answer, addresses_of, fill, to_ask

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm

# A batch may have more than a hundred instances, and a dead one takes the whole timeout.
AT_ONCE = 64


class _Stay(HTTPRedirectHandler):
    """A redirect is an answer by itself: where it leads may be another instance."""

    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        """Go nowhere."""


def ask_instances(
    arm: Arm,
    resource_group: str,
    name: str,
    url: str,
    *,
    instance_ids: Sequence[str] | None,
    unhealthy: Sequence[str],
    timeout: float,
) -> list[Answer]:
    """Ask each of the instances at its own address, and return the answers in the order of their ids."""
    scale_set = arm.get_scale_set(resource_group, name)
    instances = to_ask(arm.list_instances(scale_set), instance_ids, unhealthy)
    if not instances:
        return []
    addresses = addresses_of(arm.network_interfaces(scale_set), instances)
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(instances))) as pool:
        ask = partial(ask_instance, url=url, timeout=timeout)
        return list(pool.map(lambda one: ask(one.instance_id, addresses.get(one.instance_id)), instances))


def ask_instance(instance_id: str, address: str | None, *, url: str, timeout: float) -> Answer:
    """One request, straight to the instance: a proxy does not lead to private addresses."""
    if address is None:
        return Answer(instance_id, None, trouble="it has no address")
    request = Request(fill(url, address), headers={"User-Agent": "ansible-azroll.vmss"})
    try:
        with build_opener(ProxyHandler({}), _Stay()).open(request, timeout=timeout) as answer:
            return Answer(instance_id, address, status=int(answer.status))
    except HTTPError as error:
        error.close()
        return Answer(instance_id, address, status=error.code)
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return Answer(instance_id, address, trouble=str(reason) or type(reason).__name__)
