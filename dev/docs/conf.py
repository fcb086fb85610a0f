# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Sphinx settings of "make docs": the docsite's look, and nothing fetched from elsewhere."""

from __future__ import annotations

project = "azroll.vmss"
copyright = "azroll.vmss contributors"  # noqa: A001  Sphinx names it so.
title = "azroll.vmss"
html_short_title = title
extensions = ["sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_show_sphinx = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
suppress_warnings = [
    # Labels of the Ansible docsite, which is not fetched; references within the collection are checked by
    # "antsibull-docs lint-collection-docs".
    "ref.envvar",
    "ref.ref",
    # The changelog has no title until there is a release.
    "toc.no_title",
]
