"""What the codes of problems mean: where a problem's `type` leads."""

from fastapi import APIRouter

from workledger.api.web import problems
from workledger.api.web.answers import Json
from workledger.api.web.documented import READS, Answers, TypedDict, answering
from workledger.api.web.strict import StrictRoute
from workledger.domain.kernel.refusals import NotFound, Refused

router = APIRouter(prefix="/errors", tags=["service"], route_class=StrictRoute)


class Code(TypedDict):
    """What a code means; `status` is that of the answer."""

    code: str
    title: str
    status: int
    meaning: str


@router.get("")
@answering(Answers({"items": [Code]}))
def errors() -> Json:
    """All codes that are known here, with the status and the meaning of each."""
    return Json({"items": [_shown(kind) for _, kind in sorted(problems.codes().items())]})


@router.get("/{code}")
@answering(Answers(Code, refused=(*READS, 404), codes={404: [NotFound.code]}))
def error(code: str) -> Json:
    """What one code means."""
    kind = problems.codes().get(code)
    if kind is None:
        raise NotFound(id=code)
    return Json(_shown(kind))


def _shown(kind: type[Refused]) -> dict[str, object]:
    return {
        "code": kind.code,
        "title": problems.title(kind.code),
        "status": kind.status,
        "meaning": problems.meaning(kind),
    }
