"""Drawn pictures of places to stay, the same ones every time: no photograph of anybody's house."""

from __future__ import annotations

import random
from collections.abc import Callable
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

SIZE = (1200, 800)
Draw = ImageDraw.ImageDraw


def drawn_scene(name: str, *, seed: str) -> SimpleUploadedFile:
    """A JPEG of one scene, in the colours of ``seed``."""
    rng = random.Random(f"{seed} {name}")
    picture = Image.new("RGB", SIZE, "#e9eef1")
    _DRAWN[name](ImageDraw.Draw(picture), rng)
    target = BytesIO()
    picture.save(target, "JPEG", quality=88)
    return SimpleUploadedFile(f"{name}.jpg", target.getvalue(), content_type="image/jpeg")


def _house(draw: Draw, rng: random.Random) -> None:
    wall = rng.choice(("#e7d9c1", "#d8e0e2", "#ecd9cc"))
    for row in range(480):  # the sky gets lighter towards the ground
        draw.line((0, row, SIZE[0], row), fill=(150 + row // 6, 190 + row // 8, 222 + row // 16))
    draw.rectangle((0, 680, *SIZE), fill="#c9c4b8")
    draw.rectangle((220, 170, 980, 690), fill=wall)
    draw.rectangle((200, 140, 1000, 180), fill="#8c4a36")
    for floor in range(4):
        for window in range(7):
            left, top = 260 + window * 100, 215 + floor * 105
            draw.rectangle((left, top, left + 62, top + 66), fill=rng.choice(("#5f7f95", "#6d8ba0", "#f3dd9b")))
            draw.rectangle((left, top, left + 62, top + 66), outline="#ffffff", width=4)
    draw.rectangle((540, 590, 660, 690), fill="#3d4f5c")
    draw.line((600, 590, 600, 690), fill="#c3d0d8", width=4)
    for left in (90, 1050):
        draw.rectangle((left + 22, 560, left + 38, 690), fill="#7a5a40")
        draw.ellipse((left - 30, 430, left + 90, 590), fill="#5d8a5f")


def _twin(draw: Draw, rng: random.Random) -> None:
    _room(draw)
    colour = rng.choice(("#3d6d8c", "#5b7f6a", "#8c5d4a"))
    for left in (150, 640):
        draw.rounded_rectangle((left, 330, left + 400, 470), radius=16, fill="#a5825e")
        draw.rounded_rectangle((left, 430, left + 400, 690), radius=20, fill="#ffffff")
        draw.rectangle((left, 540, left + 400, 690), fill=colour)
        draw.rounded_rectangle((left + 90, 420, left + 310, 500), radius=24, fill="#f2efe8")
    draw.rectangle((566, 470, 624, 560), fill="#8a6a48")
    draw.polygon(((575, 430), (615, 430), (630, 470), (560, 470)), fill="#f6d98a")


def _bunks(draw: Draw, rng: random.Random) -> None:
    _room(draw)
    for left, colour in zip((90, 700), rng.sample(("#3d6d8c", "#5b7f6a", "#8c5d4a", "#6b5b8c"), 2), strict=True):
        for top in (290, 540):
            draw.rectangle((left, top, left + 410, top + 34), fill="#ffffff")
            draw.rectangle((left + 120, top - 14, left + 410, top + 34), fill=colour)
            draw.rounded_rectangle((left + 12, top - 22, left + 104, top + 16), radius=14, fill="#f2efe8")
            draw.rectangle((left - 6, top + 34, left + 416, top + 54), fill="#9a7750")
        for post in (left - 14, left + 404):
            draw.rectangle((post, 200, post + 18, 700), fill="#7d5f3f")
    for step in range(5):
        draw.line((512, 300 + step * 80, 560, 300 + step * 80), fill="#7d5f3f", width=10)


def _lobby(draw: Draw, rng: random.Random) -> None:
    draw.rectangle((0, 0, SIZE[0], 560), fill="#efe7da")
    draw.rectangle((0, 560, *SIZE), fill="#b9a78c")
    draw.rectangle((330, 380, 1010, 640), fill=rng.choice(("#6b4d36", "#4d5f6b", "#4f6353")))
    draw.rectangle((310, 355, 1030, 392), fill="#d9cbb2")
    for left in (430, 610, 790):
        draw.line((left + 40, 0, left + 40, 120), fill="#6d6a63", width=4)
        draw.ellipse((left, 110, left + 80, 180), fill="#f9e2a4")
    draw.rounded_rectangle((60, 520, 270, 690), radius=30, fill="#7894a6")
    draw.rounded_rectangle((60, 440, 270, 560), radius=30, fill="#8aa5b6")


def _study(draw: Draw, rng: random.Random) -> None:
    _room(draw)
    draw.rectangle((120, 480, 1080, 520), fill="#b48c5c")
    for left in range(160, 1041, 220):
        draw.rectangle((left, 380, left + 120, 462), fill="#2f3d48")
        draw.rectangle((left + 8, 388, left + 112, 454), fill=rng.choice(("#9fc4dc", "#cfe3d3", "#f0dfb4")))
        draw.rectangle((left + 20, 560, left + 100, 580), fill="#5d6e78")
        draw.rectangle((left + 54, 580, left + 66, 700), fill="#5d6e78")
    for leg in (140, 1040):
        draw.rectangle((leg, 520, leg + 20, 710), fill="#8f6c42")


def _flat(draw: Draw, rng: random.Random) -> None:
    _room(draw)
    colour = rng.choice(("#3d6d8c", "#5b7f6a", "#8c5d4a", "#6b5b8c"))
    draw.rounded_rectangle((90, 470, 590, 700), radius=28, fill=colour)
    draw.rounded_rectangle((120, 400, 560, 560), radius=24, fill=colour, outline="#ffffff", width=3)
    draw.rectangle((800, 300, 1110, 620), fill="#e6ddcd")
    for shelf in (380, 460, 540):
        draw.rectangle((800, shelf, 1110, shelf + 8), fill="#b48c5c")
        for book in range(rng.randrange(5, 11)):
            draw.rectangle(
                (812 + book * 28, shelf - 60, 832 + book * 28, shelf),
                fill=rng.choice(("#7894a6", "#c08a5a", "#8aa58d")),
            )
    draw.ellipse((600, 600, 790, 660), fill="#b48c5c")
    draw.rectangle((688, 640, 702, 720), fill="#8f6c42")


def _room(draw: Draw) -> None:
    draw.rectangle((0, 0, SIZE[0], 620), fill="#f4efe6")
    draw.rectangle((0, 620, *SIZE), fill="#cbb592")
    draw.rectangle((470, 70, 730, 270), fill="#bfdcee")
    draw.rectangle((470, 70, 730, 270), outline="#ffffff", width=14)
    draw.line((600, 70, 600, 270), fill="#ffffff", width=10)
    draw.rectangle((420, 56, 486, 320), fill="#dcc9a8")
    draw.rectangle((714, 56, 780, 320), fill="#dcc9a8")


_DRAWN: dict[str, Callable[[Draw, random.Random], None]] = {
    "house": _house,
    "twin": _twin,
    "bunks": _bunks,
    "lobby": _lobby,
    "study": _study,
    "flat": _flat,
}
# What is shown of each kind of site: the scene, and what it says to those who cannot see it.
SCENES = {
    "hotel": {
        "house": ("正门和停车的地方（示意图）", "The entrance and where to park (drawing)"),
        "twin": ("客房，靠窗，有床头灯（示意图）", "A room by the window with a bedside lamp (drawing)"),
        "lobby": ("大堂和前台（示意图）", "The lobby and the front desk (drawing)"),
    },
    "hostel": {
        "house": ("驿站外面，一楼平进（示意图）", "The hostel from outside, step-free at the ground floor (drawing)"),
        "bunks": ("房间里的上下铺（示意图）", "Bunk beds in a room (drawing)"),
        "study": ("自习室，有插座（示意图）", "The study, with sockets (drawing)"),
    },
    "apartment": {
        "flat": ("客厅，沙发和书架（示意图）", "The living room with sofa and shelves (drawing)"),
        "house": ("楼外和门口（示意图）", "The building from outside (drawing)"),
    },
}
