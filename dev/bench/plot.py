# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The picture of the page: processor time by the number of instances, as a picture that stands alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pygal
from pygal.style import Style

from bench.results import Summary

# What is shown, and under which name.
CONTENDERS = {"role": "the role", "floor": "Ansible alone", "sdk": "script on the SDK", "second run": "second run"}
_LICENCE = """<!--
Copyright (c) 2026, azroll.vmss contributors
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 azroll.vmss contributors
-->
"""
# What the library adds for pages of its own, and the day, by which two pictures of the same figures would differ.
_ADDED = re.compile(r"<!--.*?-->|<script.*?</script>", re.DOTALL)
_STYLE = Style(
    background="white",
    plot_background="white",
    colors=("#0067b8", "#8a8886", "#107c10", "#c19c00"),
    font_family="sans-serif",
    title_font_size=16,
    label_font_size=13,
    major_label_font_size=13,
    legend_font_size=13,
    value_font_size=12,
    value_colors=("#323130",) * len(CONTENDERS),
)


def draw(by_size: Mapping[int, Mapping[str, Summary]]) -> str:
    """Bars of the medians, as SVG without scripts, with nothing that is to be fetched."""
    chart = pygal.Bar(
        style=_STYLE,
        title="Processor time of one rollout, in seconds",
        width=840,
        height=380,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(CONTENDERS),
        print_values=True,
        print_values_position="top",
        formatter=lambda value: f"{value:.1f}",
        show_y_guides=True,
        range=(0, None),
        js=[],
        disable_xml_declaration=True,
        no_prefix=True,
    )
    chart.x_labels = [f"{size:,} instances" for size in by_size]
    for name, label in CONTENDERS.items():
        chart.add(label, [round(found[name].cpu.median, 1) for found in by_size.values()])
    return f"{_LICENCE}{_ADDED.sub('', chart.render(is_unicode=True))}\n"
