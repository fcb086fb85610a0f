# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Kinds of exchanges: which of them the simulator is held to, and by which name they are counted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conformance.mirror.recordings import Exchange

SETS = "virtualMachineScaleSets"
POLL = "operations/{}"
# A virtual machine of a Flexible set; others are not simulated.
MACHINE = "virtualMachines/{}"

# What the simulator serves: methods, the types in the path (a brace stands for a name), and how the kind is called.
# Everything else is of another kind and only counted.
_SERVED = (
    ("GET", SETS),
    ("GET PUT PATCH DELETE", f"{SETS}/{{}}"),
    ("GET POST", f"{SETS}/{{}}/{{action}}"),
    ("GET", f"{SETS}/{{}}/virtualMachines"),
    ("GET PUT DELETE", f"{SETS}/{{}}/virtualMachines/{{}}"),
    ("GET POST", f"{SETS}/{{}}/virtualMachines/{{}}/{{action}}"),
    ("GET", f"{SETS}/{{}}/rollingUpgrades/latest"),
    ("POST", f"{SETS}/{{}}/rollingUpgrades/cancel"),
    ("GET PUT DELETE", f"{SETS}/{{}}/extensions/{{}}"),
    ("GET", POLL),
    ("GET", "publishers"),
    ("GET", "publishers/{}/artifacttypes/vmimage/offers"),
    ("GET", "publishers/{}/artifacttypes/vmimage/offers/{}/skus"),
    ("GET", "publishers/{}/artifacttypes/vmimage/offers/{}/skus/{}/versions"),
    ("GET", "publishers/{}/artifacttypes/vmimage/offers/{}/skus/{}/versions/{}"),
    ("GET", "images"),
    ("GET PUT DELETE", "images/{}"),
    ("GET", "galleries/{}"),
    ("GET", "galleries/{}/images/{}"),
    ("GET", "galleries/{}/images/{}/versions/{}"),
    ("GET", "sharedGalleries"),
    ("GET", "sharedGalleries/{}"),
    ("GET", "sharedGalleries/{}/images"),
    ("GET", "sharedGalleries/{}/images/{}"),
    ("GET", "sharedGalleries/{}/images/{}/versions"),
    ("GET", "sharedGalleries/{}/images/{}/versions/{}"),
)
# Below a set or an instance, but no part of what is simulated: commands run inside the machine, network resources.
_NOT_ACTIONS = ("runcommands", "runcommand", "networkinterfaces", "publicipaddresses")


@dataclass(frozen=True)
class Kind:
    """``name`` is for reports; ``of`` is the template of the path below the provider; ``served``: compared or not."""

    name: str
    of: str
    served: bool

    @property
    def of_instances(self) -> bool:
        """Whether the answer shows instances: a list, one of them, its view."""
        instances = (f"{SETS}/{{}}/virtualMachines", f"{SETS}/{{}}/virtualMachines/{{}}", MACHINE)
        known = {*map(str.lower, instances), f"{instances[1]}/instanceview".lower()}
        return self.of.lower() in known and self.name.endswith(" 200")

    @property
    def of_polls_or_images(self) -> bool:
        """Polls and platform images: many exchanges, of which little is to be learnt."""
        return self.of == POLL or self.of.startswith("publishers")


def kind_of(exchange: Exchange) -> Kind:
    """The kind of an exchange, by method, path and status."""
    template = _template(exchange)
    pattern = next(filter(None, (_fitting(exchange.method, template, *served) for served in _SERVED)), None)
    if template.lower() == MACHINE.lower() and exchange.method == "GET" and machine_of_set(exchange):
        pattern = MACHINE
    served, pattern = pattern is not None, pattern or template
    name = f"{exchange.method} {pattern} {exchange.answer.status}"
    if pattern == POLL:
        name = f"GET {pattern} monitor" if "monitor" in exchange.query else _poll_name(exchange)
    return Kind(name, pattern, served)


def machine_of_set(exchange: Exchange) -> str | None:
    """The id of the set that the virtual machine in the answer is in; null where it is in none, or no such machine."""
    low = [segment.lower() for segment in exchange.segments]
    body = exchange.answer.body
    if low[5:7] != ["microsoft.compute", "virtualmachines"] or len(low) != 8 or not isinstance(body, dict):
        return None
    owner = (body.get("properties") or {}).get("virtualMachineScaleSet") or {}
    return str(owner["id"]) if "id" in owner else None


def _poll_name(exchange: Exchange) -> str:
    body = exchange.answer.body
    return f"GET {POLL} {body.get('status') if isinstance(body, dict) else exchange.answer.status}"


def _template(exchange: Exchange) -> str:
    """The types and braces of the path below the provider; locations are left out."""
    low = [segment.lower() for segment in exchange.segments]
    if "providers" not in low or len(low) < low.index("providers") + 3:
        return "/".join(low[2:3])
    start = low.index("providers") + 2
    if low[start - 1] != "microsoft.compute":
        return f"{exchange.segments[start - 1]}/{low[start]}"
    if low[start] == "locations":
        start += 2
    below = list(exchange.segments[start:])
    return "/".join("{}" if index % 2 and not _is_word(below, index) else part for index, part in enumerate(below))


def _is_word(below: list[str], index: int) -> bool:
    """Whether a segment in the place of a name is part of the address: an artifact type, ``latest``, ``cancel``."""
    return below[index - 1].lower() in ("artifacttypes", "rollingupgrades")


def _fitting(method: str, template: str, methods: str, known: str) -> str | None:
    """The known template, with its action filled in, if this one is the same in any case."""
    pattern = re.escape(known).replace(re.escape("{action}"), "(?P<action>[a-z]+)")
    match = re.fullmatch(pattern, template, re.IGNORECASE)
    if method not in methods.split() or match is None:
        return None
    action = match.groupdict().get("action", "").lower()
    return None if action in _NOT_ACTIONS else known.replace("{action}", action)
