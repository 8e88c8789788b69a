"""Code that looks like that of the made-up projects: something to read, to find and to change."""

from workledger.adapters.simulation.chance import Chance
from workledger.adapters.simulation.texts.places import Part

VERBS = ("load", "settle", "plan", "merge", "check", "apply", "reserve", "release", "render", "sync")

SHAPES: dict[str, tuple[str, ...]] = {
    "python": (
        "def {verb}_{noun}(session: Session, id: str) -> {Noun}:\n"
        "    row = session.get({Noun}, id)\n"
        "    if row is None:\n"
        "        raise NotFound(id)\n"
        "    return row\n",
        "def {verb}_all(rows: Iterable[{Noun}], *, at: datetime) -> list[{Noun}]:\n"
        "    due = [row for row in rows if row.due_at <= at]\n"
        "    return sorted(due, key=lambda row: row.due_at)\n",
        'class {Noun}Error(Exception):\n    """What can go wrong with {noun}."""\n',
        '@router.post("/{noun}/{{id}}/{verb}")\n'
        "async def {verb}(id: str, session: Session = Depends(session)) -> {Noun}Out:\n"
        "    with session.begin():\n"
        "        return {Noun}Out.of({verb}_{noun}(session, id))\n",
    ),
    "typescript": (
        "export function use{Noun}(id: string) {{\n"
        "  const [state, setState] = useState<{Noun}State>(initial);\n"
        "  useEffect(() => {verb}(id).then(setState), [id]);\n"
        "  return state;\n"
        "}}\n",
        "export async function {verb}(id: string): Promise<{Noun}State> {{\n"
        "  const answer = await fetch(`/api/{noun}/${{id}}`);\n"
        "  if (!answer.ok) throw new Error(`{noun} ${{answer.status}}`);\n"
        "  return answer.json();\n"
        "}}\n",
        "const {verb}Button = ({{ busy, onClick }}: ButtonProps) => (\n"
        "  <button disabled={{busy}} onClick={{onClick}}>{verb}</button>\n"
        ");\n",
    ),
    "go": (
        "func (s *Service) {Verb}(ctx context.Context, id string) (*{Noun}, error) {{\n"
        "\trow, err := s.store.{Noun}(ctx, id)\n"
        "\tif err != nil {{\n"
        '\t\treturn nil, fmt.Errorf("{verb} %s: %w", id, err)\n'
        "\t}}\n"
        "\treturn row, nil\n"
        "}}\n",
        "type {Noun} struct {{\n\tID        string\n\tQuantity  int\n\tUpdatedAt time.Time\n}}\n",
        "for _, one := range batch {{\n"
        "\tif err := s.{Verb}(ctx, one.ID); err != nil {{\n"
        '\t\ts.log.Warn("{verb}", "id", one.ID, "err", err)\n'
        "\t}}\n"
        "}}\n",
    ),
    "hcl": (
        'resource "cluster_{noun}" "main" {{\n'
        '  name      = "${{var.environment}}-{noun}"\n'
        "  replicas  = var.{noun}_replicas\n"
        "  encrypted = true\n"
        "}}\n",
        'variable "{noun}_replicas" {{\n  type    = number\n  default = 2\n}}\n',
        'output "{noun}_{verb}_url" {{\n  value = cluster_{noun}.main.url\n}}\n',
    ),
}

CHANGES: dict[str, tuple[tuple[str, str], ...]] = {
    "python": (
        ("    row = session.get({Noun}, id)", "    row = session.get({Noun}, id, with_for_update=True)"),
        (
            "    return sorted(due, key=lambda row: row.due_at)",
            "    return sorted(due, key=lambda row: (row.due_at, row.id))",
        ),
        ("    total += row.amount", "    total += row.amount.quantize(CENT, ROUND_HALF_EVEN)"),
        ("        raise NotFound(id)", '        raise NotFound(id) from None\n    log.info("{verb}", id=id)'),
    ),
    "typescript": (
        (
            "  useEffect(() => {verb}(id).then(setState), [id]);",
            "  useEffect(() => {{\n"
            "    const aborted = new AbortController();\n"
            "    {verb}(id, aborted.signal).then(setState);\n"
            "    return () => aborted.abort();\n"
            "  }}, [id]);",
        ),
        (
            "  <button disabled={{busy}} onClick={{onClick}}>",
            "  <button disabled={{busy}} aria-busy={{busy}} onClick={{onClick}}>",
        ),
        ("  return state;", "  return useMemo(() => derive(state), [state]);"),
    ),
    "go": (
        (
            "\trow, err := s.store.{Noun}(ctx, id)",
            "\tctx, cancel := context.WithTimeout(ctx, s.timeout)\n"
            "\tdefer cancel()\n"
            "\trow, err := s.store.{Noun}(ctx, id)",
        ),
        ("\tQuantity  int", "\tQuantity  int64"),
        ("\tfor _, one := range batch {{", "\tfor _, one := range dedupe(batch) {{"),
    ),
    "hcl": (
        ("  default = 2", "  default = 3"),
        ("  encrypted = true", "  encrypted = true\n  kms_key   = var.kms_key"),
        (
            '  name      = "${{var.environment}}-{noun}"',
            '  name      = "${{var.environment}}-{noun}"\n  labels    = local.labels',
        ),
    ),
}


def source(chance: Chance, part: Part, language: str, size: int) -> str:
    """Numbered lines of a file, about so many bytes of them."""
    text = ""
    while len(text) < size:
        text += _filled(chance, chance.pick(SHAPES[language]), part) + "\n"
    first = chance.between(1, 120)
    return "\n".join(f"{number:6}\t{line}" for number, line in enumerate(text.splitlines(), first))


def change(chance: Chance, part: Part, language: str) -> tuple[str, str]:
    """What an edit takes out, and what it puts in."""
    before, after = chance.pick(CHANGES[language])
    verb = chance.pick(VERBS)
    return _filled(chance, before, part, verb), _filled(chance, after, part, verb)


def found(chance: Chance, part: Part, language: str) -> str:
    """What a search for the part's word finds."""
    lines = [_filled(chance, chance.pick(SHAPES[language]), part).splitlines()[0] for _ in range(chance.between(2, 6))]
    return "\n".join(f"{part.source}:{chance.between(3, 240)}:{line}" for line in lines)


def _filled(chance: Chance, shape: str, part: Part, verb: str | None = None) -> str:
    verb = verb or chance.pick(VERBS)
    noun = part.noun
    camel = "".join(word.title() for word in noun.split("_"))
    return shape.format(verb=verb, Verb=verb.title(), noun=noun, Noun=camel)
