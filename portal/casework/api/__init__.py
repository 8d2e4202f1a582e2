"""The portal for programs. So far: what may be applied for today."""
