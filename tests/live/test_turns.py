#!/usr/bin/python3
"""What is taken off a turn's length (turns.py, breath.py), and what never is: a loop that stands still is found on any machine.

Ends with "N passed, N failed".
"""
import os
import sys

import breath
import turns
import world as w


class Loop:
    """A service that tells of turns; each question ends their record. told: (clock, processor), microseconds."""

    def __init__(self):
        self.turns, self.told = turns.Turns(os.getpid, self.ask), []

    def ask(self):
        wall, processor = self.told.pop(0) if self.told else (50, 50)
        return (f"buckstop_loop_longest_turn_seconds {wall / 1e6}\n"
                f"buckstop_loop_longest_turn_cpu_seconds {processor / 1e6}\n")

    def worst(self, *told):
        """Of these answers, each asked for by somebody."""
        self.turns.longest_us()
        self.turns.enough.set()
        self.turns.thread.join()
        self.turns.worst, self.told = 0, list(told)
        for _ in told[1:]:
            self.turns.metrics()
        return self.turns.longest_us()


def whoever_asks_is_told(_stack):
    for at in range(3):
        answers = [(100, 50)] * 3
        answers[at] = (2e6, 60)
        assert Loop().worst(*answers) > 1e6, at
        answers[at] = (2e6, 2e6)
        assert Loop().worst(*answers) > 1e6, at
    assert Loop().worst((100, 50), (200, 60)) < 20000


def waits_of_another_time_hide_nothing(stack):
    waits, real = iter([0.0, 5e6, 5e6, 5e6, 5e6, 5e6, 5e6, 5e6, 5e6, 5e6]), turns.waited_us
    stack.callback(setattr, turns, "waited_us", real)
    turns.waited_us = lambda pid: next(waits)
    loop = Loop()
    loop.turns.metrics()
    loop.turns.metrics()
    loop.turns.metrics()
    loop.told = [(3e6, 60)]
    loop.turns.metrics()
    assert loop.turns.worst > 2.9e6, loop.turns.worst


def the_turn_that_answers_is_told_of_by_the_next(stack):
    """What it waited for lies before that next question, and behind the one that it answered."""
    waits, real = iter([0.0, 2e6, 2e6]), turns.waited_us
    stack.callback(setattr, turns, "waited_us", real)
    turns.waited_us = lambda pid: next(waits, 2e6)
    loop = Loop()
    loop.turns.metrics()  # asked at 0; waits for two seconds before it has answered, and is still the same turn
    loop.told = [(2.01e6, 60)]
    loop.turns.metrics()
    assert loop.turns.worst < 20000, loop.turns.worst


def who_gives_up_has_seen_it(stack):
    """An answer that comes too late for whoever asked ended the record all the same."""
    now, real = [0.0], turns.time.monotonic
    stack.callback(setattr, turns.time, "monotonic", real)
    loop = Loop()

    def ask():
        now[0] = 6.0
        raise TimeoutError

    loop.turns.ask, turns.time.monotonic = ask, lambda: now[0]
    try:
        loop.turns.metrics()
    except TimeoutError:
        pass
    turns.time.monotonic = real
    assert loop.turns.worst > 1e6, loop.turns.worst


def a_look_that_is_late(_stack):
    for late, waited, held in ((0.004, 0.0, 0.0), (0.009, 0.0, 0.0), (0.104, 0.0, 0.1), (0.104, 0.1, 0.0), (0.204, 0.1, 0.1)):
        assert abs(breath.held_of(late, waited) - held) < 1e-9, (late, waited)


if __name__ == "__main__":
    sys.exit(w.main([whoever_asks_is_told, waits_of_another_time_hide_nothing, the_turn_that_answers_is_told_of_by_the_next,
                     who_gives_up_has_seen_it, a_look_that_is_late]))
