# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What is served: the simulation of the moment, and what outlives it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from armsim.identity.directory import Directory
from armsim.service.pace import Pace
from armsim.service.simulation import Simulation
from armsim.web import connections
from armsim.web.earlier import EarlierAnswers

# Milliseconds.
AT_ONCE = 50


@dataclass(frozen=True)
class Settings:
    """What the command line decides: speed (infinite: as fast as clients send) and, where it overrides the scenario,
    ``Retry-After`` in real seconds.
    """

    speed: float
    retry_after: int | None = None


def _not_served(_call: Any) -> Response:
    raise NotImplementedError("no application serves this host")


class Host:
    """The simulation being served, which a reset replaces, and the directory, which outlives it."""

    def __init__(
        self, simulation: Simulation, directory: Directory, settings: Settings, restart: Callable[[], Simulation]
    ) -> None:
        self.simulation = simulation
        self.directory = directory
        self.settings = settings
        self.pace = Pace(connections.is_open) if math.isinf(settings.speed) else None
        self.earlier = EarlierAnswers()
        self._restart = restart
        # How a request is served that came in another one.
        self.serve: Callable[[Any], Response] = _not_served

    def reset(self) -> None:
        self.simulation = self._restart()
        self.earlier = EarlierAnswers()
        self.disturb()

    def disturb(self) -> None:
        """Something happened that no request to Azure Resource Manager did."""
        if self.pace is not None:
            self.pace.disturb()

    @property
    def as_recorded(self) -> bool:
        """Whether clients get a ``Retry-After`` where, and as long as, the service sends one."""
        return self.settings.speed == 1.0 and self.settings.retry_after is None

    def retry_after(self, seconds: float | None) -> dict[str, str]:
        """``Retry-After`` for so many simulated seconds: whole real seconds, at least one; no header for None.

        Where time passes as fast as clients send requests, they are to poll again at once: in the milliseconds that
        Azure's clients understand, because they take a ``Retry-After`` of 0 for none.
        """
        if seconds is None:
            return {}
        if self.settings.retry_after is not None:
            return {"Retry-After": str(self.settings.retry_after)}
        if self.pace is not None:
            return {"x-ms-retry-after-ms": str(AT_ONCE)}
        return {"Retry-After": str(max(1, round(seconds / self.settings.speed)))}

    def refused_until(self, seconds: float) -> dict[str, str]:
        """``Retry-After`` of a refusal: not before so many simulated seconds, in whole real ones."""
        if self.pace is not None:
            self.pace.wait(seconds, self.simulation.timeline)
            return {"x-ms-retry-after-ms": str(AT_ONCE)}
        return {"Retry-After": str(math.ceil(seconds / self.settings.speed))}
