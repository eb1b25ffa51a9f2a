"""Traces of work: who holds a claim and still breathes, and when each job last ran."""

from django.db import models


class Claim(models.Model):
    """Somebody works on rows that carry this token. Older than 15 s without a heartbeat, it is void."""

    token = models.CharField(max_length=36, primary_key=True)
    worker = models.CharField(max_length=60, db_index=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.token


class JobRun(models.Model):
    """When a job was last asked for, began and ended; the health page and the supervisor read it."""

    name = models.CharField(max_length=100, primary_key=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    runs = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Schedule(models.Model):
    """Recurring work whose next time has been written down, so that a day of downtime is noticed and made good."""

    name = models.CharField(max_length=100, primary_key=True)
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
