"""What keeps the box healthy: the watchdog, logs, the supervisor without systemd, the doctor."""
