"""Exceptions of DynamORM as responses. All others are faults of the service, and a 500."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from dynamorm.exceptions import (
    BackendUnavailable,
    ConditionFailed,
    HashKeyExists,
    InvalidCursor,
    Throttled,
    TransactionCancelled,
    TransactionConflict,
)


def conflict(request: Request, error: Exception) -> JSONResponse:
    """Say that an item is not as the client believes."""
    exists = isinstance(error, HashKeyExists)
    return JSONResponse({"detail": "It exists already." if exists else "It was changed in the meantime."}, 409)


def cancelled(request: Request, error: Exception) -> JSONResponse:
    """Say which part of a transaction failed: what it belongs to is missing, or what it makes exists."""
    assert isinstance(error, TransactionCancelled)
    for reason in error.reasons:
        if isinstance(reason.error, HashKeyExists):
            return conflict(request, reason.error)
        if reason.error is not None and reason.item is None:
            return JSONResponse({"detail": f"There is no such {str(reason.model).lower()}."}, 404)
    return conflict(request, error)


def no_cursor(request: Request, error: Exception) -> JSONResponse:
    """Refuse a cursor that this service has not made, or that belongs to another list."""
    return JSONResponse({"detail": "This is no cursor of this list."}, 400)


def busy(request: Request, error: Exception) -> JSONResponse:
    """Ask the client to try again."""
    return JSONResponse({"detail": "Try again later."}, 503, headers={"Retry-After": "1"})


def add_handlers(app: FastAPI) -> None:
    """Let the *app* respond so to each of these exceptions."""
    app.add_exception_handler(ConditionFailed, conflict)
    app.add_exception_handler(TransactionCancelled, cancelled)
    app.add_exception_handler(InvalidCursor, no_cursor)
    for kind in (Throttled, TransactionConflict, BackendUnavailable):
        app.add_exception_handler(kind, busy)
