"""Builds the fonts of the pages: `python -m app.assets` cuts them out of packages of the build group.

Nothing third-party is committed and nothing is fetched while pages are read. The cuts hold the characters of European
text and of mathematics; Chinese characters come from the reader's system. All three families are under the SIL Open
Font License, whose reserved names a changed font may not bear, so the cuts are called Haitang. The result depends on
nothing but the sources and this file.
"""

import hashlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fontTools import subset, ttLib  # type: ignore[import-untyped]  # it ships no types

FONTS = Path(__file__).parent / "static" / "fonts"

Ranges = Iterable[tuple[int, int]]

TEXT: Ranges = (
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x017F),  # Latin-1 and Latin Extended-A, for names
    (0x0391, 0x03C9),  # Greek
    (0x2010, 0x2026),  # dashes, quotes, ellipsis
    (0x2030, 0x203A),
    (0x2190, 0x2193),  # arrows
    (0x2212, 0x2212),  # minus
    (0x2260, 0x2265),
    (0x2713, 0x2717),  # check mark, cross
)
MATHEMATICS: Ranges = (
    (0x0020, 0x007E),
    (0x00A0, 0x00FF),
    (0x0131, 0x0131),  # dotless i and j
    (0x0237, 0x0237),
    (0x02C6, 0x02DD),  # accents
    (0x0300, 0x0338),
    (0x0391, 0x03F6),
    (0x2010, 0x2064),  # dashes, primes, spaces, invisible operators
    (0x20D0, 0x20F0),
    (0x2100, 0x214F),  # letterlike: ℝ, ℓ
    (0x2190, 0x21FF),
    (0x2200, 0x22FF),  # operators
    (0x2308, 0x230B),  # floor and ceiling
    (0x239B, 0x23B3),  # pieces of tall brackets
    (0x23DC, 0x23E1),  # braces above and below
    (0x25A0, 0x25CF),
    (0x27E6, 0x27EF),
    (0x27F5, 0x27FF),
    (0x2A00, 0x2A0F),
    (0x2A7D, 0x2A7E),
    (0x2AAF, 0x2AB0),
    (0x1D400, 0x1D4CF),  # bold, italic, bold italic, script
    (0x1D538, 0x1D56B),  # double-struck
    (0x1D6A8, 0x1D7CB),  # Greek
    (0x1D7CE, 0x1D7E1),  # digits, bold and double-struck
    (0xFE00, 0xFE01),  # variation selectors: chancery and roundhand script
)
TEXT_FEATURES = ("kern", "liga", "calt", "ccmp", "locl", "mark", "mkmk", "lnum", "tnum", "onum", "pnum")
MATH_FEATURES = ("kern", "ssty", "ss04", "dtls")  # ssty: glyphs for scripts; dtls: dotless forms under accents


@dataclass(frozen=True)
class Cut:
    """A subset of one font file of an installed package, under a name of our own."""

    name: str
    package: str
    file: str
    ranges: Ranges
    features: tuple[str, ...]

    @property
    def source(self) -> Path:
        spec = importlib.util.find_spec(self.package)
        if spec is None or spec.origin is None:
            raise FileNotFoundError(f"The package {self.package} of the build group is not installed.")
        return Path(spec.origin).parent / self.file

    @property
    def family(self) -> str:
        return f"Haitang {self.name.partition('-')[0].title()}"


def _text(name: str, package: str, file: str) -> Cut:
    return Cut(name, package, f"files/{file}.ttf", TEXT, TEXT_FEATURES)


CUTS = (
    _text("serif-regular", "font_source_serif_pro", "SourceSerifPro-Regular"),
    _text("serif-italic", "font_source_serif_pro", "SourceSerifPro-It"),
    _text("serif-semibold", "font_source_serif_pro", "SourceSerifPro-Semibold"),
    _text("sans-regular", "font_source_sans_pro", "SourceSansPro-Regular"),
    _text("sans-semibold", "font_source_sans_pro", "SourceSansPro-Semibold"),
    Cut("math", "ziamath", "fonts/STIXTwoMath-Regular.ttf", MATHEMATICS, MATH_FEATURES),
)

FAMILY_NAMES = {1, 3, 4, 6, 16, 18, 20, 21}  # name records that hold the family's name
COPYRIGHT_AND_LICENSE = {0, 13, 14}


def build(folder: Path = FONTS) -> bool:
    """Write the cuts and their licences into the folder; False when it already holds what would be written."""
    stamp = folder / "built.txt"
    digest = _digest()
    if stamp.exists() and stamp.read_text() == digest:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    for cut in CUTS:
        _write(cut, folder / f"{cut.name}.woff2")
    license_text = (CUTS[0].source.parent / "LICENSE.txt").read_text(encoding="utf-8")
    (folder / "OFL.txt").write_text("\n".join([*map(_origin, CUTS), "", license_text]), encoding="utf-8")
    stamp.write_text(digest)
    return True


def _write(cut: Cut, target: Path) -> None:
    options = subset.Options(
        flavor="woff2",
        layout_features=list(cut.features),
        hinting=False,
        name_IDs=sorted(FAMILY_NAMES | COPYRIGHT_AND_LICENSE),
    )
    font = subset.load_font(cut.source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in cut.ranges for code in range(first, last + 1)])
    subsetter.subset(font)
    _rename(font, cut)
    subset.save_font(font, target, options)


def _rename(font: Any, cut: Cut) -> None:
    for record in font["name"].names:
        if record.nameID in FAMILY_NAMES:
            # A PostScript name (6) has no spaces.
            record.string = cut.family.replace(" ", "") if record.nameID == 6 else cut.family
    if "CFF " in font:
        font["CFF "].cff.fontNames = [cut.family.replace(" ", "")]


def _origin(cut: Cut) -> str:
    records = ttLib.TTFont(cut.source)["name"]
    return f"{cut.name}.woff2: cut from {cut.source.name}. {records.getDebugName(0)}"


def _digest() -> str:
    """Names the sources, the tools and this file, all that the cuts depend on."""
    parts = [Path(__file__).read_bytes(), version("fonttools").encode(), version("brotli").encode()]
    parts += [cut.source.read_bytes() for cut in CUTS]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


if __name__ == "__main__":
    build()
