# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Keeps what Jinja has compiled: Ansible compiles a template anew each time that it is rendered."""

from __future__ import annotations

from contextlib import ExitStack
from contextvars import ContextVar
from types import CodeType
from typing import Any
from unittest import mock

from ansible._internal._templating import _jinja_bits
from jinja2 import Environment
from jinja2.environment import TemplateExpression

# What a template is compiled to depends on its text, on the signs that mark its parts (the lexer stands for them: Jinja
# has one for each choice) and on whether backslashes are escaped.
_Key = tuple[str, Any, bool]

_compiled: dict[tuple[bool, _Key], CodeType] = {}
_expression: ContextVar[_Key | None] = ContextVar("_expression", default=None)


def kept() -> ExitStack:
    """While this is entered, each template is compiled once."""
    compile_any = Environment.compile
    compile_expression = _jinja_bits.AnsibleEnvironment.compile_expression

    def from_text(self: Environment, source: Any, *args: Any, **kwargs: Any) -> Any:
        own = _expression.get() if not isinstance(source, str) else None
        if args or kwargs or (own is None and not isinstance(source, str)):
            return compile_any(self, source, *args, **kwargs)
        key = (own is not None, own or _key(self, source))
        if key not in _compiled:
            _compiled[key] = compile_any(self, source)
        return _compiled[key]

    def from_expression(self: Any, source: str, undefined_to_none: bool = True) -> Any:
        key = _key(self, source)
        code = _compiled.get((True, key))
        if code is not None:
            template = self.template_class.from_code(self, code, self.make_globals(None), None)
            return TemplateExpression(template, undefined_to_none)
        token = _expression.set(key)
        try:
            return compile_expression(self, source, undefined_to_none)
        finally:
            _expression.reset(token)

    patched = ExitStack()
    patched.enter_context(mock.patch.object(Environment, "compile", from_text))
    patched.enter_context(mock.patch.object(_jinja_bits.AnsibleEnvironment, "compile_expression", from_expression))
    return patched


def _key(environment: Environment, source: str) -> _Key:
    context = _jinja_bits._TemplateCompileContext.current(optional=True)
    return str(source), environment.lexer, bool(context and context.escape_backslashes)
