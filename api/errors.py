"""What the codes of problems mean: where a problem's `type` leads."""

from fastapi import APIRouter

from workledger.api.web.answers import Json
from workledger.api.web.problems import STATUSES, meanings, title
from workledger.domain.kernel.refusals import NotFound

router = APIRouter(prefix="/errors", tags=["service"])


@router.get("")
def codes() -> Json:
    """All codes, with the status and the meaning of each."""
    return Json({"items": [_code(code) for code in sorted(STATUSES)]})


@router.get("/{code}")
def one(code: str) -> Json:
    if code not in STATUSES:
        raise NotFound(id=code)
    return Json(_code(code))


def _code(code: str) -> dict[str, object]:
    return {"code": code, "title": title(code), "status": STATUSES[code], "meaning": meanings().get(code)}
