"""The demo: small platforms with real data, replayed through the public API as anybody could."""

from app.demo.admission import Admission
from app.demo.client import DemoFailed
from app.demo.play import Demo

__all__ = ["Admission", "Demo", "DemoFailed"]
