"""How staff are shown papers: page by page, with their name and the time in the picture, and an entry for each."""

from datetime import datetime
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image, ImageChops

from applicants.people.papers import accept_paper, open_paper
from applicants.people.papers_shown import mark_of
from applicants.people.papers_workshop import do_in_workshop
from portal.accounts.models import User
from portal.audit.models import Entry
from portal.casework.models import Application, ShelfPaper
from portal.policy.terms import PaperLimits
from portal.vault.files import write_sealed
from tests import factories as make
from tests.browsing import signed_in
from tests.people.hostile import document

pytestmark = pytest.mark.django_db
SEALED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store, max-age=0, no-cache, must-revalidate",
}


@pytest.fixture
def row() -> Application:
    make.move_clock()
    return make.make_application_in("first_review")


def shelved(row: Application, data: bytes) -> ShelfPaper:
    """A paper of these bytes in the place of the diploma."""
    item, user = row.shelf.get(kind="diploma"), row.applicant.user
    upload = make.make_upload("毕业证书.pdf", data)
    item.paper = accept_paper(
        person=row.applicant, kind="diploma", upload=upload, limits=PaperLimits(), by=user, at=make.AT
    )
    item.save()
    return item


def address(item: ShelfPaper, query: str = "") -> str:
    return reverse("paper", args=[item.paper_id]) + query


def entries() -> list[tuple[str, str]]:
    found = Entry.objects.filter(action__in=["paper.view", "paper.download"]).order_by("recorded_at", "id")
    return list(found.values_list("action", "note"))


def picture_of(response) -> Image.Image:
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    return Image.open(BytesIO(response.content))


@pytest.mark.slow
def test_a_page_is_a_picture_that_is_sealed_off_and_leaves_an_entry(row):
    item, reviewer = shelved(row, document(3)), make.staff("first_reviewer")
    response = signed_in(reviewer).get(address(item, "?view=1&page=2"))
    assert picture_of(response).size == (1131, 1600)
    assert {name: response[name] for name in SEALED_HEADERS} == SEALED_HEADERS
    assert response["Content-Disposition"] == "inline"
    assert entries() == [("paper.view", "page 2")]
    entry = Entry.objects.get(action="paper.view")
    assert (entry.actor_id, entry.target_id) == (reviewer.pk, str(item.paper_id))


@pytest.mark.slow
def test_a_page_can_be_enlarged(row):
    item = shelved(row, document())
    response = signed_in(make.staff("first_reviewer")).get(address(item, "?view=1&zoom=1"))
    assert picture_of(response).size == (2120, 3000)


@pytest.mark.slow
def test_whoever_looks_stands_all_over_the_page(row):
    """Two people see two pictures; each differs from the bare page in every part of it."""
    item = shelved(row, document())
    _answer, bare = do_in_workshop(
        "page", open_paper(item.paper), content_type="application/pdf", number=1, longest=1600, mark=[]
    )
    bare_page = Image.open(BytesIO(bare)).convert("L")
    seen = []
    for user in (make.staff("first_reviewer"), make.staff("second_reviewer")):
        page = picture_of(signed_in(user).get(address(item, "?view=1"))).convert("L")
        seen.append(page)
        differs = ImageChops.difference(page, bare_page).point(lambda value: 255 if value > 40 else 0)
        across, down = page.width // 2, page.height // 4
        boxes = [(x * across, y * down, (x + 1) * across, (y + 1) * down) for x in range(2) for y in range(4)]
        assert [box for box in boxes if differs.crop(box).getbbox() is None] == []
    assert ImageChops.difference(*seen).getbbox() is not None


@pytest.mark.parametrize("role", ["clerk", "first_reviewer", "second_reviewer", "approver", "auditor"])
@pytest.mark.slow
def test_a_photograph_is_marked_too(row, role):
    item, user = row.shelf.get(kind="id_card"), make.staff(role)
    response = signed_in(user).get(address(item, "?view=1&page=1"))
    assert picture_of(response).format == "JPEG"
    assert response.content != open_paper(item.paper)
    assert entries() == [("paper.view", "page 1")]


def test_a_mark_says_who_and_when_and_both_times_where_they_differ():
    viewer = User(email="wang@shishi.example", display_name="王𠮷")
    now = datetime(2026, 11, 16, 9, 12, 40, tzinfo=make.SHANGHAI)
    a_moment_later = now.replace(minute=13, second=10)
    assert mark_of(viewer, now, a_moment_later) == ["王𠮷  wang@shishi.example", "2026-11-16 09:12"]
    real = datetime(2025, 1, 2, 3, 4, tzinfo=make.SHANGHAI)
    assert mark_of(viewer, now, real)[1] == "2026-11-16 09:12 / 2025-01-02 03:04"
    assert mark_of(User(email="li@shishi.example"), now, now)[0] == "li@shishi.example"


@pytest.mark.parametrize("page", ["0", "4", "-1", "x", "", "1e3", "２", "99999999999999999999"])
@pytest.mark.slow
def test_a_page_that_is_not_there_is_not_found(row, page):
    item = shelved(row, document(3))
    assert signed_in(make.staff("first_reviewer")).get(address(item, f"?view=1&page={page}")).status_code == 404
    assert entries() == []


def test_the_file_itself_is_handed_out_as_a_download_and_that_is_kept_apart(row):
    item = shelved(row, document(2))
    response = signed_in(make.staff("first_reviewer")).get(address(item))
    assert response["Content-Disposition"].startswith("attachment; filename*=")
    assert response.content == open_paper(item.paper)
    assert {name: response[name] for name in SEALED_HEADERS} == SEALED_HEADERS
    assert entries() == [("paper.download", "")]


def test_one_sees_ones_own_papers_as_they_are_and_without_an_entry(row):
    item, client = row.shelf.get(kind="diploma"), signed_in(row.applicant.user)
    assert client.get(address(item, "?view")).content == open_paper(item.paper)
    assert client.get(address(item)).content == open_paper(item.paper)
    assert entries() == []


def test_who_may_not_see_the_file_sees_no_page_of_it(row):
    item = row.shelf.get(kind="diploma")
    elsewhere = make.make_staff("clerk", town="yongning")
    for user in (elsewhere, make.staff("finance"), make.make_user()):
        assert signed_in(user).get(address(item, "?view=1")).status_code == 404
    assert entries() == []


def test_a_page_that_cannot_be_drawn_any_more_says_so(row):
    item = shelved(row, document())
    default_storage.delete(item.paper.stored_as)
    write_sealed(item.paper.stored_as, b"%PDF-1.7 damaged")
    response = signed_in(make.staff("first_reviewer")).get(address(item, "?view=1"))
    assert (response.status_code, response.content.decode()) == (
        503,
        "这一页现在显示不出来。请过一会儿再试，或下载后查看。",
    )
    assert entries() == []


@pytest.mark.slow
def test_the_desk_turns_pages_without_a_script(row):
    item, client = shelved(row, document(3)), signed_in(make.staff("first_reviewer"))
    here = reverse("desk_file", args=[row.pk])
    seen = {}
    for page in (1, 2, 3):
        text = client.get(here, {"paper": str(item.pk), "page": str(page)}).content.decode()
        leaf = text.split('<nav class="th-leaf"')[1].split("</nav>")[0]
        seen[page] = ('rel="prev"' in leaf, f"第 {page} 页，共 3 页" in leaf, 'rel="next"' in leaf)
        image = f'<img src="{address(item)}?view=1&amp;page={page}" alt="毕业证书，第 {page} 页">'
        assert (image in text, f'href="{address(item)}?view=1&amp;page={page}&amp;zoom=1"' in text) == (True, True)
    assert seen == {1: (False, True, True), 2: (True, True, True), 3: (True, True, False)}
    lost = client.get(here, {"paper": str(item.pk), "page": "9"}).content.decode()
    assert f'<img src="{address(item)}?view=1&amp;page=1"' in lost


def test_a_paper_of_one_page_has_nothing_to_turn(row):
    item = row.shelf.get(kind="diploma")
    text = signed_in(make.staff("first_reviewer")).get(
        reverse("desk_file", args=[row.pk]), {"paper": str(item.pk)}
    ).content.decode()  # fmt: skip
    assert 'class="th-leaf"' not in text
