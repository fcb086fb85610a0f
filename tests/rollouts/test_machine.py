# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A state machine of hypothesis: runs that are killed, others who interfere, time that passes, in whatever order.

What it finds it makes small: the fewest steps in the smallest world that break what must hold.
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from armsim.actors import actor_actions
from armsim.protocol.errors import ArmError
from armsim.scenario import ActorAction
from rollouts.driver import Rollout
from rollouts.judge import Held, judge_writes
from rollouts.rollout import QUIET, judge_run, run_again, run_to_its_end
from rollouts.site import Killed, Site
from rollouts.worlds import DEAD_PROCESS, NEW, OTHER, random_world

ACTIONS: list[dict[str, Any]] = [
    *({"capacity": text} for text in ("+2", "-1")),
    {"instances": {"count": 1}, "evict": "Delete"},
    {"instances": {"count": 1}, "upgrade": True},
    {"instances": {"count": 1}, "power": "deallocated"},
    {"instances": {"count": 1}, "protect": True},
    {"instances": {"count": 1}, "health": "unhealthy"},
    {"image": {"version": OTHER}},
    {"preempt": True},
]


class Rollouts(RuleBasedStateMachine):
    """One world; each run is another process of the same play."""

    @initialize(draw=st.randoms(use_true_random=False))
    def begin(self, draw: random.Random) -> None:
        world = random_world(draw, largest=12)
        # What others do is drawn step by step here, and so are the kills; whose process was killed is dead for certain.
        document = {**world.document, "actors": []}
        options = replace(world.options, holder=DEAD_PROCESS, until="", checkpoint="never")
        self.world = replace(world, document=document, options=options, kills=(), breaks_all=False)
        self.site = Site(self.world.scenario(), NEW, world.weather, (), world.seed)
        self.before = Held.by(self.site)

    @rule(action=st.sampled_from(ACTIONS))
    def somebody_else_acts(self, action: dict[str, Any]) -> None:
        with suppress(ArmError):
            actor_actions.apply(
                self.site.simulation, ActorAction.model_validate(action), random.Random(self.world.seed)
            )

    @rule(seconds=st.sampled_from([5, 60, 600]))
    def time_passes(self, seconds: int) -> None:
        self.site.sleep(seconds)

    @rule(step=st.integers(1, 120))
    def a_run_is_killed(self, step: int) -> None:
        self.site.kills = [step]
        with suppress(Killed):
            Rollout(self.site, self.world.options).run()
        self.site.kills = []

    @rule()
    def a_run_comes_to_its_end(self) -> None:
        rollout, report = run_to_its_end(self.site, Rollout, self.world.options)
        assert judge_run(self.site, self.world, rollout, report, self.before) == []

    @invariant()
    def nothing_that_must_hold_is_broken(self) -> None:
        if hasattr(self, "site"):
            assert list(judge_writes(self.site, self.world)) == []

    def teardown(self) -> None:
        if not hasattr(self, "site"):
            return
        rollout, report = run_to_its_end(self.site, Rollout, self.world.options)
        assert judge_run(self.site, self.world, rollout, report, self.before) == []
        self.site.sleep(QUIET)
        if report["result"] in ("succeeded", "nothing_to_do"):
            assert run_again(self.site, Rollout, self.world) == []


Rollouts.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=6,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestRollouts = Rollouts.TestCase
