# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The kill at every step: a small roll, killed in turn after each task that does something outside ansible-playbook.

What other tasks do (messages, includes) dies with the process, so a kill after them leaves what a kill after the task
before them leaves. Within a step, the random rollouts are killed after each call of a module.
"""

from __future__ import annotations

from matrix.case import Case, Play, Trigger

GROUP = "steps"
CONTINUED = ("It continued the unfinished run",)
# Task, result of the next run, and what that one says.
STEPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Run preflight and plan the batches", "succeeded", ()),
    ("Acquire the lease and the holds", "succeeded", CONTINUED),
    ("Set the image and plan the batches", "succeeded", CONTINUED),
    ("Upgrade batch (1 of 2)", "succeeded", CONTINUED),
    ("Wait for the upgrade and the health of batch (1 of 2)", "succeeded", CONTINUED),
    ("Soak the previous batch", "succeeded", CONTINUED),
    ("Upgrade batch (2 of 2)", "succeeded", CONTINUED),
    ("Wait for the upgrade and the health of batch (2 of 2)", "succeeded", CONTINUED),
    ("Find instances that are still stale", "succeeded", CONTINUED),
    ("Wait until the instances are healthy", "succeeded", CONTINUED),
    ("Release the scale set and create the report", "nothing_to_do", ()),
    ("Create the folder for the report", "nothing_to_do", ()),
    ("Write the report", "nothing_to_do", ()),
)
SAMPLE = ("Upgrade batch (1 of 2)",)
# Tasks of the rollback, after an image that comes up unhealthy. The next run tries that image again, and rolls back.
BACK = (
    "Decide what follows from the failure",
    "Set the rollback image and plan the batches",
    "Find instances that are still stale",
    "Release the scale set and create the report",
)


def step_cases() -> list[Case]:
    """One case for each step."""
    forward = [_case(number, *step) for number, step in enumerate(STEPS, start=1)]
    return [*forward, *(_back(number, task) for number, task in enumerate(BACK, start=1))]


def _case(number: int, task: str, result: str, says: tuple[str, ...]) -> Case:
    return Case(
        name=f"step-{number:02}",
        about=f'killed after the task "{task}"',
        group=GROUP,
        set={"capacity": 2, "autoscale": {"min": 1, "max": 4}},
        options={"rollout_hold_autoscale": True, "rollout_warm_up": 1, "rollout_soak": 1, "rollout_bake": 1},
        plays=(Play("killed", kill=Trigger(task=task)), Play(result, says=says)),
        floor=1,
        on_target=2,
        once=True,
        wins="the next run",
        sample=task in SAMPLE,
    )


def _back(number: int, task: str) -> Case:
    return Case(
        name=f"step-back-{number:02}",
        about=f'killed during a rollback, after the task "{task}"',
        group=GROUP,
        scenario="bad-image",
        set={"capacity": 4, "autoscale": {"min": 1, "max": 6}},
        options={
            "rollout_image": {"version": "24.04.202511100"},
            "rollout_canary": 1,
            "rollout_health_retries": 4,
            "rollout_hold_autoscale": True,
            "rollout_on_failure": "rollback",
        },
        plays=(Play("killed", kill=Trigger(task=task)), Play("rolled_back", cause=("unhealthy",))),
        floor=3,
        on_target=4,
        state={"image": "Canonical:ubuntu-24_04-lts:server:24.04.202510010"},
        wins="the old image",
    )
