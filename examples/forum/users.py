"""Users and their profiles."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException

from dynamorm import Changes
from forum.bodies import NewUser, Page
from forum.models import Profile, Thread, User
from forum.paging import PageAsked

router = APIRouter(prefix="/users", tags=["users"])


async def existing_user(name: str) -> User:
    """Return the user that the path names."""
    user = await User.aget(name=name)
    if user is None:
        raise HTTPException(404, "There is no such user.")
    return user


ExistingUser = Annotated[User, Depends(existing_user)]


@router.post("", status_code=201)
async def create(new: NewUser) -> User:
    """Register a user."""
    return await User.acreate(name=new.name)


@router.get("/{name}")
async def read(user: ExistingUser) -> User:
    """Return a user."""
    return user


async def profile_of(user: ExistingUser) -> Profile:
    """Return the profile of the user that the path names, a new one if they have written none."""
    profile = await user.afetch(User.profile)
    assert profile is not None, "A OneToOne makes an instance where there is no item."
    return profile


ProfileOfUser = Annotated[Profile, Depends(profile_of)]


@router.get("/{name}/profile")
async def read_profile(profile: ProfileOfUser) -> Profile:
    """Return a user's profile."""
    return profile


@router.patch("/{name}/profile")
async def change_profile(profile: ProfileOfUser, changes: Changes[Profile]) -> Profile:
    """Change the fields that are sent, and no others."""
    for field, value in changes.items():
        setattr(profile, field, value)
    await profile.asave(partial=True)
    return profile


@router.get("/{name}/threads")
async def threads_of(name: str, page: PageAsked) -> Page[Thread]:
    """Return the threads that a user has begun, page by page."""
    threads = page.page_of(Thread.ByUser.query(user_name=name))
    return Page(items=[thread async for thread in threads], next=threads.cursor)
