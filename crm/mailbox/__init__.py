"""Mails that come in: fetched over IMAP (`imap`, `reading`), taken apart (`parts`, `quotes`, `forwards`), and filed by
crm/actions/filing.py."""
