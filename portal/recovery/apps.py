"""App configuration."""

from django.apps import AppConfig


class RecoveryConfig(AppConfig):
    """Pins the label that migrations and foreign keys use."""

    name = "portal.recovery"
    label = "recovery"

    def ready(self) -> None:
        """Record locks of accounts, and write to their owners; record other phones and addresses."""
        from allauth.account import signals

        from portal.accounts.locking import tell_of_locks_with
        from portal.accounts.phones import tell_of_phones_with
        from portal.recovery.changes import record_email, record_phone
        from portal.recovery.locks import tell_of_lock

        tell_of_locks_with(tell_of_lock)
        tell_of_phones_with(record_phone)
        for name in ("email_added", "email_removed", "email_changed"):
            getattr(signals, name).connect(record_email, dispatch_uid=f"record_{name}")
