from pathlib import Path

from domain_ft.store.digests import sha256_file, sha256_json, short


def test_the_digest_of_a_file_is_the_well_known_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_file(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_order_of_keys_does_not_matter() -> None:
    assert sha256_json({"a": 1, "b": [2]}) == sha256_json({"b": [2], "a": 1})


def test_folder_names_have_twelve_digits() -> None:
    assert len(short(sha256_json(1))) == 12
