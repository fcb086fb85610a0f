# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Why instances failed, in Azure's words: what each of them reports, and the same grouped by cause."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.masking import masked
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id, listed
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import trouble
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.transient_errors import passes

# A set of a thousand instances may fail as a whole: the groups name them all, the records are for an operator to read.
RECORDS = 100
MESSAGE = 600
LINE = 240

_QUERY = re.compile(r"(\b\w+://[^\s?'\"<>]+)\?[^\s'\"<>)]*")
# What differs from one instance to the next though the cause is the same. Other numbers stay: exit codes are causes.
_OWN = (
    (re.compile(r"/subscriptions/[^\s'\",;]+", re.IGNORECASE), "<resource>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d(?::\d\d)?(?: [AP]M)?\b"), "<time>"),
    (re.compile(r"\b(instances?(?: ?ids?)?)(\s*[:=]?\s*)'?\d+'?(?:, ?'?\d+'?)*", re.IGNORECASE), r"\1\2<instance>"),
)


@dataclass(frozen=True)
class Cause:
    """Azure's code (or a word of ours where it gives none) and its text, without what names one instance."""

    code: str
    message: str

    def describe(self) -> str:
        """For people, in one line of bounded length."""
        return _cut(f"{self.code}: {self.message}" if self.message else self.code, LINE)


def bundle(
    documents: Iterable[Mapping[str, Any]], health_source: str | None, instance_ids: Collection[str] | None = None
) -> dict[str, Any]:
    """The failed instances, by their documents as Azure sent them (with `instanceView`), as plain data.

    `instances` holds the records of those of `instance_ids`, or of all that have failed or are not in service, in the
    order of their ids and at most RECORDS of them; `groups` all of them by cause, the biggest group first.
    """
    chosen = []
    for document in documents:
        instance = Instance.from_wire(document)
        wanted = instance.failed or trouble(instance, health_source) is not None if instance_ids is None else True
        if wanted and not instance.leaving and (instance_ids is None or instance.instance_id in instance_ids):
            chosen.append((instance, document))
    chosen.sort(key=lambda one: by_id(one[0].instance_id))
    causes = [(one.instance_id, cause_of(document, health_source)) for one, document in chosen]
    return {
        "instances": [_record(one, document) for one, document in chosen[:RECORDS]],
        "groups": _groups([(number, cause) for number, cause in causes if cause]),
    }


def complete(
    details: Mapping[str, Any] | None,
    operation: Mapping[str, Any] | None,
    probe: str = "",
    unhealthy_before: Collection[str] = (),
) -> dict[str, Any]:
    """The bundle with what the caller knows: `arm` of a module's error, and what the last check of the site reported.

    What was unhealthy before the rollout shows nothing about it, so those of `unhealthy_before` stand apart, in groups
    of their own after the others.
    """
    said = {name: clean(str(value)) for name, value in (operation or {}).items() if value}
    groups = (details or {}).get("groups") or []
    return {
        "instances": [
            {**record, "unhealthy_before": record["instance_id"] in unhealthy_before}
            for record in (details or {}).get("instances") or []
        ],
        "groups": [
            {**_group(Cause(group["code"], group["message"]), ids, unhealthy_before=old), "unhealthy_before": old}
            for old in (False, True)
            for group in groups
            if (ids := [one for one in group["instance_ids"] if (one in unhealthy_before) is old])
        ],
        "operation": said or None,
        "probe": clean(probe) or None,
    }


def cause_of(document: Mapping[str, Any], health_source: str | None) -> Cause | None:
    """Why the instance is not in service: the machine's own error before those of its extensions and its agent.

    None where it is in service, and its last operation has not failed.
    """
    instance = Instance.from_wire(document)
    why = trouble(instance, health_source) or (trouble(instance, None) if instance.failed else None)
    if why is None:
        return None
    view = _view(document)
    names = [instance.name, str(view.get("computerName") or "")]
    extensions = [status for one in view.get("extensions") or [] for status in one.get("statuses") or []]
    handlers = [one.get("status") or {} for one in (view.get("vmAgent") or {}).get("extensionHandlers") or []]
    for status in (*(view.get("statuses") or []), *extensions, *handlers):
        code = str(status.get("code") or "")
        if code.lower().startswith("provisioningstate/failed"):
            return Cause(code.rsplit("/", 1)[-1], _alike(_message(status), names))
    if instance.agent_ready is False:
        agent = view["vmAgent"]["statuses"][0]
        return Cause(why, _alike(f"the agent says {_message(agent) or 'Not Ready'}", names))
    return Cause(_alike(clean(why), names), "")


def clean(text: str) -> str:
    """Azure's words, on one line of bounded length, without the queries of addresses and what looks like a secret."""
    # Far more than is shown, and little enough to be looked through at once.
    plain = _QUERY.sub(r"\1?...", " ".join(text.split())[: 16 * MESSAGE])
    return _cut(masked(plain), MESSAGE)


def _groups(causes: Sequence[tuple[str, Cause]]) -> list[dict[str, Any]]:
    found: dict[Cause, list[str]] = {}
    for number, cause in causes:
        found.setdefault(cause, []).append(number)
    ordered = sorted(found.items(), key=lambda one: (-len(one[1]), one[0].code, one[0].message))
    return [_group(cause, ids) for cause, ids in ordered]


def _group(cause: Cause, ids: Sequence[str], *, unhealthy_before: bool = False) -> dict[str, Any]:
    when = "Unhealthy before the rollout: " if unhealthy_before else ""
    return {
        "code": cause.code,
        "message": cause.message,
        "instance_ids": list(ids),
        "passes": passes(cause.code),
        "line": f"{when}{len(ids)} instance{'s' if len(ids) > 1 else ''} ({listed(ids)}): {cause.describe()}"
        + (" (often passes with another try)" if passes(cause.code) else ""),
    }


def _record(instance: Instance, document: Mapping[str, Any]) -> dict[str, Any]:
    view = _view(document)
    agent = view.get("vmAgent") or {}
    said = (agent.get("statuses") or [{}])[0]
    return {
        "instance_id": instance.instance_id,
        "name": instance.name,
        "image": clean(instance.image.describe()),
        "provisioning_state": instance.provisioning_state,
        "power": instance.power,
        "health": instance.health,
        "agent": {
            "version": agent.get("vmAgentVersion"),
            "status": said.get("displayStatus"),
            "message": _message(said),
        },
        "extensions": [
            {"name": one.get("name"), **_status(status)}
            for one in view.get("extensions") or []
            for status in one.get("statuses") or [{}]
        ],
        "handlers": [
            {"name": one.get("type"), "version": one.get("typeHandlerVersion"), **_status(one.get("status") or {})}
            for one in agent.get("extensionHandlers") or []
        ],
        "statuses": [{**_status(one), "time": one.get("time")} for one in view.get("statuses") or []],
    }


def _status(status: Mapping[str, Any]) -> dict[str, Any]:
    return {"code": status.get("code"), "message": _message(status)}


def _message(status: Mapping[str, Any]) -> str:
    return clean(str(status.get("message") or ""))


def _alike(text: str, names: Iterable[str]) -> str:
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "<instance>", text, flags=re.IGNORECASE)
    for pattern, instead in _OWN:
        text = pattern.sub(instead, text)
    return text


def _view(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return (document.get("properties") or {}).get("instanceView") or {}


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3].rstrip() + "..."
