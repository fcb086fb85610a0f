# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Ends ansible-playbook with SIGKILL when a task has ended: [kill] after_task in ansible.cfg names it."""

from __future__ import annotations

import os
import signal
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: kill
type: aggregate
short_description: Ends ansible-playbook when a task has ended
description: Ends ansible-playbook when a task has ended.
options:
  after_task:
    description: The name of the task.
    required: true
    ini:
      - section: kill
        key: after_task
"""


class CallbackModule(CallbackBase):
    """The main process dies as from kill -9: no rescue, no always, no exit handler."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kill"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        """Called in the main process."""
        if result._task.get_name().endswith(f": {self.get_option('after_task')}"):
            os.kill(os.getpid(), signal.SIGKILL)
