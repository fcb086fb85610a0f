# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Private addresses of instances, the URLs made of them, and what was answered there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id, listed

PLACE = "{address}"


@dataclass(frozen=True)
class Answer:
    """What an instance answered: a status, or the trouble in place of one. Without an address it was not asked."""

    instance_id: str
    address: str | None
    status: int | None = None
    trouble: str | None = None

    def is_good(self, statuses: Collection[int]) -> bool:
        """Whether it answered as it should."""
        return self.status in statuses

    def describe(self) -> str:
        """For people: `3 (10.0.0.7: status 503)`."""
        said = f"status {self.status}" if self.status is not None else self.trouble
        return f"{self.instance_id} ({self.address}: {said})" if self.address else f"{self.instance_id} (no address)"

    def to_dict(self) -> dict[str, Any]:
        """An entry of the result's `answers`."""
        return dict(vars(self))


def check_site(url: str, name: str) -> None:
    """Raise BadInput for what is not a valid address of a site. What it holds may be a secret, so that it is not
    repeated.
    """
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or not url.isprintable() or any(letter.isspace() for letter in url):
        raise BadInput(f"{name} is not a valid address of a site", advice="Give it as https://host/path.")


def check_template(url: str, name: str) -> None:
    """Raise BadInput for a URL that has no place for the address of an instance, or is none."""
    if PLACE not in url:
        raise BadInput(f"{name} has no {PLACE}", advice=f"Give it as http://{PLACE}:8080/health.")
    check_site(fill(url, "10.0.0.4"), name)


def fill(url: str, address: str) -> str:
    """The URL of one instance."""
    return url.replace(PLACE, f"[{address}]" if ":" in address else address)


def to_ask(instances: Iterable[Instance], ids: Sequence[str] | None, unhealthy: Collection[str]) -> list[Instance]:
    """The instances that are to answer: those of `ids`, or all, in the order of their ids.

    Instances that are gone or going, were stopped, are in `unhealthy`, or were not made from the model, are not.
    """
    return sorted(
        (
            one
            for one in instances
            if (ids is None or one.instance_id in ids)
            and one.instance_id not in unhealthy
            and not (one.leaving or one.deallocated or (ids is None and one.attached))
        ),
        key=lambda one: by_id(one.instance_id),
    )


def addresses_of(interfaces: Iterable[Mapping[str, Any]], instances: Iterable[Instance]) -> dict[str, str]:
    """The private address of each of the instances that has one, by instance id.

    An interface names its virtual machine by an id that ends with the instance's (recorded); of several interfaces and
    configurations the primary one counts.
    """
    # Names of virtual machines come in any case.
    ids = {one.instance_id.lower(): one.instance_id for one in instances}
    found: dict[str, str] = {}
    for interface in _primary_first(interfaces):
        properties = interface.get("properties") or {}
        machine = str((properties.get("virtualMachine") or {}).get("id") or "").rsplit("/", 1)[-1].lower()
        for configuration in _primary_first(properties.get("ipConfigurations") or []):
            address = (configuration.get("properties") or {}).get("privateIPAddress")
            if machine in ids and _is_address(address):
                found.setdefault(ids[machine], str(address))
    return found


def _is_address(value: object) -> bool:
    try:
        ip_address(str(value))
    except ValueError:
        return False
    return True


def _primary_first(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(entries, key=lambda one: not (one.get("properties") or {}).get("primary"))


def describe_answers(name: str, answers: Sequence[Answer], statuses: Collection[int]) -> str:
    """How the instances answered, for people, and which did not as they should."""
    bad = [one for one in answers if not one.is_good(statuses)]
    if not bad:
        return f"{len(answers)} instance{'' if len(answers) == 1 else 's'} of {name} answered well."
    said = listed([one.describe() for one in bad])
    return f"{len(bad)} of {len(answers)} instances of {name} did not answer well: {said}"
