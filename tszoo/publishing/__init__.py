"""From folders on this machine to the Hugging Face Hub; nothing is imported here."""
