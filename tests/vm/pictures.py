# SPDX-License-Identifier: GPL-3.0-or-later
"""Invented photographs: real JPEG files of coloured noise and shapes.

They are large enough to behave like photographs on a card (about 0.3 to 1 MB),
decode in every viewer, carry an EXIF date and are the same on every run.
"""

import io
import random

from PIL import Image, ImageDraw

COLOURS = ["#d94f4f", "#e8a33d", "#4f9dd9", "#58b368", "#8e6bbf", "#f2d14b"]


def jpeg(number, width=1200, height=900, taken="2026:11:20 10:15:00"):
    """Picture NUMBER as the bytes of a JPEG file."""
    chance = random.Random(number)
    noise = Image.frombytes("RGB", (width // 2, height // 2), chance.randbytes(width * height * 3 // 4))
    picture = Image.blend(noise.resize((width, height)), Image.new("RGB", (width, height), "#a9cbe0"), 0.6)
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y, size = chance.randrange(width), chance.randrange(height), chance.randrange(40, 220)
        draw.ellipse([x, y, x + size, y + size], fill=chance.choice(COLOURS))
    draw.text((20, 20), f"invented picture {number}", fill="#202020")
    exif = Image.Exif()
    exif[271], exif[272], exif[306] = "Sunny", "Blue Room", taken
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88, exif=exif)
    return out.getvalue()


def is_jpeg(data):
    """Whether DATA decodes, every row of it."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
        return True
    except OSError:
        return False
