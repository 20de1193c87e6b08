"""Says which Python it runs on."""

import platform

print(f"orb on Python {platform.python_version()}")
