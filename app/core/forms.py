"""What a form of our pages sends."""

from starlette.datastructures import FormData
from starlette.requests import Request

URL_ENCODED = "application/x-www-form-urlencoded"


async def read_form(request: Request) -> FormData:
    """The fields of a form; none where the body is not URL-encoded, as browsers send the forms of these pages.

    The framework's reader of multipart bodies would decode them by whatever codec the request names. Some of Python's
    codecs raise what nobody expects, others make half surrogate pairs, which no database and no page can hold.

    Raises:
        starlette.exceptions.HTTPException: 400, there are more than a thousand fields.

    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return await request.form() if kind == URL_ENCODED else FormData()
