# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Errors that are worth one more try, and those that are not."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._rollout.transient_errors import passes


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("OSProvisioningTimedOut", True),
        ("VMStartTimedOut", True),
        ("ZonalAllocationFailed", True),
        ("InternalExecutionError", True),
        ("VMExtensionProvisioningError", False),
        ("VMExtensionHandlerNonTransientError", False),
        ("OSProvisioningClientError", False),
        ("ImageNotFound", False),
        ("CoreQuotaExceeded", False),
        ("SomethingNew", None),
        ("unhealthy", None),
        ("", None),
    ],
)
def test_what_is_known_of_a_code(code, known):
    assert passes(code) is known
