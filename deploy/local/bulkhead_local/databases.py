"""Each service's own database and role, copied from a template that was migrated once."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from bulkhead_local.backing import Backing
from bulkhead_local.errors import LocalError
from bulkhead_local.postgres import execute, quoted, run
from bulkhead_local.progress import step
from bulkhead_local.services import SERVICES, ServiceKind, python
from bulkhead_local.state import REPOSITORY

# What a migrated database is made of besides a service's own migrations.
_CHASSIS_FOLDERS = ("persistence", "messaging", "duties", "web")


def create(backing: Backing, *, exchange: str, settings: Mapping[str, Mapping[str, str]]) -> None:
    """Create each service's database of an exchange, migrated, owned by a role that alone may connect.

    ``settings`` are the services' environments; their database URLs hold the passwords. Databases of the same
    name are replaced.
    """
    templates = _ensure_templates(backing, settings)

    async def all_at_once() -> None:
        await asyncio.gather(
            *(
                _create_one(
                    backing,
                    kind,
                    name=database_name(kind, exchange),
                    password=urlsplit(settings[kind.name]["BULKHEAD_DATABASE_URL"]).password or "",
                    template=templates[kind.name],
                )
                for kind in SERVICES.values()
            )
        )

    run(all_at_once)


def drop(backing: Backing, *, exchange: str) -> None:
    """Drop every database and role of an exchange; those that are not there are passed over."""

    async def drop_one(name: str) -> None:
        await execute(
            backing.postgres_url,
            f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)",
            f"DROP ROLE IF EXISTS {quoted(name)}",
        )

    async def all_at_once() -> None:
        await asyncio.gather(*(drop_one(database_name(kind, exchange)) for kind in SERVICES.values()))

    run(all_at_once)


def database_name(kind: ServiceKind, exchange: str) -> str:
    """Return the name of a service's database, and of its role, in an exchange."""
    return f"{kind.database_prefix}_{exchange.replace('-', '_')}"


def database_url(backing: Backing, kind: ServiceKind, exchange: str) -> str:
    """Return the URL a service reaches its database of an exchange with."""
    name = database_name(kind, exchange)
    return _url(backing, user=name, password=backing.state.secret(f"database-{name}"), database=name)


def _url(backing: Backing, *, user: str, password: str, database: str) -> str:
    server = urlsplit(backing.postgres_url)
    address = server.netloc.rpartition("@")[
        2
    ]  # as it stands: one or more hosts, or none where the query has it
    return server._replace(netloc=f"{user}:{password}@{address}", path=f"/{database}").geturl()


def _administrator_url(backing: Backing, database: str) -> str:
    return urlsplit(backing.postgres_url)._replace(path=f"/{database}").geturl()


async def _create_one(
    backing: Backing, kind: ServiceKind, *, name: str, password: str, template: str
) -> None:
    role, database = quoted(name), quoted(name)
    await execute(
        backing.postgres_url,
        f"DROP DATABASE IF EXISTS {database} WITH (FORCE)",
        f"DROP ROLE IF EXISTS {role}",
        f"CREATE ROLE {role} LOGIN PASSWORD '{password}'",
        f"CREATE DATABASE {database} TEMPLATE {quoted(template)} OWNER {role}",
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    )
    await execute(
        _administrator_url(backing, name),
        f"REASSIGN OWNED BY {quoted(_template_role(kind))} TO {role}",
    )


def _template_role(kind: ServiceKind) -> str:
    return f"{kind.database_prefix}_template"


def _ensure_templates(backing: Backing, settings: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    names = {kind.name: f"{_template_role(kind)}_{_migrations_hash(kind)}" for kind in SERVICES.values()}
    with backing.state.locked("templates"):
        there = run(lambda: _templates(backing))
        wanted = [kind for kind in SERVICES.values() if names[kind.name] not in there]
        if wanted:
            with step("databases: migrating " + ", ".join(kind.name for kind in wanted)):
                run(lambda: _make_templates(backing, wanted, names, settings))
    return names


async def _templates(backing: Backing) -> set[str]:
    connection = await asyncpg.connect(backing.postgres_url)
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database WHERE datistemplate")
        return {row["datname"] for row in rows}
    finally:
        await connection.close()


async def _make_templates(
    backing: Backing,
    kinds: list[ServiceKind],
    names: Mapping[str, str],
    settings: Mapping[str, Mapping[str, str]],
) -> None:
    await asyncio.gather(
        *(_make_template(backing, kind, names[kind.name], settings[kind.name]) for kind in kinds)
    )


async def _make_template(backing: Backing, kind: ServiceKind, name: str, settings: Mapping[str, str]) -> None:
    role, password = quoted(_template_role(kind)), backing.state.secret(f"template-{kind.name}")
    await _drop_templates(backing, prefix=f"{_template_role(kind)}_")
    await execute(
        backing.postgres_url,
        f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        f"ALTER ROLE {role} LOGIN PASSWORD '{password}'",
        f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)",
        # Owned by the administrator: what the role owns is handed on in each copy.
        f"CREATE DATABASE {quoted(name)} TEMPLATE template0",
        f"GRANT ALL ON DATABASE {quoted(name)} TO {role}",
    )
    await execute(_administrator_url(backing, name), f"GRANT ALL ON SCHEMA public TO {role}")
    url = _url(backing, user=_template_role(kind), password=password, database=name)
    await asyncio.to_thread(_migrate, kind, {**settings, "BULKHEAD_DATABASE_URL": url})
    # Marked as a template last: only a whole one is ever copied.
    await execute(
        backing.postgres_url, f"ALTER DATABASE {quoted(name)} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false"
    )


async def _drop_templates(backing: Backing, *, prefix: str) -> None:
    # Those of earlier migrations are of no more use.
    for name in await _templates(backing):
        if name.startswith(prefix):
            await execute(
                backing.postgres_url,
                f"ALTER DATABASE {quoted(name)} WITH IS_TEMPLATE false",
                f"DROP DATABASE {quoted(name)}",
            )


def _migrate(kind: ServiceKind, settings: Mapping[str, str]) -> None:
    done = subprocess.run(
        python("-m", kind.package, "migrate"),
        env={**os.environ, **settings},
        cwd=kind.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = "\n    ".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise LocalError(
            f"{kind.name}'s database could not be migrated. It said:\n    {said}\n"
            f"  What to do: mend {kind.folder.relative_to(REPOSITORY)}/migrations"
        )


def _migrations_hash(kind: ServiceKind) -> str:
    chassis = REPOSITORY / "libs" / "common" / "src" / "bulkhead"
    folders = [kind.folder / "migrations", kind.folder / "src" / kind.package / "adapters" / "postgres"]
    folders += [chassis / name for name in _CHASSIS_FOLDERS]
    digest = hashlib.sha256()
    for path in sorted(_sources(folders)):
        digest.update(str(path.relative_to(REPOSITORY)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _sources(folders: list[Path]) -> list[Path]:
    return [path for folder in folders for path in folder.rglob("*.py")]
