"""Sentences of the made-up product: tests speak of what a user sees, changes of what was done to the insides.

Frames, conditions and verbs are shared by all components, so that they tell nothing; the two vocabularies meet in
a user's word that a change mentions only now and then.
"""

from domain_ft.history.sample.dice import Dice
from domain_ft.history.sample.product import Spot

USERS_WORD = 0.18
"""How often a change names what the user sees."""
TOPIC = 0.6
"""How often a change says, in other words than a user's, what it is about."""
WITH_STEPS = 0.3
"""How often a test's steps are written down."""
NAME_ONLY = 0.12
"""How often a change names its service and no part of it."""
NAMED = 0.75
"""How often a change that names a part also names its service."""

_TESTS = (
    "The {seen} {behaves}",
    "The {seen} {behaves} {condition}",
    "Check that the {seen} {behaves}",
    "Check that the {seen} {behaves} {condition}",
    "Verify on {place} that the {seen} {behaves}",
    "{condition}, the {seen} {behaves}",
    "On {place} the {seen} {behaves} {condition}",
)
_CONDITIONS = (
    "after the app is restarted", "on a slow connection", "for a guest", "with two tabs open", "on a small screen",
    "after a night without use", "with five hundred entries", "on the last day of the month", "in dark mode",
    "for a user who may only read", "after going back in the browser", "when done twice in a row", "on a tablet",
    "in the old layout", "for an account from before the move", "at the first attempt", "while an import is running",
    "with the clock in another time zone", "in a private window", "after an interruption", "for a new colleague",
)  # fmt: skip
_ROLES = ("a customer", "a shop clerk", "a warehouse worker", "an administrator", "a branch manager", "a new user")
_ACTIONS = (
    "Enter the usual test data", "Repeat the step of the day before", "Wait until the page is loaded",
    "Choose the first entry", "Confirm with the button below", "Note the value shown", "Reload once",
)  # fmt: skip
_WORK = (
    "Cache the {inner} per request", "Move the {inner} out of the hot path", "Rewrite the {inner} without recursion",
    "Split the {inner} into two passes", "Make the {inner} asynchronous", "Drop the legacy {inner}",
    "Read the {inner} from configuration", "Speed up the {inner}", "Unify error handling around the {inner}",
    "Bump the library behind the {inner}", "Add types to the {inner} and remove dead branches",
    "Batch calls to the {inner}", "Replace the hand-made {inner}", "Extract the {inner} into its own module",
    "Let the {inner} fail fast", "Put the {inner} behind a switch", "Use UTC in the {inner}",
    "Log less in the {inner}", "Raise the timeout of the {inner}", "Inject the {inner} instead of creating it",
)  # fmt: skip
_WORK_ON_NAME = (
    "Refactor start-up of {name}", "Upgrade {name} to the new runtime", "Tidy up {name}",
    "Change the defaults of {name}", "Rework the internal API of {name}", "Merge the {name} branch",
)  # fmt: skip
_REPAIR = (
    "Fix the {inner} after the last refactoring", "Restore the old behaviour of the {inner}",
    "Guard the {inner} against missing values", "Close a race in the {inner}", "Revert the change to the {inner}",
    "Handle the empty case in the {inner}", "Correct an off-by-one in the {inner}",
    "Do not swallow errors from the {inner}", "Put the {inner} back on the main thread",
    "Repair the {inner} for old records",
)  # fmt: skip
_REPAIR_ON_NAME = (
    "Hotfix for {name}", "Roll {name} back to the last good version", "Fix a regression in {name}",
    "Stop {name} from failing after start",
)  # fmt: skip
_TOPICS = ("{what} ({about})", "{what}, part of the work on {about}", "{what}, needed for {about}", "{what}: {about}")
_FRAMES = ("{name}: {what}", "{what} in {name}", "[{name}] {what}", "{what} ({name})")


def test_summary(spot: Spot, dice: Dice) -> str:
    """What a test of this feature checks, in the words of a user."""
    text = dice.pick(_TESTS).format(
        seen=dice.pick(spot.feature.seen),
        behaves=dice.pick(spot.feature.behaves),
        condition=dice.pick(_CONDITIONS),
        place=spot.home.place,
    )
    return _sentence(text)


def test_steps(spot: Spot, dice: Dice) -> str:
    """The steps of a test, or nothing: most tests have none written down."""
    if not dice.chance(WITH_STEPS):
        return ""
    role, action, seen = dice.pick(_ROLES), dice.pick(_ACTIONS), dice.pick(spot.feature.seen)
    return f"1. Sign in as {role}. 2. {action}. 3. Look at the {seen}."


def commit_message(spot: Spot, *, repair: bool, dice: Dice) -> str:
    """What was done to this feature, in the words of those who did it."""
    name = dice.pick_earlier(spot.home.names)
    if dice.chance(NAME_ONLY):
        text = dice.pick(_REPAIR_ON_NAME if repair else _WORK_ON_NAME).format(name=name)
    else:
        text = dice.pick(_REPAIR if repair else _WORK).format(inner=dice.pick_earlier(spot.feature.inner))
        if dice.chance(NAMED):
            text = dice.pick(_FRAMES).format(name=name, what=text)
    if dice.chance(USERS_WORD):
        text += f", see {dice.pick(spot.feature.seen)}"
    elif dice.chance(TOPIC):
        text = dice.pick(_TOPICS).format(what=text, about=dice.pick(spot.feature.about))
    ticket = f"MRL-{100 + dice.below(9900)}"
    return f"{ticket}: {text}" if dice.chance(0.3) else _sentence(text)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
