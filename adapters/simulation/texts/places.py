"""The made-up projects that the simulated agents work on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A part of a project: what people call it, its source file, and the one that tests it."""

    name: str
    source: str
    test: str

    @property
    def noun(self) -> str:
        """The word for it in code, such as `gift_card`."""
        return self.source.rpartition("/")[2].partition(".")[0].lower().replace("-", "_")


@dataclass(frozen=True)
class Place:
    """A project.

    Attributes:
        check: the command that tests one file, with {test} in it.
        agents, people: who works there, by first name.
        features: what its users ask for.
    """

    name: str
    about: str
    language: str
    check: str
    lint: str
    agents: tuple[str, ...]
    people: tuple[str, ...]
    parts: tuple[Part, ...]
    features: tuple[str, ...]


def _parts(source: str, test: str, named: dict[str, str]) -> tuple[Part, ...]:
    return tuple(Part(name, source.format(word), test.format(word)) for name, word in named.items())


ORDERS = Place(
    name="orders-api",
    about="Takes orders, payments and refunds for the shop.",
    language="python",
    check="pytest {test} -q",
    lint="ruff check src tests",
    agents=("Ada", "Linus", "Grace"),
    people=("maya", "tom"),
    parts=_parts(
        "src/orders/{}.py",
        "tests/test_{}.py",
        {
            "refunds": "refunds",
            "checkout": "checkout",
            "invoices": "invoices",
            "stock reservations": "reservations",
            "payment webhooks": "webhooks",
            "discounts": "discounts",
            "shipping rates": "shipping",
            "order search": "search",
            "tax rules": "tax",
            "gift cards": "gift_cards",
            "customer export": "export",
            "partial deliveries": "deliveries",
        },
    ),
    features=(
        "keyset pagination",
        "an audit trail",
        "CSV export",
        "idempotency keys",
        "retries with backoff",
        "a dry run",
        "bulk updates",
        "a webhook signature check",
        "currency rounding per country",
        "soft deletes",
    ),
)

STOREFRONT = Place(
    name="storefront",
    about="The shop that customers see.",
    language="typescript",
    check="npx vitest run {test}",
    lint="npx eslint src --max-warnings 0",
    agents=("Brook", "Ivo", "Noor"),
    people=("lena", "maya"),
    parts=_parts(
        "src/features/{0}/{0}.tsx",
        "src/features/{0}/{0}.test.tsx",
        {
            "the cart drawer": "cart-drawer",
            "the product page": "product-page",
            "the search box": "search-box",
            "the sign-in form": "sign-in",
            "the wishlist": "wishlist",
            "reviews": "reviews",
            "the image gallery": "gallery",
            "the address form": "address-form",
            "the order history": "order-history",
            "the price filter": "price-filter",
            "the consent banner": "consent",
            "the size guide": "size-guide",
        },
    ),
    features=(
        "keyboard navigation",
        "a dark theme",
        "skeleton loading",
        "an empty state",
        "right-to-left layout",
        "lazy loading",
        "undo",
        "inline validation",
        "a print style",
        "screen reader announcements",
    ),
)

WAREHOUSE = Place(
    name="warehouse-sync",
    about="Keeps the shop and three warehouses in agreement.",
    language="go",
    check="go test ./{test}",
    lint="golangci-lint run ./...",
    agents=("Juno", "Pavel", "Rosa"),
    people=("tom", "yusuf"),
    parts=_parts(
        "internal/{0}/{0}.go",
        "internal/{0}/...",
        {
            "picking lists": "picking",
            "carrier labels": "labels",
            "inventory snapshots": "snapshot",
            "reconciliation": "reconcile",
            "returns intake": "returns",
            "cycle counts": "cycle",
            "the EDI feed": "edi",
            "the retry queue": "retry",
            "barcode scans": "scans",
            "pallet tracking": "pallets",
            "stock alerts": "alerts",
            "the clock skew guard": "skew",
        },
    ),
    features=(
        "metrics",
        "structured logs",
        "graceful shutdown",
        "a dead letter queue",
        "backpressure",
        "batched writes",
        "a replay command",
        "checksums",
        "rate limits per carrier",
        "tracing",
    ),
)

PLATFORM = Place(
    name="platform",
    about="Where everything runs: clusters, pipelines, backups.",
    language="hcl",
    check="terraform -chdir={test} validate",
    lint="tflint --recursive",
    agents=("Kai", "Mira"),
    people=("yusuf", "lena"),
    parts=_parts(
        "modules/{}/main.tf",
        "modules/{}",
        {
            "the deploy pipeline": "deploy",
            "the staging database": "staging_db",
            "log shipping": "logs",
            "backups": "backups",
            "DNS": "dns",
            "the cache cluster": "cache",
            "on-call alerts": "alerts",
            "secret rotation": "secrets",
            "the container images": "images",
            "preview environments": "previews",
        },
    ),
    features=(
        "a restore drill",
        "cost labels",
        "a second zone",
        "least-privilege roles",
        "canary releases",
        "autoscaling",
        "retention rules",
        "health checks",
        "encryption at rest",
        "a rollback button",
    ),
)

PLACES = (ORDERS, STOREFRONT, WAREHOUSE, PLATFORM)


def place(name: object) -> Place:
    """The place of that name, or the first one."""
    return next((one for one in PLACES if one.name == name), PLACES[0])
