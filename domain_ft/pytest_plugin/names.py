"""What a test is called: in pytest (node id), in a JUnit report (class name and name), in the history (test id).

The three must lead to one another, or what a run hands back would be about other tests than the next one collects.
The rule of pytest's own `--junitxml` is kept, so that histories made of such reports go on.
"""

import re

SUITE = "pytest"
"""Name of the suite; the history takes it for the class of a test that has none."""
_NOT_XML = re.compile("[^\t\n\r\x20-\x7e\x80-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold, and DEL, as pytest has it."""


def junit_name(node_id: str) -> tuple[str, str]:
    """Class name and name of a node id: `tests/test_a.py::TestB::test_c[d]` -> `tests.test_a.TestB`, `test_c[d]`."""
    path, _, inside = node_id.partition("::")
    called, bracket, parameters = inside.partition("[")
    names = [path.replace("/", ".").removesuffix(".py"), *(called.split("::") if inside else ())]
    names[-1] += bracket + parameters
    return xml_text(".".join(names[:-1])), xml_text(names[-1])


def history_test_id(node_id: str) -> str:
    """What a history that is read from JUnit reports calls the test of a node id."""
    group, name = junit_name(node_id)
    return f"{group or SUITE}.{name}".strip()


def xml_text(text: str) -> str:
    """A text as XML can hold it: other characters are written out, `#x07`."""
    return _NOT_XML.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"#x{code:02X}" if code < 256 else f"#x{code:04X}"
