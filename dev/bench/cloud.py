# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The clouds to measure in: healthy sets, whose instances take a second or so of real time to be upgraded."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armsim.launch import Simulator

Json = dict[str, Any]

RESOURCE_GROUP = "rg-shop"
OLD, NEW = "24.04.202510010", "24.04.202511100"
# A minute of the cloud is a second: what is measured is what a rollout costs, not how long Azure takes.
SPEED = 60
LARGEST_PLACEMENT_GROUP = 100
_IMAGE = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}


def write_scenario(path: Path, sets: int, capacity: int) -> Path:
    """A scenario of so many sets `web-N` of so many instances, each in five update domains."""
    scenario = {
        "version": 1,
        "description": f"{sets} sets of {capacity} healthy instances.",
        "seed": 17,
        "images": {"platform": [{**_IMAGE, "versions": [{"version": OLD}, {"version": NEW}]}]},
        "resource_groups": [{"name": RESOURCE_GROUP, "location": "westeurope"}],
        "scale_sets": [
            {
                "name": f"web-{number}",
                "resource_group": RESOURCE_GROUP,
                "capacity": capacity,
                "placement_groups": -(-capacity // LARGEST_PLACEMENT_GROUP),
                "image": {**_IMAGE, "version": OLD},
                "automatic_repairs": {"enabled": True},
            }
            for number in range(sets)
        ],
    }
    # JSON is YAML.
    path.write_text(json.dumps(scenario, indent=2), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Requests:
    """What the simulator counted."""

    total: int
    writes: int
    throttled: int
    logins: int
    by_operation: dict[str, int]

    def since(self, before: Requests) -> Requests:
        """Those that came after `before` was counted."""
        return Requests(
            self.total - before.total,
            self.writes - before.writes,
            self.throttled - before.throttled,
            self.logins - before.logins,
            dict(Counter(self.by_operation) - Counter(before.by_operation)),
        )


def requests_of(simulator: Simulator) -> Requests:
    """The requests since the start of the simulator."""
    counted = simulator.ledger()["requests"]
    return Requests(
        total=counted["total"],
        writes=counted["writes"],
        throttled=counted["throttled"],
        logins=counted["other"].get("login", 0),
        by_operation=counted["by_operation"],
    )


def upgraded(simulator: Simulator) -> bool:
    """Whether every instance of every set runs the new image."""
    sets: dict[str, Json] = simulator.ledger()["scale_sets"]
    return all(
        one["instances_on_target"] == one["capacity"] and NEW in str(one["target_image"]) for one in sets.values()
    )
