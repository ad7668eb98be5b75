"""A capture dongle or a camera that exists in this process only and is plugged into a guest by usb-redir."""
