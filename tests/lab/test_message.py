"""A message fades, and goes at once when what it tells of is no longer so."""

from lab.fakes import Clock

from nntui.lab.message import ERROR_SECONDS, MESSAGE_SECONDS, SETTLING_SECONDS, Message


def message() -> tuple[Message, Clock, list[str]]:
    clock, state = Clock(), ["paused"]
    return Message(lambda: state[0], clock), clock, state


def test_it_fades_and_an_error_stands_longer() -> None:
    one, clock, _ = message()
    for error, seconds in ((False, MESSAGE_SECONDS), (True, ERROR_SECONDS)):
        one.say("words", error, False)
        clock.now += seconds - 0.1
        assert not one.faded()
        assert one.shown == ("words", error)
        clock.now += 0.2
        assert one.faded()
        assert one.shown == ("", False)
        assert not one.faded()


def test_one_of_a_state_goes_with_it_and_another_stays() -> None:
    for of_state in (True, False):
        one, clock, state = message()
        one.say("The run is finished.", False, of_state)
        clock.now += SETTLING_SECONDS + 0.1
        assert one.shown[0]
        state[0] = "running"
        assert bool(one.shown[0]) is not of_state


def test_the_change_it_tells_of_may_come_a_moment_later() -> None:
    one, clock, state = message()
    one.say("Trains on.", False, True)
    clock.now += SETTLING_SECONDS / 2
    state[0] = "running"
    assert one.shown[0]
    clock.now += SETTLING_SECONDS
    assert one.shown[0]
    state[0] = "paused"
    assert not one.shown[0]
