# SPDX-License-Identifier: Apache-2.0
"""Runs operations: hooks, replacements, the emulator, whole lists. One at a time, as moto is not made for threads."""

from __future__ import annotations

import threading
from types import ModuleType
from typing import Any

from harecon_sandbox import emulator, models, pager, services
from harecon_sandbox.accounts import Account, Accounts
from harecon_sandbox.kit import REGISTRY, Context, Params, Registry, Result

GLOBAL_REGION = "us-east-1"


class UnknownOperations(Exception):
    """Plug-ins have registered what no service has: surely a typing mistake."""


class Engine:
    """The emulator with its plug-ins."""

    def __init__(self, registry: Registry | None = None, plugins: list[ModuleType] | None = None) -> None:
        """Without arguments with the plug-ins of this package, which register themselves."""
        emulator.speed_up()
        self.runtime: Any = None
        self.lock = threading.RLock()
        self._plugins = list(services.load()) if plugins is None else plugins
        self._registry = REGISTRY if registry is None else registry
        self._check_registered()

    def _check_registered(self) -> None:
        unknown = [
            f"{service}.{name}"
            for service, name in sorted(self._registry.keys())
            if service not in models.service_names()
            or (name != "*" and name not in models.service_model(service).operation_names)
        ]
        if unknown:
            raise UnknownOperations(", ".join(unknown))

    def context(
        self, account: Account, service: str, operation: str, region: str, request_id: str = "", access_key: str = ""
    ) -> Context:
        account.regions.add(region)
        return Context(
            account=account.number,
            region=region,
            service=service,
            operation=operation,
            clock=account.clock,
            store=account.store,
            settings=account.settings,
            runner=self,
            request_id=request_id,
            access_key=access_key,
        )

    # The Runner of the kit.

    def run(self, ctx: Context, params: Params) -> Result:
        """The operation with its hooks; lists are whole."""
        with self.lock:
            for check in self._registry.before(ctx.service, ctx.operation):
                check(ctx, params)
            handler = self._registry.operation(ctx.service, ctx.operation)
            if handler is not None:
                result = handler(ctx, params)
            else:
                result = pager.complete(ctx.service, ctx.operation, params, lambda page: self.emulate(ctx, page))
            for change in self._registry.after(ctx.service, ctx.operation):
                result = change(ctx, params, result)
                if result is None:
                    raise TypeError(f"a hook after {ctx.service}.{ctx.operation} answers nothing")
            return result

    def emulate(self, ctx: Context, params: Params) -> Result:
        with self.lock:
            return emulator.invoke(ctx.service, ctx.operation, params, ctx.account, ctx.region, ctx.access_key)

    def backend(self, service: str, account: str, region: str) -> Any:
        with self.lock:
            return emulator.backend(service, account, region)

    # For the control interface.

    def reset(self, accounts: Accounts, number: str) -> None:
        with self.lock:
            accounts.reset(number)
            emulator.reset(number)

    def inventory(self, account: Account) -> list[dict[str, Any]]:
        """Every live resource of the account that a plug-in knows, in every region that was used."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        with self.lock:
            for region in sorted(account.regions | {GLOBAL_REGION}):
                for plugin in self._plugins:
                    lister = getattr(plugin, "inventory", None)
                    if lister is None:
                        continue
                    service = plugin.__name__.rpartition(".")[2]
                    for item in lister(self.context(account, service, "", region)):
                        # A global service answers the same in every region.
                        found.setdefault((item["kind"], item["id"]), item | {"region": region})
        return list(found.values())
