"""An import-linter contract: these modules import the standard library, these few, and nothing else."""

from __future__ import annotations

import sys
from typing import Any, cast

import grimp
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain import helpers
from importlinter.domain.imports import ModuleExpression


class OnlyContract(Contract):
    """All in ``modules`` imports directly only the standard library, itself, and what ``may_import`` names.

    A package named stands for all in it. A name of ``may_import`` that no module has is no error: it need not
    be used. Modules of ``modules`` that do not exist are one.
    """

    type_name = "only"

    modules = fields.ListField(subfield=fields.ModuleExpressionField())
    may_import = fields.ListField(subfield=fields.StringField(), required=False)

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001
        """Return whether it holds, and every import that breaks it."""
        allowed = cast(list[str], self.may_import or [])
        found: list[tuple[str, str, int]] = []
        for source in cast(list[ModuleExpression], self.modules):
            own = helpers.module_expression_to_modules(graph=graph, expression=source, as_packages=False)
            for package in sorted(module.name for module in own):
                for module in sorted({package, *graph.find_descendants(package)}):
                    found += _strangers(graph, module, [package, *allowed])
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that breaks it."""
        for importer, imported, line in cast(list[tuple[str, str, int]], check.metadata["found"]):
            output.print_error(f"{importer} imports {imported} (line {line})")
        output.new_line()


def _strangers(graph: grimp.ImportGraph, module: str, allowed: list[str]) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    for imported in sorted(graph.find_modules_directly_imported_by(module)):
        if imported.partition(".")[0] in sys.stdlib_module_names or _is_in(imported, allowed):
            continue
        details: list[Any] = graph.get_import_details(importer=module, imported=imported)
        found.append((module, imported, details[0]["line_number"] if details else 0))
    return found


def _is_in(module: str, packages: list[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)
