"""Accounts: the pool of logins that runs take turns with, one of which is exhausted now and then."""

from collections.abc import Callable
from datetime import datetime, timedelta

from workledger.adapters.simulation.world import Part, World
from workledger.domain.account import Account
from workledger.domain.account.events import AccountExhausted, AccountExhaustionCleared, AccountUsed
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.mapping import format_timestamp, parse_timestamp
from workledger.domain.kernel.unit import Unit

KEEPER = "automation:accounts"
POOL = 4
SECRETS = "vault:simulated/"
"""Where the logins of these accounts would be kept, by which they are told from others."""
TICK = timedelta(milliseconds=1)


def pool(world: World) -> list[Account]:
    """The simulated accounts."""
    return [one for one in world.those(Account) if (one.credentials_ref or "").startswith(SECRETS)]


def keeper(world: World) -> Part:
    """Registers the pool, and looks after it: what has expired may be used again, and logins are renewed."""
    if not pool(world):
        for number in range(POOL):
            _register(world, number)
    while True:
        yield world.chance.of(world.tempo.plan)
        for account in pool(world):
            if account.is_exhausted and account.available(_now(world)):
                _clear(world, account, "expired")
            elif account.is_exhausted and world.chance.happens(0.05):
                _clear(world, account, "manual")
        _renew(world, world.chance.pick(pool(world)))


def _register(world: World, number: int) -> None:
    account = Account.create(
        id=world.chance.id(Account.PREFIX),
        email=f"agents-{number + 1}@simulated.example",
        sort_order=number,
        config_ref=f"{SECRETS}agents-{number + 1}/config",
        credentials_ref=f"{SECRETS}agents-{number + 1}/login",
    )
    world.begin(KEEPER, account)


def _clear(world: World, account: Account, reason: str) -> None:
    world.perform(KEEPER, lambda unit: unit.record(Account, account.id, [_cleared(reason)]))


def _cleared(reason: str) -> AccountExhaustionCleared:
    return AccountExhaustionCleared.model_validate({"reason": reason})


def _renew(world: World, account: Account) -> None:
    """A login is found good, runs out, or is renewed; now and then the order of the pool is changed."""
    step: Callable[[Account], object]
    if account.credentials_status == "unchecked":
        step = _validate
    elif account.credentials_status == "expired":
        step = _refresh
    elif world.chance.happens(0.35):
        step = _expire
    elif world.chance.happens(0.4):
        step = _reorder
    else:
        return
    world.edit(KEEPER, Account, account.id, step)


def _validate(account: Account) -> object:
    return account.validate_credentials()


def _refresh(account: Account) -> object:
    return account.refresh_credentials(secret_ref=account.credentials_ref or SECRETS)


def _expire(account: Account) -> object:
    return account.expire_credentials()


def _reorder(account: Account) -> object:
    return account.reorder(sort_order=account.sort_order + POOL)


def next_account(world: World, *, but: str | None = None) -> Account | None:
    """The one that was used least recently of those that may be used; None when there is none."""
    free = [one for one in pool(world) if one.id != but and one.available(_now(world))]
    return min(free, key=lambda one: (one.last_used_at or "", one.sort_order, one.id), default=None)


def use(world: World, unit: Unit, account: Account | None, run_id: str) -> None:
    """Record that a run uses it: as a fact, since the past has times of its own."""
    if account is None:
        return
    latest = max((one.last_used_at for one in pool(world) if one.last_used_at), default="")
    events: list[Event] = [_cleared("expired")] if account.is_exhausted else []
    events.append(AccountUsed(last_used_at=_after(world.now, latest), agent_run_id=run_id))
    unit.record(Account, account.id, events)


def exhaust(world: World, run: AgentRun) -> None:
    """The provider's limit is reached: the run goes on with the next account. The last one lasts."""
    account = world.find(Account, run.account_id) if run.account_id else None
    other = next_account(world, but=run.account_id)
    if account is None or account.is_exhausted or other is None:
        return
    until = format_timestamp(world.now + timedelta(seconds=world.chance.of(world.tempo.exhausted)))

    def step(unit: Unit) -> None:
        unit.record(Account, account.id, [AccountExhausted(until=until)])
        use(world, unit, other, run.id)
        unit.edit(AgentRun, run.id).switch_account(account_id=other.id, reason="exhausted")

    world.perform(KEEPER, step)


def _now(world: World) -> str:
    return format_timestamp(world.now)


def _after(now: datetime, latest: str) -> str:
    """That time, or the first one after the latest use."""
    if latest and latest >= format_timestamp(now):
        return format_timestamp(parse_timestamp(latest) + TICK)
    return format_timestamp(now)
