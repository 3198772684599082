"""Durable tasks: work for later that a restart does not lose, and that several workers do once.

A task is a document in the store. The process that adds it waits until it is due; another one takes
over when that process is gone. Who begins a task claims it with a lease, which it renews while it
works: a worker that was killed renews nothing, and after `LEASE` seconds another one begins anew.
"""

from imnot_core.tasks.desk import TaskDesk, Tasks, Undecided
from imnot_core.tasks.task import Task, TaskHandler

__all__ = ["Task", "TaskDesk", "TaskHandler", "Tasks", "Undecided"]
