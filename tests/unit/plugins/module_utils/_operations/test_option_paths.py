# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Paths among the role's options: a file is there, and a folder can be made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._operations.option_paths import check_folder, file_check


def test_a_file_by_its_whole_path_or_in_one_of_the_folders(tmp_path: Path) -> None:
    file = tmp_path / "tasks" / "drain.yml"
    file.parent.mkdir()
    file.write_text("[]", encoding="utf-8")
    check = file_check([str(tmp_path), str(file.parent)])
    check("rollout_before_batch", str(file))
    check("rollout_before_batch", "drain.yml")
    check("rollout_before_batch", "tasks/drain.yml")
    for wrong in ("drain.yaml", str(file.parent), "/nonexistent"):
        with pytest.raises(BadInput, match="rollout_before_batch"):
            check("rollout_before_batch", wrong)


def test_a_folder_that_is_missing_can_be_made_below_one_of_ours(tmp_path: Path) -> None:
    check_folder("rollout_report_dir", str(tmp_path))
    check_folder("rollout_report_dir", str(tmp_path / "a" / "b"))


def test_what_is_no_folder_cannot_be_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for wrong in (file, file / "below"):
        with pytest.raises(BadInput, match="rollout_report_dir"):
            check_folder("rollout_report_dir", str(wrong))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(BadInput):
        check_folder("rollout_report_dir", str(tmp_path / "new"))
