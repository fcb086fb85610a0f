# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations


class ModuleDocFragment:
    """The attributes of the collection's modules. Private to the collection."""

    DOCUMENTATION = r"""
attributes:
  action_group:
    description: Use C(group/azroll.vmss.all) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - azroll.vmss.all
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
  platform:
    description: The platform that the module works on.
    support: full
    platforms: posix
"""

    WRITES = r"""
attributes:
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no
      change.
    support: full
"""

    INFO = r"""
attributes:
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no
      change.
    support: full
    details:
      - This module changes nothing.
"""

    FACTS = r"""
attributes:
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
    details:
      - This module changes nothing.
  facts:
    description: Action returns an C(ansible_facts) dictionary that will update existing host facts.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no
      change.
    support: full
    details:
      - This module changes nothing.
"""
