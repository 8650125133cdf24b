"""Commands that read policy packs: whether they can be read, what two of them say otherwise, what stands and why."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from bulkhead.policy import PolicyError, PolicyPack, packs_in
from bulkhead.policy_file import Entry, PolicyFile
from bulkhead.runtime.cli_parts import errors_said, say
from bulkhead.runtime.settings import Settings

Kinds = Mapping[str, type[Any]]
"""The dataclass of a service's parameters, by the service's name."""

Rules = Mapping[str, bool]
"""The rules there are, and whether each is built; empty where the page of rules is not at hand."""

_RULE: Final = re.compile(r"[A-Z]+-?\d+")
_CITED: Final = re.compile(r"(?<![\w-])(?:[A-Z]{3}-|I)\d+(?!\w)")
"""A rule of ours within a citation, as INV-2 or I9; other sources have numbers too."""

OnOption = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="As of which date; needed.")
]
SomeDayOption = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="As of this date alone.")
]


def nothing_contradicts(_pack: PolicyPack) -> Iterable[str]:
    """Return nothing: no service's parameters are held against another's."""
    return ()


def policy_commands(
    kinds: Kinds,
    *,
    rules: Callable[[], Rules] = dict,
    contradictions: Callable[[PolicyPack], Iterable[str]] = nothing_contradicts,
) -> typer.Typer:
    """Return the commands, for the files of the services named. Where the packs are and which one is meant where none
    is named, the environment says, as to a service. No other setting is needed. ``rules`` reads the page of rules,
    ``contradictions`` says what parameters of different names and services contradict each other in a pack that can be
    read.
    """
    cli = typer.Typer(no_args_is_help=True)

    @cli.command()
    def check(
        pack: Annotated[str | None, typer.Argument(help="All packs there are if left out.")] = None,
    ) -> None:
        """Read packs as a service does at its start; say all that is wrong, by file and line, and end with 1."""
        names, wrong = [pack] if pack else packs_in(_directory()), list[str]()
        for name in names:
            try:
                wrong += contradictions(_named(name, kinds))
            except PolicyError as error:
                wrong.append(str(error))
        with errors_said():
            if wrong:
                raise PolicyError("\n".join(wrong))
        say(f"{', '.join(names) or 'no pack'}: nothing wrong with {', '.join(kinds)}")

    @cli.command()
    def diff(one: str, other: str, on: SomeDayOption = None) -> None:
        """Show what two packs say otherwise: on a date, else each parameter with all its entries."""
        with errors_said():
            _show_differences(_named(one, kinds), _named(other, kinds), kinds, on.date() if on else None)

    @cli.command()
    def explain(
        what: Annotated[str, typer.Argument(help="A parameter, or a rule that its citation names (INV-2).")],
        on: OnOption = None,
        pack: Annotated[
            str | None, typer.Option(help="Which pack; the one of the settings if left out.")
        ] = None,
    ) -> None:
        """Show the value in force on a date, since when, where it comes from, and what comes next."""
        with errors_said():
            if on is None:
                raise PolicyError(f"of which date? values are dated: explain {what} --on 2016-01-05")
            for line in _explain(_named(pack or _pack(), kinds), kinds, rules(), what, on.date()):
                say(line)

    return cli


def _directory() -> Path:
    return Path(os.environ.get("BULKHEAD_POLICY_DIR") or Settings.model_fields["policy_dir"].default)


def _pack() -> str:
    return os.environ.get("BULKHEAD_POLICY_PACK") or Settings.model_fields["policy_pack"].default


def _named(name: str, kinds: Kinds) -> PolicyPack:
    """Return a pack in which nothing is wrong; raises `PolicyError`."""
    pack = PolicyPack.named(name, directory=_directory())
    pack.check_together(kinds)
    return pack


def _show_differences(one: PolicyPack, other: PolicyPack, kinds: Kinds, on: date | None) -> None:
    differences = 0
    for service in kinds:
        files = one.file(service), other.file(service)
        for parameter in sorted(files[0].parameters.keys() | files[1].parameters.keys()):
            said = [_said(file, parameter, on) for file in files]
            if said[0] == said[1]:
                continue
            differences += 1
            say(f"{service} {parameter}")
            for pack, lines in zip((one, other), said, strict=True):
                for line in lines or ["nothing"]:
                    say(f"  {pack.name}: {line}")
    say(f"{differences} parameters differ" + (f" on {on}" if on else ""))


def _said(file: PolicyFile, parameter: str, on: date | None) -> list[str]:
    """Return a parameter's value on a date, or its values with their dates. Citations may differ, values not."""
    if on is None:
        return [f"{_value(each)} from {each.since}" for each in file.parameters.get(parameter, ())]
    entry = file.entry_on(parameter, on)
    return [] if entry is None else [_value(entry)]


def _explain(pack: PolicyPack, kinds: Kinds, rules: Rules, what: str, on: date) -> Iterator[str]:
    meant = _rule(what) if _RULE.fullmatch(what) else lambda parameter, _: parameter == what
    found = [
        (service, parameter, entries)
        for service in kinds
        for parameter, entries in pack.file(service).parameters.items()
        if any(meant(parameter, entry) for entry in entries)
    ]
    if not found:
        yield _without_value(pack, kinds, rules, what)
        return
    yield f"{pack.name} on {on}:"
    for service, parameter, entries in found:
        yield from _explained(pack.file(service), parameter, entries, on)


def _without_value(pack: PolicyPack, kinds: Kinds, rules: Rules, what: str) -> str:
    """Return why a pack has no value of a rule; raises `PolicyError`, with what is near, where there is none such."""
    if what in rules:
        return (
            f"{pack.name} has no value of {what}: the rule is the same on every date (docs/rules.md says it)"
            if rules[what]
            else f"{pack.name} has no value of {what}: the rule is not built yet (docs/rules.md)"
        )
    said = [each for service in kinds for each in pack.file(service).parameters.items()]
    cited = {rule for _, entries in said for each in entries for rule in _CITED.findall(each.cites)}
    if _RULE.fullmatch(what):
        near = _nearest(what, {*rules, *cited})
        unknown = f"there is no rule {what}" if rules else f"{pack.name} has no value of {what}"
    else:
        parameters = list(dict.fromkeys(name for name, _ in said))
        near = get_close_matches(what, parameters, n=3) or parameters
        unknown = f"{pack.name} has no parameter {what}"
    raise PolicyError(f"{unknown}; there is {', '.join(near)}")


def _nearest(rule: str, known: Collection[str]) -> list[str]:
    """Return the rules of the same family whose numbers are nearest, all rules where it is of no family there is."""
    family, number = _by_number(rule)
    near = [each for each in known if _by_number(each)[0] == family]
    near.sort(key=lambda each: (abs(_by_number(each)[1] - number), each))
    return near[:3] or sorted(known, key=_by_number)


def _by_number(rule: str) -> tuple[str, int]:
    letters = rule.rstrip("0123456789")
    return letters, int(rule[len(letters) :])


def _rule(rule: str) -> Callable[[str, Entry], bool]:
    cited = re.compile(rf"(?<![\w-]){re.escape(rule)}(?!\w)")
    return lambda _, entry: cited.search(entry.cites) is not None


def _explained(file: PolicyFile, parameter: str, entries: tuple[Entry, ...], on: date) -> Iterator[str]:
    entry = file.entry_on(parameter, on)
    if entry is None:
        yield f"{parameter}: no value on {on}"
    else:
        yield f"{parameter}: {_value(entry)}"
        yield f"  since {entry.since} ({file.where}:{entry.line})"
        yield f"  cites {entry.cites}"
    later = next((each for each in entries if each.since > on), None)
    yield (
        f"  next {later.since}: {_value(later)}, cites {later.cites}" if later else "  nothing comes after it"
    )


def _value(entry: Entry) -> str:
    return entry.value if isinstance(entry.value, str) else msgspec.json.encode(entry.value).decode()
