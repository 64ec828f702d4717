"""Any picture of Pillow's to what can be printed: mode `1`, `L` or `RGB` on white paper."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")
_PLAIN = ("1", "L", "RGB")


def flatten_tones(image: Image.Image, bits: int = 16) -> Image.Image:
    """8 bit grey or RGB, or 1 bit as it is; what is transparent becomes white.

    `bits` is how many of the 16 of a grey level are used; some cameras and scanners give 12.
    """
    if image.mode in _PLAIN and "transparency" not in image.info:
        return image
    if image.mode in _SIXTEEN_BITS:
        return Image.fromarray((np.asarray(image).astype(np.uint16) >> max(0, bits - 8)).astype(np.uint8))
    if image.mode in ("I", "F"):
        return _stretch(image)
    if image.has_transparency_data:
        return _on_white(image)
    if image.mode == "LAB":
        return _from_lab(image)
    if image.mode == "P":
        return image.convert("RGB")
    return image.convert("L" if image.mode in ("LA", "La") else "RGB")


def to_srgb(image: Image.Image) -> Image.Image:
    """CMYK and RGB with a profile of their own, brought to sRGB by it; a profile that cannot be used is passed over."""
    raw = image.info.get("icc_profile")
    if not raw or image.mode not in ("CMYK", "RGB"):
        return image
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(raw))
        shown = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return shown if shown is not None else image


def _stretch(image: Image.Image) -> Image.Image:
    """32 bit integers and floats have no fixed white; take the smallest usual one that holds the brightest pixel."""
    values = np.asarray(image, np.float64)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    brightest = float(values.max(initial=0.0))
    white = next((top for top in (1.0, 255.0, 4095.0, 65535.0) if brightest <= top), brightest)
    if image.mode == "I" and white < 255:
        white = 255.0
    return Image.fromarray(np.clip(values * (255 / white), 0, 255).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    colored = image.convert("RGBA")
    ground = Image.new("RGB", image.size, (255, 255, 255))
    ground.paste(colored, mask=colored.getchannel("A"))
    return ground.convert("L") if image.mode in ("1", "L", "LA", "La") else ground


def _from_lab(image: Image.Image) -> Image.Image:
    profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    shown = ImageCms.profileToProfile(image, *profiles, outputMode="RGB")
    return shown if shown is not None else image.convert("RGB")
