# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Starting from a scale set of the user, as the Azure CLI prints it or as it is on the wire: read, merge, restore.

What a scenario may add to a dump is in ``scenario``; nothing of a dump outlives the start.
"""

from __future__ import annotations

from armsim.dump.files import Dump, DumpError, read
from armsim.dump.overlay import with_dumps
from armsim.dump.restore import restore

__all__ = ["Dump", "DumpError", "read", "restore", "with_dumps"]
