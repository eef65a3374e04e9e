"""Parse forms with files as Django does, but keep names whole."""

import html
from functools import wraps
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParser
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from parley.text import is_seen

from .base import View


class _Parser(MultiPartParser):
    def sanitize_file_name(self, file_name: str) -> str:
        """Return the last part of a path, without what is not seen; Django would tear joined emoji apart.

        A space stands for a name that is not seen: a file without a name would be left out.
        """
        name = html.unescape(file_name).rsplit("/")[-1].rsplit("\\")[-1]
        name = "".join(filter(is_seen, name))
        return " " if name in ("", ".", "..") else name


class WholeNames(FileUploadHandler):
    """Parses the form itself, with the other handlers of the request."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._parsed = request

    def handle_raw_input(self, input_data: Any, META: dict[str, str], *about: Any) -> Any:
        """Return the fields and the files. ``about``: the length of the body, its boundary, its encoding."""
        others = [handler for handler in self._parsed.upload_handlers if handler is not self]
        return _Parser(META, input_data, others, about[-1]).parse()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def keeps_names(view: View) -> View:
    """Keep the names of files whole that come with a form: its token is checked after that, for checking parses it."""
    checked = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def keeping(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.content_type == "multipart/form-data":
            request.upload_handlers = [WholeNames(request), *request.upload_handlers]
        return checked(request, *args, **kwargs)

    return keeping


def expect_large_files(request: HttpRequest) -> None:
    """Have the files of a request, which is not parsed yet, written to disk while they come."""
    request.upload_handlers = [WholeNames(request), TemporaryFileUploadHandler(request)]
